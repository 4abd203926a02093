"""The REST channel by itself: requests in, messages out, and never silence."""

import asyncio
import os
from typing import Any, Awaitable, Callable, Dict, List

import pytest
from rasa.core.channels.channel import UserMessage
from sanic import Sanic

from rasa_project.channels.conversation_ids import new_conversation_id
from rasa_project.channels.requests import MAX_BODY_BYTES, MAX_TEXT_CHARACTERS
from rasa_project.channels.rest import RestChannel, RestOutput
from rasa_project.settings import WebSettings

URL = "/webhooks/rest/webhook"
SENDER = "someone-1"
KEY = "a key that is long enough"
Handler = Callable[[UserMessage], Awaitable[Any]]


async def answers(message: UserMessage) -> None:
    await message.output_channel.send_response(
        message.sender_id, {"text": f"heard: {message.text}", "buttons": [{"title": "More", "payload": "/x"}], "metadata": {"kind": "answer"}}
    )


async def fails(message: UserMessage) -> None:
    raise RuntimeError("the patient wrote: I have a secret")


async def says_nothing(message: UserMessage) -> None:
    return None


class Client:
    """Sends requests to a channel of its own."""

    made = 0

    def __init__(self, handler: Handler = answers, **web: Any) -> None:
        Client.made += 1
        Sanic.test_mode = True
        self.app = Sanic(f"rest_{os.getpid()}_{Client.made}")
        self.app.blueprint(RestChannel(WebSettings(**web)).blueprint(handler), url_prefix="/webhooks/rest")

    def post(self, body: Any = None, url: str = URL, **kwargs: Any) -> Any:
        sent = {"content": body, "headers": {"Content-Type": "application/json"}} if isinstance(body, bytes) else {"json": body}
        sent.update(kwargs)
        return asyncio.run(self.app.asgi_client.post(url, **sent))[1]

    def say(self, text: str = "hello", sender: str = SENDER, **kwargs: Any) -> Any:
        return self.post({"sender": sender, "message": text}, **kwargs)

    def options(self, **headers: str) -> Any:
        return asyncio.run(self.app.asgi_client.options(URL, headers=headers))[1]


def test_a_reply_is_one_message_with_text_buttons_and_custom() -> None:
    response = Client().say()
    assert response.status == 200
    assert response.json == [
        {"recipient_id": SENDER, "text": "heard: hello", "buttons": [{"title": "More", "payload": "/x"}], "custom": {"kind": "answer"}}
    ]
    assert response.headers["cache-control"] == "no-store"


@pytest.mark.parametrize(
    "body, reason",
    [
        (b"", "not JSON"),
        (b"not json", "not JSON"),
        (b"[" * 5000, "not JSON"),
        (b"\xff\xfe", "not JSON"),
        (b"[1]", "JSON object"),
        (b'{"message": "hi"}', "'sender'"),
        (b'{"sender": null, "message": "hi"}', "'sender'"),
        (b'{"sender": "", "message": "hi"}', "'sender'"),
        (b'{"sender": "short", "message": "hi"}', "'sender'"),
        (b'{"sender": "../../etc/passwd", "message": "hi"}', "'sender'"),
        (b'{"sender": "' + b"x" * 65 + b'", "message": "hi"}', "'sender'"),
        (b'{"sender": ["a"], "message": "hi"}', "'sender'"),
        (b'{"sender": "someone-1"}', "'message'"),
        (b'{"sender": "someone-1", "message": 5}', "'message'"),
        (b'{"sender": "someone-1", "message": NaN}', "not JSON"),
        (b'{"sender": "someone-1", "message": "' + b"x" * (MAX_TEXT_CHARACTERS + 1) + b'"}', "at most"),
    ],
)
def test_a_bad_request_gets_a_reason_and_a_reply_that_a_patient_can_read(body: bytes, reason: str) -> None:
    response = Client().post(body)
    (message,) = response.json
    assert response.status == 400
    assert reason in message["reason"]
    assert message["custom"] == {"kind": "error"} and "999" in message["text"]


def test_a_body_that_is_too_large_is_not_read_to_its_end() -> None:
    response = Client().post(b'{"sender": "someone-1", "message": "' + b"x" * MAX_BODY_BYTES + b'"}')
    assert response.status == 413 and "999" in response.json[0]["text"]


@pytest.mark.parametrize("content_type", ["text/plain", "application/x-www-form-urlencoded", ""])
def test_a_form_of_another_site_is_refused(content_type: str) -> None:
    """Browsers send these types across sites without asking first."""
    response = Client().post(b'{"sender": "someone-1", "message": "hi"}', headers={"Content-Type": content_type})
    assert response.status == 415


@pytest.mark.parametrize("handler", [fails, says_nothing])
def test_a_turn_without_a_reply_is_answered_with_an_error(handler: Handler, caplog: pytest.LogCaptureFixture) -> None:
    response = Client(handler).say("I have a secret")
    (message,) = response.json
    assert response.status == 200 and message["custom"]["kind"] == "error"
    assert "secret" not in caplog.text


def test_what_a_request_says_of_itself_beyond_sender_and_message_is_ignored() -> None:
    seen: List[UserMessage] = []

    async def look(message: UserMessage) -> None:
        seen.append(message)

    Client(look).post({"sender": SENDER, "message": "hi", "input_channel": "slack", "metadata": {"admin": True}, "parse_data": {}})
    assert (seen[0].input_channel, seen[0].metadata, seen[0].parse_data) == ("rest", None, None)


def test_there_is_no_stream() -> None:
    response = Client().say(url=f"{URL}?stream=true")
    assert isinstance(response.json, list)


def test_too_many_messages_of_one_conversation_have_to_wait() -> None:
    client = Client(messages_per_minute=3)
    assert [client.say().status for _ in range(4)] == [200, 200, 200, 429]
    refused = client.say()
    assert 1 <= int(refused.headers["retry-after"]) <= 61
    assert "999" in refused.json[0]["text"] and refused.json[0]["custom"]["kind"] == "error"
    assert client.say(sender="someone-2").status == 200


def test_too_many_messages_of_one_address_have_to_wait_whatever_their_conversations() -> None:
    client = Client(messages_per_minute_and_address=3, proxies=1)

    def statuses(address: str, count: int) -> List[int]:
        return [client.say(sender=f"someone-{number}", headers={"X-Forwarded-For": f"6.6.6.6, {address}"}).status for number in range(count)]

    assert statuses("192.0.2.1", 4) == [200, 200, 200, 429]
    assert statuses("192.0.2.2", 1) == [200]


def test_an_address_that_a_caller_makes_up_does_not_count_without_a_proxy() -> None:
    client = Client(messages_per_minute=2)
    statuses = [client.say(headers={"X-Forwarded-For": f"192.0.2.{number}"}).status for number in range(3)]
    assert statuses == [200, 200, 429]


def test_a_server_of_the_clinic_with_its_key_is_not_limited(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("REST_API_KEY", KEY)
    client = Client(messages_per_minute=1, signed_conversations=True)
    assert [client.say(headers={"Authorization": f"Bearer {KEY}"}).status for _ in range(3)] == [200] * 3


@pytest.mark.parametrize("expected, given", [(KEY, "wrong"), ("short", "short"), ("", "")])
def test_a_wrong_or_missing_key_is_refused(monkeypatch: pytest.MonkeyPatch, expected: str, given: str) -> None:
    monkeypatch.setenv("REST_API_KEY", expected)
    assert Client().say(headers={"Authorization": f"Bearer {given}"}).status == 401


def test_only_ids_that_were_issued_here_are_taken_where_the_clinic_says_so() -> None:
    client = Client(signed_conversations=True)
    issued = client.post({}, url="/webhooks/rest/conversation").json["sender"]
    forged = issued[:-1] + ("0" if issued[-1] != "0" else "1")
    assert [client.say(sender=sender).status for sender in (issued, forged, SENDER)] == [200, 403, 403]


def test_issued_ids_are_all_different() -> None:
    assert len({new_conversation_id() for _ in range(1000)}) == 1000


def test_a_conversation_can_only_be_erased_with_an_issued_id() -> None:
    assert Client().post({"sender": SENDER}, url="/webhooks/rest/conversation/erase").status == 403


def test_browsers_on_other_sites_are_answered_for_the_sites_of_the_clinic_only() -> None:
    client = Client(sites=["https://www.clinic.example"])
    for origin, allowed in (("https://www.clinic.example", True), ("https://www.clinic.example.evil.example", False), ("null", False)):
        for reply in (client.options(Origin=origin), client.say(headers={"Origin": origin})):
            assert reply.headers.get("access-control-allow-origin") == (origin if allowed else None)
            assert "access-control-allow-credentials" not in reply.headers
    assert client.options(Origin="https://www.clinic.example").headers["access-control-allow-headers"] == "Content-Type"


def test_control_characters_do_not_reach_the_bot() -> None:
    assert Client().say("hel\x00lo\u202e\ud800").json[0]["text"] == "heard: hel lo\u202e"


def test_conversations_do_not_wait_for_each_other() -> None:
    async def meet() -> None:
        both = asyncio.Event()
        waiting: List[str] = []

        async def wait(message: UserMessage) -> None:
            waiting.append(message.sender_id)
            if len(waiting) == 2:
                both.set()
            await asyncio.wait_for(both.wait(), 5)

        channel = RestChannel(WebSettings())
        await asyncio.gather(*(channel._answer(wait, sender, "hi") for sender in ("a", "b")))

    asyncio.run(meet())


def test_a_long_answer_stays_one_message() -> None:
    output = RestOutput()
    asyncio.run(output.send_response("s", {"text": "one\n\ntwo", "metadata": {"kind": "answer"}}))
    assert len(output.messages) == 1


@pytest.mark.parametrize("field, value", [("sites", ["https://a.example/"]), ("sites", ["*"]), ("sites", ["a.example"]), ("messages_per_minute", 0)])
def test_settings_that_cannot_work_are_refused(field: str, value: Any) -> None:
    settings: Dict[str, Any] = {field: value}
    with pytest.raises(ValueError):
        WebSettings(**settings)
