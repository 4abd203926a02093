"""What is stored of a patient can be shown, goes on demand and after its time, and is then in no file any more."""

import asyncio
import datetime
import json
import secrets
from pathlib import Path
from typing import Any, Iterator, List

import pytest
from rasa.shared.core.domain import Domain
from rasa.shared.core.events import BotUttered, UserUttered
from rasa.shared.core.trackers import DialogueStateTracker
from sqlalchemy import text
from typer.testing import CliRunner

from rasa_project.escalation.store import Sighting, escalation_store, utc_now
from rasa_project.insights.store import InsightKind, insight_store
from rasa_project.messaging.store import Call, Update, messaging_store
from rasa_project.operations.own_servers import OwnPostgres
from rasa_project.privacy import stores
from rasa_project.privacy.command import app
from rasa_project.settings import clinic_settings
from rasa_project.tracker_store import ConversationStore

MARK, PERSON, ELSE = "zebrawort", "+447700900555", "quaggawort"
STORES = ("ESCALATION_DB_URL", "TRACKER_DB_URL", "INSIGHTS_DB_URL", "MESSAGING_DB_URL")


@pytest.fixture
def sqlite(own_state: Path) -> Path:
    return own_state


@pytest.fixture
def in_postgres(postgres: OwnPostgres, postgres_url: str, own_state: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """All stores in one database of PostgreSQL; its folder."""
    for variable in STORES:
        monkeypatch.setenv(variable, postgres_url)
    yield postgres.folder
    for cached in (escalation_store, messaging_store, insight_store):
        cached().engine.dispose()


@pytest.fixture(params=["sqlite", "in_postgres"])
def files(request: pytest.FixtureRequest) -> Path:
    """The folder with the files of the databases."""
    return request.getfixturevalue(request.param)  # type: ignore[no-any-return]


def said(conversation_id: str, words: str, at: datetime.datetime) -> None:
    """A turn as Rasa stores it."""
    store = ConversationStore(Domain.empty())
    tracker = asyncio.run(store.retrieve(conversation_id)) or DialogueStateTracker(conversation_id, [])
    for event in (UserUttered(words, message_id=secrets.token_hex(8), timestamp=at.timestamp()), BotUttered("Hello.", timestamp=at.timestamp())):
        tracker.update(event)
    asyncio.run(store.save(tracker))
    store.engine.dispose()


def fill(conversation_id: str, mark: str, at: datetime.datetime) -> str:
    """Something in every store, with the mark in each; returns the reference of the escalation."""
    said(conversation_id, f"{mark} my hip", at)
    sighting = Sighting("emergency", ["unable_to_walk"], [f"{mark} cannot walk"], secrets.token_hex(8), at=at)
    reference = escalation_store().add(sighting, conversation_id, "twilio")
    messaging_store().accept("twilio", conversation_id, Update(f"SM{mark}", PERSON, {"To": PERSON}, f"{mark} in words"), at)
    claimed = messaging_store().claim_update("twilio", utc_now(), 1)
    assert claimed
    messaging_store().answered(claimed.id, [Call("path", {"Body": f"{mark} in a reply"})], at)
    return reference


def where(folder: Path, mark: str) -> List[str]:
    """The files that hold the mark somewhere in their bytes."""
    return [path.name for path in sorted(folder.rglob("*")) if path.is_file() and "pg_wal" not in path.parts and mark.encode() in path.read_bytes()]


def run(*arguments: str) -> str:
    done = CliRunner().invoke(app, list(arguments))
    assert done.exit_code == 0, done.output
    return done.stdout


def test_all_that_is_stored_of_a_person_is_shown(files: Path) -> None:
    reference = fill("twilio:1", MARK, utc_now())
    fill("twilio:2", ELSE, utc_now())
    assert run("find", reference) == "twilio:1\n"
    assert run("find", PERSON).split() == ["twilio:1", "twilio:2"]
    shown = json.loads(run("show", "twilio:1"))
    assert shown["conversation"][0]["text"] == f"{MARK} my hip"
    assert shown["escalations"][0]["evidence"] == [f"{MARK} cannot walk"]
    assert shown["messaging"]["person"] == f"twilio: {PERSON}"
    assert f"{MARK} in a reply" in str(shown["messaging"]) and ELSE not in str(shown)


def test_what_is_erased_is_in_no_file_and_the_rest_is_kept(files: Path) -> None:
    fill("twilio:1", MARK, utc_now())
    fill("twilio:2", ELSE, utc_now())
    if "postgres" not in files.parts:  # PostgreSQL writes its tables later
        assert where(files, MARK)
    run("erase", "twilio:1", "--with-escalations")
    run("compact")
    checkpoint(files)
    assert where(files, MARK) == []
    shown = json.loads(run("show", "twilio:2"))
    assert ELSE in str(shown["conversation"]) and ELSE in str(shown["escalations"]) and ELSE in str(shown["messaging"])
    assert json.loads(run("show", "twilio:1")) == {"conversation": [], "escalations": [], "messaging": {"person": None, "received": [], "sent": []}}


def checkpoint(files: Path) -> None:
    """Makes PostgreSQL write what it holds in memory."""
    engine = escalation_store().engine
    if engine.dialect.name == "postgresql":
        with engine.execution_options(isolation_level="AUTOCOMMIT").connect() as connection:
            connection.execute(text("CHECKPOINT"))


def test_erasing_keeps_what_the_clinic_was_told_unless_it_is_to_go_too(sqlite: Path) -> None:
    reference = fill("rest-1", MARK, utc_now())
    run("erase", "rest-1")
    assert escalation_store().get(reference) is not None and stores.stored("rest-1")["conversation"] == []


def test_what_is_past_its_time_goes_and_what_is_open_stays(files: Path) -> None:
    settings, now = clinic_settings(), utc_now()
    long_ago = now - datetime.timedelta(days=settings.privacy.keep_escalations_days + 2)
    old, older = fill("old-open", MARK, long_ago), fill("old-seen", ELSE, long_ago)
    insight_store().add(InsightKind.not_covered, text="old question", at=long_ago)
    insight_store().add(InsightKind.not_covered, text="new question")
    said("new", "hello", now)
    acknowledge(older, long_ago)
    with messaging_store().engine.begin() as connection:
        connection.execute(text("UPDATE messaging_call SET done_at = :at"), {"at": long_ago})
    deleted = stores.purge(settings, now)
    assert deleted == {"conversations": 2, "escalations": 1, "insights": 1, "messages": 4, "people": 1}
    assert escalation_store().get(old) and not escalation_store().get(older)
    assert messaging_store().person("old-open") == f"twilio: {PERSON}" and messaging_store().person("old-seen") is None
    assert stores.stored("new")["conversation"] and not stores.stored("old-open")["conversation"]
    assert [insight.text for insight in insight_store().list()] == ["new question"]
    assert not any(stores.purge(settings, now).values())


def acknowledge(reference: str, at: datetime.datetime) -> None:
    escalation_store().acknowledge(reference, "Dr Grey")
    with escalation_store().engine.begin() as connection:
        connection.execute(text("UPDATE escalation SET acknowledged_at = :at WHERE reference = :reference"), {"at": at, "reference": reference})


def test_a_conversation_that_goes_on_is_kept_whole(sqlite: Path) -> None:
    now = utc_now()
    said("patient", "long ago", now - datetime.timedelta(days=400))
    said("patient", "today", now)
    stores.purge(clinic_settings(), now)
    assert [event["text"] for event in stores.stored("patient")["conversation"] if event["event"] == "user"] == ["long ago", "today"]


def test_a_danger_sign_that_had_not_been_stored_reaches_the_clinic_before_its_conversation_goes(sqlite: Path, monkeypatch: Any) -> None:
    finding = {"flag": "unable_to_walk", "level": "emergency", "evidence": "cannot walk", "status": "present"}
    parse_data = {"text": "I cannot walk", "red_flags": [finding]}
    tracker = DialogueStateTracker("patient", [])
    tracker.update(UserUttered("I cannot walk", parse_data=parse_data, message_id="m1", timestamp=1.0))
    asyncio.run(ConversationStore(Domain.empty()).save(tracker))
    stores.purge(clinic_settings(), utc_now())
    assert [one.flags for one in escalation_store().of("patient")] == [["unable_to_walk"]]
    assert stores.stored("patient")["conversation"] == []
