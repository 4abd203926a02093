"""The worker beside the servers: what must happen without a patient's writing anything. Several may run."""

import datetime
import logging
import signal
import threading
from typing import List, Optional

import typer
from sqlalchemy.exc import SQLAlchemyError

from rasa_project.escalation import spool
from rasa_project.escalation.delivery import DeliveryWorker, InvalidTarget, Target, alarm, targets
from rasa_project.escalation.store import escalation_store, utc_now
from rasa_project.escalation.sweep import ConversationSweep
from rasa_project.privacy import stores
from rasa_project.settings import ClinicSettings, clinic_settings, tracker_database_url
from rasa_project.watching import logs

logger = logging.getLogger(__name__)

POLL_SECONDS = 2.0
SWEEP_SECONDS = 30.0
PURGE_SECONDS = 3600.0


def work(once: bool) -> None:
    """Brings notices of danger signs to the clinic, sweeps stored conversations for signs that were not stored, and deletes what is past its time.

    Args:
        once: what is due now, then end; else until SIGTERM or SIGINT.

    Raises:
        typer.Exit: a setting cannot be used; it was said which.
    """
    logs.begin("%(asctime)s %(levelname)s %(message)s")
    settings = clinic_settings()
    try:
        chosen = targets(settings)
    except InvalidTarget as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(1) from None
    if not chosen:
        logger.warning(
            "No webhook and no e-mail address is set: only the staff page and 'escalations list' show escalations. See docs/escalation.md."
        )
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    _Rounds(chosen, settings).run(stop, once)


class _Rounds:
    """Does what is due every two seconds. A database that does not answer is tried again: everything that is due is in it."""

    def __init__(self, chosen: List[Target], settings: ClinicSettings) -> None:
        self._chosen, self._settings = chosen, settings
        self._until_sweep = self._until_purge = 0.0
        self._delivery: Optional[DeliveryWorker] = None
        self._sweep: Optional[ConversationSweep] = None

    def run(self, stop: threading.Event, once: bool) -> None:
        while not stop.is_set():
            try:
                self._round()
            except SQLAlchemyError as error:
                logger.error("The database did not answer (%s). Trying again.", type(error).__name__)
            if once:
                return
            self._until_sweep -= POLL_SECONDS
            self._until_purge -= POLL_SECONDS
            stop.wait(POLL_SECONDS)

    def _round(self) -> None:
        store = escalation_store()
        if self._delivery is None:
            patience = datetime.timedelta(minutes=self._settings.escalations.alarm_after_minutes)
            self._delivery = DeliveryWorker(store, self._chosen, patience, alarm(self._settings))
        self._sweep = self._sweep or ConversationSweep(store, tracker_database_url())
        spool.bring(store)
        if self._until_sweep <= 0:
            self._sweep.run_once()
            self._until_sweep = SWEEP_SECONDS
        self._delivery.run_once()
        if self._until_purge <= 0:
            deleted = stores.purge(self._settings, utc_now())
            self._until_purge = PURGE_SECONDS
            if any(deleted.values()):
                logger.info("Past its time and deleted: %s.", ", ".join(f"{count} {what}" for what, count in deleted.items()))
