"""The limits that decisions rest on, chosen by `python -m rasa_project tune`."""

from functools import lru_cache
from pathlib import Path

from pydantic import Field

from rasa_project.content.schema import StrictModel
from rasa_project.settings import THRESHOLDS_FILE
from rasa_project.validation import load_model


class Thresholds(StrictModel):
    """``data/thresholds.yml``.

    Attributes:
        out_of_scope_above: probability that a message is about something else, from which it is declined.
        trust_in_intent: how much the intent classifier's word on that counts where a topic is named or certain.
        certain: probability of a topic from which that is so.
        same_as_example: similarity to an example question from which a message means the same.
        ask_back_below: probability of the likeliest topic below which the bot asks which of several is meant.
        option_above: probability of a topic worth offering then.
        not_covered_above: probability from which a facet that is not covered is taken for what is asked.
        comparison_above: the same for a comparison, which needs two sides.
        only_describes_above: probability that someone describes pain and asks nothing in particular.
        foreign_above: probability from which a message asks about something that the article never speaks of.
        foreign_listed_above: the same where it names such a thing that is listed in data/mentions.yml.
    """

    out_of_scope_above: float = Field(ge=0, le=1)
    trust_in_intent: float = Field(ge=0, le=1)
    certain: float = Field(ge=0, le=1)
    same_as_example: float = Field(ge=0, le=1)
    ask_back_below: float = Field(ge=0, le=1)
    option_above: float = Field(ge=0, le=1)
    not_covered_above: float = Field(ge=0, le=1)
    comparison_above: float = Field(ge=0, le=1)
    only_describes_above: float = Field(ge=0, le=1)
    foreign_above: float = Field(ge=0, le=1)
    foreign_listed_above: float = Field(ge=0, le=1)

    class Config:
        allow_mutation = False


@lru_cache(maxsize=None)
def thresholds(path: Path = THRESHOLDS_FILE) -> Thresholds:
    """Raises ``InvalidFile`` with a line for each fault."""
    return load_model(path, Thresholds)
