"""What Prometheus gets: behind its token, right after turns and calls, and whatever the databases do."""

import asyncio
import datetime
import os
import secrets
import subprocess
import sys
import threading
from pathlib import Path
from types import SimpleNamespace
from typing import Any, Callable, Dict, Optional

import pytest
from prometheus_client.parser import text_string_to_metric_families
from rasa.core.channels.channel import CollectingOutputChannel, UserMessage
from rasa.core.nlg import TemplatedNaturalLanguageGenerator
from rasa.shared.core.domain import Domain
from rasa.shared.core.trackers import DialogueStateTracker
from rasa.utils.endpoints import EndpointConfig
from sanic import Sanic
from sanic_testing.testing import SanicTestClient
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError

from rasa_project.channels.rest import RestChannel
from rasa_project.escalation.store import Sighting, escalation_store, utc_now
from rasa_project.messaging.platform import Outcome
from rasa_project.messaging.store import Call, Update, messaging_store
from rasa_project.messaging.workers import Workers
from rasa_project.remote_action import ResilientRemoteAction
from rasa_project.settings import DOMAIN_FILE, WebSettings
from rasa_project.tracker_store import ConversationStore
from rasa_project.watching import metrics, stores
from rasa_project.watching.endpoint import MetricsEndpoint

TOKEN = "a token for tests"
SENDER = "someone-1234"
pytestmark = pytest.mark.usefixtures("own_state")


@pytest.fixture
def client(monkeypatch: pytest.MonkeyPatch) -> SanicTestClient:
    """The endpoint beside a REST channel whose bot answers, says nothing, or fails, as it is told."""
    monkeypatch.setenv("METRICS_TOKEN", TOKEN)
    Sanic.test_mode = True
    server = Sanic(f"metrics_{id(monkeypatch)}")
    server.ctx.agent = SimpleNamespace(tracker_store=ConversationStore(Domain.empty()), action_endpoint=None, is_ready=lambda: True)
    server.ctx.platforms = ["slack"]

    async def answer(message: UserMessage) -> None:
        if "fail" in (message.text or ""):
            raise RuntimeError
        for kind in (message.text or "").split():
            await message.output_channel.send_response(message.sender_id, {"text": "words", "metadata": {"kind": kind}})
        await message.output_channel.send_response(message.sender_id, {"text": "This is no diagnosis."})

    server.blueprint(MetricsEndpoint().blueprint(answer), url_prefix="/metrics")
    server.blueprint(RestChannel(WebSettings(messages_per_minute=5)).blueprint(answer), url_prefix="/rest")
    return SanicTestClient(server)


def scraped(client: SanicTestClient) -> Dict[str, float]:
    """All samples of a scrape, by name and labels as Prometheus writes them."""
    reply = client.get("/metrics/", headers={"Authorization": f"Bearer {TOKEN}"})[1]
    assert reply.status == 200, reply.text
    return {
        sample.name + (str(sorted(sample.labels.items())) if sample.labels else ""): sample.value
        for family in text_string_to_metric_families(reply.text)
        for sample in family.samples
    }


def named(name: str, **labels: str) -> str:
    return name + str(sorted(labels.items()))


@pytest.fixture
def grown(client: SanicTestClient) -> Callable[..., float]:
    """By how much a counter has grown since the test began."""
    before = scraped(client)
    return lambda name, **labels: scraped(client)[named(name, **labels)] - before.get(named(name, **labels), 0.0)


def say(client: SanicTestClient, words: str) -> Any:
    return client.post("/rest/webhook", json={"sender": SENDER, "message": words})[1]


# Who may read them


@pytest.mark.parametrize("token", ["", "fifteen letters"])
def test_without_a_long_enough_token_set_there_is_no_endpoint(client: SanicTestClient, monkeypatch: pytest.MonkeyPatch, token: str) -> None:
    monkeypatch.setenv("METRICS_TOKEN", token)
    reply = client.get("/metrics/", headers={"Authorization": f"Bearer {token}".strip()})[1]
    assert reply.status == 404 and "METRICS_TOKEN" in reply.text and "clinic_bot" not in reply.text


@pytest.mark.parametrize("header", [None, TOKEN, f"Basic {TOKEN}", "Bearer", "Bearer wrong", f"Bearer {TOKEN}x", "Bearer \u00e9\u00e9"])
def test_without_the_token_nothing_is_told(client: SanicTestClient, header: Optional[str]) -> None:
    reply = client.get("/metrics/", headers={"Authorization": header.encode("utf-8")} if header else {})[1]
    assert reply.status == 401 and reply.headers["www-authenticate"] == "Bearer" and "clinic_bot" not in reply.text


def test_they_come_in_the_text_format_and_are_not_kept(client: SanicTestClient) -> None:
    reply = client.get("/metrics/", headers={"Authorization": f"bearer {TOKEN}"})[1]
    assert reply.headers["content-type"] == "text/plain; version=0.0.4; charset=utf-8"
    assert reply.headers["cache-control"] == "no-store"


# What is counted


def test_turns_and_kinds_of_replies_are_counted_by_channel(client: SanicTestClient, grown: Callable[..., float]) -> None:
    say(client, "answer question")
    say(client, "fail")
    say(client, "error")
    assert grown("clinic_bot_turns_total", channel="rest", outcome="answered") == 1
    assert grown("clinic_bot_turns_total", channel="rest", outcome="failed") == 2
    assert grown("clinic_bot_turn_seconds_count", channel="rest") == 3
    assert [grown("clinic_bot_replies_total", channel="rest", kind=kind) for kind in ("answer", "question", "error")] == [1, 1, 2]


def test_messages_that_are_too_many_are_counted(client: SanicTestClient, grown: Callable[..., float]) -> None:
    statuses = [say(client, "answer").status for _ in range(7)]
    assert statuses.count(429) == 2
    assert grown("clinic_bot_rate_limited_total", channel="rest") == 2


def test_a_dead_action_server_is_counted(client: SanicTestClient) -> None:
    before, domain = scraped(client), Domain.load(DOMAIN_FILE)
    action = ResilientRemoteAction("action_answer", EndpointConfig("http://127.0.0.1:9/webhook"))
    tracker = DialogueStateTracker.from_events(SENDER, [], slots=domain.slots)
    asyncio.run(action.run(CollectingOutputChannel(), TemplatedNaturalLanguageGenerator(domain.responses), tracker, domain))
    after = scraped(client)
    for name in ("clinic_bot_stand_ins_total", "clinic_bot_action_call_seconds_count"):
        assert after[name] - before.get(name, 0.0) == 1


@pytest.mark.parametrize(
    "outcome, counted",
    [(Outcome("busy", again=True), "clinic_bot_calls_retried_total"), (Outcome("no such person"), "clinic_bot_calls_refused_total")],
)
def test_calls_that_a_platform_does_not_take_are_counted(
    client: SanicTestClient, grown: Callable[..., float], outcome: Outcome, counted: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    store, now = messaging_store(), utc_now()
    store.accept("slack", "slack:1", Update("key", "person", {}, "hello"))
    update = store.claim_update("slack", now, 60)
    assert update
    store.answered(update.id, [Call("chat.postMessage")], now)
    call = store.claim_call("slack", now, 60)
    assert call
    workers = Workers(SimpleNamespace(name="slack"), None)  # type: ignore[arg-type]

    async def take(_: Call) -> Outcome:
        return outcome

    monkeypatch.setattr(workers, "_outcome", take)
    asyncio.run(workers._make_call(call))
    assert grown(counted, platform="slack") == 1


def test_a_turn_on_a_platform_counts_as_one_on_rest(client: SanicTestClient, grown: Callable[..., float]) -> None:
    async def answer(message: UserMessage) -> None:
        await message.output_channel.send_response(message.sender_id, {"text": "words", "metadata": {"kind": "answer"}})

    messaging_store().accept("telegram", "telegram:1", Update("key", "person", {}, "hello"))
    update = messaging_store().claim_update("telegram", utc_now(), 60)
    assert update
    asyncio.run(Workers(SimpleNamespace(name="telegram", shows_numbers=lambda _: False), answer)._replies(update))  # type: ignore[arg-type]
    assert grown("clinic_bot_turns_total", channel="telegram", outcome="answered") == 1
    assert grown("clinic_bot_replies_total", channel="telegram", kind="answer") == 1


def test_errors_of_a_database_are_counted_and_repeats_are_none(client: SanicTestClient, grown: Callable[..., float]) -> None:
    store = escalation_store()
    sighting = Sighting("urgent", ["fever"], ["words"], "message-1")
    assert store.add(sighting, "c") == store.add(sighting, "c")
    assert grown("clinic_bot_store_errors_total", store="escalations") == 0
    with store._session.begin() as session:
        session.execute(text("DROP TABLE escalation_delivery"))
    with pytest.raises(SQLAlchemyError):
        store.undelivered()
    assert grown("clinic_bot_store_errors_total", store="escalations") == 1


# What is looked up


def test_with_nothing_to_do_all_is_zero(client: SanicTestClient) -> None:
    samples = scraped(client)
    for name in set(metrics.GAUGES) - {metrics.READY, metrics.STORE_UP}:
        assert samples[name] == 0, name
    for store in ("escalations", "messaging", "conversations"):
        assert samples[named(metrics.STORE_UP, store=store)] == 1


def test_the_age_of_what_waits_is_told_in_seconds(client: SanicTestClient) -> None:
    hours = [escalation_store().add(Sighting("urgent", ["fever"], ["w"], secrets.token_hex(8), at=ago(hour)), "c") for hour in (1, 2, 3)]
    escalation_store().acknowledge(hours[-1], "Dr Grey")
    samples = scraped(client)
    assert samples[metrics.ESCALATIONS_OPEN] == 2
    assert 2 * 3600 <= samples[metrics.OLDEST_ESCALATION] < 2 * 3600 + 60


def ago(hours: float) -> datetime.datetime:
    return utc_now() - datetime.timedelta(hours=hours)


def test_a_notice_counts_before_a_worker_has_taken_it_up(client: SanicTestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    """The worker may be what is down."""
    escalation_store().add(Sighting("urgent", ["fever"], ["w"], "m"), "c")
    assert scraped(client)[metrics.NOTICES_UNDELIVERED] == 0, "nowhere to bring it"
    monkeypatch.setenv("ESCALATION_WEBHOOK_URL", "https://clinic.example/hook")
    monkeypatch.setenv("ESCALATION_WEBHOOK_SECRET", "x" * 16)
    with escalation_store()._session.begin() as session:
        session.execute(text("UPDATE escalation_notice SET at = :at"), {"at": ago(1)})
    for _ in range(2):  # before and after a worker has planned it
        samples = scraped(client)
        assert samples[metrics.NOTICES_UNDELIVERED] == 1 and 3600 <= samples[metrics.OLDEST_NOTICE] < 3660
        escalation_store().plan_deliveries(["webhook"], utc_now())
    delivery = escalation_store().claim(["webhook"], utc_now(), 60)
    assert delivery
    escalation_store().delivered(delivery.id, utc_now())
    assert scraped(client)[metrics.NOTICES_UNDELIVERED] == 0


def test_messages_and_calls_that_wait_are_told(client: SanicTestClient) -> None:
    for key in ("1", "2"):
        messaging_store().accept("slack", "slack:1", Update(key, "person", {}, "hello"))
    samples = scraped(client)
    assert (samples[metrics.MESSAGES_WAITING], samples[metrics.CALLS_WAITING]) == (2, 0)


def test_a_store_that_fails_is_down_and_the_others_are_told(client: SanicTestClient, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("ESCALATION_DB_URL", f"sqlite:///{tmp_path / 'no such folder' / 'x.db'}")
    samples = scraped(client)
    assert samples[named(metrics.STORE_UP, store="escalations")] == 0 and samples[named(metrics.STORE_UP, store="messaging")] == 1
    assert samples[metrics.READY] == 0 and metrics.ESCALATIONS_OPEN not in samples


def test_a_store_that_hangs_is_down_and_is_asked_by_one_thread_only(client: SanicTestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    hung, asked = threading.Event(), []

    def hang(self: Any) -> Dict[str, int]:
        asked.append(threading.current_thread())
        hung.wait(30)
        return {"updates": 7, "calls": 0}

    monkeypatch.setattr(stores, "ANSWER_SECONDS", 0.05)
    monkeypatch.setattr("rasa_project.messaging.store.MessagingStore.waiting", hang)
    collector = stores.StoresCollector(client.app)
    for _ in range(3):
        assert _up(collector)["messaging"] == 0
    assert len(asked) == 1
    hung.set()
    asked[0].join()
    monkeypatch.setattr(stores, "ANSWER_SECONDS", 5.0)
    assert _up(collector)["messaging"] == 1


def _up(collector: stores.StoresCollector) -> Dict[str, float]:
    return {sample.labels["store"]: sample.value for family in collector.collect() for sample in family.samples if family.name == metrics.STORE_UP}


def test_nothing_of_a_patient_is_in_them(client: SanicTestClient) -> None:
    reference = escalation_store().add(Sighting("urgent", ["fever"], ["quixomarker"], "m"), SENDER, "rest")
    say(client, "answer")
    reply = client.get("/metrics/", headers={"Authorization": f"Bearer {TOKEN}"})[1]
    for secret in (reference, SENDER, "quixomarker", "fever"):
        assert secret not in reply.text


def test_counts_of_all_processes_that_share_a_folder_are_told(client: SanicTestClient, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As ``make run`` has it: the action server counts, too, and only the Rasa server is asked."""
    folder = tmp_path / "counts"
    folder.mkdir()
    code = "from rasa_project.watching.metrics import STORE_ERRORS; STORE_ERRORS.labels('escalations').inc()"
    for _ in range(2):
        subprocess.run([sys.executable, "-c", code], env={**os.environ, "PROMETHEUS_MULTIPROC_DIR": str(folder)}, check=True)
    monkeypatch.setenv("PROMETHEUS_MULTIPROC_DIR", str(folder))
    assert scraped(client)[named("clinic_bot_store_errors_total", store="escalations")] == 2
