"""One conversation on every platform, with the real bot: people are told the same as over REST."""

import re
from pathlib import Path
from typing import Any, Dict, Iterator, List, Type

import pytest
from platform_apis import PlatformApis, Shown
from platform_bot import PlatformBot, wait_until
from platform_people import EVERYONE, OnMessenger, OnSlack, OnSms, OnTelegram, Person

from rasa_project.escalation.store import EscalationStore
from rasa_project.operations import serving, training
from rasa_project.operations.environment import trial_environment
from rasa_project.operations.serving import Servers
from rasa_project.settings import domain_text

BROKEN = (500, {}, {})


@pytest.fixture(scope="module")
def state(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("platforms")


@pytest.fixture(scope="module")
def servers(state: Path) -> Iterator[Servers]:
    apis = PlatformApis()
    environment = {**trial_environment(state), **apis.environment()}
    with serving.running(training.ensure_model(), serving.free_port(), serving.free_port(), environment) as running:
        running.apis = apis  # type: ignore[attr-defined]
        yield running
    apis.close()


@pytest.fixture
def bot(servers: Servers, state: Path) -> PlatformBot:
    return PlatformBot(servers.port, state, servers.apis)  # type: ignore[attr-defined]


REFERENCE = re.compile(r"\(reference [A-Z0-9]+\)")  # each conversation's escalation has its own


def words(text: str) -> str:
    """What is said, whatever the layout."""
    return " ".join(re.findall(r"[a-z0-9]+", REFERENCE.sub("", text).lower()))


def check_same(person: Person, shown: List[Shown], replies: List[Dict[str, Any]]) -> None:
    """Every line over REST is there, every option can be chosen, drawings are shown where they can be, and nothing for machines leaves."""
    said = words(" ".join(one.text for one in shown))
    for line in (line for reply in replies for line in reply["text"].split("\n")):
        assert words(line) in said, f"{person.platform}: {line}"
    options = [option for one in shown for option in one.options]
    buttons = replies[-1].get("buttons") or []
    assert len(options) == len(buttons)
    for button, (label, sends) in zip(buttons, options):
        assert words(label) == words(button["title"]) or words(button["title"]) in said
        assert sends in (button["payload"], label, str(buttons.index(button) + 1))
    drawings = [drawing for reply in replies for drawing in reply.get("custom", {}).get("drawings", [])]
    pictures = [picture for one in shown for picture in one.pictures]
    assert len(pictures) == (0 if isinstance(person, OnSms) else len(drawings))
    assert not any(key in str(one.raw) for one in shown for key in ("'custom'", "'metadata'", "'sources'", "'kind'"))


SCRIPT = (
    "hello",
    "what is sciatica?",
    "and what causes it?",
    "how do I do the piriformis stretch",
    "do you know anything about tax returns",
    "what is bursitis? and how is a pinched nerve treated?",
    "since this morning I can't feel when I need to pee",
    "thanks",
)


@pytest.mark.parametrize("kind", EVERYONE)
def test_a_conversation_means_the_same_as_over_rest(bot: PlatformBot, servers: Servers, kind: Type[Person]) -> None:
    person, sender = kind(31_000), f"rest-{kind.__name__}"
    for message in SCRIPT:
        check_same(person, bot.say(person, person.writes(message)), servers.ask(sender, message))
    assert not bot.apis.refused


@pytest.mark.parametrize("kind", EVERYONE)
def test_options_media_repeats_and_failing_sends(bot: PlatformBot, servers: Servers, kind: Type[Person]) -> None:
    person, sender = kind(32_000), f"options-{kind.__name__}"
    shown, (*_, reply) = bot.say(person, person.writes("what is a slipped disc?")), servers.ask(sender, "what is a slipped disc?")
    chosen = next(option for one in shown for option in one.options)
    check_same(person, bot.say(person, person.presses(chosen[1])), servers.ask(sender, reply["buttons"][0]["payload"]))
    for what in person.kinds:
        (media,) = bot.say(person, person.sends(what))
        assert words(media.text) == words(domain_text(f"utter_unread_{what}"))
    check_same(person, bot.say(person, person.writes("and the symptoms?", 31_337_000 + len(kind.__name__))), servers.ask(sender, "and the symptoms?"))
    before = len(bot.shown_to(person))
    bot.post(person, person.writes("and the symptoms?", 31_337_000 + len(kind.__name__)))
    bot.apis.faults.extend([BROKEN, BROKEN])
    bot.post(person, person.writes("how is it treated?"))
    wait_until(lambda: len(bot.shown_to(person)) > before and not any(bot.store.waiting().values()), 60)
    check_same(person, bot.shown_to(person)[before:], servers.ask(sender, "how is it treated?"))


@pytest.mark.parametrize("kind", EVERYONE)
def test_the_clinic_learns_of_danger_and_of_whom_to_reach(bot: PlatformBot, state: Path, kind: Type[Person]) -> None:
    person = kind(33_000)
    (shown, *_) = bot.say(person, person.writes("hi, what is arthritis? also I fell off a ladder and cant put any weight on my leg"))
    assert words(shown.text).startswith(words(domain_text("utter_act_now")))
    assert "999" in shown.text
    (escalation,) = [
        one
        for one in EscalationStore(f"sqlite:///{state / 'escalations.db'}").list()
        if bot.store.person(one.conversation_id) == f"{person.platform}: {identity(person)}"
    ]
    assert escalation.channel == person.platform and escalation.level == "emergency"


def identity(person: Person) -> str:
    """Who it is, in the platform's terms."""
    return f"T1/{person.address}" if isinstance(person, OnSlack) else person.address


@pytest.mark.parametrize("kind", [OnSlack, OnTelegram])
def test_in_a_group_it_says_only_that_it_answers_in_private(bot: PlatformBot, kind: Type[Person]) -> None:
    person = kind(34_000)
    group = {OnSlack: "C9", OnTelegram: "-99"}[kind]
    assert bot.post(person, person.writes_in_group("my back hurts", addressed=False)).status_code == 200
    before = len(bot.apis.shown[person.platform])
    (shown,) = [one for one in bot.say(person, person.writes_in_group("what is sciatica?", addressed=True)) if "sciatic" in one.text]
    assert shown.to == person.address
    (public,) = [one for one in bot.apis.shown[person.platform][before:] if one.to == group]
    assert "sciatic" not in public.text.lower() and "private" in public.text


@pytest.mark.parametrize("kind", [OnSlack, OnTelegram, OnMessenger])
def test_a_thumb_is_a_vote_and_an_edit_is_read_anew(bot: PlatformBot, kind: Type[Person]) -> None:
    person = kind(35_000)
    bot.say(person, person.writes("what is sciatica?"))
    (thanked,) = bot.say(person, person.reacts("down"))
    assert words(thanked.text) == words(domain_text("utter_feedback_down"))
    (helped, *_) = bot.say(person, person.edits("I cannot walk any more"))
    assert words(helped.text).startswith(words(domain_text("utter_act_now")))
