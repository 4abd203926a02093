"""The lexicon: complete, readable, and plain about its mistakes."""

import re
from pathlib import Path

import pytest
from ruamel.yaml import YAML

from rasa_project.red_flags.detector import RedFlagDetector
from rasa_project.red_flags.lexicon import ASSERTION_FILE, LEXICON_FILE, FlagId, LexiconError, load_lexicon
from rasa_project.red_flags.patterns import PatternCompiler, PatternError

FOLDER = Path(__file__).parents[2] / "data" / "red_flags"
LEVELS = {
    "severe_pain": "urgent",
    "unable_to_walk": "emergency",
    "bowel_bladder": "emergency",
    "saddle_numbness": "emergency",
    "leg_weakness": "emergency",
    "major_trauma": "emergency",
    "chest_pain": "emergency",
    "fever_unwell": "urgent",
    "cancer_or_weight_loss": "urgent",
    "unrelenting_pain": "urgent",
}


@pytest.fixture
def folder(tmp_path):
    for name in (LEXICON_FILE, ASSERTION_FILE):
        (tmp_path / name).write_text((FOLDER / name).read_text(encoding="utf-8"), encoding="utf-8")
    return tmp_path


def first_patterns(data: dict) -> list:
    return data["flags"]["severe_pain"]["rules"][0]["patterns"]


def change(path: Path, edit) -> None:
    yaml = YAML(typ="safe")
    data = yaml.load(path.read_text(encoding="utf-8"))
    edit(data)
    with path.open("w", encoding="utf-8") as file:
        yaml.dump(data, file)


def test_levels_and_sources_are_the_contracts():
    lexicon = load_lexicon(FOLDER)
    assert {flag.value: entry.level.value for flag, entry in lexicon.flags.items()} == LEVELS
    for flag in ("severe_pain", "unable_to_walk", "bowel_bladder"):
        assert lexicon.flags[FlagId(flag)].source.paragraph == "P110"
    assert all(entry.source.authority for entry in lexicon.flags.values())


def test_rule_ids_are_unique_over_all_flags():
    ids = [rule.id for entry in load_lexicon(FOLDER).flags.values() for rule in entry.rules]
    assert len(ids) == len(set(ids))


@pytest.mark.parametrize(
    ("file", "edit", "parts"),
    [
        (LEXICON_FILE, lambda data: data["flags"].pop("chest_pain"), ["flags", "chest_pain", "every flag"]),
        (LEXICON_FILE, lambda data: data["flags"]["severe_pain"].update(level="soon"), ["flags -> severe_pain -> level", "'soon'"]),
        (
            LEXICON_FILE,
            lambda data: first_patterns(data).append("{nosuch} pain"),
            ["severe_then_pain", "{nosuch}", "add it under 'groups'"],
        ),
        (LEXICON_FILE, lambda data: first_patterns(data).append("(pain | ache"), ["lacks a ')'"]),
        (LEXICON_FILE, lambda data: data["flags"]["severe_pain"]["rules"][0].update(colour="red"), ["colour", "extra fields"]),
        (LEXICON_FILE, lambda data: data["groups"].update(loop_a=["{loop_b}"], loop_b=["{loop_a}"]), ["loop_a", "made of itself"]),
        (LEXICON_FILE, lambda data: data["flags"]["severe_pain"]["source"].update(paragraph="110"), ["source -> paragraph", "'110'"]),
        (ASSERTION_FILE, lambda data: data["cues"][0].update(direction="sideways"), ["cues -> 0 -> direction", "'sideways'"]),
        (ASSERTION_FILE, lambda data: data["cues"][0]["terms"].append("not ~99 that"), ["cues -> ", "~99"]),
        (ASSERTION_FILE, lambda data: data["groups"].update(back=["back"]), ["groups -> back", "rename"]),
    ],
)
def test_a_mistake_is_reported_with_file_place_and_remedy(folder, file, edit, parts):
    change(folder / file, edit)
    with pytest.raises(LexiconError) as raised:
        RedFlagDetector.from_folder(folder)
    message = str(raised.value)
    assert str(folder / file) in message
    for part in parts:
        assert part in message


def test_a_missing_or_broken_file_is_named(folder):
    (folder / ASSERTION_FILE).unlink()
    with pytest.raises(LexiconError, match=re.escape(ASSERTION_FILE)):
        load_lexicon(folder)
    (folder / ASSERTION_FILE).write_text("cues: [unclosed", encoding="utf-8")
    with pytest.raises(LexiconError, match="not valid YAML"):
        load_lexicon(folder)


def test_a_clinician_can_add_a_phrase(folder):
    text = "my hip is proper gowpen"
    assert RedFlagDetector.from_folder(folder).detect(text) == []
    change(folder / LEXICON_FILE, lambda data: first_patterns(data).append("{hip} ~3 gowpen"))
    assert [finding.flag for finding in RedFlagDetector.from_folder(folder).detect(text)] == ["severe_pain"]


@pytest.mark.parametrize(
    ("pattern", "text", "found"),
    [
        ("{cannot} ~2 walk", " i can not really walk ", True),
        ("{cannot} ~2 walk", " i can not a b c walk ", False),
        ("{cannot} ~2 walk", " i can not , walk ", False),
        ("pain ~3 severe", " pain is not severe ", False),
        ("(a | b) [c] d", " b d ", True),
        ("constip* bad", " constipation bad ", True),
        ("walk", " walker ", False),
    ],
)
def test_pattern_language(pattern, text, found):
    compiled = PatternCompiler({"cannot": ["can not", "unable to"]}).compile(pattern)
    assert bool(list(compiled.spans(text))) is found
    if found:
        assert compiled.possible(set(text.split()))


def test_the_caret_moves_the_start_of_the_finding():
    compiled = PatternCompiler({}).compile("walk , ^ i can not")
    assert list(compiled.spans(" walk , i can not ")) == [(8, 18)]


@pytest.mark.parametrize("pattern", ["", "a | | b", "a )", "[ a ]", "wal* ", "a $ b", "^ a ^ b"])
def test_unreadable_patterns_are_refused(pattern):
    with pytest.raises(PatternError):
        PatternCompiler({}).compile(pattern)
