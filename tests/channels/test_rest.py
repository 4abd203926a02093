"""The REST channel by itself: requests in, messages out, and never silence."""

import asyncio
from typing import Any, Awaitable, Callable, List

import pytest
from rasa.core.channels.channel import UserMessage
from sanic import Sanic

from rasa_project.channels.rest import MAX_TEXT_CHARACTERS, RestChannel, RestOutput

URL = "/webhooks/rest/webhook"
Handler = Callable[[UserMessage], Awaitable[Any]]


def app_with(handler: Handler, name: str) -> Sanic:
    Sanic.test_mode = True
    app = Sanic(name)
    app.blueprint(RestChannel().blueprint(handler), url_prefix="/webhooks/rest")
    return app


async def post(app: Sanic, **kwargs: Any) -> Any:
    _, response = await app.asgi_client.post(URL, **kwargs)
    return response


async def answers(message: UserMessage) -> None:
    await message.output_channel.send_response(
        message.sender_id, {"text": f"heard: {message.text}", "buttons": [{"title": "More", "payload": "/x"}], "metadata": {"kind": "answer"}}
    )


def test_a_reply_is_one_message_with_text_buttons_and_custom() -> None:
    response = asyncio.run(post(app_with(answers, "one"), json={"sender": "s", "message": "hello"}))
    assert response.status == 200
    assert response.json == [
        {"recipient_id": "s", "text": "heard: hello", "buttons": [{"title": "More", "payload": "/x"}], "custom": {"kind": "answer"}}
    ]


@pytest.mark.parametrize(
    "body, reason",
    [
        (b"", "JSON object"),
        (b"not json", "not JSON"),
        (b"[1]", "JSON object"),
        (b'{"message": "hi"}', "'sender'"),
        (b'{"sender": "", "message": "hi"}', "'sender'"),
        (b'{"sender": ["a"], "message": "hi"}', "'sender'"),
        (b'{"sender": "s"}', "'message'"),
        (b'{"sender": "s", "message": 5}', "'message'"),
        (b'{"sender": "s", "message": "' + b"x" * (MAX_TEXT_CHARACTERS + 1) + b'"}', "at most"),
    ],
    ids=["nothing", "no JSON", "a list", "no sender", "empty sender", "a list as sender", "no message", "a number", "too long"],
)
def test_a_bad_request_gets_a_reason_and_a_reply_that_a_patient_can_read(body: bytes, reason: str) -> None:
    response = asyncio.run(post(app_with(answers, f"bad_{abs(hash(body))}"), content=body))
    (message,) = response.json
    assert response.status == 400
    assert reason in message["reason"]
    assert message["custom"] == {"kind": "error"} and "999" in message["text"]


async def fails(message: UserMessage) -> None:
    raise RuntimeError("the patient wrote: I have a secret")


async def says_nothing(message: UserMessage) -> None:
    return None


@pytest.mark.parametrize("handler", [fails, says_nothing])
def test_a_turn_without_a_reply_is_answered_with_an_error(handler: Handler, caplog: pytest.LogCaptureFixture) -> None:
    response = asyncio.run(post(app_with(handler, handler.__name__), json={"sender": "s", "message": "I have a secret"}))
    (message,) = response.json
    assert response.status == 200 and message["custom"]["kind"] == "error"
    assert "secret" not in caplog.text


def test_messages_of_one_conversation_are_handled_one_after_another_in_order() -> None:
    running: List[str] = []
    order: List[str] = []

    async def slow(message: UserMessage) -> None:
        assert not running
        running.append(message.text or "")
        await asyncio.sleep(0.01)
        order.append(running.pop())

    async def burst() -> None:
        channel = RestChannel()
        await asyncio.gather(*(channel._answer(slow, "one", str(number)) for number in range(20)))

    asyncio.run(burst())
    assert order == [str(number) for number in range(20)]


def test_conversations_do_not_wait_for_each_other() -> None:
    async def meet() -> None:
        both = asyncio.Event()
        waiting: List[str] = []

        async def wait(message: UserMessage) -> None:
            waiting.append(message.sender_id)
            if len(waiting) == 2:
                both.set()
            await asyncio.wait_for(both.wait(), 5)

        channel = RestChannel()
        await asyncio.gather(*(channel._answer(wait, sender, "hi") for sender in ("a", "b")))

    asyncio.run(meet())


def test_a_long_answer_stays_one_message() -> None:
    output = RestOutput()
    asyncio.run(output.send_response("s", {"text": "one\n\ntwo", "metadata": {"kind": "answer"}}))
    assert len(output.messages) == 1
