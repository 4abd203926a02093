"""The doctor names what is wrong with a deployment, and what to do."""

import datetime
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, Iterator, List

import pytest

from rasa_project.escalation.store import Sighting, escalation_store, utc_now
from rasa_project.operations import doctor
from rasa_project.operations.doctor import Finding, State
from rasa_project.operations.own_servers import OwnRedis

pytestmark = pytest.mark.usefixtures("own_state")


def bad(findings: Any) -> List[str]:
    found: List[Finding] = list(findings)
    assert all(finding.todo for finding in found if finding.state is not State.ok)
    return [finding.what for finding in found if finding.state is State.bad]


@pytest.fixture
def servers() -> Iterator[str]:
    """Something that answers as both servers do when all is well but the action server's stores."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            body = b'{"status": "not ready", "checks": {"model": "ok", "escalations": "no answer (OperationalError)"}}'
            self.send_response(200 if self.path == "/health" else 503)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_address[1]}"
    server.shutdown()
    server.server_close()


def test_faults_of_content_and_example_numbers() -> None:
    assert bad(doctor.settings(lambda: ["clinic.yml: no such country"])) == ["clinic.yml: no such country"]
    assert "example clinic" in bad(doctor.settings(list))[0]


def test_secrets_that_are_too_short(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("REST_API_KEY", "short")
    monkeypatch.setenv("STAFF_PASSWORD", "correct horse battery")
    assert bad(doctor.secrets()) == ["REST_API_KEY has 5 characters"]


def test_a_folder_that_cannot_be_written(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("", encoding="ascii")
    monkeypatch.setenv("CLINIC_BOT_STATE", str(tmp_path / "file"))
    assert "nothing can be written" in bad(doctor.state())[0]


def test_databases_that_do_not_answer_are_named_and_the_others_are_well(monkeypatch: pytest.MonkeyPatch) -> None:
    assert bad(doctor.databases()) == []
    monkeypatch.setenv("ESCALATION_DB_URL", "postgresql://nobody@127.0.0.1:9/none")
    escalation_store.cache_clear()
    assert ["escalations" in what for what in bad(doctor.databases())] == [True]


def test_redis_that_does_not_answer_and_a_secret_that_servers_do_not_share(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    redis = OwnRedis(tmp_path)
    redis.start()
    monkeypatch.setenv("REDIS_URL", redis.url)
    monkeypatch.delenv("CONVERSATION_SECRET", raising=False)
    try:
        assert [what.split()[0] for what in bad(doctor.shared())] == ["CONVERSATION_SECRET"]
    finally:
        redis.stop()
    assert "Redis does not answer" in bad(doctor.shared())[0]


def test_servers_that_are_not_there_and_what_one_says_of_its_parts(servers: str) -> None:
    assert bad(doctor.servers(servers, servers)) == ["the Rasa server says of escalations: no answer (OperationalError)"]
    assert len(bad(doctor.servers("http://127.0.0.1:9", "http://127.0.0.1:9"))) == 2


def test_notices_that_do_not_arrive_and_nobody_to_tell() -> None:
    assert bad(doctor.notices()) == ["nobody is told of danger signs"]
    long_ago = utc_now() - datetime.timedelta(hours=2)
    escalation_store().add(Sighting("urgent", ["severe_pain"], ["agony"], "m1"), "conversation")
    escalation_store().plan_deliveries(["webhook"], long_ago)
    with escalation_store().engine.begin() as connection:
        connection.exec_driver_sql("UPDATE escalation_notice SET at = '2020-01-01 00:00:00'")
    assert "1 notice(s) of danger signs have not reached the clinic (no attempt was made" in bad(doctor.notices())[0]


def test_half_of_a_platforms_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SLACK_BOT_TOKEN", "xoxb-1")
    assert "SLACK_SIGNING_SECRET" in bad(doctor.channels())[0]


def test_an_address_without_protection_or_without_a_server(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BOT_ADDRESS", "http://bot.clinic.example")
    assert "unprotected" in bad(doctor.outside())[0]
    monkeypatch.setenv("BOT_ADDRESS", "https://127.0.0.1:9")
    assert "cannot be reached" in bad(doctor.outside())[0]
