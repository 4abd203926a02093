"""What the rankers know about a message and about the store."""

from dataclasses import dataclass
from enum import Enum
from typing import Dict, FrozenSet, List, Sequence, Tuple

import numpy as np

NONE = "none"  # the topic of a message about nothing that the store knows
UNCLEAR = "unclear"  # the topic of a question that lacks one: "what causes it" as the first thing said

# Tables of data/mentions.yml
BODY_HERE = "body_here"
BODY_ELSEWHERE = "body_elsewhere"
OTHER_CONDITION = "other_condition"
OTHER_REQUEST = "other_request"
AWAY = frozenset({BODY_ELSEWHERE, OTHER_CONDITION, OTHER_REQUEST})  # what leads away from hip and back
NOT_COVERED = "not_covered_"  # followed by the facet


class Role(str, Enum):
    """What a training example serves for."""

    example = "example"  # of the store and of the training phrases: classified and searched
    learnt = "learnt"  # the encoder has learnt from it, and places it too well to be searched: classified only
    held_out = "held_out"  # an utterance that nothing has learnt from: the weights are fitted on it first


def rows_by_use(roles: Sequence[Role]) -> Tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Three masks, (examples,): held out; not held out; to be searched."""
    held = np.array([role is Role.held_out for role in roles])
    return held, ~held, np.array([role is not Role.learnt for role in roles])


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
