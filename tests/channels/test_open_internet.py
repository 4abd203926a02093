"""The REST channel on a real socket, as strangers meet it: random, oversized, slow and forged requests; and its own description."""

import json
import socket
import time
from contextlib import ExitStack
from typing import Any, Dict

import httpx
import jsonschema
import pytest
from canned_server import CannedBot, canned
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis_jsonschema import from_schema

from rasa_project.channels.rest import API_DESCRIPTION
from rasa_project.validation import read_yaml

__all__ = ["canned"]
API: Dict[str, Any] = read_yaml(API_DESCRIPTION)
COUNT = 1000
OFTEN = settings(max_examples=COUNT, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow], database=None)
PATHS = [path for path, methods in API["paths"].items() if "post" in methods]
LEAVES = st.none() | st.booleans() | st.floats() | st.text()
JSON = st.recursive(LEAVES, lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner), max_leaves=8)
HEADERS = ["Content-Type", "Authorization", "X-Forwarded-For", "Origin"]
NEARLY = st.fixed_dictionaries({}, optional={"sender": JSON | st.from_regex(r"\A[A-Za-z0-9_-]{8,64}\Z"), "message": JSON, "metadata": JSON})


def resolved(schema: Any) -> Any:
    """The schema with its references put in."""
    if isinstance(schema, dict):
        if "$ref" in schema:
            target: Any = API
            for step in schema["$ref"].lstrip("#/").split("/"):
                target = target[step]
            return resolved(target)
        return {key: resolved(value) for key, value in schema.items()}
    return [resolved(value) for value in schema] if isinstance(schema, list) else schema


def answered_as_described(path: str, response: httpx.Response) -> None:
    described = resolved(API["paths"][path]["post"]["responses"])
    assert str(response.status_code) in described, response.text
    schema = described[str(response.status_code)]["content"]["application/json"]["schema"]
    jsonschema.validate(response.json(), schema, cls=jsonschema.Draft202012Validator)


@pytest.mark.parametrize("path", PATHS)
def test_what_the_description_allows_is_answered_as_it_says(canned: CannedBot, path: str) -> None:
    schema = resolved(API["paths"][path]["post"]["requestBody"]["content"]["application/json"]["schema"])

    @settings(OFTEN, max_examples=40)
    @given(from_schema(schema))
    def ask(body: Any) -> None:
        answered_as_described(path, httpx.post(canned.rest + path, json=body))

    ask()


def test_a_thousand_malformed_requests_are_all_refused_in_words(canned: CannedBot) -> None:
    with httpx.Client() as client:

        @OFTEN
        @given(st.sampled_from(PATHS), st.binary(max_size=300) | NEARLY.map(lambda body: json.dumps(body).encode()))
        def ask(path: str, body: bytes) -> None:
            response = client.post(canned.rest + path, content=body, headers={"Content-Type": "application/json"})
            answered_as_described(path, response)

        ask()


@given(st.dictionaries(st.sampled_from(HEADERS), st.text(st.characters(min_codepoint=33, max_codepoint=126))))
@settings(OFTEN, max_examples=100)
def test_headers_of_any_form_are_answered(canned: CannedBot, headers: Dict[str, str]) -> None:
    body = json.dumps({"sender": "someone-1", "message": "echo"}).encode()
    answered_as_described("/webhook", httpx.post(f"{canned.rest}/webhook", content=body, headers=headers))


@pytest.mark.parametrize("path", ["/webhook", "/conversation", "/conversation/erase"])
@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE", "PATCH"])
def test_other_methods_are_refused(canned: CannedBot, path: str, method: str) -> None:
    assert httpx.request(method, canned.rest + path).status_code == 405


def test_what_is_large_is_refused_before_it_is_all_there(canned: CannedBot) -> None:
    """The body is announced with 50 MB and the answer comes after the first part of it."""
    with socket.create_connection(("127.0.0.1", canned.port), timeout=10) as peer:
        peer.sendall(_head(50_000_000) + b'{"sender": "someone-1", "message": "' + b"x" * 60_000)
        assert b" 413 " in peer.recv(1000).split(b"\r\n")[0]


def test_slow_senders_hold_up_nobody(canned: CannedBot) -> None:
    with ExitStack() as stack:
        for _ in range(200):
            peer = stack.enter_context(socket.create_connection(("127.0.0.1", canned.port), timeout=5))
            peer.sendall(_head(100) + b'{"sen')
        started = time.monotonic()
        assert httpx.post(f"{canned.rest}/webhook", json={"sender": "someone-1", "message": "echo"}).status_code == 200
        assert time.monotonic() - started < 5
        peer.settimeout(30)
        assert b" 408 " in peer.recv(1000).split(b"\r\n")[0]


def _head(length: int) -> bytes:
    return f"POST /webhooks/rest/webhook HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: {length}\r\n\r\n".encode()


def test_the_description_is_published_and_whole(canned: CannedBot) -> None:
    published = httpx.get(f"{canned.rest}/openapi.json").json()
    assert published == json.loads(json.dumps(API))
    resolved(published)


def test_health_says_that_it_lives_and_ready_says_what_is_wrong(canned: CannedBot) -> None:
    assert httpx.get(f"{canned.rest}/health").json() == {"status": "ok"}
    ready = httpx.get(f"{canned.rest}/ready")
    assert ready.status_code == 503
    assert ready.json() == {
        "status": "not ready",
        "checks": {"model": "ok", "action_server": "not configured", "escalations": "ok", "conversations": "ok"},
    }
