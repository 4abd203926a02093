"""Where things lie, and what the clinic sets in ``clinic.yml``."""

import os
import re
from functools import lru_cache
from pathlib import Path
from typing import Dict, List

from pydantic import BaseModel, Extra, validator

from rasa_project.validation import load_model

PROJECT_FOLDER = Path(os.environ.get("CLINIC_BOT_HOME") or Path(__file__).resolve().parent.parent)
CONTENT_FOLDER = PROJECT_FOLDER / "data" / "content"
ARTICLE_FILE = PROJECT_FOLDER / "data" / "article.yml"
MENTIONS_FILE = PROJECT_FOLDER / "data" / "mentions.yml"
FACETS_FILE = PROJECT_FOLDER / "data" / "facets.yml"
RED_FLAGS_FOLDER = PROJECT_FOLDER / "data" / "red_flags"
CLINIC_FILE = PROJECT_FOLDER / "clinic.yml"
DOMAIN_FILE = PROJECT_FOLDER / "domain.yml"


def cache_folder() -> Path:
    """Folder for files that can be made again at any time."""
    return Path(os.environ.get("CLINIC_BOT_CACHE") or PROJECT_FOLDER / ".cache")


def state_folder() -> Path:
    """Folder for what must not be lost: escalations."""
    return Path(os.environ.get("CLINIC_BOT_STATE") or PROJECT_FOLDER / "var")


class _Strict(BaseModel):
    class Config:
        extra = Extra.forbid
        anystr_strip_whitespace = True
        min_anystr_length = 1


def _phone(value: str) -> str:
    if not re.fullmatch(r"\+?[0-9][0-9 ()-]*", value):
        raise ValueError("write a phone number with digits, spaces, brackets and hyphens only, such as 020 7946 0000 or +44 20 7946 0000")
    return value


class Clinic(_Strict):
    name: str
    phone: str
    phone_label: str
    opening_hours: str

    _check_phone = validator("phone", allow_reuse=True)(_phone)


class HelpLine(_Strict):
    number: str
    label: str

    _check_number = validator("number", allow_reuse=True)(_phone)


class ClinicSettings(_Strict):
    """``clinic.yml``."""

    clinic: Clinic
    emergency: HelpLine
    urgent_care: HelpLine

    def placeholders(self) -> Dict[str, str]:
        """What the domain's responses may name in braces, such as ``{emergency_number}``."""
        return {
            "clinic_name": self.clinic.name,
            "clinic_phone": self.clinic.phone,
            "opening_hours": self.clinic.opening_hours,
            "emergency_number": self.emergency.number,
            "urgent_number": self.urgent_care.number,
        }

    def contacts(self, *which: str) -> List[Dict[str, str]]:
        """Contacts as ``{"label", "href"}`` with ``tel:`` links, in the order asked for.

        Args:
            which: any of ``emergency``, ``urgent_care``, ``clinic``.
        """
        lines = {
            "emergency": (self.emergency.label, self.emergency.number),
            "urgent_care": (self.urgent_care.label, self.urgent_care.number),
            "clinic": (self.clinic.phone_label, self.clinic.phone),
        }
        return [{"label": f"{label}: {number}", "href": "tel:" + re.sub(r"[^0-9+]", "", number)} for label, number in (lines[key] for key in which)]


@lru_cache(maxsize=None)
def clinic_settings() -> ClinicSettings:
    """The clinic's settings, read once.

    Raises:
        InvalidFile: a line for each fault in ``clinic.yml``.
    """
    return load_model(CLINIC_FILE, ClinicSettings)
