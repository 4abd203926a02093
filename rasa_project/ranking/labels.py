"""What the rankers know about a message and about the store."""

from dataclasses import dataclass
from typing import Dict, FrozenSet, List

NONE = "none"  # the topic of a message about nothing that the store knows
UNCLEAR = "unclear"  # the topic of a question that lacks one: "what causes it" as the first thing said

# Tables of data/mentions.yml
BODY_HERE = "body_here"
BODY_ELSEWHERE = "body_elsewhere"
OTHER_CONDITION = "other_condition"
OTHER_REQUEST = "other_request"
AWAY = frozenset({BODY_ELSEWHERE, OTHER_CONDITION, OTHER_REQUEST})  # what leads away from hip and back
NOT_COVERED = "not_covered_"  # followed by the facet


@dataclass(frozen=True)
class Mentions:
    """What a message names: ids of topics, and tables of data/mentions.yml with an entry in the message."""

    topics: FrozenSet[str] = frozenset()
    tables: FrozenSet[str] = frozenset()


@dataclass(frozen=True)
class TopicEntries:
    """A topic's entries: for each the facets that it serves, its own first.

    Attributes:
        default: the entry for someone who asks nothing in particular.
        elsewhere: facets that another topic's entry answers.
    """

    entries: Dict[str, List[str]]
    default: str
    elsewhere: List[str]
