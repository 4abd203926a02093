"""Where things lie, and what the clinic sets in ``clinic.yml``."""

import os
import re
from functools import lru_cache
from pathlib import Path
from typing import Any, Dict, List, Literal, Optional

from pydantic import BaseModel, Extra, Field, validator

from rasa_project.validation import InvalidFile, load_model, read_yaml

PROJECT_FOLDER = Path(os.environ.get("CLINIC_BOT_HOME") or Path(__file__).resolve().parent.parent)
CONTENT_FOLDER = PROJECT_FOLDER / "data" / "content"
ARTICLE_FILE = PROJECT_FOLDER / "data" / "article.yml"
MENTIONS_FILE = PROJECT_FOLDER / "data" / "mentions.yml"
DRAWINGS_FOLDER = PROJECT_FOLDER / "data" / "drawings"
FACETS_FILE = PROJECT_FOLDER / "data" / "facets.yml"
THRESHOLDS_FILE = PROJECT_FOLDER / "data" / "thresholds.yml"
LANGUAGES_FILE = PROJECT_FOLDER / "data" / "languages.yml"
RED_FLAGS_FOLDER = PROJECT_FOLDER / "data" / "red_flags"
EXAMPLES_FOLDER = RED_FLAGS_FOLDER / "examples"
UTTERANCES_FOLDER = PROJECT_FOLDER / "data" / "utterances"
CLINIC_FILE = Path(os.environ.get("CLINIC_SETTINGS") or PROJECT_FOLDER / "clinic.yml")
COUNTRIES_FILE = PROJECT_FOLDER / "data" / "countries.yml"
WEB_FOLDER = PROJECT_FOLDER / "web"
DOMAIN_FILE = PROJECT_FOLDER / "domain.yml"


def cache_folder() -> Path:
    """Folder for files that can be made again at any time."""
    return Path(os.environ.get("CLINIC_BOT_CACHE") or PROJECT_FOLDER / ".cache")


def state_folder() -> Path:
    """Folder for what must not be lost: escalations and conversations."""
    return Path(os.environ.get("CLINIC_BOT_STATE") or PROJECT_FOLDER / "var")


def database_url(variable: str, file: str) -> str:
    """SQLAlchemy URL of a store of this deployment: from the environment, else an SQLite file in the state folder."""
    url = os.environ.get(variable)
    if url:
        return url
    state_folder().mkdir(parents=True, exist_ok=True)
    return f"sqlite:///{state_folder() / file}"


def tracker_database_url() -> str:
    """Of the stored conversations."""
    return database_url("TRACKER_DB_URL", "conversations.db")


def bot_address() -> Optional[str]:
    """Where the bot can be reached from outside: ``BOT_ADDRESS``, such as https://bot.clinic.example, without a slash at the end.

    Raises:
        ValueError: it has another form.
    """
    address = os.environ.get("BOT_ADDRESS", "").rstrip("/")
    if address and not re.fullmatch(r"https?://[A-Za-z0-9.-]+(:[0-9]+)?", address):
        raise ValueError(f"BOT_ADDRESS is {address!r}; write it as https://bot.clinic.example, without a path")
    return address or None


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
    """What patients are told about the clinic."""

    name: str = Field(description='in sentences such as "call Example Clinic"')
    phone: str = Field(description="digits, spaces, brackets and hyphens only")
    phone_label: str = Field(description="on the button that calls it")
    opening_hours: str = Field(description='in words, such as "Monday to Friday, 8 am to 6 pm"')

    _check_phone = validator("phone", allow_reuse=True)(_phone)


class HelpLine(_Strict):
    number: str = Field(description="digits, spaces, brackets and hyphens only")
    label: str = Field(description="who answers")

    _check_number = validator("number", allow_reuse=True)(_phone)


class Country(_Strict):
    """An entry of ``data/countries.yml``; ``advice`` is a public health advice line, ``crisis`` one for people in despair."""

    emergency: HelpLine
    crisis: HelpLine
    emergency_department: str
    advice: Optional[HelpLine] = None


@lru_cache(maxsize=1)
def countries() -> Dict[str, Country]:
    """Raises ``InvalidFile`` with a line for each fault."""
    return {code: load_model(COUNTRIES_FILE, Country, entry) for code, entry in read_yaml(COUNTRIES_FILE).items()}


class EscalationSettings(_Strict):
    """How the clinic learns of danger signs."""

    include_words: bool = Field(default=True, description="whether notices hold the patient's words that raised the alarm")
    email_to: List[str] = Field(default=[], description="who gets notices by e-mail")
    alarm_to: List[str] = Field(default=[], description="who hears by e-mail that notices cannot be delivered")
    alarm_after_minutes: int = Field(default=15, ge=1, description="for which a notice may be on its way before that")

    @validator("email_to", "alarm_to", each_item=True)
    def _address(cls, value: str) -> str:
        if not re.fullmatch(r"[^@\s]+@[^@\s]+\.[^@\s]+", value):
            raise ValueError("write an e-mail address such as reception@clinic.example")
        return value


class InsightSettings(_Strict):
    """What is kept of questions that did not get an answer, and for how long."""

    keep_text: Literal["full", "redacted", "none"] = Field(
        default="redacted", description="the patient's words: `full`, `redacted` (no names, numbers, addresses or unknown words) or `none`"
    )
    keep_days: int = Field(default=365, ge=1, description="after which they are deleted")


class PrivacySettings(_Strict):
    """How long what patients wrote is kept."""

    keep_conversations_days: int = Field(default=30, ge=1, description="after the last word of a conversation")
    keep_escalations_days: int = Field(
        default=1095, ge=1, description="after somebody at the clinic has acknowledged an escalation; an open one is kept"
    )


class WebSettings(_Strict):
    """The REST channel and the chat widget on the open internet."""

    sites: List[str] = Field(default=[], description="the origins of the pages that show the widget or call the REST channel from a browser")
    proxies: int = Field(default=0, ge=0, le=10, description="how many reverse proxies of the clinic stand before the bot")
    signed_conversations: bool = Field(
        default=False, description="whether only conversation ids that were issued here are taken; a server of the clinic needs `REST_API_KEY` then"
    )
    messages_per_minute: int = Field(default=60, ge=1, description="of one conversation")
    messages_per_minute_and_address: int = Field(default=600, ge=1, description="of one network address; a whole ward may stand behind one")

    @validator("sites", each_item=True)
    def _origin(cls, value: str) -> str:
        if not re.fullmatch(r"https?://[a-z0-9.-]+(:[0-9]+)?", value):
            raise ValueError("write a site as https://www.clinic.example, in small letters, without a path and without a slash at the end")
        return value


class ClinicSettings(_Strict):
    """``clinic.yml``."""

    country: str = Field(description="decides the emergency number and what the emergency department is called; one of `data/countries.yml`")
    clinic: Clinic
    emergency: Optional[HelpLine] = Field(default=None, description="another emergency number than the country's")
    out_of_hours: Optional[HelpLine] = Field(default=None, description="who answers while the clinic is closed; the country's advice line without it")
    crisis: Optional[HelpLine] = Field(
        default=None, description="whom someone can call who thinks of harming themselves; the country's line without it"
    )
    escalations: EscalationSettings = EscalationSettings()
    insights: InsightSettings = InsightSettings()
    privacy: PrivacySettings = PrivacySettings()
    web: WebSettings = WebSettings()

    @validator("country")
    def _known_country(cls, value: str) -> str:
        if value not in countries():
            raise ValueError(f"no such country is known; choose one of {', '.join(sorted(countries()))}, or add it to data/countries.yml")
        return value

    @validator("out_of_hours", always=True)
    def _someone_answers_at_night(cls, value: Optional[HelpLine], values: Dict[str, Any]) -> Optional[HelpLine]:
        country = countries().get(values.get("country", ""))
        if value is None and country is not None and country.advice is None:
            raise ValueError("this country has no public advice line; name who answers while the clinic is closed (number and label)")
        return value

    @property
    def emergency_line(self) -> HelpLine:
        return self.emergency or countries()[self.country].emergency

    @property
    def out_of_hours_line(self) -> HelpLine:
        return self.out_of_hours or countries()[self.country].advice  # type: ignore[return-value]  # the validator saw to it

    @property
    def crisis_line(self) -> HelpLine:
        return self.crisis or countries()[self.country].crisis

    def placeholders(self) -> Dict[str, str]:
        """What the domain's responses may name in braces, such as ``{emergency_number}``."""
        return {
            "clinic_name": self.clinic.name,
            "clinic_phone": self.clinic.phone,
            "opening_hours": self.clinic.opening_hours,
            "emergency_number": self.emergency_line.number,
            "emergency_department": countries()[self.country].emergency_department,
            "out_of_hours_number": self.out_of_hours_line.number,
            "crisis_name": self.crisis_line.label,
            "crisis_number": self.crisis_line.number,
        }

    def contacts(self, *which: str) -> List[Dict[str, str]]:
        """Contacts as ``{"label", "href"}`` with ``tel:`` links, in the order asked for.

        Args:
            which: any of ``emergency``, ``out_of_hours``, ``crisis``, ``clinic``.
        """
        lines = {
            "emergency": self.emergency_line,
            "out_of_hours": self.out_of_hours_line,
            "crisis": self.crisis_line,
            "clinic": HelpLine(number=self.clinic.phone, label=self.clinic.phone_label),
        }
        chosen = [lines[key] for key in which]
        return [{"label": f"{line.label}: {line.number}", "href": "tel:" + re.sub(r"[^0-9+]", "", line.number)} for line in chosen]


@lru_cache(maxsize=None)
def clinic_settings() -> ClinicSettings:
    """The clinic's settings, read once.

    Raises:
        InvalidFile: a line for each fault in ``clinic.yml``.
    """
    return load_model(CLINIC_FILE, ClinicSettings)


@lru_cache(maxsize=1)
def _domain_responses() -> Dict[str, Any]:
    return dict((read_yaml(DOMAIN_FILE) or {}).get("responses", {}))


def domain_text(response: str, **words: Any) -> str:
    """The text of a response in the domain file, filled from ``clinic.yml`` and with ``words``.

    Raises:
        InvalidFile: the domain has no such response.
    """
    variants = _domain_responses().get(response)
    if not variants:
        raise InvalidFile([f"{DOMAIN_FILE}: responses -> {response}: this response is required; add it"])
    return str(variants[0]["text"]).format(**clinic_settings().placeholders(), **words)
