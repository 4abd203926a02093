"""Brings notices of escalations to the clinic: by webhook, by e-mail, or both. Tries until it succeeds, and raises an alarm meanwhile."""

import datetime
import hashlib
import hmac
import json
import logging
import os
import random
import smtplib
import ssl
from email.message import EmailMessage
from typing import Any, Callable, Dict, List, Optional, Protocol, Sequence
from urllib.parse import unquote, urlsplit

import requests

from rasa_project.escalation.store import DURATION_KNOWN, EMERGENCY, OPENED, TAKEN_BACK, WORSENED, EscalationStore, Notice, Undelivered, utc_now
from rasa_project.escalation.wording import flag_words
from rasa_project.settings import ClinicSettings

logger = logging.getLogger(__name__)

TIMEOUT_SECONDS = 15
CLAIM_SECONDS = 60.0  # longer than an attempt can take: a worker that is killed gives its delivery back after this
FIRST_RETRY_SECONDS = 5.0
LONGEST_RETRY_SECONDS = 300.0
ALARM_REPEAT = datetime.timedelta(hours=1)

_WHAT = {
    OPENED: "A patient has written about a danger sign.",
    WORSENED: "A patient has written about a further danger sign.",
    DURATION_KNOWN: "A patient has said how long the severe pain has lasted.",
    TAKEN_BACK: "A patient says that a danger sign reported before is not there.",
}


class DeliveryFailed(RuntimeError):
    """An attempt did not reach its target; the message says why, without patient text."""


class InvalidTarget(ValueError):
    """A setting of the environment cannot be used; the message says which and what to write."""


class Target(Protocol):
    """Somewhere that notices go."""

    name: str

    def send(self, notice: Notice) -> None:
        """Delivers one notice.

        Raises:
            DeliveryFailed: the target did not take it.
        """


def notice_body(notice: Notice, include_words: bool) -> Dict[str, Any]:
    """What is sent. The patient's words only by setting, and never more of them than those that raised the alarm."""
    escalation = notice.escalation
    body: Dict[str, Any] = {
        "key": notice.id,
        "what": notice.what,
        "reference": escalation.reference,
        "level": escalation.level,
        "flags": escalation.flags,
        "conversation": escalation.conversation_id,
        "channel": escalation.channel,
        "created_at": escalation.created_at.isoformat(),
        "pain_days": escalation.pain_days,
        "taken_back": escalation.taken_back_at is not None,
    }
    if include_words:
        body["words"] = escalation.evidence
    return body


def signature(secret: str, timestamp: str, body: bytes) -> str:
    """HMAC-SHA256 over ``timestamp.body``, in hexadecimal."""
    return hmac.new(secret.encode(), timestamp.encode() + b"." + body, hashlib.sha256).hexdigest()


class WebhookTarget:
    """Posts JSON, signed; the same ``Idempotency-Key`` at every attempt lets the receiver drop a repeat."""

    name = "webhook"

    def __init__(self, url: str, secret: str, include_words: bool) -> None:
        if not url.startswith(("https://", "http://")):
            raise InvalidTarget("ESCALATION_WEBHOOK_URL must start with https:// (or http:// within your own network)")
        if len(secret) < 16:
            raise InvalidTarget("ESCALATION_WEBHOOK_SECRET must have at least 16 characters; make one with: openssl rand -hex 32")
        self._url, self._secret, self._include_words = url, secret, include_words

    def send(self, notice: Notice) -> None:
        body = json.dumps(notice_body(notice, self._include_words), sort_keys=True).encode()
        timestamp = str(int(utc_now().timestamp()))
        headers = {
            "Content-Type": "application/json",
            "Idempotency-Key": notice.id,
            "X-Escalation-Timestamp": timestamp,
            "X-Escalation-Signature": "sha256=" + signature(self._secret, timestamp, body),
        }
        try:
            reply = requests.post(self._url, data=body, headers=headers, timeout=TIMEOUT_SECONDS, allow_redirects=False)
        except requests.RequestException as error:
            raise DeliveryFailed(f"no answer ({type(error).__name__})") from error
        if not 200 <= reply.status_code < 300:
            raise DeliveryFailed(f"the receiver answered {reply.status_code}")


class EmailTarget:
    """Sends one e-mail a notice; the message id is made from the notice's, so that mail programs show a repeat as one.

    Args:
        url: ``smtp://`` (with STARTTLS where offered) or ``smtps://``, with user and password where the server wants them.
    """

    name = "email"

    def __init__(self, url: str, sender: str, recipients: Sequence[str], include_words: bool) -> None:
        parts = urlsplit(url)
        if parts.scheme not in ("smtp", "smtps") or not parts.hostname:
            raise InvalidTarget("SMTP_URL must look like smtp://user:password@mail.clinic.example:587 or smtps://mail.clinic.example")
        if "@" not in sender:
            raise InvalidTarget("SMTP_FROM must be the sender's e-mail address")
        self._parts, self._sender, self._recipients, self._include_words = parts, sender, list(recipients), include_words

    def send(self, notice: Notice) -> None:
        escalation = notice.escalation
        signs = ", ".join(flag_words()[flag].sign for flag in escalation.flags)
        urgency = "EMERGENCY" if escalation.level == EMERGENCY else "Urgent"
        lines = [
            _WHAT[notice.what],
            "",
            f"Reference: {escalation.reference}",
            f"Level: {escalation.level}",
            f"Signs: {signs}",
            f"Time: {escalation.created_at:%Y-%m-%d %H:%M} UTC",
            f"Conversation: {escalation.conversation_id} ({escalation.channel or 'unknown channel'})",
        ]
        if escalation.pain_days is not None:
            lines.append(f"Severe pain for: {escalation.pain_days:g} day(s)")
        if self._include_words:
            lines += ["", "The patient's words:", *(f"- {words}" for words in escalation.evidence)]
        lines += ["", "The patient was told whom to call. Acknowledge on the staff page, or with: python -m rasa_project escalations ack"]
        self.send_text(f"{urgency}: danger sign, reference {escalation.reference}", "\n".join(lines), self._recipients, notice.id)

    def send_text(self, subject: str, text: str, recipients: Sequence[str], key: str) -> None:
        """Sends a plain e-mail; ``key`` becomes its message id.

        Raises:
            DeliveryFailed: the mail server did not take it.
        """
        message = EmailMessage()
        message["Subject"], message["From"], message["To"] = subject, self._sender, ", ".join(recipients)
        message["Message-ID"] = f"<{key}@{self._sender.rpartition('@')[2]}>"
        message.set_content(text)
        try:
            with self._connection() as connection:
                connection.send_message(message)
        except (OSError, smtplib.SMTPException) as error:
            raise DeliveryFailed(f"the mail server did not take it ({type(error).__name__})") from error

    def _connection(self) -> smtplib.SMTP:
        host, port = self._parts.hostname or "", self._parts.port
        connection: smtplib.SMTP
        if self._parts.scheme == "smtps":
            connection = smtplib.SMTP_SSL(host, port or 465, timeout=TIMEOUT_SECONDS, context=ssl.create_default_context())
        else:
            connection = smtplib.SMTP(host, port or 587, timeout=TIMEOUT_SECONDS)
            connection.ehlo()
            if connection.has_extn("starttls"):
                connection.starttls(context=ssl.create_default_context())
            elif self._parts.username:
                connection.close()
                raise smtplib.SMTPNotSupportedError("no STARTTLS: the password would travel in the clear")
        if self._parts.username:
            connection.login(unquote(self._parts.username), unquote(self._parts.password or ""))
        return connection


def targets(settings: ClinicSettings) -> List[Target]:
    """Where notices go by the settings of ``clinic.yml`` and the environment; empty where nothing is set.

    Raises:
        InvalidTarget: a setting cannot be used, or is missing beside one that needs it.
    """
    chosen: List[Target] = []
    url = os.environ.get("ESCALATION_WEBHOOK_URL")
    if url:
        chosen.append(WebhookTarget(url, os.environ.get("ESCALATION_WEBHOOK_SECRET", ""), settings.escalations.include_words))
    if settings.escalations.email_to:
        if not os.environ.get("SMTP_URL"):
            raise InvalidTarget("clinic.yml names e-mail addresses for escalations (email_to), but SMTP_URL is not set")
        chosen.append(mailer(settings.escalations.email_to, settings.escalations.include_words))
    return chosen


def mailer(recipients: Sequence[str], include_words: bool) -> EmailTarget:
    """The mail server of the environment."""
    return EmailTarget(os.environ.get("SMTP_URL", ""), os.environ.get("SMTP_FROM", ""), recipients, include_words)


def retry_after(attempts: int) -> float:
    """Seconds to the next attempt after so many failed ones: doubling up to a limit, with jitter."""
    return float(min(LONGEST_RETRY_SECONDS, FIRST_RETRY_SECONDS * 2 ** min(attempts, 10)) * random.uniform(0.8, 1.2))


class DeliveryWorker:
    """Delivers what is due. Several may run: each delivery is claimed by one of them.

    Args:
        alarm: called with what could not be delivered in time; again every hour.
        clock: the time, UTC.
    """

    def __init__(
        self,
        store: EscalationStore,
        targets: Sequence[Target],
        alarm_after: datetime.timedelta,
        alarm: Callable[[List[Undelivered]], None],
        clock: Callable[[], datetime.datetime] = utc_now,
    ) -> None:
        self._store, self._targets = store, {target.name: target for target in targets}
        self._alarm_after, self._alarm, self._clock = alarm_after, alarm, clock

    def run_once(self) -> int:
        """Delivers everything that is due now; returns how many notices arrived."""
        self._store.plan_deliveries(list(self._targets), self._clock())
        arrived = 0
        while True:
            delivery = self._store.claim(list(self._targets), self._clock(), CLAIM_SECONDS)
            if delivery is None:
                break
            error: Optional[str] = None
            try:
                self._targets[delivery.target].send(delivery.notice)
            except DeliveryFailed as failure:
                error = str(failure)
            except Exception as failure:  # one bad notice must not hold up the others
                error = type(failure).__name__
                logger.exception("Delivering notice %s by %s failed.", delivery.notice.id, delivery.target)
            if error is None:
                self._store.delivered(delivery.id, self._clock())
                arrived += 1
                logger.info("Notice %s has reached the clinic by %s.", delivery.notice.id, delivery.target)
            else:
                again = self._clock() + datetime.timedelta(seconds=retry_after(delivery.attempts))
                self._store.failed(delivery.id, error, again)
                logger.warning("Notice %s has not arrived by %s: %s. Next attempt at %s.", delivery.notice.id, delivery.target, error, again)
        self._raise_alarm()
        return arrived

    def _raise_alarm(self) -> None:
        now = self._clock()
        late = self._store.take_alarms(now - self._alarm_after, now - ALARM_REPEAT, now)
        if late:
            self._alarm(late)


def alarm(settings: ClinicSettings) -> Callable[[List[Undelivered]], None]:
    """The alarm by the settings: always the log, at its highest level; and an e-mail where addresses are set."""

    def raise_it(late: List[Undelivered]) -> None:
        lines = [f"{i.reference} by {i.target}: since {i.since:%Y-%m-%d %H:%M} UTC, {i.attempts} attempts, {i.last_error}" for i in late]
        text = f"{len(late)} notice(s) of danger signs have NOT reached the clinic:\n" + "\n".join(lines)
        logger.critical("%s", text)
        if settings.escalations.alarm_to:
            try:
                key = f"alarm-{late[0].reference}-{int(utc_now().timestamp())}"
                subject = "ALARM: danger signs not delivered"
                mailer(settings.escalations.alarm_to, False).send_text(subject, text, settings.escalations.alarm_to, key)
            except (DeliveryFailed, InvalidTarget) as error:
                logger.critical("The alarm could not be sent by e-mail either: %s", error)

    return raise_it
