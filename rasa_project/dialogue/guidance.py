"""Guided help: what the questions and steps say, and how the answers to them are read."""

import re
from typing import Dict, List, Optional

from rasa_project.content.schema import Facet, TopicKind
from rasa_project.content.store import Answer, ContentStore
from rasa_project.dialogue.replies import (
    MAX_QUICK_REPLIES,
    ORIGIN_TOPIC,
    Button,
    Reply,
    answer_custom,
    answer_reply,
    drawings_of,
    guide_button,
    opening,
    source_line,
)
from rasa_project.settings import domain_text

# What can be chosen: the value, and the response in the domain that words it.
STARTS = {"hip": "utter_starts_hip", "buttock": "utter_starts_buttock", "back": "utter_starts_back", "elsewhere": "utter_starts_elsewhere"}
GOES = {"leg": "utter_goes_leg", "knee": "utter_goes_knee", "stays": "utter_goes_stays", "elsewhere": "utter_goes_elsewhere"}

_START_WORDS = {
    "hip": re.compile(r"\b(hips?|groins?|crotch|front of (my|the) (thigh|leg))\b", re.I),
    "buttock": re.compile(r"\b(buttocks?|butt|bum|bottom|glutes?|backside|bum cheek|cheek|arse|ass)\b", re.I),
    "back": re.compile(r"\b((lower|low|small of (my|the)|bottom of (my|the)) back|back|spine|lumbar|tailbone)\b", re.I),
}
_GOES_WORDS = {
    "leg": re.compile(r"\b(legs?|calf|calves|foot|feet|toes?|ankles?|shins?|all the way down|hamstrings?)\b", re.I),
    "knee": re.compile(r"\b(knees?|thighs?)\b", re.I),
    "stays": re.compile(
        r"\b(stays?|nowhere|no ?where|(doesn'?t|does not) (move|travel|go|spread)|same (place|spot)|just there|one (place|spot))\b", re.I
    ),
}
_AROUND_A_PLACE = frozenset(
    "a actually all along and around at bit deep down from front goes i in inside into is it its just left maybe more mostly my near of on only or"
    " outer outside over past right side starts the then there think to towards under up upper lower way where".split()
)
_UNSURE = re.compile(
    r"\b(not sure|unsure|don'?t know|dunno|no idea|hard to say|(can'?t|cannot) (say|tell)|somewhere else|elsewhere|other|everywhere|all over)\b", re.I
)
_ASKS = re.compile(r"\?|^\W*(what|how|why|when|where|which|who|can|could|should|is|are|do|does|will|tell me|explain)\b", re.I)

_NEXT = re.compile(
    r"^\W*(next|go on|go ahead|continue|carry on|ok(ay)?|done|did (it|that)|yes|yep|yeah|ready|right|sure|got it|finished|and then|what'?s next"
    r"|then what|now what)\b[\w\s,.!']{0,25}$",
    re.I,
)
_REPEAT = re.compile(r"\b(repeat|again|once more|say that again|pardon|what was that|didn'?t get that)\b", re.I)
_BACK = re.compile(r"^\W*(back|go back|previous|last step|one back)\b", re.I)


def pain_start(text: str) -> Optional[str]:
    """Where the pain starts, from a patient's words; ``None`` where they do not say, or ask something else."""
    if text.startswith("/") or _ASKS.search(text):
        return None
    found = [value for value, words in _START_WORDS.items() if words.search(text)]
    if len(found) == 1:
        return found[0]
    return "elsewhere" if found or _UNSURE.search(text) else None


def pain_goes(text: str) -> Optional[str]:
    """Where the pain goes, as ``pain_start``. Down the leg and past the knee counts as the leg."""
    if text.startswith("/") or _ASKS.search(text):
        return None
    if _GOES_WORDS["stays"].search(text) or re.fullmatch(r"\W*(no|nope)\W*", text, re.I):
        return "stays"
    found = [value for value in ("leg", "knee") if _GOES_WORDS[value].search(text)]
    if found:
        return "knee" if "knee" in found and not re.search(r"\b(past|below|beyond|foot|feet|calf|toes?|ankle)\b", text, re.I) else "leg"
    return "elsewhere" if _UNSURE.search(text) else None


def only_a_place(text: str) -> bool:
    """Whether the words name a place or a way and say nothing else."""
    for place in (*_START_WORDS.values(), *_GOES_WORDS.values()):
        text = place.sub(" ", text)
    return all(word in _AROUND_A_PLACE for word in re.findall(r"[^\W_]+", text.lower()))


def question(response: str, options: Dict[str, str]) -> Reply:
    """One of the questions, with its options as quick replies that send their own words."""
    buttons: List[Button] = [{"title": domain_text(title), "payload": domain_text(title)} for title in options.values()]
    return Reply(custom={"kind": "question", "options": buttons}, response=response, buttons=buttons)


def origin_replies(start: Optional[str], goes: Optional[str], store: ContentStore) -> List[Reply]:
    """What the patient said, in our words, then the article's comparison."""
    answer = store.answer(ORIGIN_TOPIC, Facet.comparison)
    if answer is None:
        return [Reply(custom={"kind": "error"}, response="utter_error")]
    said = domain_text(
        "utter_origin_said",
        starts=domain_text(STARTS[start or "elsewhere"]).lower(),
        goes=domain_text(GOES[goes or "elsewhere"]).lower(),
    )
    reply = answer_reply(answer, store)
    return [Reply(custom=reply.custom, text=f"{said}\n{reply.text}", buttons=reply.buttons)]


def stretches(store: ContentStore) -> Dict[str, Answer]:
    """The exercises that have steps, by topic."""
    found = {topic.id: store.answer(topic.id, Facet.steps) for topic in store.topics.values() if topic.kind is TopicKind.exercise}
    return {topic: answer for topic, answer in found.items() if answer and answer.topic.id == topic and answer.entry.steps}


def which_stretch(store: ContentStore) -> Reply:
    """Asks which of the stretches; the quick replies name them."""
    buttons: List[Button] = [{"title": answer.topic.title, "payload": answer.topic.title} for answer in stretches(store).values()]
    return Reply(custom={"kind": "question", "options": buttons}, response="utter_ask_which_stretch", buttons=buttons)


def move(text: str) -> Optional[int]:
    """By how many steps a patient's words move on: 1, 0 to see the step again, -1; ``None`` where they say something else."""
    if _REPEAT.search(text) and len(text.split()) <= 6:
        return 0
    if _BACK.search(text) and len(text.split()) <= 4:
        return -1
    return 1 if _NEXT.search(text) else None


def step_reply(stretch: Answer, step: int, store: ContentStore) -> Reply:
    """One step of a stretch (from 0). The cautions come before the first."""
    steps = stretch.entry.steps
    step = min(step, len(steps) - 1)
    lines = []
    if step == 0:
        lines.append(opening(stretch))
        lines += [f"Important: {caution}" for caution in stretch.entry.cautions]
    lines.append(domain_text("utter_step", number=step + 1, of=len(steps), step=steps[step]))
    if step == len(steps) - 1:
        lines += [f"• {point}" for point in stretch.entry.points]
        lines.append(source_line(stretch.entry.paragraphs, store.article))
    custom = answer_custom(stretch, store.article, drawings_of(stretch.entry, step + 1))
    titles = ("utter_next", "utter_repeat", "utter_stop")
    buttons: List[Button] = [{"title": domain_text(title), "payload": domain_text(title)} for title in titles]
    return Reply(custom=custom, text="\n".join(line.replace("\n", " ") for line in lines), buttons=buttons)


def done_reply(store: ContentStore) -> Reply:
    """After the last step: the other stretches."""
    buttons = [guide_button(stretch.topic) for stretch in list(stretches(store).values())[:MAX_QUICK_REPLIES]]
    return Reply(custom={"kind": "chitchat"}, response="utter_stretch_done", buttons=buttons)
