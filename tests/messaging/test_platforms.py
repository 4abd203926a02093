"""What each platform sends is verified and read, and replies fit what each platform takes."""

import json
import time
from contextlib import suppress
from typing import Any, Dict, List, Type
from urllib.parse import urlencode

import platform_apis as apis
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from platform_people import EVERYONE, OnMessenger, OnSlack, OnSms, OnTelegram, OnWhatsApp, Person, Sent
from slack_sdk.signature import SignatureVerifier

from rasa_project.channels.messenger import Messenger
from rasa_project.channels.payloads import THUMB_DOWN, THUMB_UP
from rasa_project.channels.slack import Slack
from rasa_project.channels.telegram import Telegram
from rasa_project.channels.twilio import GSM, Twilio
from rasa_project.messaging.platform import Forged, Incoming, InvalidSettings, Platform, Unreadable
from rasa_project.messaging.replies import Drawing, Option, PlatformReply
from rasa_project.messaging.store import Update

PLATFORMS: Dict[str, Type[Platform]] = {platform.name: platform for platform in (Slack, Telegram, Twilio, Messenger)}
EDITORS, REACTORS = (OnSlack, OnTelegram, OnMessenger), (OnSlack, OnTelegram, OnMessenger)


@pytest.fixture(autouse=True)
def all_switched_on(monkeypatch: pytest.MonkeyPatch) -> None:
    api = apis.PlatformApis()
    api.close()
    for name, value in api.environment().items():
        monkeypatch.setenv(name, value)


def platform_of(person: Person) -> Platform:
    platform = PLATFORMS[person.platform].from_environment()
    assert platform is not None
    return platform


def incoming(person: Person, sent: Sent) -> Incoming:
    url = f"https://bot.clinic.example/webhooks/{person.platform}/webhook"
    return Incoming(url, {name.lower(): value for name, value in sent.headers.items()}, sent.body)


def updates(person: Person, sent: Any) -> List[Update]:
    """Verified and read."""
    platform = platform_of(person)
    platform.verify(incoming(person, sent))
    return platform.read(incoming(person, sent))


def test_words_are_read_as_written_and_repeats_have_the_same_key(person: Person) -> None:
    text = "My hip & back <hurt>, 50% worse + ümlaut 🦴"
    (first,), (again,), (other,) = (
        updates(person, person.writes(text, 7000)),
        updates(person, person.writes(text, 7000)),
        updates(person, person.writes(text)),
    )
    assert first.text == text and first.unread is None and first.public is None
    assert first.key == again.key != other.key


def test_a_button_sends_what_it_stands_for(person: Person) -> None:
    (pressed,) = updates(person, person.presses('/ask_causes{"topic":"sciatica"}'))
    assert pressed.text == '/ask_causes{"topic":"sciatica"}'


def test_what_is_no_text_is_named(person: Person) -> None:
    for kind in person.kinds:
        (update,) = updates(person, person.sends(kind))
        assert update.unread == kind and not update.text


@pytest.mark.parametrize("kind", EDITORS)
def test_an_edited_message_is_read_anew(kind: Type[Person]) -> None:
    (update,) = updates(kind(5), kind(5).edits("I can NOT walk"))
    assert update.text == "I can NOT walk"
    assert update.person == updates(kind(5), kind(5).writes("hello"))[0].person


@pytest.mark.parametrize("kind", REACTORS)
def test_thumbs_are_votes_and_other_reactions_are_not(kind: Type[Person]) -> None:
    got = [updates(kind(5), kind(5).reacts(thumb))[0] for thumb in ("up", "down", "other")]
    assert [(update.text, update.unread) for update in got] == [(THUMB_UP, None), (THUMB_DOWN, None), ("", "reaction")]


@pytest.mark.parametrize("kind", [OnSlack, OnTelegram])
def test_in_a_group_it_answers_when_addressed_and_in_private(kind: Type[Person]) -> None:
    person = kind(5)
    assert updates(person, person.writes_in_group("my back hurts", addressed=False)) == []
    (update,) = updates(person, person.writes_in_group("my back hurts", addressed=True))
    (private,) = updates(person, person.writes("hello"))
    assert update.text == "my back hurts"
    assert (update.person, update.address) == (private.person, private.address)
    assert update.public and update.public != update.address


def test_two_people_have_two_conversations_that_no_rest_client_can_name(person: Person) -> None:
    platform = platform_of(person)
    ids = {platform.conversation_id(updates(type(person)(number), type(person)(number).writes("hi"))[0].person) for number in (11111, 22222, 11111)}
    assert len(ids) == 2
    assert all(found.startswith(f"{person.platform}:") and "11111" not in found for found in ids)


def test_forged_requests_are_refused(person: Person) -> None:
    platform, good = platform_of(person), incoming(person, person.writes("hello"))
    platform.verify(good)
    changed = good.body.replace(b"hello", b"hullo")
    forged = [
        Incoming(good.url, {}, good.body),
        Incoming(good.url, {name: f"{value}x" for name, value in good.headers.items()}, good.body),
        Incoming(good.url, dict.fromkeys(good.headers, ""), good.body),
    ]
    if person.platform != "telegram":  # Telegram signs no body: its secret goes with every request
        forged.append(Incoming(good.url, good.headers, changed))
    for request in forged:
        with pytest.raises((Forged, Unreadable)):
            platform.verify(request)


def test_an_old_request_of_slack_is_a_replay() -> None:
    body, then = b"{}", str(int(time.time()) - 400)
    signature = SignatureVerifier(apis.SLACK_SECRET).generate_signature(timestamp=then, body=body)
    with pytest.raises(Forged):
        platform_of(OnSlack(1)).verify(Incoming("", {"x-slack-request-timestamp": then, "x-slack-signature": str(signature)}, body))


HOSTILE = [b"", b"{", b"[]", b"null", b"\xff\xfe", b"[" * 9000, b'{"event": 3}', b'{"update_id": {}}', b"payload=%7B", b"payload=3", b"Body=1&From=x"]


@pytest.mark.parametrize("body", HOSTILE, ids=lambda body: repr(body[:12]))
@pytest.mark.parametrize("kind", EVERYONE)
def test_a_body_of_another_form_is_unreadable_or_nothing(kind: Type[Person], body: bytes) -> None:
    """Whatever its content type says."""
    for content_type in ("application/json", "application/x-www-form-urlencoded", ""):
        with suppress(Unreadable):
            assert platform_of(kind(1)).read(Incoming("", {"content-type": content_type}, body)) == []


@settings(max_examples=60, deadline=None)
@given(st.recursive(st.none() | st.booleans() | st.integers() | st.text(), lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner)))
def test_whatever_json_stands_where_an_event_should_be_nothing_else_is_raised(found: Any) -> None:
    body = {
        "type": "event_callback",
        "event_id": "E",
        "update_id": 1,
        "object": "page",
        "event": found,
        "message": found,
        "entry": [{"messaging": [found]}],
    }
    for kind in EVERYONE:
        for raw in (json.dumps(body).encode(), json.dumps(found).encode(), urlencode({"payload": json.dumps(found)}).encode()):
            with suppress(Unreadable):
                platform_of(kind(1)).read(Incoming("", {"content-type": "application/json"}, raw))


def test_receipts_and_the_bot_itself_get_no_reply() -> None:
    slack, telegram, whatsapp, messenger = OnSlack(1), OnTelegram(1), OnWhatsApp(1), OnMessenger(1)
    assert updates(slack, slack._direct(text="hi", bot_id="B1")) == []
    assert updates(slack, slack._direct(subtype="message_deleted")) == []
    assert updates(telegram, telegram._update(my_chat_member={})) == []
    assert updates(whatsapp, whatsapp._message(MessageStatus="delivered")) == []
    assert updates(messenger, messenger._event(read={"watermark": 1})) == []
    assert updates(messenger, messenger._message(text="hi", is_echo=True)) == []


def test_addresses_are_checked_as_the_platforms_ask() -> None:
    slack, messenger = platform_of(OnSlack(1)), platform_of(OnMessenger(1))
    assert slack.challenge(Incoming("", {}, b'{"type": "url_verification", "challenge": "abc"}'), {}) == "abc"
    asked = {"hub.mode": "subscribe", "hub.verify_token": apis.MESSENGER_VERIFY, "hub.challenge": "123"}
    assert messenger.challenge(Incoming("", {}, b""), asked) == "123"
    with pytest.raises(Forged):
        messenger.challenge(Incoming("", {}, b""), {**asked, "hub.verify_token": "guessed"})


def test_part_of_the_settings_is_an_error_that_says_what_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("SLACK_SIGNING_SECRET")
    with pytest.raises(InvalidSettings, match="SLACK_SIGNING_SECRET must be set"):
        Slack.from_environment()
    monkeypatch.delenv("SLACK_BOT_TOKEN")
    assert Slack.from_environment() is None
    monkeypatch.delenv("BOT_ADDRESS")
    with pytest.raises(InvalidSettings, match="BOT_ADDRESS"):
        Twilio.from_environment()


WORDS = st.text(st.characters(blacklist_categories=("Cs", "Cc")), min_size=1, max_size=40).filter(lambda text: text.strip())
REPLIES = st.builds(
    PlatformReply,
    text=st.lists(WORDS, min_size=1, max_size=250).map(" ".join),
    source=st.just("") | WORDS,
    heading=st.just("") | WORDS,
    options=st.lists(st.builds(Option, WORDS, WORDS.map(lambda text: text[:30])), max_size=3).map(tuple),
    drawings=st.lists(st.builds(Drawing, st.just("a.svg"), WORDS), max_size=2).map(tuple),
)


@settings(max_examples=40, deadline=None)
@given(REPLIES)
def test_whatever_a_reply_holds_every_platform_takes_it(reply: PlatformReply) -> None:
    for kind in EVERYONE:
        person = kind(12345)
        platform = platform_of(person)
        (update,) = updates(person, person.writes("hello"))
        check, _, _ = apis.CHECKS[person.platform]
        shown = []
        for call in platform.calls(reply, update.address):
            headers = {name.lower(): value for name, value in platform.headers().items()}
            content_type = "application/x-www-form-urlencoded" if platform.form else "application/json"
            body = urlencode(call.body).encode() if platform.form else json.dumps(call.body).encode()
            path = platform.url(call)[len(platform.api) + 1 :]
            shown.append(check(path, {**headers, "content-type": content_type}, body))
        said = "".join("".join(one.text.split()) for one in shown if one)
        for part in (reply.text, reply.source, reply.heading):
            assert "".join((part.translate(GSM) if kind is OnSms else part).split()) in said
        assert {one.to for one in shown if one} == {person.address}
