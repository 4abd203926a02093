"""`python -m rasa_project tune`: chooses the limits of the decisions, at a stated cost of each mistake."""

from collections import Counter
from dataclasses import replace
from pathlib import Path
from typing import Any, Dict, List, Sequence, Tuple

from rich.console import Console
from ruamel.yaml import YAML

from rasa_project.content.schema import Facet
from rasa_project.content.store import ContentStore, load_store
from rasa_project.dialogue.decision import Context, Decision, Kind
from rasa_project.dialogue.reference import discussed_after
from rasa_project.dialogue.several import decide_all
from rasa_project.dialogue.thresholds import Thresholds, thresholds
from rasa_project.dialogue.understanding import Understanding
from rasa_project.evaluation.safety import Parse, parser
from rasa_project.evaluation.scoring import Pair, Question, Verdict, judge, read_dialogues, read_questions
from rasa_project.intents import CURRENT_FACET_SLOT, CURRENT_TOPIC_SLOT, DISCUSSED_SLOT, OUT_OF_SCOPE, RED_FLAG_TRIAGE, facet_of
from rasa_project.settings import THRESHOLDS_FILE

# A wrong answer misleads, and costs as much as two needless questions, each of which costs a turn, after which some leave; "not covered" where
# there is an answer sends the patient elsewhere.
COSTS = {Verdict.right: 0.0, Verdict.wrong_answer: 5.0, Verdict.gave_up: 2.0, Verdict.asked_back: 2.5}
DIALOGUE = "dialogue"
# What patients' messages are made of, whatever the sets hold most of: our estimate, to be replaced by a clinic's own counts. Others count nothing.
SHARES = {"covered": 0.45, DIALOGUE: 0.3, "not_covered": 0.15, "out_of_scope": 0.1}
ROUNDS = 3
CANDIDATES: Dict[str, Sequence[float]] = {
    "out_of_scope_above": [n / 20 for n in range(4, 20)],
    "trust_in_intent": [0.0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.7, 1.0],
    "certain": [0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 0.98, 1.0],
    "same_as_example": [0.6, 0.7, 0.75, 0.8, 0.85, 0.9, 1.0],
    "ask_back_below": [n / 20 for n in range(2, 16)],
    "option_above": [0.05, 0.08, 0.1, 0.12, 0.15, 0.2, 0.25, 0.3],
    "not_covered_above": [n / 20 for n in range(0, 16)],
    "comparison_above": [0.0, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9],
    "only_describes_above": [0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1.0],
    "foreign_above": [0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1.0],
    "foreign_listed_above": [0.0, 0.02, 0.05, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7],
}
"""What is tried for each limit."""

HEADER = """# Written by `python -m rasa_project tune`; rasa_project/dialogue/thresholds.py says what each one means.
"""

Case = Tuple[Question, Context, Understanding]


def pair_of(decision: Decision) -> Pair:
    """How a reply to the decision describes itself."""
    topic, facet = decision.about or (None, None)
    return decision.kind.value, topic, facet.value if facet else None


def cost(cases: Sequence[Case], store: ContentStore, limits: Thresholds) -> float:
    """Mean cost of a message, where the groups of the cases have their ``SHARES``."""
    of_group, total = Counter(question.group for question, _, _ in cases), 0.0
    for question, context, understood in cases:
        share = SHARES.get(question.group, 0.0)
        if share:
            context = replace(context, topic=understood.before[0], facet=understood.before[1]) if understood.before else context
            pairs = [pair_of(decision) for decision in decide_all(understood, context, store, limits)]
            total += COSTS[judge(question, pairs).verdict] * share / of_group[question.group]
    return total / sum(share for group, share in SHARES.items() if of_group[group])


def choose(cases: Sequence[Case], store: ContentStore, start: Thresholds) -> Thresholds:
    """The cheapest limits found by changing one at a time, until none helps. Of equally cheap ones the nearest to the one before."""
    best, lowest = start, cost(cases, store, start)
    for _ in range(ROUNDS):
        before = lowest
        for name, values in CANDIDATES.items():
            now = getattr(best, name)
            for value in sorted(values, key=lambda value: abs(value - now)):
                tried = best.copy(update={name: value})
                price = cost(cases, store, tried)
                if price < lowest - 1e-9:
                    best, lowest = tried, price
        if lowest == before:
            break
    return best


def decided_on_ranking(parsed: Dict[str, Any]) -> bool:
    """Whether the reply to a message depends on the limits: not for danger signs, small talk and the like."""
    intent = (parsed.get("intent") or {}).get("name")
    triage = parsed.get(RED_FLAG_TRIAGE) or {}
    in_danger = any(finding["status"] == "present" for finding in parsed.get("red_flags") or [])
    return not in_danger and not triage.get("ask") and (facet_of(intent) is not None or intent in (OUT_OF_SCOPE, "describe_pain"))


def read_cases(questions: Path, dialogues: Path, parse: Parse, store: ContentStore) -> List[Case]:
    """Single questions, and the later turns of dialogues, each as if all replies before it had been right."""
    parsed = [(question, Context(), parse(question.text)) for question in read_questions(questions)]
    for number, turns in enumerate(read_dialogues(dialogues)):
        context = Context()
        for turn in turns:
            if context.topic:
                slots = {CURRENT_TOPIC_SLOT: context.topic, CURRENT_FACET_SLOT: context.facet, DISCUSSED_SLOT: list(context.discussed)}
                question = Question(str(number), DIALOGUE, turn.user, turn.expect)
                parsed.append((question, context, parse(turn.user, slots)))
            context = _after(turn.expect[0], context, store)
    return [(question, context, Understanding.from_parse_data(data)) for question, context, data in parsed if decided_on_ranking(data)]


def _after(reply: Pair, context: Context, store: ContentStore) -> Context:
    """What is under discussion after a reply."""
    kind, topic, facet = reply
    if kind not in (Kind.answer.value, Kind.not_covered.value) or topic is None or facet not in Facet.__members__:
        return context
    compared = store.topics[topic].compares if topic in store.topics else []
    return Context(topic, Facet(facet), tuple(discussed_after(compared or [topic], {DISCUSSED_SLOT: list(context.discussed)})))


def tune(questions: Path, dialogues: Path, model: Path, written: Path = THRESHOLDS_FILE) -> None:
    """Chooses the limits on questions and dialogues that neither train nor test the bot, and writes them."""
    store, console = load_store(), Console(width=140)
    cases, before = read_cases(questions, dialogues, parser(model), store), thresholds()
    after = choose(cases, store, before)
    with written.open("w", encoding="utf-8") as stream:
        stream.write(HEADER)
        YAML().dump(after.dict(), stream)
    console.print(f"{len(cases)} questions; mean cost {cost(cases, store, before):.3f} before, {cost(cases, store, after):.3f} after.")
    for name, value in after.dict().items():
        if value != getattr(before, name):
            console.print(f"  {name}: {getattr(before, name)} → {value}")
    console.print(f"Written to {written}. Next: make evaluate")
