"""What staff see: the page behind its password, and the commands."""

import base64
import csv
import io
import json
import re
import secrets
from pathlib import Path
from typing import Any, Dict

import pytest
from sanic import Sanic
from sanic_testing.testing import SanicTestClient
from typer.testing import CliRunner

from rasa_project.__main__ import app as everything
from rasa_project.escalation.command import app as commands
from rasa_project.escalation.staff_page import TRIES, StaffPage
from rasa_project.escalation.store import Sighting, escalation_store
from rasa_project.messaging.store import Update, messaging_store

PASSWORD = "correct horse battery"
pytestmark = pytest.mark.usefixtures("own_state")


@pytest.fixture
def client(monkeypatch: pytest.MonkeyPatch) -> SanicTestClient:
    monkeypatch.setenv("STAFF_PASSWORD", PASSWORD)
    Sanic.test_mode = True
    server = Sanic(f"staff_{id(monkeypatch)}")

    async def unused(_: Any) -> None: ...

    server.blueprint(StaffPage().blueprint(unused), url_prefix="/staff")
    return SanicTestClient(server)


def sign_in(password: str = PASSWORD, name: str = "Dr Grey") -> Dict[str, str]:
    return {"Authorization": "Basic " + base64.b64encode(f"{name}:{password}".encode()).decode()}


def escalation(evidence: str = "<b>wet myself</b>") -> str:
    return escalation_store().add(Sighting("emergency", ["bowel_bladder"], [evidence], secrets.token_hex(8)), "conversation", "rest")


def test_without_the_password_nothing_is_shown(client: SanicTestClient) -> None:
    reference = escalation()
    for headers in ({}, sign_in("wrong"), {"Authorization": "Basic %%%"}, {"Authorization": "Bearer x"}):
        _, reply = client.get("/staff/", headers=headers)
        assert reply.status == 401 and reference not in reply.text and "Basic" in reply.headers["www-authenticate"]


def test_without_a_password_set_the_page_is_off(client: SanicTestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("STAFF_PASSWORD", "short")
    assert client.get("/staff/", headers=sign_in("short"))[1].status == 404


def test_guessing_is_slowed_down(client: SanicTestClient) -> None:
    for _ in range(TRIES):
        client.get("/staff/", headers=sign_in("wrong"))
    reply = client.get("/staff/", headers=sign_in())[1]
    assert reply.status == 429 and int(reply.headers["retry-after"]) > 0


def test_open_escalations_are_shown_and_patients_words_are_no_markup(client: SanicTestClient) -> None:
    reference = escalation()
    reply = client.get("/staff/", headers=sign_in())[1]
    assert reply.status == 200 and reference in reply.text
    assert "<b>wet" not in reply.text and "&lt;b&gt;wet" in reply.text
    assert reply.headers["cache-control"] == "no-store" and "frame-ancestors 'none'" in reply.headers["content-security-policy"]


def test_a_clinician_acknowledges_with_a_note(client: SanicTestClient) -> None:
    reference = escalation()
    token = re.search(r'name="token" value="(\w+)"', client.get("/staff/", headers=sign_in())[1].text)
    assert token
    form = {"reference": reference, "token": token[1], "note": "called back"}
    reply = client.post("/staff/acknowledge", data=form, headers=sign_in(), allow_redirects=False)[1]
    assert reply.status == 303
    found = escalation_store().get(reference)
    assert found and (found.acknowledged_by, found.note) == ("Dr Grey", "called back")
    assert reference not in client.get("/staff/", headers=sign_in())[1].text
    assert "called back" in client.get("/staff/?all=1", headers=sign_in())[1].text


def test_another_site_cannot_acknowledge_in_a_clinicians_name(client: SanicTestClient) -> None:
    reference = escalation()
    reply = client.post("/staff/acknowledge", data={"reference": reference, "token": "0" * 64}, headers=sign_in())[1]
    assert reply.status == 403 and escalation_store().get(reference).is_open  # type: ignore[union-attr]


def command(*arguments: str) -> Any:
    return CliRunner().invoke(commands, list(arguments))


def test_list_show_and_acknowledge() -> None:
    reference = escalation("wet myself")
    assert reference in command("list").output and "wet myself" in command("show", reference.lower()).output
    assert command("ack", reference, "--by", "Dr Grey", "--note", "called back").exit_code == 0
    assert "Nothing is open" in command("list").output and "Dr Grey" in command("list", "--all").output


def test_staff_see_whom_to_reach_on_a_messaging_platform(client: SanicTestClient) -> None:
    messaging_store().accept("twilio", "twilio:0123", Update("SM1", "+447700900123", {"From": "+442079460000", "To": "+447700900123"}, "help"))
    reference = escalation_store().add(Sighting("emergency", ["unable_to_walk"], ["cant walk"], secrets.token_hex(8)), "twilio:0123", "twilio")
    assert "twilio: +447700900123" in client.get("/staff/", headers=sign_in())[1].text
    assert "twilio: +447700900123" in command("show", reference).stdout


def test_an_unknown_reference_is_an_error_that_says_where_to_look() -> None:
    for arguments in (("show", "NOWHERE"), ("ack", "NOWHERE", "--by", "me")):
        done = command(*arguments)
        assert done.exit_code == 1 and "escalations list" in done.output


def test_export_for_a_spreadsheet_holds_no_formula_and_for_programs_is_json() -> None:
    reference = escalation("=cmd|' /C calc'!A0")
    (row,) = csv.DictReader(io.StringIO(command("export").output))
    assert row["reference"] == reference and row["evidence"].startswith("'=")
    assert json.loads(command("export", "--format", "jsonl").output)["evidence"] == ["=cmd|' /C calc'!A0"]
    assert command("export", "--format", "xml").exit_code == 1


def test_the_worker_says_what_is_wrong_with_the_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ESCALATION_WEBHOOK_URL", "https://clinic.example")
    done = CliRunner().invoke(everything, ["work", "--once"])
    assert done.exit_code == 1 and "ESCALATION_WEBHOOK_SECRET" in done.output


def test_the_state_folder_holds_the_databases(own_state: Path) -> None:
    escalation()
    assert (own_state / "escalations.db").is_file()
