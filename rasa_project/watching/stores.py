"""What the databases say when somebody asks for the metrics. None of them is waited for longer than a moment, and none can make the answer fail."""

import logging
import threading
import time
from concurrent.futures import Future
from typing import Callable, Dict, Iterator, List, Optional

from prometheus_client import Metric
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector
from sanic import Sanic

from rasa_project.escalation.delivery import InvalidTarget, targets
from rasa_project.escalation.store import escalation_store, utc_now
from rasa_project.messaging.store import messaging_store
from rasa_project.settings import clinic_settings
from rasa_project.tracker_store import unwrapped
from rasa_project.watching import metrics

logger = logging.getLogger(__name__)

ANSWER_SECONDS = 2.0  # of all stores together, since they are asked at once

Values = Dict[str, float]


class StoreReader:
    """Asks one store on a thread of its own. While it does not answer, no second thread is started.

    Args:
        name: of the store, as the metrics call it.
        read: gets the values of its metrics, by name; raises where the store does not answer.
    """

    def __init__(self, name: str, read: Callable[[], Values]) -> None:
        self.name, self._read = name, read
        self._answer: Optional[Future[Values]] = None

    def ask(self) -> "Future[Values]":
        if self._answer is None or self._answer.done():
            self._answer = Future()
            threading.Thread(target=self._run, args=(self._answer,), name=f"metrics of {self.name}", daemon=True).start()
        return self._answer

    def _run(self, answer: "Future[Values]") -> None:
        try:
            answer.set_result(self._read())
        except Exception as error:  # whatever a database driver raises
            logger.error("The store '%s' does not answer: %s.", self.name, type(error).__name__)
            answer.set_exception(error)


class StoresCollector(Collector):
    """The gauges that come from the databases which a server uses."""

    def __init__(self, app: Sanic) -> None:
        self._app = app
        self._escalations = StoreReader("escalations", escalation_values)
        self._messaging = StoreReader("messaging", messaging_values)
        self._conversations = StoreReader("conversations", self._conversation_values)

    def collect(self) -> Iterator[Metric]:
        answers = {reader.name: reader.ask() for reader in self._in_use()}
        until = time.monotonic() + ANSWER_SECONDS
        up = GaugeMetricFamily(metrics.STORE_UP, metrics.GAUGES[metrics.STORE_UP], labels=["store"])
        for store, answer in answers.items():
            try:
                values = answer.result(max(0.0, until - time.monotonic()))
            except Exception:  # it failed, or has not answered yet
                up.add_metric([store], 0)
                continue
            up.add_metric([store], 1)
            for name, value in values.items():
                yield gauge(name, value)
        yield up

    def _in_use(self) -> List[StoreReader]:
        agent = getattr(self._app.ctx, "agent", None)
        return [
            self._escalations,
            *([self._messaging] if getattr(self._app.ctx, "platforms", None) else []),
            *([self._conversations] if agent and unwrapped(agent.tracker_store) else []),
        ]

    def _conversation_values(self) -> Values:
        store = unwrapped(self._app.ctx.agent.tracker_store)
        if store:
            store.check()
        return {}


def gauge(name: str, value: float) -> GaugeMetricFamily:
    return GaugeMetricFamily(name, metrics.GAUGES[name], value=value)


def escalation_values() -> Values:
    """A notice counts from when it arose, whether or not a worker has taken it up: the worker may be what has failed."""
    store, now = escalation_store(), utc_now().timestamp()
    opened = [escalation.created_at.timestamp() for escalation in store.list(open_only=True)]
    undelivered = [notice.since.timestamp() for notice in store.undelivered()]
    undelivered += [at.timestamp() for at in store.unplanned(_target_names())]
    return {
        metrics.ESCALATIONS_OPEN: len(opened),
        metrics.OLDEST_ESCALATION: now - min(opened, default=now),
        metrics.NOTICES_UNDELIVERED: len(undelivered),
        metrics.OLDEST_NOTICE: now - min(undelivered, default=now),
    }


def messaging_values() -> Values:
    waiting = messaging_store().waiting()
    return {metrics.MESSAGES_WAITING: waiting["updates"], metrics.CALLS_WAITING: waiting["calls"]}


def _target_names() -> List[str]:
    try:
        return [target.name for target in targets(clinic_settings())]
    except InvalidTarget:
        return []  # the worker does not start with it, and says why
