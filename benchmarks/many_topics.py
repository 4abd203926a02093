"""What a thousand more topics in the content store do to accuracy and latency: ``python -m benchmarks.many_topics``. Writes docs/reliability.md.

The topics are made up, with names that no patient of the test sets uses. The bot is trained with and without them, served one after the other and
asked the same questions.
"""

import argparse
import datetime
import itertools
import random
import statistics
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Dict, List

from ruamel.yaml import YAML

from benchmarks.bots import Contender, contenders
from benchmarks.load import Bot, run_load
from benchmarks.sections import write_section
from rasa_project.evaluation.runner import ask_all
from rasa_project.evaluation.scoring import Question, Verdict, read_questions
from rasa_project.settings import PROJECT_FOLDER

REPORT = PROJECT_FOLDER / "docs" / "reliability.md"
QUESTIONS = ("questions_second.jsonl", "questions_third.jsonl")
TOPICS = 1_000
ASKED_TOPICS = 100  # of the made-up ones
TIMED, WARM_UP = 300, 30
TITLE = "A thousand more topics"
INTRODUCTION = """Written by `python -m benchmarks.many_topics` on {date}: the bot with its own topics, and with {topics:,} made-up conditions
besides (two answers and seven example questions each), trained and served one after the other on the same machine, and asked the same {questions}
questions of `questions_second.jsonl` and `questions_third.jsonl`.

| | own topics | with {topics:,} more |
| --- | ---: | ---: |
"""


def made_up_names(count: int) -> List[str]:
    """Names that sound like conditions, each once."""
    chance = random.Random(7)
    starts = [
        "vel",
        "zor",
        "quin",
        "tar",
        "mor",
        "lif",
        "gad",
        "pex",
        "ruk",
        "sol",
        "dri",
        "bam",
        "nok",
        "fyl",
        "jav",
        "hep",
        "wom",
        "cel",
        "ust",
        "yar",
    ]
    middles = ["ko", "ra", "mi", "du", "ste", "no", "lla", "pi", "gri", "va", "the", "so"]
    ends = ["itis", "osis", "algia", "opathy", "oma"]
    names = ["".join(parts) for parts in itertools.product(starts, middles, ends)]
    chance.shuffle(names)
    return names[:count]


def add_topics(folder: Path, names: List[str]) -> None:
    """One file of content for each name."""
    yaml = YAML()
    review = {"state": "draft"}
    for name in names:
        overview = {
            "lead": f"The article has a paragraph that stands in for {name} here.",
            "paragraphs": ["P55"],
            "questions": [f"what is {name}", f"tell me about {name}", f"{name} explained", f"my doctor says i have {name}, what does that mean"],
            "review": review,
        }
        symptoms = {
            "lead": f"This stands in for what {name} feels like.",
            "paragraphs": ["P55"],
            "questions": [f"what does {name} feel like", f"{name} symptoms", f"how would i notice {name}"],
            "review": review,
        }
        topic = {"id": name, "title": name.capitalize(), "kind": "condition", "names": [name], "facets": {"overview": overview, "symptoms": symptoms}}
        with (folder / f"{name}.yml").open("w", encoding="utf-8") as stream:
            yaml.dump(topic, stream)


@dataclass(frozen=True)
class Measured:
    right: Dict[str, float]  # per cent, by group of questions
    wrong: float  # per cent
    latency: float  # median, milliseconds
    training: float  # seconds
    made_up: float  # per cent of questions about made-up topics that are answered


def measure(contender: Contender, questions: List[Question], names: List[str]) -> Measured:
    training = contender.train()
    messages = [question.text for question in questions][:TIMED]
    with contender.serving() as bot:
        run_load(bot, messages[:WARM_UP], 1)
        latency = run_load(bot, messages, 1).percentile(50)
        outcomes = ask_all(questions, bot.ask)
        answered = [_is_answered(bot, name) for name in names[:ASKED_TOPICS]]
    groups = sorted({question.group for question in questions})
    right = {}
    for group in groups:
        verdicts = [outcome.verdict is Verdict.right for outcome in outcomes if outcome.question.group == group]
        right[group] = 100 * sum(verdicts) / len(verdicts)
    wrong = 100 * sum(outcome.verdict is Verdict.wrong_answer for outcome in outcomes) / len(outcomes)
    return Measured(right, wrong, latency, training, 100 * statistics.fmean(answered))


def _is_answered(bot: Bot, name: str) -> bool:
    replies = bot.ask(f"made-up-{name}", f"could you explain {name} to me please")
    return any((reply.get("custom") or {}).get("topic") == name for reply in replies)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--topics", type=int, default=TOPICS)
    given = parser.parse_args()
    questions = [question for name in QUESTIONS for question in read_questions(PROJECT_FOLDER / "tests/data" / name)]
    names = made_up_names(given.topics)
    with contenders() as found:
        own = measure(found["ours"], questions, names)
    with contenders() as found:
        add_topics(found["ours"].folder / "data" / "content", names)
        more = measure(found["ours"], questions, names)
    rows = [f"| right: {group} | {own.right[group]:.1f} % | {more.right[group]:.1f} % |" for group in own.right]
    rows.append(f"| wrong answers | {own.wrong:.1f} % | {more.wrong:.1f} % |")
    rows.append(f"| made-up topics that are answered when asked about | {own.made_up:.0f} % | {more.made_up:.0f} % |")
    rows.append(f"| median latency of a turn, as a ratio | 1.00 | {more.latency / own.latency:.2f} |")
    rows.append(f"| time to train, as a ratio | 1.00 | {more.training / own.training:.2f} |")
    introduction = INTRODUCTION.format(date=datetime.date.today().isoformat(), topics=len(names), questions=len(questions))
    write_section(REPORT, TITLE, introduction + "\n".join(rows))
    print("\n".join(rows), f"\n{time.strftime('%H:%M')}")


if __name__ == "__main__":
    main()
