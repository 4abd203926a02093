"""Nothing that a patient writes on a platform is lost or answered twice, and no reply is lost, whatever fails."""

import re
import time
from typing import List

import pytest
from platform_bot import EchoBot, wait_until
from platform_people import EVERYONE, OnMessenger, OnSlack, OnSms, OnTelegram, OnWhatsApp, Sent
from sqlalchemy import text

RATE_LIMITED = {"slack": (429, {}, {"Retry-After": "1"}), "telegram": (429, {"ok": False, "parameters": {"retry_after": 1}}, {})}
BROKEN = (503, {}, {})
CLAIM_IS_OVER = text("UPDATE messaging_update SET claimed_until = NULL")
LOSE_THE_TABLE = text("ALTER TABLE messaging_update RENAME TO elsewhere")


def words(text: str) -> str:
    return " ".join(re.findall(r"[a-z0-9]+", text.lower()))


def texts(shown: list) -> List[str]:
    return [one.text for one in shown]


def test_every_platform_gets_the_reply_and_nothing_for_machines(echo: EchoBot) -> None:
    for kind in EVERYONE:
        person = kind(10_001)
        (shown,) = echo.say(person, person.writes("my hip hurts & aches"))
        assert shown.text == "you said: my hip hurts & aches"
        assert "hidden" not in str(shown.raw)
    assert not echo.apis.refused


def test_help_in_danger_stands_first_and_cannot_be_overlooked(echo: EchoBot) -> None:
    for kind in EVERYONE:
        person = kind(10_001)
        (shown,) = echo.say(person, person.writes("I cannot walk"))
        first, *rest = shown.text.split("\n")
        assert first.strip("*") == "IMPORTANT: PLEASE ACT NOW"
        assert rest == ["you said: I cannot walk", f"{'Tel.' if kind is OnSms else '☎'} Emergency services: 999"]


def test_a_platform_that_sends_a_message_again_gets_one_reply(echo: EchoBot) -> None:
    for key, kind in enumerate(EVERYONE, start=900_000):
        person = kind(10_001)
        assert len(echo.say(person, person.writes("once", key))) == 1
        for _ in range(3):
            assert echo.post(person, person.writes("once", key)).status_code == 200
    time.sleep(1.5)
    assert all(len(echo.shown_to(kind(10_001))) == 1 for kind in EVERYONE)


def test_a_number_stands_for_the_option_that_was_shown_with_it(echo: EchoBot) -> None:
    for kind in EVERYONE:
        person = kind(10_001)
        (shown,) = echo.say(person, person.writes("let me choose"))
        assert len(shown.options) == 2
        _, payload = shown.options[1]
        (pressed,) = echo.say(person, person.presses(payload))
        assert pressed.text == "you said: chose the second"
        (later,) = echo.say(person, person.writes("2"))
        assert later.text == "you said: 2", "nothing was offered this time"


@pytest.mark.parametrize("kind", [OnWhatsApp, OnSlack])
def test_messages_in_a_burst_are_answered_in_order(echo: EchoBot, kind: type) -> None:
    people = [kind(20_000 + number) for number in range(4)]
    for count in range(6):
        for person in people:
            echo.post(person, person.writes(f"slow {count}" if count == 0 else f"message {count}"))
    wait_until(lambda: all(len(echo.shown_to(person)) == 6 for person in people), 30)
    for person in people:
        assert [text.split()[-1] for text in texts(echo.shown_to(person))] == ["0", "1", "2", "3", "4", "5"]


def test_a_turn_that_fails_is_answered_in_words(echo: EchoBot) -> None:
    (shown,) = echo.say(OnTelegram(7), OnTelegram(7).writes("please fail"))
    assert "something went wrong" in shown.text and "999" in shown.text


def test_what_is_no_text_gets_a_fitting_reply(echo: EchoBot) -> None:
    for kind in EVERYONE:
        person = kind(10_002)
        for what in person.kinds:
            (shown,) = echo.say(person, person.sends(what))
            assert shown.text.startswith("I cannot")


def test_sending_that_fails_twice_is_made_up_for_in_order(echo: EchoBot) -> None:
    for kind in (OnSlack, OnTelegram, OnWhatsApp, OnMessenger):
        person = kind(10_003)
        echo.apis.faults.extend([BROKEN, RATE_LIMITED.get(person.platform, BROKEN)])
        echo.post(person, person.writes("first"))
        echo.post(person, person.writes("second"))
        wait_until(lambda person=person: len(echo.shown_to(person)) == 2, 40)  # type: ignore[misc]
        assert texts(echo.shown_to(person)) == ["you said: first", "you said: second"]
        echo.apis.faults.clear()


def test_a_platform_that_asks_to_wait_is_waited_for(echo: EchoBot) -> None:
    person = OnSlack(10_004)
    echo.apis.faults.append((429, {}, {"Retry-After": "3"}))
    asked = time.monotonic()
    echo.say(person, person.writes("hello"))
    assert time.monotonic() - asked >= 3


def test_what_a_platform_refuses_for_good_does_not_hold_up_what_follows(echo: EchoBot) -> None:
    person = OnTelegram(10_005)
    echo.apis.faults.append((403, {"ok": False, "description": "Forbidden: bot was blocked by the user"}, {}))
    echo.post(person, person.writes("first"))
    wait_until(lambda: bool(echo.store.failures()), 20)
    assert echo.store.failures() == ["status 403: Forbidden: bot was blocked by the user"]
    assert texts(echo.say(person, person.writes("second"))) == ["you said: second"]


def test_what_waits_when_the_bot_is_killed_is_answered_after_it_starts_again(echo: EchoBot) -> None:
    person = OnMessenger(10_006)
    echo.apis.faults.extend([BROKEN] * 50)
    echo.post(person, person.writes("first"))
    wait_until(lambda: echo.store.waiting() == {"updates": 0, "calls": 1}, 20)
    echo.kill()
    echo.apis.faults.clear()
    echo.start()
    wait_until(lambda: texts(echo.shown_to(person)) == ["you said: first"], 90)


def test_a_turn_that_was_stored_before_the_bot_died_is_not_run_again(echo: EchoBot) -> None:
    person = OnSlack(10_007)
    echo.post(person, person.writes("I cannot walk, please die"))
    wait_until(lambda: not echo.is_running, 20)
    with echo.store._session.begin() as session:  # as if the claim's two minutes were over
        session.execute(CLAIM_IS_OVER)
    echo.start()  # it would die again, if it ran the turn
    wait_until(lambda: len(echo.shown_to(person)) == 1, 30)
    assert words(echo.shown_to(person)[0].text) == "important please act now you said i cannot walk please die emergency services 999"
    assert echo.is_running


def test_forged_and_malformed_requests_are_refused_and_leave_no_trace(echo: EchoBot) -> None:
    for kind in EVERYONE:
        person = kind(10_008)
        good = person.writes("hello")
        assert echo.post(person, Sent(good.body, {"Content-Type": good.headers["Content-Type"]})).status_code == 403
        assert echo.post(person, Sent(b"x" * 300_000, good.headers)).status_code == 413
        garbage = echo.post(person, Sent(b"\xff\xfe", good.headers))
        assert garbage.status_code in (400, 403)
    assert echo.store.waiting() == {"updates": 0, "calls": 0}
    assert not any(echo.apis.shown.values())


def test_a_person_is_answered_where_the_store_cannot_be_written(echo: EchoBot) -> None:
    """Twilio does not send again: it gets the words at once. The others are told to send again."""
    with echo.store._session.begin() as session:
        session.execute(LOSE_THE_TABLE)
    for kind in EVERYONE:
        person = kind(10_009)
        response = echo.post(person, person.writes("hello"))
        if person.platform == "twilio":
            assert response.status_code == 200 and "<Message>" in response.text and "999" in response.text
        else:
            assert response.status_code == 503
