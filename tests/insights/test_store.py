"""Questions without an answer are kept, found again, handled and forgotten."""

import datetime
from pathlib import Path

import pytest
from sqlalchemy import create_engine, inspect

from rasa_project.escalation.store import utc_now
from rasa_project.insights.store import InsightKind, InsightStore, UnknownInsight, insight_store


@pytest.fixture
def database(tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path / 'insights.db'}"


@pytest.fixture
def store(database: str) -> InsightStore:
    return InsightStore(database)


def days_ago(days: float) -> datetime.datetime:
    return utc_now() - datetime.timedelta(days=days)


def test_an_insight_survives_a_restart(database: str) -> None:
    number = InsightStore(database).add(InsightKind.not_covered, "sciatica", "prognosis", "how long does it last")
    found = InsightStore(database).get(number)
    assert (found.kind, found.topic, found.facet, found.text) == (InsightKind.not_covered, "sciatica", "prognosis", "how long does it last")
    assert found.asked_at.utcoffset() == datetime.timedelta(0) and abs(found.asked_at - utc_now()) < datetime.timedelta(minutes=1)
    assert not found.handled


def test_nothing_that_leads_to_the_conversation_is_stored(database: str, store: InsightStore) -> None:
    columns = {column["name"] for column in inspect(create_engine(database)).get_columns("insight")}
    assert columns == {"id", "asked_at", "kind", "topic", "facet", "text", "handled"}


def test_the_newest_comes_first_and_can_be_chosen_by_age_kind_and_state(store: InsightStore) -> None:
    old = store.add(InsightKind.out_of_scope, text="old", at=days_ago(10))
    newest = store.add(InsightKind.question, text="newest")
    middle = store.add(InsightKind.out_of_scope, text="middle", at=days_ago(2))
    assert [item.id for item in store.list()] == [newest, middle, old]
    assert [item.id for item in store.list(since=days_ago(5))] == [newest, middle]
    assert [item.id for item in store.list(kind=InsightKind.out_of_scope)] == [middle, old]
    store.mark_handled(middle)
    assert [item.id for item in store.list(open_only=True)] == [newest, old]
    assert store.get(middle).handled


def test_an_unknown_id_is_said_to_be_unknown(store: InsightStore) -> None:
    with pytest.raises(UnknownInsight):
        store.get(7)
    with pytest.raises(UnknownInsight):
        store.mark_handled(7)


def test_purging_deletes_what_is_older_and_no_id_is_given_twice(store: InsightStore) -> None:
    old = store.add(InsightKind.question, at=days_ago(400))
    older = store.add(InsightKind.question, at=days_ago(500))
    assert store.purge(days_ago(365)) == 2
    assert store.list() == []
    new = store.add(InsightKind.question)
    assert new not in (old, older)
    assert store.purge(days_ago(365)) == 0 and [item.id for item in store.list()] == [new]


def test_the_database_is_that_of_the_environment_else_a_file_in_the_state_folder(
    own_state: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    insight_store().add(InsightKind.question)
    assert (own_state / "insights.db").exists()
    monkeypatch.setenv("INSIGHTS_DB_URL", f"sqlite:///{tmp_path / 'elsewhere.db'}")
    insight_store.cache_clear()
    assert insight_store().list() == [] and (tmp_path / "elsewhere.db").exists()
