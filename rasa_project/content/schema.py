"""The shape of the content store: one topic per file, one entry per facet."""

import datetime
import re
from enum import Enum
from typing import Dict, List, Optional

from pydantic import BaseModel, Extra, Field, root_validator, validator


class Facet(str, Enum):
    """What a patient can ask about a topic. Each has an intent ``ask_<facet>``."""

    overview = "overview"
    anatomy = "anatomy"
    causes = "causes"
    symptoms = "symptoms"
    risk = "risk"
    treatment = "treatment"
    medication = "medication"
    surgery = "surgery"
    self_care = "self_care"
    diagnosis = "diagnosis"
    prevention = "prevention"
    steps = "steps"
    cautions = "cautions"
    comparison = "comparison"
    prognosis = "prognosis"


class TopicKind(str, Enum):
    """What sort of thing a topic is; decides which quick replies make sense."""

    general = "general"  # hip and back pain as such: stands in where no topic is named
    condition = "condition"
    anatomy = "anatomy"
    cause = "cause"
    exercise = "exercise"
    comparison = "comparison"
    guidance = "guidance"


class ReviewState(str, Enum):
    draft = "draft"
    needs_review = "needs_review"
    approved = "approved"


class StrictModel(BaseModel):
    class Config:
        extra = Extra.forbid
        anystr_strip_whitespace = True
        min_anystr_length = 1


class Review(StrictModel):
    """Where an entry stands in the clinic's review.

    ``needs_review`` carries a note that says what to look at, ``approved`` says who approved it and when. Notes stay after approval.
    """

    state: ReviewState
    notes: List[str] = []
    by: Optional[str] = None
    on: Optional[datetime.date] = None

    @root_validator(skip_on_failure=True)
    def _complete(cls, values: dict) -> dict:
        state = values["state"]
        if state is ReviewState.needs_review and not values["notes"]:
            raise ValueError("an entry that needs review says why: add at least one line under 'notes'")
        if state is ReviewState.approved and not (values["by"] and values["on"]):
            raise ValueError("an approved entry says who approved it and when: add 'by' (a name) and 'on' (a date such as 2026-01-31)")
        return values


class Drawing(StrictModel):
    """A line drawing of ``data/drawings/``.

    Attributes:
        alt: what it shows, for those who cannot see it.
        step: the step that it belongs to, from 1.
    """

    file: str = Field(regex=r"^[a-z0-9_]+\.svg$")
    alt: str
    step: Optional[int] = Field(default=None, ge=1)


class Entry(StrictModel):
    """The answer to one facet of one topic, in words that patients read as they stand."""

    lead: str
    points: List[str] = []
    steps: List[str] = []
    cautions: List[str] = []
    drawings: List[Drawing] = []
    paragraphs: List[str] = Field(min_items=1)
    also_answers: List[Facet] = []
    questions: List[str] = Field(min_items=1)
    review: Review

    @validator("paragraphs", each_item=True)
    def _paragraph_number(cls, value: str) -> str:
        if not re.fullmatch(r"P[1-9][0-9]*", value):
            raise ValueError("a paragraph is cited by its number, such as P55")
        return value

    @validator("drawings", each_item=True)
    def _of_a_step(cls, value: Drawing, values: dict) -> Drawing:
        if value.step is not None and value.step > len(values.get("steps") or []):
            raise ValueError(f"{value.file} belongs to step {value.step}, and there is no such step")
        return value


class Redirect(StrictModel):
    """Another topic's entry that answers a facet which this topic lacks."""

    topic: str
    facet: Facet


class Topic(StrictModel):
    """One file of ``data/content/``.

    Attributes:
        in_sentence: what the topic is called within a sentence, where that is not the title in small letters.
        not_covered_caution: what is said besides where the article does not answer a question about the topic.
        not_covered: questions that patients ask about the topic and the article does not answer, by facet.
    """

    id: str = Field(regex=r"^[a-z][a-z0-9_]*$")
    title: str
    in_sentence: Optional[str] = None
    kind: TopicKind
    names: List[str] = Field(min_items=1)
    descriptions: List[str] = []
    related: List[str] = []
    compares: List[str] = []
    instead: Dict[Facet, Redirect] = {}
    not_covered_caution: Optional[str] = None
    not_covered: Dict[Facet, List[str]] = {}
    facets: Dict[Facet, Entry]

    @validator("facets")
    def _some_facet(cls, value: Dict[Facet, Entry]) -> Dict[Facet, Entry]:
        if not value:
            raise ValueError("a topic answers at least one facet")
        return value

    @validator("compares")
    def _two_sides(cls, value: List[str]) -> List[str]:
        if value and len(value) < 2:
            raise ValueError("a comparison names at least two topics")
        return value

    @root_validator(skip_on_failure=True)
    def _facets_answered_once(cls, values: dict) -> dict:
        answered = list(values["facets"])
        for facet, entry in values["facets"].items():
            for other in entry.also_answers:
                if other in answered:
                    raise ValueError(f"facet '{other.value}' is answered twice: '{facet.value}' lists it under 'also_answers'; keep one of the two")
                answered.append(other)
        for facet in values["not_covered"]:
            if facet in answered or facet in values["instead"]:
                raise ValueError(f"facet '{facet.value}' has an answer, so 'not_covered' must not list it; move its questions to the answer")
        for facet in values["instead"]:
            if facet in answered:
                raise ValueError(f"facet '{facet.value}' has an answer here, so 'instead' must not send it elsewhere; remove one of the two")
        return values

    @property
    def spoken(self) -> str:
        """The topic's name within a sentence."""
        first = self.title.split()[0]
        is_abbreviation = len(first) > 1 and first[1].isupper()
        return self.in_sentence or (self.title if is_abbreviation else self.title[0].lower() + self.title[1:])

    @property
    def default_facet(self) -> Facet:
        """The entry for someone who names the topic and asks nothing in particular, but describes pain."""
        preferred = {TopicKind.condition: Facet.symptoms, TopicKind.general: Facet.causes}.get(self.kind)
        return preferred if preferred in self.facets else self.main_facet  # type: ignore[return-value]

    @property
    def main_facet(self) -> Facet:
        """The entry that says what the topic is."""
        return Facet.overview if Facet.overview in self.facets else next(iter(self.facets))
