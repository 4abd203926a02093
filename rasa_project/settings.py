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


def tracker_database_url() -> str:
    """SQLAlchemy URL of the stored conversations: ``TRACKER_DB_URL``, else an SQLite file in the state folder."""
    url = os.environ.get("TRACKER_DB_URL")
    if url:
        return url
    state_folder().mkdir(parents=True, exist_ok=True)
    return f"sqlite:///{state_folder() / 'conversations.db'}"


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
    name: str
    phone: str
    phone_label: str
    opening_hours: str

    _check_phone = validator("phone", allow_reuse=True)(_phone)


class HelpLine(_Strict):
    number: str
    label: str

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

    include_words: bool = True
    email_to: List[str] = []
    alarm_to: List[str] = []
    alarm_after_minutes: int = Field(default=15, ge=1)

    @validator("email_to", "alarm_to", each_item=True)
    def _address(cls, value: str) -> str:
        if not re.fullmatch(r"[^@\s]+@[^@\s]+\.[^@\s]+", value):
            raise ValueError("write an e-mail address such as reception@clinic.example")
        return value


class InsightSettings(_Strict):
    """What is kept of questions that did not get an answer, and for how long."""

    keep_text: Literal["full", "redacted", "none"] = "redacted"
    keep_days: int = Field(default=365, ge=1)


class PrivacySettings(_Strict):
    """How long what patients wrote is kept.

    Attributes:
        keep_conversations_days: after the last word of a conversation.
        keep_escalations_days: after somebody at the clinic has acknowledged an escalation; an open one is kept.
    """

    keep_conversations_days: int = Field(default=30, ge=1)
    keep_escalations_days: int = Field(default=1095, ge=1)


class WebSettings(_Strict):
    """The REST channel and the chat widget on the open internet.

    Attributes:
        sites: the origins of the pages that show the widget or call the REST channel from a browser.
        proxies: how many reverse proxies of the clinic stand before the bot.
        signed_conversations: whether only conversation ids that were issued here are taken; a server of the clinic needs the API key then.
        messages_per_minute: of one conversation.
        messages_per_minute_and_address: of one network address; a whole ward may stand behind one.
    """

    sites: List[str] = []
    proxies: int = Field(default=0, ge=0, le=10)
    signed_conversations: bool = False
    messages_per_minute: int = Field(default=60, ge=1)
    messages_per_minute_and_address: int = Field(default=600, ge=1)

    @validator("sites", each_item=True)
    def _origin(cls, value: str) -> str:
        if not re.fullmatch(r"https?://[a-z0-9.-]+(:[0-9]+)?", value):
            raise ValueError("write a site as https://www.clinic.example, in small letters, without a path and without a slash at the end")
        return value


class ClinicSettings(_Strict):
    """``clinic.yml``."""

    country: str
    clinic: Clinic
    emergency: Optional[HelpLine] = None
    out_of_hours: Optional[HelpLine] = None
    crisis: Optional[HelpLine] = None
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
