"""Other languages are told from English, however English is spelt."""

from pathlib import Path

import pytest

from rasa_project.dialogue.languages import PLACEHOLDERS, languages, text_in
from rasa_project.evaluation.scoring import read_questions
from rasa_project.nlu.language_detection import UNKNOWN, LanguageDetection, LanguageDetector
from rasa_project.settings import PROJECT_FOLDER
from rasa_project.validation import InvalidFile


@pytest.fixture(scope="module")
def detector() -> LanguageDetector:
    return LanguageDetection()._detector


@pytest.mark.parametrize(
    "text, language",
    [
        ("tengo mucho dolor en la espalda", "es"),
        ("ich habe seit gestern Rückenschmerzen", "de"),
        ("у меня болит спина", "ru"),
        ("我的背很痛", "zh"),
        ("ظهري يؤلمني كثيرا", "ar"),
        ("boli mnie biodro od wczoraj", "pl"),
    ],
)
def test_a_language_is_named(detector: LanguageDetector, text: str, language: str) -> None:
    assert detector.detect(text) == language


@pytest.mark.parametrize("text", ["", "hola", "!!!", "wats siatica n how do i fx it", "OA hip", "piriformis syndrome stretch", "si joint", "👍"])
def test_english_and_the_undecidable_are_not(detector: LanguageDetector, text: str) -> None:
    assert detector.detect(text) is None


def test_a_language_that_cannot_be_named_is_still_not_english(detector: LanguageDetector) -> None:
    assert detector.detect("mujhe ghutne mein bahut dard hai") == UNKNOWN
    assert text_in(UNKNOWN) == ""


def test_every_language_with_a_text_can_be_found(detector: LanguageDetector) -> None:
    assert set(languages()) <= set(detector._identifier.nb_classes)


def test_patients_questions_in_english_are_taken_for_english(detector: LanguageDetector) -> None:
    questions = read_questions(PROJECT_FOLDER / "tests/data/questions.jsonl")
    foreign = [question.text for question in questions if detector.detect(question.text)]
    assert len(foreign) <= len(questions) * 0.002, foreign


def test_every_text_has_its_placeholders_filled() -> None:
    assert len(languages()) >= 30
    for code in languages():
        assert "{" not in text_in(code)


def test_a_text_without_the_emergency_number_is_a_fault(tmp_path: Path) -> None:
    path = tmp_path / "languages.yml"
    path.write_text('es: {name: Spanish, text: "{clinic_name} {clinic_phone}"}', encoding="utf-8")
    with pytest.raises(InvalidFile) as fault:
        languages(path)
    assert PLACEHOLDERS[2] in str(fault.value)
