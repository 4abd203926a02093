"""`python -m rasa_project doctor`: looks at a deployment as it is and says what to do about what is wrong."""

import datetime
import os
import shutil
import socket
import ssl
from dataclasses import dataclass
from enum import Enum
from typing import Callable, Dict, Iterator, List, Optional, Tuple
from urllib.parse import urlsplit

import redis
import requests
from alembic.util import CommandError
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError

from rasa_project.channels.conversation_ids import SHORTEST_SECRET
from rasa_project.channels.requests import SHORTEST_KEY
from rasa_project.escalation.staff_page import SHORTEST_PASSWORD
from rasa_project.escalation.store import escalation_store, utc_now
from rasa_project.insights.store import insight_store
from rasa_project.messaging.store import messaging_store
from rasa_project.operations.training import current_model, latest_model
from rasa_project.privacy.stores import conversation_store
from rasa_project.settings import bot_address, clinic_settings, state_folder

ANSWER_SECONDS = 5.0
MOST_CLOCK_SECONDS = 60.0  # by which the clock may differ; Slack's signatures allow five minutes
LEAST_FREE_BYTES = 500_000_000
CERTIFICATE_DAYS = 14
DATABASES = ("TRACKER_DB_URL", "ESCALATION_DB_URL", "INSIGHTS_DB_URL", "MESSAGING_DB_URL")
SECRETS = {"STAFF_PASSWORD": SHORTEST_PASSWORD, "REST_API_KEY": SHORTEST_KEY, "CONVERSATION_SECRET": SHORTEST_SECRET}


class State(str, Enum):
    ok = "ok"
    note = "note"  # works, and may not be what is wanted
    bad = "BAD"


@dataclass(frozen=True)
class Finding:
    """What a check found, in words; with what to do where it is not well."""

    state: State
    what: str
    todo: str = ""


Findings = Iterator[Finding]


def _ok(what: str) -> Finding:
    return Finding(State.ok, what)


def settings(problems: Callable[[], List[str]]) -> Findings:
    """``problems`` lists the faults of content, clinic.yml and environment."""
    found = problems()
    for problem in found:
        yield Finding(State.bad, problem, "mend the file that it names, then run 'make check'")
    if not found:
        yield _ok("content, clinic.yml and settings for notices can be read")
        if clinic_settings().clinic.name == "Example Clinic":
            yield Finding(
                State.bad, "clinic.yml still has the example clinic, whose numbers patients would be told", "write your own name and numbers"
            )


def secrets() -> Findings:
    for name, shortest in SECRETS.items():
        value = os.environ.get(name)
        if value is not None and len(value) < shortest:
            yield Finding(State.bad, f"{name} has {len(value)} characters", f"give it {shortest} or more: openssl rand -hex 32")
    if not os.environ.get("STAFF_PASSWORD"):
        yield Finding(State.note, "the staff page is off", "set STAFF_PASSWORD if staff are to see danger signs in a browser")
    if not os.environ.get("ACTION_SERVER_TOKEN"):
        yield Finding(
            State.note,
            "the action server answers whoever reaches it",
            "set ACTION_SERVER_TOKEN for both servers, unless both are on this machine only",
        )


def model() -> Findings:
    found = latest_model()
    if found is None:
        yield Finding(State.bad, "there is no trained model", "run 'make train'")
    elif current_model() is None:
        yield Finding(
            State.note, f"{found.name} was trained before the last change of content, data or code", "run 'make train' and restart the servers"
        )
    else:
        yield _ok(f"{found.name} is trained on what is here")


def state() -> Findings:
    folder = state_folder()
    try:
        folder.mkdir(parents=True, exist_ok=True)
        probe = folder / ".doctor"
        probe.write_text("", encoding="ascii")
        probe.unlink()
    except OSError as error:
        yield Finding(
            State.bad, f"nothing can be written to {folder} ({error.strerror})", "give the bot's user write access, or set CLINIC_BOT_STATE"
        )
        return
    free = shutil.disk_usage(folder).free
    if free < LEAST_FREE_BYTES:
        yield Finding(State.bad, f"{free // 1_000_000} MB are free where {folder} lies", "make room: escalations are stored there")
    if folder.stat().st_mode & 0o007:
        yield Finding(State.note, f"{folder} can be read by every user of this machine", f"chmod o-rwx {folder}")
    else:
        yield _ok(f"{folder} can be written, with {free // 1_000_000_000} GB free")


def databases() -> Findings:
    stores: Dict[str, Callable[[], object]] = {
        "conversations": conversation_store,
        "escalations": escalation_store,
        "insights": insight_store,
        "messages": messaging_store,
    }
    for name, opened in stores.items():
        try:
            engine = opened().engine  # type: ignore[attr-defined]
            with engine.connect() as connection:
                there = connection.execute(text("SELECT CURRENT_TIMESTAMP")).scalar()
        except (SQLAlchemyError, OSError) as error:
            yield Finding(State.bad, f"the database of {name} does not answer ({type(error).__name__})", "check its URL, and that the server runs")
            continue
        except CommandError:
            yield Finding(State.bad, f"the database of {name} was made by a newer version", "run that version, or restore a backup from before it")
            continue
        yield _ok(f"the database of {name} answers ({engine.dialect.name})")
        if engine.dialect.name != "sqlite":
            yield from _clock(there, f"the database of {name}")
    kinds = {name: os.environ.get(name, "sqlite").split(":")[0] for name in DATABASES}
    if len({kind == "sqlite" for kind in kinds.values()}) > 1:
        mixed = ", ".join(f"{name} {kind}" for name, kind in kinds.items())
        yield Finding(State.note, f"some databases are files and some are not ({mixed})", "several servers must share all of them: set all four URLs")


def _clock(there: Optional[datetime.datetime], whose: str) -> Findings:
    if there is not None:
        apart = abs((there - utc_now()).total_seconds())
        if apart > MOST_CLOCK_SECONDS:
            yield Finding(
                State.bad, f"the clock here and that of {whose} are {apart:.0f} seconds apart", "let both take the time from the network (chrony)"
            )


def shared() -> Findings:
    url = os.environ.get("REDIS_URL")
    if not url:
        if os.environ.get("TRACKER_DB_URL", "sqlite").split(":")[0] != "sqlite":
            yield Finding(
                State.note, "REDIS_URL is not set", "set it where several servers answer: they must not answer one conversation at the same time"
            )
        return
    try:
        with redis.Redis.from_url(url, socket_timeout=ANSWER_SECONDS, socket_connect_timeout=ANSWER_SECONDS) as client:
            seconds, _ = client.time()
    except (redis.RedisError, OSError, ValueError) as error:
        yield Finding(State.bad, f"Redis does not answer ({type(error).__name__})", "check REDIS_URL, and that the server runs")
        return
    yield _ok("Redis answers")
    yield from _clock(datetime.datetime.fromtimestamp(seconds, datetime.timezone.utc), "Redis")
    if not os.environ.get("CONVERSATION_SECRET"):
        yield Finding(State.bad, "CONVERSATION_SECRET is not set, so each machine issues ids that others refuse", "set the same one for all servers")


def servers(bot: str, actions: str) -> Findings:
    """Args:
    bot, actions: addresses of the Rasa server and of the action server.
    """
    try:
        reply = requests.get(f"{bot}/webhooks/rest/ready", timeout=ANSWER_SECONDS)
        checks = reply.json()["checks"]
    except (requests.RequestException, ValueError, KeyError, TypeError):
        yield Finding(State.bad, f"no Rasa server of this project answers at {bot}", "start it, or name its address with --bot")
    else:
        for name, said in checks.items():
            if said != "ok":
                yield Finding(State.bad, f"the Rasa server says of {name}: {said}", "start or mend that part")
        if all(said == "ok" for said in checks.values()):
            yield _ok("the Rasa server is ready")
    try:
        requests.get(f"{actions}/health", timeout=ANSWER_SECONDS).raise_for_status()
        yield _ok("the action server answers")
    except requests.RequestException:
        yield Finding(State.bad, f"no action server answers at {actions}", "start it, or name its address with --actions")


def notices() -> Findings:
    try:
        late = escalation_store().undelivered(utc_now() - datetime.timedelta(minutes=clinic_settings().escalations.alarm_after_minutes))
        opened = escalation_store().list(open_only=True)
    except (SQLAlchemyError, CommandError):
        return  # said above
    if late:
        why = late[0].last_error or "no attempt was made: the worker does not run"
        yield Finding(State.bad, f"{len(late)} notice(s) of danger signs have not reached the clinic ({why})", "see docs/escalation.md")
    yield Finding(State.note if opened else State.ok, f"{len(opened)} escalation(s) are open", "have staff see to them" if opened else "")
    if not os.environ.get("ESCALATION_WEBHOOK_URL") and not clinic_settings().escalations.email_to:
        yield Finding(State.bad, "nobody is told of danger signs", "set a webhook or e-mail addresses (docs/escalation.md)")


def channels() -> Findings:
    from rasa_project.channels.messenger import Messenger
    from rasa_project.channels.slack import Slack
    from rasa_project.channels.telegram import Telegram
    from rasa_project.channels.twilio import Twilio
    from rasa_project.messaging.platform import InvalidSettings

    for platform in (Slack, Telegram, Twilio, Messenger):
        try:
            found = platform.from_environment()
        except (InvalidSettings, ValueError) as error:
            yield Finding(State.bad, str(error), "see docs/channels.md")
            continue
        yield _ok(f"{platform.name} is switched {'on' if found else 'off'}")
        if found and not bot_address():
            yield Finding(State.note, f"{platform.name} shows no drawings", "set BOT_ADDRESS")


def outside() -> Findings:
    """The bot as it is reached from outside: name, TLS, clock."""
    address = bot_address()
    if not address:
        return
    if not address.startswith("https://"):
        yield Finding(State.bad, f"BOT_ADDRESS is {address}: what patients write would travel unprotected", "put a proxy with TLS before the bot")
        return
    try:
        ends = _certificate_ends(urlsplit(address).hostname or "", urlsplit(address).port or 443)
    except (OSError, ValueError) as error:
        yield Finding(
            State.bad,
            f"{address} cannot be reached with a valid certificate ({type(error).__name__}: {error})",
            "check the proxy, its name and certificate",
        )
        return
    days = (ends - utc_now()).days
    if days < CERTIFICATE_DAYS:
        yield Finding(State.bad, f"the certificate of {address} ends in {days} days", "renew it")
    else:
        yield _ok(f"the certificate of {address} holds {days} days")


def _certificate_ends(host: str, port: int) -> datetime.datetime:
    with socket.create_connection((host, port), timeout=ANSWER_SECONDS) as plain, ssl.create_default_context().wrap_socket(
        plain, server_hostname=host
    ) as secured:
        certificate = secured.getpeercert() or {}
    return datetime.datetime.fromtimestamp(ssl.cert_time_to_seconds(str(certificate["notAfter"])), datetime.timezone.utc)


def examine(problems: Callable[[], List[str]], bot: str, actions: str) -> List[Tuple[str, List[Finding]]]:
    """All findings, under the name of their check."""
    checks: Dict[str, Callable[[], Findings]] = {
        "settings": lambda: settings(problems),
        "secrets": secrets,
        "model": model,
        "state": state,
        "databases": databases,
        "Redis": shared,
        "servers": lambda: servers(bot, actions),
        "danger signs": notices,
        "channels": channels,
        "outside": outside,
    }
    return [(name, list(check())) for name, check in checks.items()]
