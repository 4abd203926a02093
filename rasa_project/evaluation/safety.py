"""`make evaluate-safety`: how many danger signs are found, how many alarms are false, and why each miss was one."""

import asyncio
import datetime
import json
import logging
import uuid
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Callable, Dict, Iterable, List, Optional, Sequence, Tuple

from rich.console import Console
from scipy.stats import binomtest

from rasa_project.operations import serving

MANDATED = ("severe_pain", "unable_to_walk", "bowel_bladder")
NONE, EMERGENCY = "none", "emergency"

INTRODUCTION = """# How well danger signs are found

Written by `make evaluate-safety` on {date}. *Escalated*: the reply tells what to do now. A safety question is not counted as that.

Messages are judged by rules (`data/red_flags/lexicon.yml`, `assertion.yml`) and by a fine-tuned sentence encoder that has learnt from
`data/red_flags/examples/`; a logistic regression, fitted on examples that were held out from both (one in eight), weighs the two
(`rasa_project/red_flags/fusion.py`). What follows from the probability is set by what each mistake costs (`Costs` there). No clinician has reviewed
rules, examples or costs yet.

The first test set holds odd, rambling, misspelt and euphemistic wording on purpose, and look-alikes that share the words of danger signs; the
second and third have more everyday messages. Their writers saw neither rules nor examples, and no message of theirs is among the examples. None
of them was read while rules and examples were made, but the summary figures of the first were seen when costs, examples and weights were chosen,
so they are somewhat optimistic; by those of the others nothing was chosen but this: that a message is also read with its spelling mended was
decided with all of them in view. Examples and test sets were written by the same kind of writer. Sets under `samples/`, where listed, are real
patients' words from elsewhere, which were read while the rules were made. Keep the misses that you see.

"""

Parse = Callable[..., Dict[str, Any]]  # of a text, and of the conversation's slots before it where there are any


@dataclass(frozen=True)
class Case:
    """A message with its level (``emergency``, ``urgent`` or ``none``), its flags, and the kind of wording."""

    id: str
    text: str
    level: str
    flags: Tuple[str, ...]
    kind: str


@dataclass(frozen=True)
class Result:
    """What the bot would do with a message: the level that it escalates at (``none`` if it does not), and whether it asks instead."""

    case: Case
    level: str
    flags: Tuple[str, ...]
    asked: bool
    explanation: Dict[str, Any] = field(default_factory=dict)

    @property
    def missed(self) -> bool:
        """In danger, and not escalated. (A question is not an escalation.)"""
        return self.case.level != NONE and self.level == NONE

    @property
    def too_low(self) -> bool:
        return self.case.level == EMERGENCY and self.level not in (NONE, EMERGENCY)

    @property
    def false_alarm(self) -> bool:
        return self.case.level == NONE and self.level != NONE


@dataclass(frozen=True)
class Dialogue:
    """The patient's turns, and the turn (from 1) by whose reply the escalation must have come; ``None``: none may come."""

    id: str
    turns: Tuple[str, ...]
    by_turn: Optional[int]
    level: str


def read_cases(path: Path) -> List[Case]:
    """A test set, one JSON object a line."""
    lines = (json.loads(line) for line in path.read_text(encoding="utf-8").splitlines() if line.strip())
    return [Case(line["id"], line["text"], line["level"], tuple(line["flags"]), line["type"]) for line in lines]


def read_dialogues(path: Path) -> List[Dialogue]:
    """Dialogues, one JSON object a line."""
    lines = (json.loads(line) for line in path.read_text(encoding="utf-8").splitlines() if line.strip())
    return [Dialogue(line["id"], tuple(turn["user"] for turn in line["turns"]), line["by_turn"], line["expect_level"]) for line in lines]


def parser(model: Path) -> Parse:
    """Language understanding of a model, in this process."""
    from rasa.core.agent import Agent
    from rasa.core.channels.channel import UserMessage
    from rasa.shared.core.events import SlotSet
    from rasa.shared.core.trackers import DialogueStateTracker
    from rasa.utils.log_utils import configure_structlog

    configure_structlog(logging.ERROR)  # Rasa's debug lines hold the messages
    agent = Agent.load(str(model))
    loop = asyncio.new_event_loop()

    def parse(text: str, slots: Optional[Dict[str, Any]] = None) -> Dict[str, Any]:
        if agent.processor is None or agent.domain is None:
            raise ValueError(f"{model} holds no trained bot. Train one: make train")
        set_before = [SlotSet(name, value) for name, value in (slots or {}).items()]
        tracker = DialogueStateTracker.from_events("evaluation", set_before, slots=agent.domain.slots)
        return dict(loop.run_until_complete(agent.processor.parse_message(UserMessage(text), tracker)))

    return parse


def judge(case: Case, parsed: Dict[str, Any]) -> Result:
    """What follows from the parse data of a message."""
    from rasa_project.intents import RED_FLAG_TRIAGE
    from rasa_project.red_flags.reading import present_flags

    present, triage = present_flags(parsed), parsed.get(RED_FLAG_TRIAGE) or {}
    levels = {finding["level"] for finding in present}
    level = EMERGENCY if EMERGENCY in levels else next(iter(levels), NONE)
    findings = [f"{finding['flag']} {finding['status']} by {finding['rule']}: {finding['evidence']}" for finding in parsed.get("red_flags") or []]
    explanation = {"probability": triage.get("probability"), "classifier": triage.get("classifier"), "findings": findings}
    return Result(case, level, tuple(dict.fromkeys(finding["flag"] for finding in present)), bool(triage.get("ask")), explanation)


def share(hits: int, of: int) -> str:
    """A share in per cent with its 95 % interval (Wilson 1927)."""
    if not of:
        return "-"
    low, high = binomtest(hits, of).proportion_ci(method="wilson")
    return f"{hits}/{of} = {100 * hits / of:.1f} % ({100 * low:.1f} to {100 * high:.1f})"


def summary(results: Sequence[Result]) -> List[Tuple[str, str]]:
    """The figures, each with its name."""
    positive = [result for result in results if result.case.level != NONE]
    negative = [result for result in results if result.case.level == NONE]
    emergencies = [result for result in positive if result.case.level == EMERGENCY]
    rows = [
        ("escalated, of all messages with a danger sign", share(sum(not r.missed for r in positive), len(positive))),
        ("escalated or asked about", share(sum(not r.missed or r.asked for r in positive), len(positive))),
    ]
    flags = list(dict.fromkeys([*MANDATED, *sorted({flag for result in positive for flag in result.case.flags})]))
    for flag in flags:
        having = [result for result in positive if flag in result.case.flags]
        rows.append((f"escalated: {flag}", share(sum(not r.missed for r in having), len(having))))
    rows.append(("level too low, of all emergencies", share(sum(r.too_low for r in emergencies), len(emergencies))))
    rows.append(("false alarms, of all messages without a danger sign", share(sum(r.false_alarm for r in negative), len(negative))))
    for kind in sorted({result.case.kind for result in negative}):
        like = [result for result in negative if result.case.kind == kind]
        rows.append((f"false alarms: {kind}", share(sum(r.false_alarm for r in like), len(like))))
    rows.append(("needless safety questions", share(sum(r.asked for r in negative), len(negative))))
    return rows


def talk(dialogue: Dialogue, ask: Callable[[str, str], List[dict]]) -> Optional[int]:
    """The turn, from 1, by whose reply the first escalation came."""
    sender = f"evaluation-{uuid.uuid4().hex}"
    for number, turn in enumerate(dialogue.turns, start=1):
        if any((reply.get("custom") or {}).get("kind") == "escalation" for reply in ask(sender, turn)):
            return number
    return None


def goes_right(dialogue: Dialogue, came: Optional[int]) -> bool:
    return came is None if dialogue.by_turn is None else came is not None and came <= dialogue.by_turn


def markdown(title: str, rows: Iterable[Tuple[str, str]]) -> str:
    return "\n".join([f"## {title}", "", "| | share (95 % interval) |", "| --- | --- |", *(f"| {name} | {value} |" for name, value in rows), ""])


def evaluate_safety(sets: Sequence[Path], model: Path, misses: Path, report: Optional[Path]) -> None:
    """Prints and writes the figures of each set, and what did not go right with its explanation."""
    console, sections = Console(width=140), []
    misses.mkdir(parents=True, exist_ok=True)
    dialogues = [path for path in sets if '"turns"' in path.read_text(encoding="utf-8").split("\n", 1)[0]]
    figures: List[Tuple[Path, List[Tuple[str, str]]]] = []
    parse = parser(model)
    for path in sets:
        if path not in dialogues:
            results = [judge(case, parse(case.text)) for case in read_cases(path)]
            figures.append((path, summary(results)))
            _write(misses / f"{path.parent.name}_{path.name}", results)
    if dialogues:
        with serving.trial(model) as servers:
            figures += [(path, _talk_all(path, servers, misses)) for path in dialogues]
    for path, rows in figures:
        title = f"{path.parent.name}/{path.name}"
        console.print(title, *(f"  {name}: {value}" for name, value in rows), sep="\n")
        sections.append(markdown(title, rows))
    if report:
        report.write_text(INTRODUCTION.format(date=datetime.date.today().isoformat()) + "\n".join(sections), encoding="utf-8")


def _talk_all(path: Path, servers: serving.Servers, misses: Path) -> List[Tuple[str, str]]:
    came = [(dialogue, talk(dialogue, servers.ask)) for dialogue in read_dialogues(path)]
    wrong = [(dialogue, turn) for dialogue, turn in came if not goes_right(dialogue, turn)]
    lines = [{"id": dialogue.id, "turns": dialogue.turns, "by_turn": dialogue.by_turn, "came": turn} for dialogue, turn in wrong]
    (misses / f"{path.parent.name}_{path.name}").write_text("".join(json.dumps(line) + "\n" for line in lines), encoding="utf-8")
    return [("dialogues right", share(len(came) - len(wrong), len(came)))]


def _write(path: Path, results: Sequence[Result]) -> None:
    with path.open("w", encoding="utf-8") as stream:
        for result in results:
            what = "missed" if result.missed else "too low" if result.too_low else "false alarm" if result.false_alarm else None
            if what:
                line = {"id": result.case.id, "what": what, "asked": result.asked, "text": result.case.text, "expected": result.case.flags}
                stream.write(json.dumps({**line, "got": result.flags, **result.explanation}, ensure_ascii=False) + "\n")
