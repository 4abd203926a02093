"""clinic.yml: what it must hold, and what is said where it does not."""

from pathlib import Path

import pytest

from rasa_project.channels.messages import domain_text
from rasa_project.settings import CLINIC_FILE, DOMAIN_FILE, ClinicSettings, clinic_settings
from rasa_project.validation import InvalidFile, load_model, read_yaml


def changed(tmp_path: Path, old: str, new: str) -> Path:
    text = CLINIC_FILE.read_text(encoding="utf-8")
    assert old in text
    path = tmp_path / "clinic.yml"
    path.write_text(text.replace(old, new, 1), encoding="utf-8")
    return path


@pytest.mark.parametrize(
    "old, new, parts",
    [
        ("phone: 020 7946 0000", "phone: call us", ["clinic -> phone", "'call us'", "digits"]),
        ("  opening_hours: Monday to Friday, 8 am to 6 pm\n", "", ["opening_hours", "required"]),
        ("  name: Example Clinic", "  name: Example Clinic\n  fax: 1", ["fax", "no such key"]),
        ("clinic:", "clinic: [", ["line"]),
    ],
    ids=["no number", "missing", "unknown", "no YAML"],
)
def test_a_fault_is_named_with_its_place_and_what_to_do(tmp_path: Path, old: str, new: str, parts: list) -> None:
    with pytest.raises(InvalidFile) as caught:
        load_model(changed(tmp_path, old, new), ClinicSettings)
    for part in parts:
        assert part in str(caught.value)


def test_contacts_can_be_dialled() -> None:
    assert clinic_settings().contacts("clinic", "emergency") == [
        {"label": "Clinic reception: 020 7946 0000", "href": "tel:02079460000"},
        {"label": "Emergency services: 999", "href": "tel:999"},
    ]


def test_every_fixed_text_can_be_filled_and_none_is_split() -> None:
    words = {**clinic_settings().placeholders(), "signs": "x", "reference": "x", "what": "x", "topic": "x"}
    for name, variants in read_yaml(DOMAIN_FILE)["responses"].items():
        for variant in variants:
            filled = variant["text"].format(**words)
            assert "\n\n" not in filled, name
            assert "{" not in filled, name


def test_the_error_text_says_where_to_turn() -> None:
    assert "999" in domain_text("utter_error")
