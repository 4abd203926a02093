"""A patient's question becomes a training phrase, and everything else in the file stays as it is."""

import difflib
import shutil
from pathlib import Path
from typing import Dict, List, Optional, Sequence

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from rasa_project.content.schema import Facet, ReviewState
from rasa_project.content.store import ContentStore, load_store
from rasa_project.escalation.store import utc_now
from rasa_project.insights import insertion
from rasa_project.insights.adoption import Adoption, CannotAdopt, kept_words, phrase_of
from rasa_project.insights.insertion import CannotInsert, folded, parsed, scalar, with_example, with_item, with_key
from rasa_project.insights.store import Insight, InsightKind
from rasa_project.settings import ARTICLE_FILE, PROJECT_FOLDER
from rasa_project.validation import InvalidFile, read_yaml

ANSWER = "Sciatica often gets better. " + "The article does not say how long that takes, so please ask your doctor about it. " * 3


@pytest.fixture
def nlu_copy(tmp_path: Path) -> Path:
    folder = tmp_path / "nlu"
    shutil.copytree(PROJECT_FOLDER / "data" / "nlu", folder)
    return folder


@pytest.fixture
def adoption(content_copy: Path, nlu_copy: Path) -> Adoption:
    return Adoption(content_copy, ARTICLE_FILE, nlu_copy)


def contents(*folders: Path) -> Dict[Path, bytes]:
    return {path: path.read_bytes() for folder in folders for path in folder.iterdir()}


def added(before: str, after: str) -> List[str]:
    """The lines that are new; fails where one is gone."""
    changes = [line for line in difflib.ndiff(before.splitlines(), after.splitlines()) if line[:1] in "+-"]
    assert all(line.startswith("+") for line in changes), changes
    return [line[2:] for line in changes]


def test_a_question_becomes_the_last_of_its_entry_and_no_other_line_changes(adoption: Adoption, content_copy: Path, nlu_copy: Path) -> None:
    path = content_copy / "sciatica.yml"
    before, text = contents(content_copy, nlu_copy), path.read_text(encoding="utf-8")
    assert str(path) in adoption.add_question("sciatica", "causes", "does a fall: yes or no? bring siatica on")
    assert added(text, path.read_text(encoding="utf-8")) == ['      - "does a fall: yes or no? bring siatica on"']
    assert load_store(content_copy).topics["sciatica"].facets[Facet.causes].questions[-1] == "does a fall: yes or no? bring siatica on"
    assert {p for p, content in contents(content_copy, nlu_copy).items() if before[p] != content} == {path}


def test_every_entry_as_shipped_can_take_a_question(content_copy: Path, store: ContentStore) -> None:
    for answer in store.entries():
        text = (content_copy / f"{answer.topic.id}.yml").read_text(encoding="utf-8")
        after = with_item(text, ["facets", answer.facet.value, "questions"], "a new one")
        assert added(text, after) == ["      - a new one"]
        assert parsed(after)["facets"][answer.facet.value]["questions"] == [*answer.entry.questions, "a new one"]


def test_a_facet_that_another_entry_of_the_topic_answers_goes_there(adoption: Adoption, content_copy: Path) -> None:
    assert "causes" in adoption.add_question("obesity", "risk", "are heavier folk at risk of a sore hip")
    assert load_store(content_copy).topics["obesity"].facets[Facet.causes].questions[-1] == "are heavier folk at risk of a sore hip"


def test_a_new_entry_says_that_it_needs_review(adoption: Adoption, content_copy: Path) -> None:
    path = content_copy / "sciatica.yml"
    text = path.read_text(encoding="utf-8")
    where = adoption.add_question("sciatica", "anatomy", "where does my sciatica sit", ANSWER, ["P134", "P136"])
    assert "needs review" in where
    entry = load_store(content_copy).topics["sciatica"].facets[Facet.anatomy]
    assert (entry.lead, entry.paragraphs, entry.questions) == (ANSWER.strip(), ["P134", "P136"], ["where does my sciatica sit"])
    assert entry.review.state is ReviewState.needs_review and "review" in entry.review.notes[0] and "patient" in entry.review.notes[0]
    new = added(text, path.read_text(encoding="utf-8"))
    assert new[0] == "  anatomy:" and all(len(line) <= 150 for line in new)


def test_questions_that_had_no_answer_move_to_the_new_entry(adoption: Adoption, content_copy: Path, store: ContentStore) -> None:
    before = store.topics["sciatica"].not_covered
    adoption.add_question("sciatica", "prognosis", "when will my sciatica be gone", ANSWER, ["P134"])
    topic = load_store(content_copy).topics["sciatica"]
    assert topic.facets[Facet.prognosis].questions == [*before[Facet.prognosis], "when will my sciatica be gone"]
    assert topic.not_covered == {facet: questions for facet, questions in before.items() if facet is not Facet.prognosis}


@pytest.mark.parametrize(
    "topic, facet, answer, paragraphs, parts",
    [
        ("ischias", "causes", None, (), ["'ischias'", "sciatica"]),
        ("sciatica", "origin", None, (), ["'origin'", "causes"]),
        ("sciatica", "prognosis", None, (), ["'prognosis'", "overview, causes", "--answer", "--paragraphs"]),
        ("sciatica", "prognosis", ANSWER, (), ["--paragraphs"]),
        ("sciatica", "prognosis", ANSWER, ("P999",), ["P999", "data/article.yml"]),
        ("sciatica", "causes", ANSWER, ("P5",), ["already", "leave out --answer"]),
        ("sciatica", "diagnosis", None, (), ["--topic diagnosis --facet overview"]),
    ],
    ids=["topic", "facet", "no entry", "no paragraphs", "unknown paragraph", "entry exists", "elsewhere"],
)
def test_what_cannot_be_adopted_changes_nothing_and_says_what_to_do(
    topic: str, facet: str, answer: Optional[str], paragraphs: Sequence[str], parts: List[str], adoption: Adoption, content_copy: Path
) -> None:
    before = contents(content_copy)
    with pytest.raises(CannotAdopt) as caught:
        adoption.add_question(topic, facet, "when will my sciatica be gone", answer, paragraphs)
    for part in parts:
        assert part in str(caught.value)
    assert contents(content_copy) == before


@pytest.mark.parametrize(
    "text, topic, facet, place",
    [
        ("What causes siatica?", "bursitis", "causes", "topic sciatica, facet causes"),
        ("sciatica causes", "sciatica", "causes", "topic sciatica, facet causes"),
        ("knee pain after running", "sciatica", "causes", "intent out_of_scope"),
    ],
)
def test_no_phrase_teaches_two_things(text: str, topic: str, facet: str, place: str, adoption: Adoption) -> None:
    with pytest.raises(CannotAdopt, match=place):
        adoption.add_question(topic, facet, text)


def test_a_phrase_of_the_same_intent_can_be_an_entrys_question_as_well(adoption: Adoption, nlu_copy: Path, store: ContentStore) -> None:
    questions = {question for answer in store.entries() for question in answer.entry.questions}
    block = next(block for block in read_yaml(nlu_copy / "facets.yml")["nlu"] if block["intent"] == "ask_causes")
    phrase = next(line[2:] for line in block["examples"].splitlines() if line[2:] not in questions)
    with pytest.raises(CannotAdopt, match="ask_causes"):
        adoption.add_question("sciatica", "symptoms", phrase)
    assert "causes" in adoption.add_question("sciatica", "causes", phrase)


def test_what_is_out_of_scope_goes_to_its_intent(adoption: Adoption, nlu_copy: Path, content_copy: Path) -> None:
    path = nlu_copy / "out_of_scope.yml"
    before, text = contents(content_copy, nlu_copy), path.read_text(encoding="utf-8")
    adoption.add_out_of_scope("who won: the football # or not")
    assert added(text, path.read_text(encoding="utf-8")) == ["    - who won: the football # or not"]
    assert read_yaml(path)["nlu"][0]["examples"].splitlines()[-1] == "- who won: the football # or not"
    assert {p for p, content in contents(content_copy, nlu_copy).items() if before[p] != content} == {path}


@pytest.mark.parametrize("text, part", [("[knee](topic) pain", "brackets"), ("Sciatica causes?", "topic sciatica"), ("hello there", "greet")])
def test_what_cannot_be_out_of_scope_changes_nothing(text: str, part: str, adoption: Adoption, nlu_copy: Path) -> None:
    before = contents(nlu_copy)
    with pytest.raises(CannotAdopt, match=part):
        adoption.add_out_of_scope(text)
    assert contents(nlu_copy) == before


def test_content_with_faults_is_mended_first(content_copy: Path, nlu_copy: Path) -> None:
    (content_copy / "bursitis.yml").write_text("id: [", encoding="utf-8")
    with pytest.raises(CannotAdopt, match=r"bursitis\.yml(.|\n)*make check"):
        Adoption(content_copy, ARTICLE_FILE, nlu_copy)


def test_a_fault_that_only_the_whole_store_shows_restores_the_file(adoption: Adoption, content_copy: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = content_copy / "sciatica.yml"
    before, seen = contents(content_copy), []

    def refuses(*_: Path) -> None:
        seen.append(path.read_text(encoding="utf-8"))
        raise InvalidFile([f"{path}: this is the fault"])

    monkeypatch.setattr("rasa_project.insights.adoption.load_store", refuses)
    with pytest.raises(CannotAdopt, match=r"this is the fault(.|\n)*as it was before"):
        adoption.add_question("sciatica", "causes", "did a fall bring it on")
    assert "did a fall bring it on" in seen[0] and contents(content_copy) == before


def test_a_folder_that_cannot_be_written_is_an_error_that_says_so(adoption: Adoption, content_copy: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuses(*_: object, **__: object) -> None:
        raise PermissionError("not allowed here")

    before = contents(content_copy)
    monkeypatch.setattr("rasa_project.insights.insertion.tempfile.mkstemp", refuses)
    with pytest.raises(CannotAdopt, match="not allowed here"):
        adoption.add_question("sciatica", "causes", "did a fall bring it on")
    assert contents(content_copy) == before


@pytest.mark.parametrize("text, part", [(None, "not kept"), ("does … help", "left out")])
def test_words_that_were_not_kept_in_full_must_be_written(text: Optional[str], part: str) -> None:
    with pytest.raises(CannotAdopt, match=f"{part}.*--text"):
        kept_words(Insight(1, utc_now(), InsightKind.question, text=text))


@pytest.mark.parametrize("text", ["", " ", "?!", "12", "/restart now", "word " * 100])
def test_what_is_no_question_is_refused(text: str) -> None:
    with pytest.raises(CannotAdopt, match="--text"):
        phrase_of(text)


@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.text(min_size=1, max_size=60).map(lambda text: " ".join("".join(c for c in text if c.isprintable()).split())).filter(bool))
def test_any_text_reads_back_as_it_was_written(text: str) -> None:
    assert parsed(f"a:\n  - {scalar(text)}\n") == {"a": [text]}
    assert parsed("\n".join(["a: >-", *folded(text, 2)]) + "\n") == {"a": text}


LAYOUTS = {
    "at the end": "a:\n  b:\n    - one\n",
    "no line end": "a:\n  b:\n    - one",
    "no indentation": "a:\n  b:\n  - one\nc: 1\n",
    "comments": "# top\na:\n  b: # why\n    - one # because\n    # below\n\n  c: 1 # end\n",
    "folded": "a:\n  b:\n    - >-\n      one\n      more\n\n  # about c\n  c: 1\n",
    "on several lines": "a:\n  b:\n    - one\n      more\n  c: 1\n",
    "in brackets": "a: {b: [one, 'two',], c: 1} # end\n",
    "Windows": "a:\r\n  b:\r\n    - one\r\n  c: 1\r\n",
}


@pytest.mark.parametrize("text", LAYOUTS.values(), ids=LAYOUTS)
def test_an_item_is_added_to_a_list_of_any_layout(text: str) -> None:
    after = with_item(text, ["a", "b"], "new: one")
    expected = parsed(text)
    expected["a"]["b"].append("new: one")
    assert parsed(after) == expected
    assert [line for line in text.splitlines() if "#" in line and "[" not in line] == [
        line for line in after.splitlines() if "#" in line and "[" not in line
    ]
    assert ("\r\n" in after) == ("\r\n" in text) and after.replace("\r\n", "").count("\r") == 0
    assert "\r\n" not in text or "\n" not in after.replace("\r\n", "")


@pytest.mark.parametrize("text", ["a: 1\n", "a: {b: 1}\n", "a:\n  b: []\n", "- a\n"])
def test_a_layout_that_is_not_known_is_refused(text: str) -> None:
    with pytest.raises(CannotInsert, match="by hand"):
        with_item(text, ["a", "b"], "new")
    with pytest.raises(CannotInsert, match="by hand"):
        with_key(text, ["a", "b"], lambda _: ["new: 1"])
    with pytest.raises(CannotInsert, match="by hand"):
        with_example(text, "out_of_scope", "new")


def test_a_key_is_added_behind_the_last_one_with_its_indentation() -> None:
    text = "a:\n    b:\n        - one\n    # below\nc: 1\n"
    assert with_key(text, ["a"], lambda column: [" " * column + "d: 2"]) == "a:\n    b:\n        - one\n    d: 2\n    # below\nc: 1\n"


def test_an_example_is_added_to_its_intent_only() -> None:
    text = "nlu:\n- intent: x\n  examples: |\n    - one\n\n- intent: y\n  examples: |\n    - two"
    assert with_example(text, "x", "new") == text.replace("    - one\n", "    - one\n    - new\n")
    assert with_example(text, "y", "new") == text + "\n    - new\n"


def test_saving_keeps_permissions_and_leaves_no_other_file(tmp_path: Path) -> None:
    path = tmp_path / "a.yml"
    path.write_text("a: 1\n", encoding="utf-8")
    path.chmod(0o640)
    insertion.save(path, "a: 2\n", lambda: None)
    assert (path.read_text(encoding="utf-8"), path.stat().st_mode & 0o777, list(tmp_path.iterdir())) == ("a: 2\n", 0o640, [path])


def test_saving_that_is_stopped_restores_the_file(tmp_path: Path) -> None:
    def stopped() -> None:
        assert path.read_text(encoding="utf-8") == "a: 2\n"
        raise KeyboardInterrupt

    path = tmp_path / "a.yml"
    path.write_text("a: 1\n", encoding="utf-8")
    with pytest.raises(KeyboardInterrupt):
        insertion.save(path, "a: 2\n", stopped)
    assert (path.read_text(encoding="utf-8"), list(tmp_path.iterdir())) == ("a: 1\n", [path])
