"""A message in its conversation: what it says of danger signs in the light of what was said and asked before."""

from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any, Dict, List, Optional, Tuple

from rasa_project.intents import DENIED_SLOT, ESCALATION_SLOT, PENDING_SLOT, SAFETY
from rasa_project.red_flags.answers import Answer, answer_patterns, duration_days
from rasa_project.red_flags.detector import Finding
from rasa_project.red_flags.lexicon import Status
from rasa_project.red_flags.triage import Assessment, Outcome, RedFlagTriage

if TYPE_CHECKING:
    from rasa.shared.core.trackers import DialogueStateTracker
    from spacy.tokens import Doc

CONFIRMED_RULE = "confirmed"  # stands for a rule's id where the patient said yes to a question
EARLIER_MESSAGES = 2
# After these actions the messages before have been dealt with.
SETTLING_ACTIONS = ("action_escalate", "action_resume", "action_take_back", "action_session_start", "action_restart")


@dataclass(frozen=True)
class State:
    """What the conversation knows before a message.

    Attributes:
        earlier: the patient's last messages that were not dealt with as danger signs, oldest first.
        pending: what the bot has just asked: its ``kind``, and for a safety question ``flag`` and ``evidence``.
        escalation: the conversation's escalation: ``reference``, ``level``, ``flags``, ``pain_days``, ``taken_back``.
        denied: flags that the patient, asked about them, said no to.
    """

    earlier: Tuple[str, ...] = ()
    pending: Dict[str, Any] = field(default_factory=dict)
    escalation: Dict[str, Any] = field(default_factory=dict)
    denied: Tuple[str, ...] = ()

    @classmethod
    def of(cls, tracker: "Optional[DialogueStateTracker]") -> "State":
        if tracker is None:
            return cls()
        slots = tracker.current_slot_values()
        return cls(_earlier(tracker), slots.get(PENDING_SLOT) or {}, slots.get(ESCALATION_SLOT) or {}, tuple(slots.get(DENIED_SLOT) or ()))

    @property
    def escalated(self) -> Tuple[str, ...]:
        """Flags that have been escalated and not been taken back."""
        return () if self.escalation.get("taken_back") else tuple(self.escalation.get("flags") or ())


@dataclass(frozen=True)
class Reading:
    """What one message says in its conversation.

    Attributes:
        findings: with those that a yes confirmed.
        ask: the finding that the bot should ask about.
        answer: to the safety question that was pending.
        pain_days: how long the pain has lasted, where the message says so.
        takes_back: whether it takes the escalated signs back.
    """

    assessment: Assessment
    findings: List[Finding]
    ask: Optional[Finding] = None
    answer: Optional[Answer] = None
    pain_days: Optional[float] = None
    takes_back: bool = False

    def as_output(self) -> Dict[str, Any]:
        """For the parse data, and so for `rasa shell nlu` and the tracker."""
        score = self.assessment.score
        likely = {flag: round(p, 3) for flag, p in sorted(score.flags.items(), key=lambda item: -item[1])[:3]}
        return {
            "outcome": self.assessment.outcome.value,
            "probability": round(self.assessment.probability, 4),
            "classifier": {"present": round(score.present, 4), "flags": likely},
            "ask": asdict(self.ask) if self.ask else None,
            "answer": self.answer.value if self.answer else None,
            "pain_days": self.pain_days,
            "takes_back": self.takes_back,
        }


def read(text: str, triage: RedFlagTriage, doc: "Optional[Doc]", state: State) -> Reading:
    """Reads a message in its conversation."""
    asked = state.pending if state.pending.get("kind") == SAFETY else None
    # What made the bot ask would make a bare "no" look like a sign.
    assessment = triage.assess(text, doc, () if asked else state.earlier)
    message = triage.normalise(text)
    days = duration_days(message)
    if assessment.outcome is Outcome.danger:
        return Reading(assessment, assessment.findings, answer=Answer.yes if asked else None, pain_days=days)
    if asked:
        return _answer_to_question(text, triage, assessment, message, asked, days)
    if state.escalated and (answer_patterns().takes_back(message) or _denies(assessment, state.escalated)):
        return Reading(assessment, assessment.findings, takes_back=True)
    doubtful = assessment.doubtful
    if doubtful and (doubtful.flag in state.denied or doubtful.flag in state.escalated):
        doubtful = None
    return Reading(assessment, assessment.findings, ask=doubtful, pain_days=days)


def _answer_to_question(
    text: str, triage: RedFlagTriage, assessment: Assessment, message: Any, asked: Dict[str, Any], days: Optional[float]
) -> Reading:
    answer = answer_patterns().answer(message)
    if _denies(assessment, (asked["flag"],)):
        answer = Answer.no
    if answer is not Answer.yes:
        return Reading(assessment, assessment.findings, answer=answer)
    evidence = f"{asked.get('evidence', '')} / {text}"[:200]
    confirmed = Finding(asked["flag"], triage.level_of(asked["flag"]), evidence, CONFIRMED_RULE, Status.present.value, 0, len(text))
    return Reading(assessment, [*assessment.findings, confirmed], answer=answer, pain_days=days)


def _denies(assessment: Assessment, flags: Tuple[str, ...]) -> bool:
    """Whether the rules find one of these flags denied, and none told."""
    return any(finding.status == Status.denied and finding.flag in flags for finding in assessment.findings)


def _earlier(tracker: "DialogueStateTracker") -> Tuple[str, ...]:
    found: List[str] = []
    for event in reversed(tracker.events):
        kind = event.type_name
        if kind == "action" and event.action_name in SETTLING_ACTIONS:
            break
        if kind == "user" and event.text and not event.text.startswith("/"):
            found.append(event.text)
            if len(found) == EARLIER_MESSAGES:
                break
    return tuple(reversed(found))
