"""clinic.yml: what it must hold, and what is said where it does not."""

from pathlib import Path

import pytest

from rasa_project.operations import settings_page
from rasa_project.settings import CLINIC_FILE, DOMAIN_FILE, ClinicSettings, clinic_settings, countries, domain_text
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
        ("country: GB", "country: XX", ["country", "'XX'", "GB"]),
        ("country: GB", "country: US", ["out_of_hours", "advice line"]),
        ("email_to: []", "email_to: [reception]", ["email_to", "e-mail address"]),
        ("alarm_after_minutes: 15", "alarm_after_minutes: 0", ["alarm_after_minutes"]),
    ],
    ids=["no number", "missing", "unknown", "no YAML", "unknown country", "nobody at night", "no address", "no time"],
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


# What actions fill in
OWN_WORDS = "caution more signs reference what topic noted question gone thing first second stretch starts goes number of step".split()


def test_every_fixed_text_can_be_filled_and_none_is_split() -> None:
    words = {**clinic_settings().placeholders(), **dict.fromkeys(OWN_WORDS, "x")}
    for name, variants in read_yaml(DOMAIN_FILE)["responses"].items():
        for variant in variants:
            filled = variant["text"].format(**words)
            assert "\n\n" not in filled, name
            assert "{" not in filled, name


def test_the_error_text_says_where_to_turn() -> None:
    assert "999" in domain_text("utter_error")


@pytest.mark.parametrize(("country", "number"), [("US", "911"), ("DE", "112"), ("AU", "000"), ("NZ", "111")])
def test_the_country_decides_the_emergency_number(country: str, number: str) -> None:
    settings = ClinicSettings(country=country, clinic=clinic_settings().clinic, out_of_hours={"number": "555 0100", "label": "Doctor on call"})
    assert settings.contacts("emergency")[0]["href"] == f"tel:{number}"
    assert settings.placeholders()["out_of_hours_number"] == "555 0100"


def test_every_country_has_usable_numbers() -> None:
    for code, country in countries().items():
        assert len(code) == 2 and country.emergency.number and country.emergency_department


def test_the_page_on_settings_is_what_would_be_written_now() -> None:
    assert settings_page.PAGE.read_text(encoding="utf-8") == settings_page.text(), "run python -m rasa_project document-settings"


def test_every_setting_of_the_clinic_is_on_the_page_with_its_meaning() -> None:
    page = settings_page.text()
    for name in ("country", "clinic.phone", "emergency.number", "escalations.email_to", "privacy.keep_conversations_days", "web.sites", "REDIS_URL"):
        (line,) = [line for line in page.splitlines() if line.startswith(f"| `{name}` |")]
        assert len(line.split("|")[2].strip()) > 8, line
