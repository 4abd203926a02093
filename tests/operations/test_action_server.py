"""Only the Rasa server gets into the action server."""

from typing import Any, Dict

import pytest
from rasa.core.actions.action import RemoteAction
from rasa.utils.endpoints import EndpointConfig
from rasa_sdk.endpoint import create_app
from sanic import Sanic
from sanic_testing.testing import SanicTestClient

from rasa_project.action_server import ActionServer
from rasa_project.remote_action import ResilientRemoteAction

TOKEN = "a-token-of-both-servers"
CALL: Dict[str, Any] = {"next_action": "action_unknown", "tracker": {}, "sender_id": "someone-1"}


@pytest.fixture
def client(monkeypatch: pytest.MonkeyPatch) -> SanicTestClient:
    Sanic.test_mode = True
    Sanic._app_registry.pop("rasa_sdk", None)
    server = create_app("actions")
    ActionServer().attach_sanic_app_extensions(server)
    return SanicTestClient(server)


@pytest.mark.parametrize("given", [{}, {"Authorization": "Bearer another"}, {"Authorization": f"Basic {TOKEN}"}])
def test_others_are_refused_and_learn_nothing(client: SanicTestClient, monkeypatch: pytest.MonkeyPatch, given: Dict[str, str]) -> None:
    monkeypatch.setenv("ACTION_SERVER_TOKEN", TOKEN)
    for method, path in (("post", "/webhook"), ("get", "/actions")):
        reply = getattr(client, method)(path, headers=given, **({"json": CALL} if method == "post" else {}))[1]
        assert reply.status == 401 and "someone-1" not in reply.text and "action_answer" not in reply.text
    assert client.get("/health")[1].status == 200, "probes have no token"


def test_the_rasa_server_is_let_in_by_the_header_that_it_sends(client: SanicTestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ACTION_SERVER_TOKEN", TOKEN)
    action = ResilientRemoteAction("action_unknown", EndpointConfig("http://127.0.0.1:9/webhook"))
    action._add_headers()
    assert isinstance(action, RemoteAction) and action.action_endpoint
    assert client.post("/webhook", json=CALL, headers=action.action_endpoint.headers)[1].status == 404, "it got as far as looking for the action"


def test_without_a_token_nobody_is_asked(client: SanicTestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("ACTION_SERVER_TOKEN", raising=False)
    assert client.post("/webhook", json=CALL)[1].status == 404
