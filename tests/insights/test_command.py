"""What the clinician sees and does: `python -m rasa_project insights`."""

import datetime
import re
import shutil
from functools import partial
from pathlib import Path
from typing import Any, Optional

import pytest
from typer.testing import CliRunner

from rasa_project.__main__ import app as commands
from rasa_project.content.schema import Facet
from rasa_project.content.store import load_store
from rasa_project.encoder.weights import EncoderUnavailable
from rasa_project.escalation.store import utc_now
from rasa_project.insights import command as module
from rasa_project.insights.adoption import Adoption
from rasa_project.insights.store import InsightKind, insight_store
from rasa_project.settings import ARTICLE_FILE, PROJECT_FOLDER, ClinicSettings
from rasa_project.validation import InvalidFile, load_model

pytestmark = pytest.mark.usefixtures("own_state")


@pytest.fixture
def project(content_copy: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Folder with copies of the files that the command changes."""
    shutil.copytree(PROJECT_FOLDER / "data" / "nlu", tmp_path / "nlu")
    monkeypatch.setattr(module, "Adoption", partial(Adoption, content_copy, ARTICLE_FILE, tmp_path / "nlu"))
    return tmp_path


def command(*arguments: str) -> Any:
    return CliRunner().invoke(commands, ["insights", *arguments])


def insight(text: Optional[str] = "how long does sciatica last", kind: InsightKind = InsightKind.not_covered, days: float = 0) -> int:
    topic, facet = ("sciatica", "prognosis") if kind is InsightKind.not_covered else (None, None)
    return insight_store().add(kind, topic, facet, text, utc_now() - datetime.timedelta(days=days))


def test_the_report_counts_and_groups_similar_questions_with_the_largest_group_first() -> None:
    alone = insight("can I go swimming with bursitis", InsightKind.question)
    similar = [insight("how long does sciatica last"), insight("how long will my sciatica take to heal"), insight("how long does sciatica go on for")]
    insight("who won the football", InsightKind.out_of_scope)
    handled = insight("does it rain", InsightKind.out_of_scope)
    insight_store().mark_handled(handled)
    output = command().output
    cells = [[cell.strip() for cell in re.split("[│┃]", line)[1:-1]] for line in output.splitlines() if "│" in line]
    assert ["not_covered", "3", "3"] in cells and ["out_of_scope", "2", "1"] in cells and ["thumbs_down", "0", "0"] in cells
    assert ["sciatica", "prognosis", "3"] in cells
    groups = output[output.index("Similar") :]
    assert "3 × (not_covered 3)" in groups and groups.index("3 ×") < groups.index("1 ×")
    for number in (*similar, alone):
        assert re.search(rf"^ +{number}  \w", groups, re.M)
    assert "does it rain" not in groups and "who won the football" in groups
    limited = command("--limit", "1").output
    assert "how long" in limited and "who won the football" not in limited


def test_the_report_looks_back_as_far_as_it_is_told() -> None:
    insight("an old question about bursitis", days=10)
    assert "an old question" in command("--since", "11").output
    done = command("--since", "9")
    assert done.exit_code == 0 and "an old question" not in done.output and "9 day(s)" in done.output


def test_without_questions_or_words_the_report_says_so() -> None:
    assert "Every question got an answer" in command().output
    insight(None)
    output = command().output
    assert "not_covered" in output and "nothing to group" in output


def test_without_the_encoder_the_report_counts_and_says_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    def missing() -> None:
        raise EncoderUnavailable("the weights are missing; run make setup.")

    insight("how long does sciatica last")
    monkeypatch.setattr("rasa_project.encoder.sentence_encoder.SentenceEncoder", missing)
    done = command()
    assert done.exit_code == 1 and "not_covered" in done.output and "make setup" in done.output and "insights list" in done.output


def test_list_shows_what_is_open_and_words_are_no_markup() -> None:
    first, second = insight("[red]how[/red] long"), insight(None, InsightKind.thumbs_down, days=3)
    insight_store().mark_handled(second)
    output = command("list").output
    assert f"│ {first} " in output and "[red]how[/red] long" in output and "thumbs_down" not in output
    assert "(not kept)" in command("list", "--all").output
    only = command("list", "--all", "--kind", "thumbs_down").output
    assert "thumbs_down" in only and "not_covered" not in only
    assert "thumbs_down" not in command("list", "--all", "--since", "2").output
    assert "1 more" in command("list", "--all", "--limit", "1").output
    insight_store().mark_handled(first)
    assert "Nothing is open" in command("list").output


def test_adopting_adds_the_question_marks_it_handled_and_says_what_is_next(project: Path) -> None:
    number = insight("did a fall bring my sciatica on")
    done = command("adopt", str(number), "--topic", "sciatica", "--facet", "causes")
    assert done.exit_code == 0 and "make check" in done.output and "rasa train" in done.output and "sciatica.yml" in done.output
    assert load_store(project / "content").topics["sciatica"].facets[Facet.causes].questions[-1] == "did a fall bring my sciatica on"
    assert insight_store().get(number).handled


def test_adopting_with_better_wording_and_with_a_new_entry(project: Path) -> None:
    number = insight("will … ever end")
    options = ("--answer", "The article does not give a time. Ask your doctor.", "--paragraphs", "p134, P136", "--text", "will sciatica ever end")
    done = command("adopt", str(number), "--topic", "sciatica", "--facet", "anatomy", *options)
    assert done.exit_code == 0
    entry = load_store(project / "content").topics["sciatica"].facets[Facet.anatomy]
    assert (entry.questions, entry.paragraphs, entry.review.state.value) == (["will sciatica ever end"], ["P134", "P136"], "needs_review")


def test_adopting_as_out_of_scope(project: Path) -> None:
    number = insight("who won the football", InsightKind.out_of_scope)
    assert command("adopt", str(number), "--out-of-scope").exit_code == 0
    assert "\n    - who won the football\n" in (project / "nlu" / "out_of_scope.yml").read_text(encoding="utf-8")
    assert insight_store().get(number).handled


@pytest.mark.parametrize(
    "text, options, parts",
    [
        (None, ["--topic", "sciatica", "--facet", "causes"], ["not kept", "--text"]),
        ("does … help", ["--out-of-scope"], ["left out", "--text"]),
        ("a fall", ["--topic", "ischias", "--facet", "causes"], ["'ischias'", "sciatica"]),
        ("a fall", ["--topic", "sciatica", "--facet", "origin"], ["'origin'", "causes"]),
        ("a fall", ["--topic", "sciatica"], ["--facet", "--out-of-scope"]),
        ("a fall", ["--topic", "sciatica", "--out-of-scope"], ["either"]),
    ],
)
def test_what_cannot_be_adopted_stays_open_and_the_error_says_what_to_do(text: Optional[str], options: list, parts: list, project: Path) -> None:
    number = insight(text)
    before = {path: path.read_bytes() for path in project.rglob("*.yml")}
    done = command("adopt", str(number), *options)
    assert done.exit_code == 1
    for part in parts:
        assert part in done.output
    assert not insight_store().get(number).handled
    assert {path: path.read_bytes() for path in project.rglob("*.yml")} == before


def test_dismissing_marks_several_and_none_if_one_is_unknown() -> None:
    first, second = insight("one"), insight("two")
    done = command("dismiss", str(first), "99")
    assert done.exit_code == 1 and "99" in done.output and not insight_store().get(first).handled
    assert command("dismiss", str(first), str(second)).exit_code == 0
    assert all(item.handled for item in insight_store().list())


def test_an_unknown_id_is_an_error_that_says_where_to_look() -> None:
    for arguments in (("dismiss", "7"), ("adopt", "7", "--out-of-scope")):
        done = command(*arguments)
        assert done.exit_code == 1 and "insights list" in done.output


def test_a_database_that_cannot_be_opened_is_an_error_that_says_where_to_look(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("INSIGHTS_DB_URL", "sqlite:////nowhere/at/all/insights.db")
    done = command("list")
    assert done.exit_code == 1 and "INSIGHTS_DB_URL" in done.output


@pytest.mark.parametrize("old, new, key", [("keep_text: redacted", "keep_text: some", "keep_text"), ("keep_days: 365", "keep_days: 0", "keep_days")])
def test_settings_that_make_no_sense_are_named(old: str, new: str, key: str, tmp_path: Path) -> None:
    text = (PROJECT_FOLDER / "clinic.yml").read_text(encoding="utf-8")
    assert old in text
    path = tmp_path / "clinic.yml"
    path.write_text(text.replace(old, new), encoding="utf-8")
    with pytest.raises(InvalidFile, match=f"insights -> {key}"):
        load_model(path, ClinicSettings)
    path.write_text(text[: text.index("insights:")], encoding="utf-8")
    assert load_model(path, ClinicSettings).insights.dict() == {"keep_text": "redacted", "keep_days": 365}
