"""What a patient with a red flag reads, and what the conversation remembers of it. The same in the action server and, if that is down, in the
Rasa server."""

import logging
import secrets
from dataclasses import dataclass, field, replace
from typing import Any, Callable, Dict, List, Optional, Tuple

from rasa_project.dialogue.replies import Button, Reply
from rasa_project.escalation import spool
from rasa_project.escalation.store import EMERGENCY, URGENT, Sighting, escalation_store
from rasa_project.escalation.wording import FlagWords, flag_words
from rasa_project.intents import DENIED_SLOT, DURATION, ESCALATION_SLOT, PENDING_SLOT, RED_FLAG_TRIAGE, SAFETY
from rasa_project.red_flags.reading import detector, present_flags
from rasa_project.settings import clinic_settings, domain_text
from rasa_project.validation import InvalidFile

logger = logging.getLogger(__name__)

SEVERE_PAIN = "severe_pain"
LONG_PAIN_DAYS = 14  # the article's own limit (P110)
YES_OR_NO: Tuple[Button, ...] = ({"title": "Yes", "payload": "Yes"}, {"title": "No", "payload": "No"})
SHOW_ADVICE: Button = {"title": "Show the advice again", "payload": "/show_advice"}


@dataclass(frozen=True)
class Turn:
    """The latest message in its conversation.

    Attributes:
        parse_data: Rasa's, of the message.
        slots: values of the conversation's slots.
    """

    conversation_id: str
    message_id: Optional[str]
    channel: Optional[str]
    parse_data: Dict[str, Any]
    slots: Dict[str, Any] = field(default_factory=dict)

    @property
    def escalation(self) -> Dict[str, Any]:
        """``reference`` (``None`` where it could not be stored), ``level``, ``flags``, ``pain_days``, ``taken_back``; empty before the first."""
        return dict(self.slots.get(ESCALATION_SLOT) or {})

    @property
    def triage(self) -> Dict[str, Any]:
        return dict(self.parse_data.get(RED_FLAG_TRIAGE) or {})


@dataclass(frozen=True)
class Response:
    """A reply, with the slots to set."""

    reply: Reply
    slots: Dict[str, Any] = field(default_factory=dict)


def escalate(turn: Turn) -> Response:
    """Stores the danger signs of the message, then words the advice: in full where there is news, else in short.

    A database that fails must not keep the advice from the patient.
    """
    findings, before = present_flags(turn.parse_data), turn.escalation
    told = list(dict.fromkeys(finding["flag"] for finding in findings))
    level = EMERGENCY if any(finding["level"] == EMERGENCY for finding in findings) else URGENT
    pain_days = turn.triage.get("pain_days") if SEVERE_PAIN in told else None
    reference = _stored(turn, level, told, findings, pain_days)
    if before.get("taken_back"):
        before = {**before, "flags": []}
    known = before.get("flags") or []
    flags = list(dict.fromkeys([*known, *told]))
    after = {
        "reference": reference,
        "level": EMERGENCY if EMERGENCY in (level, before.get("level") if known else None) else URGENT,
        "flags": flags,
        "pain_days": pain_days if pain_days is not None else before.get("pain_days"),
        "taken_back": False,
        "quiet_turns": 0,
    }
    news = set(told) - set(known) or after["level"] != before.get("level") or before.get("reference") is None or reference is None
    if not news:
        return Response(_escalation_reply(after, f"utter_escalate_again_{after['level']}", flags), {ESCALATION_SLOT: after, PENDING_SLOT: None})
    ask_how_long = SEVERE_PAIN in told and after["pain_days"] is None and after["level"] == URGENT
    pending = {"kind": DURATION} if ask_how_long else None
    return Response(_full_advice(after), {ESCALATION_SLOT: after, PENDING_SLOT: pending})


def _full_advice(escalation: Dict[str, Any]) -> Reply:
    response = f"utter_escalate_{escalation['level']}"
    if escalation["level"] == URGENT and SEVERE_PAIN in escalation["flags"]:
        days = escalation.get("pain_days")
        response = "utter_escalate_severe_pain" if days is None else "utter_escalate_long_pain" if days > LONG_PAIN_DAYS else response
    return _escalation_reply(escalation, response, escalation["flags"])


def _stored(turn: Turn, level: str, flags: List[str], findings: List[Dict[str, Any]], pain_days: Optional[float]) -> Optional[str]:
    evidence = list(dict.fromkeys(finding["evidence"] for finding in findings))
    sighting = Sighting(level, flags, evidence, turn.message_id or secrets.token_hex(16), pain_days)
    try:
        reference = escalation_store().add(sighting, turn.conversation_id, turn.channel, turn.escalation.get("reference"))
        _bring_what_waits()
        return reference
    except Exception:
        logger.exception("An escalation could not be stored (conversation %s, flags %s).", turn.conversation_id, ", ".join(flags))
    try:
        spool.keep(sighting, turn.conversation_id, turn.channel)
    except OSError as error:
        logger.critical("It could not be kept on this machine either (%s).", type(error).__name__)
    return None


def _bring_what_waits() -> None:
    """The worker does so, too, where it has the same disk."""
    try:
        spool.bring(escalation_store())
    except Exception as error:  # it waits on; this patient's sign is stored
        logger.error("What was kept on this machine could not be stored yet (%s).", type(error).__name__)


def ask_whether_in_danger(turn: Turn) -> Response:
    """The one plain question where rules and classifier leave a doubt."""
    doubtful = turn.triage["ask"]
    words = _words(doubtful["flag"])
    question = words.question if words else "Is there a danger sign, such as not being able to walk, or trouble with bladder or bowel?"
    pending = {"kind": SAFETY, "flag": doubtful["flag"], "evidence": doubtful["evidence"]}
    buttons = [dict(button) for button in YES_OR_NO]
    reply = Reply(custom={"kind": "question", "options": buttons}, response="utter_ask_safety", words={"question": question}, buttons=buttons)
    return Response(reply, {PENDING_SLOT: pending})


def note_duration(turn: Turn) -> Response:
    """Takes up the answer to "how long": more than two weeks of severe pain is a danger sign of the article itself."""
    days = float(turn.triage["pain_days"])
    after = {**turn.escalation, "pain_days": days, "quiet_turns": 0}
    if after.get("reference"):
        _try("the duration", lambda: escalation_store().set_pain_days(after["reference"], days))
    response = "utter_pain_for_long" if days > LONG_PAIN_DAYS else "utter_pain_not_for_long"
    return Response(_escalation_reply(after, response, after.get("flags") or [SEVERE_PAIN]), {ESCALATION_SLOT: after, PENDING_SLOT: None})


def take_back(turn: Turn) -> Response:
    """The patient says that it was not meant so. The clinic learns that too; the advice stays within reach."""
    before = turn.escalation
    if before.get("reference"):
        _try("what was taken back", lambda: escalation_store().take_back(before["reference"]))
    gone = [words.gone for flag in before.get("flags") or [] for words in [_words(flag)] if words]
    reply = Reply(
        custom={"kind": "chitchat", "taken_back": True},
        response="utter_taken_back",
        words={"gone": _listed(gone) or "it is not as bad", "signs": _signs(before.get("flags") or [])},
        buttons=[dict(SHOW_ADVICE)],
    )
    return Response(reply, {ESCALATION_SLOT: {**before, "taken_back": True}, PENDING_SLOT: None})


def show_advice(turn: Turn) -> Response:
    """The advice once more, as long as there is one."""
    escalation = turn.escalation
    if not escalation.get("flags"):
        contacts = clinic_settings().contacts("clinic", "out_of_hours", "emergency")
        return Response(Reply(custom={"kind": "handoff", "contacts": contacts}, response="utter_hand_off"))
    reply = _full_advice(escalation)
    if escalation.get("taken_back"):
        reply = replace(reply, custom={"kind": "handoff", "contacts": reply.custom["contacts"]})
    return Response(reply)


def help_in_despair(turn: Turn) -> Response:
    """For someone who thinks of harming themselves: who can help now."""
    contacts = clinic_settings().contacts("crisis", "emergency", "clinic")
    return Response(Reply(custom={"kind": "handoff", "crisis": True, "contacts": contacts}, response="utter_self_harm"))


def withhold_exercises(escalation: Dict[str, Any]) -> Reply:
    """Instead of an exercise for someone who must see a doctor first."""
    return _escalation_reply(escalation, f"utter_no_exercises_{escalation['level']}", escalation["flags"])


def is_open(escalation: Optional[Dict[str, Any]]) -> bool:
    """Whether the conversation has an escalation that holds."""
    return bool(escalation and escalation.get("flags") and not escalation.get("taken_back"))


def reminder_words(escalation: Dict[str, Any]) -> Tuple[str, Dict[str, str]]:
    """A short reminder of an open escalation: the response and its words."""
    return f"utter_reminder_{escalation['level']}", {"signs": _signs(escalation["flags"])}


def unsure_words(flag: str) -> Tuple[str, Dict[str, str]]:
    """What to do if an unclear answer to a safety question was a yes: the response and its words."""
    return f"utter_unsure_{detector().level_of(flag)}", {"signs": _signs([flag])}


# The actions that must work without the action server, too.
RED_FLAG_ACTIONS: Dict[str, Callable[[Turn], Response]] = {
    "action_escalate": escalate,
    "action_ask_safety": ask_whether_in_danger,
    "action_note_duration": note_duration,
    "action_take_back": take_back,
    "action_show_advice": show_advice,
    "action_self_harm": help_in_despair,
}


def denied_after(turn: Turn) -> Dict[str, Any]:
    """Slots after the patient said no to a safety question."""
    asked = turn.slots.get(PENDING_SLOT) or {}
    denied = [*(turn.slots.get(DENIED_SLOT) or []), *([asked["flag"]] if asked.get("flag") else [])]
    return {PENDING_SLOT: None, DENIED_SLOT: list(dict.fromkeys(denied))}


def _escalation_reply(escalation: Dict[str, Any], response: str, flags: List[str]) -> Reply:
    settings, level, reference = clinic_settings(), escalation["level"], escalation.get("reference")
    contacts = settings.contacts("emergency", "clinic") if level == EMERGENCY else settings.contacts("clinic", "out_of_hours", "emergency")
    noted = domain_text("utter_noted", reference=reference) if reference else domain_text("utter_not_noted")
    return Reply(
        custom={"kind": "escalation", "level": level, "flags": flags, "reference": reference, "contacts": contacts},
        response=response,
        words={"signs": _signs(flags), "noted": noted},
    )


def _words(flag: str) -> Optional[FlagWords]:
    """A fault in the file of words must not keep the advice from the patient."""
    try:
        return flag_words()[flag]
    except (InvalidFile, KeyError):
        logger.exception("The danger sign %s has no usable words.", flag)
        return None


def _signs(flags: List[str]) -> str:
    return _listed([words.sign for flag in flags for words in [_words(flag)] if words]) or "a danger sign"


def _listed(parts: List[str]) -> str:
    return parts[0] if len(parts) == 1 else ", ".join(parts[:-1]) + " and " + parts[-1] if parts else ""


def _try(what: str, write: Callable[[], None]) -> None:
    """Writes to the store; a fault there must not keep the reply from the patient."""
    try:
        write()
    except Exception:
        logger.exception("The escalation store did not take %s.", what)
