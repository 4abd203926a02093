"""What is recorded of a message, what never is, and that recording disturbs nobody."""

import logging
import threading
from typing import Any, Callable, Dict, List, Optional

import pytest

from rasa_project.content.schema import Facet
from rasa_project.content.store import ContentStore
from rasa_project.dialogue.decision import Answer, Decision, Kind
from rasa_project.insights import recording
from rasa_project.insights.recording import LONGEST, Note, Recorder, kept, note_thumbs_down, note_unanswered, recorder, speaks_of_danger
from rasa_project.insights.store import Insight, InsightKind, insight_store
from rasa_project.settings import InsightSettings, clinic_settings

pytestmark = pytest.mark.usefixtures("own_state")

QUIET = {"red_flags": [], "red_flag_triage": {"outcome": "neither", "ask": None, "answer": None, "takes_back": False}}
ASKED = {"text": "how long does it last", "intent": {"name": "ask_prognosis"}, **QUIET}


@pytest.fixture
def content(store: ContentStore) -> Callable[[], ContentStore]:
    return lambda: store


def keep_text(monkeypatch: pytest.MonkeyPatch, how: str) -> None:
    settings = clinic_settings().copy(update={"insights": InsightSettings(keep_text=how)})
    monkeypatch.setattr(recording, "clinic_settings", lambda: settings)


def recorded() -> List[Insight]:
    recorder.wait()
    return insight_store().list()


def user(text: Optional[str], **parse_data: Any) -> Dict[str, Any]:
    return {"event": "user", "text": text, "parse_data": {**QUIET, **parse_data}}


DOWN = user('/feedback{"value":"down"}')


@pytest.mark.parametrize("kind", [Kind.not_covered, Kind.out_of_scope, Kind.question])
def test_each_kind_of_reply_without_an_answer_is_recorded(kind: Kind, content: Callable[[], ContentStore]) -> None:
    topic = content().topics["sciatica"]
    decision = Decision(kind, topic=topic, facet=Facet.prognosis) if kind is Kind.not_covered else Decision(kind)
    note_unanswered(ASKED, [decision], content)
    (found,) = recorded()
    assert (found.kind.value, found.text, found.handled) == (kind.value, "how long does it last", False)
    assert (found.topic, found.facet) == (("sciatica", "prognosis") if kind is Kind.not_covered else (None, None))


def test_an_answer_is_not_recorded(content: Callable[[], ContentStore]) -> None:
    topic = content().topics["sciatica"]
    note_unanswered(ASKED, [Decision(Kind.answer, answer=Answer(topic, Facet.causes, topic.facets[Facet.causes]))], content)
    assert recorded() == []


def test_of_several_questions_only_the_one_without_an_answer_is_kept(content: Callable[[], ContentStore]) -> None:
    message = {**ASKED, "text": "what is sciatica and will it rain"}
    note_unanswered(message, [Decision(Kind.out_of_scope, asked="will it rain")], content)
    assert [found.text for found in recorded()] == ["will it rain"]


@pytest.mark.parametrize(
    "text, kept_text",
    [
        ('/ask_prognosis{"topic":"sciatica"}', None),
        ("??? 🙂", None),
        ("hip " * LONGEST, None),
        ("Zbigniew", None),
        ("rain…  on\nme", "rain... on me"),
    ],
)
def test_what_says_nothing_in_the_patients_words_is_counted_only(text: str, kept_text: Optional[str], content: Callable[[], ContentStore]) -> None:
    note_unanswered({**ASKED, "text": text}, [Decision(Kind.out_of_scope)], content)
    assert [found.text for found in recorded()] == [kept_text]


def test_a_message_without_text_is_not_recorded(content: Callable[[], ContentStore]) -> None:
    note_unanswered({}, [Decision(Kind.question)], content)
    assert recorded() == []


@pytest.mark.parametrize(
    "how, expected",
    [("full", "Zbigniew asks: my hip, 07700900123"), ("redacted", "… asks: my hip, …"), ("none", None)],
)
def test_the_clinic_decides_what_is_kept_of_the_words(how: str, expected: Optional[str], monkeypatch: pytest.MonkeyPatch) -> None:
    keep_text(monkeypatch, how)
    assert kept("Zbigniew asks:\nmy hip, 07700900123", lambda: frozenset(("ask", "my", "hip"))) == expected


DANGER = {
    "a present sign": {"red_flags": [{"flag": "bowel_bladder", "status": "present"}]},
    "a sign that the classifier does not bear out": {"red_flags": [{"flag": "bowel_bladder", "status": "unclear"}]},
    "danger": {"red_flag_triage": {"outcome": "danger"}},
    "doubt": {"red_flag_triage": {"outcome": "doubt"}},
    "a question back": {"red_flag_triage": {"outcome": "neither", "ask": {"flag": "bowel_bladder"}}},
    "an answer to it": {"red_flag_triage": {"outcome": "neither", "answer": "no"}},
    "taking it back": {"red_flag_triage": {"outcome": "neither", "takes_back": True}},
    "self-harm": {"intent": {"name": "self_harm"}},
    "self-harm in one part": {"parts": [{"text": "x", "intent": {"name": "self_harm"}}]},
}


@pytest.mark.parametrize("about", DANGER.values(), ids=DANGER)
def test_what_may_speak_of_danger_is_never_recorded(about: Dict[str, Any], content: Callable[[], ContentStore]) -> None:
    assert not speaks_of_danger(ASKED)
    message = {**ASKED, **about}
    note_unanswered(message, [Decision(Kind.out_of_scope), Decision(Kind.question)], content)
    note_thumbs_down([user(ASKED["text"], **about), DOWN], "sciatica", "causes", content)
    assert recorded() == []


def test_a_message_that_nobody_looked_at_for_danger_signs_is_read_by_the_rules(content: Callable[[], ContentStore]) -> None:
    for text in ("I have wet myself and cannot feel my legs", "will it rain"):
        note_unanswered({"text": text, "intent": {"name": "out_of_scope"}}, [Decision(Kind.out_of_scope)], content)
    assert [found.text for found in recorded()] == ["will it rain"]


def test_no_danger_is_what_the_triage_calls_it() -> None:
    from rasa_project.red_flags.triage import Outcome

    assert {outcome.value for outcome in Outcome} == {"danger", "doubt", recording.NO_DANGER}


def test_a_past_sign_or_that_of_somebody_else_does_not_hinder() -> None:
    assert not speaks_of_danger({**ASKED, "red_flags": [{"status": "past"}, {"status": "other_person"}]})


def test_a_thumbs_down_is_recorded_with_the_last_question_in_words(content: Callable[[], ContentStore]) -> None:
    events = [user("what is bursitis"), user("what helps sciatica"), {"event": "bot", "text": "rest"}, user('/ask_risk{"topic":"sciatica"}'), DOWN]
    note_thumbs_down(events, "sciatica", "risk", content)
    (found,) = recorded()
    assert (found.kind, found.topic, found.facet, found.text) == (InsightKind.thumbs_down, "sciatica", "risk", "what helps sciatica")


def test_the_same_thumbs_down_counts_once_and_the_next_question_anew(content: Callable[[], ContentStore]) -> None:
    events = [user("what helps sciatica")]
    for event in (DOWN, DOWN, user('/feedback{"value":"up"}'), DOWN, user("what is bursitis"), DOWN):
        events.append(event)
        if event is DOWN:
            note_thumbs_down(events, None, None, content)
    assert [found.text for found in recorded()] == ["what is bursitis", "what helps sciatica"]


@pytest.mark.parametrize("before", [[], [user(None)], [user("/restart")]])
def test_a_thumbs_down_without_a_question_is_not_recorded(before: List[Dict[str, Any]], content: Callable[[], ContentStore]) -> None:
    note_thumbs_down([*before, DOWN], None, None, content)
    assert recorded() == []


def test_a_failure_is_logged_without_the_text_and_the_next_note_is_written(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, content: Callable[[], ContentStore]
) -> None:
    def broken() -> None:
        raise RuntimeError("cannot store 'how long does it last'")

    with monkeypatch.context() as patched, caplog.at_level(logging.DEBUG):
        patched.setattr(recording, "insight_store", broken)
        note_unanswered(ASKED, [Decision(Kind.question)], content)
        recorder.wait()
    assert "RuntimeError" in caplog.text and "how long" not in caplog.text
    note_unanswered(ASKED, [Decision(Kind.question)], content)
    assert len(recorded()) == 1


def test_nobody_waits_for_a_database_that_hangs(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, content: Callable[[], ContentStore]
) -> None:
    hangs, goes_on, written = threading.Event(), threading.Event(), []

    def write(self: Recorder, note: Note, _: Callable[[], ContentStore]) -> None:
        hangs.set()
        goes_on.wait(60)
        written.append(note.text)

    monkeypatch.setattr(recording, "MOST_WAITING", 1)
    monkeypatch.setattr(Recorder, "_write", write)
    own = Recorder()
    own.submit(Note(InsightKind.question, ASKED, "first"), content)
    assert hangs.wait(60)
    for text in ("second", "third"):
        own.submit(Note(InsightKind.question, ASKED, text), content)
    assert "Full" in caplog.text and "third" not in caplog.text
    goes_on.set()
    own.wait()
    assert written == ["first", "second"]
