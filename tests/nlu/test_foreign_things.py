"""Whether a message asks about something that the article never speaks of, from embeddings and lists."""

from pathlib import Path
from typing import List

import numpy as np
import pytest

from rasa_project.ranking.foreign_things import ForeignThings
from rasa_project.ranking.labels import Mentions, Role

KNOWN, FOREIGN = np.eye(4, dtype=np.float32)[0], np.eye(4, dtype=np.float32)[1]
LISTED = Mentions(tables=frozenset({"not_covered_treatment"}))


@pytest.fixture
def fitted() -> ForeignThings:
    random = np.random.RandomState(0)
    rows, mentions, foreign, roles = [], [], [], []  # type: ignore[var-annotated]
    for number in range(200):
        is_foreign = number % 2 == 0
        vector = (FOREIGN if is_foreign else KNOWN) + random.normal(0, 0.2, 4)
        rows.append((vector / np.linalg.norm(vector)).astype(np.float32))
        mentions.append(LISTED if is_foreign and number % 4 == 0 else Mentions())
        foreign.append(is_foreign)
        roles.append(Role.held_out if number % 5 == 0 else Role.learnt)
    return ForeignThings.fit(np.stack(rows), mentions, foreign, roles)


def probabilities(things: ForeignThings) -> List[float]:
    return [things.probability(KNOWN, Mentions()), things.probability(KNOWN, LISTED), things.probability(FOREIGN, Mentions())]


def test_the_meaning_and_the_lists_both_count(fitted: ForeignThings) -> None:
    known, listed, foreign = probabilities(fitted)
    assert known < 0.2 < 0.8 < foreign and listed > known


def test_what_is_saved_is_what_is_loaded(fitted: ForeignThings, tmp_path: Path) -> None:
    fitted.save(tmp_path)
    assert probabilities(ForeignThings.load(tmp_path)) == pytest.approx(probabilities(fitted))
