"""Figures on the ranking's probabilities, on small examples worked out by hand."""

from pathlib import Path

import pytest

from rasa_project.evaluation.calibration import Ranked, curve, draw, expected_calibration_error, first_candidate, risk_by_coverage
from rasa_project.evaluation.scoring import Question

SURE_AND_RIGHT = Ranked("sciatica", 0.95, True, True)
SURE_AND_WRONG = Ranked("sciatica", 0.95, False, False)
UNSURE_AND_RIGHT = Ranked("bursitis", 0.25, False, True)


def test_the_error_is_the_distance_between_probability_and_share_right() -> None:
    assert expected_calibration_error([SURE_AND_RIGHT, SURE_AND_WRONG]) == pytest.approx(0.45)
    assert expected_calibration_error([SURE_AND_RIGHT, SURE_AND_WRONG, UNSURE_AND_RIGHT]) == pytest.approx((0.45 * 2 + 0.75) / 3)
    assert expected_calibration_error([Ranked("sciatica", 1.0, True, True)]) == pytest.approx(0)


def test_the_curve_leaves_empty_bins_out() -> None:
    assert curve([UNSURE_AND_RIGHT, SURE_AND_WRONG]) == [(pytest.approx(0.25), 1.0, 1), (pytest.approx(0.95), 0.0, 1)]


def test_risk_grows_as_less_sure_answers_are_given() -> None:
    wrong = Ranked("bursitis", 0.1, False, False)
    assert risk_by_coverage([wrong, SURE_AND_RIGHT]) == [(0.5, 0.0), (1.0, 0.5)]


def test_the_first_candidate_skips_none_and_counts_the_facet() -> None:
    facets = [{"facet": "causes", "probability": 0.5, "covered": True}]
    topics = [
        {"topic": "none", "probability": 0.6, "similarity": 0, "facets": []},
        {"topic": "bursitis", "probability": 0.4, "similarity": 0, "facets": facets},
    ]
    parsed = {"text": "why", "answer_ranking": {"topics": topics}}
    question = Question("1", "covered", "why", [("answer", "bursitis", "overview"), ("answer", "bursitis", "causes")])
    assert first_candidate(question, parsed) == Ranked("bursitis", pytest.approx(0.2), False, True)
    assert first_candidate(question, {"text": "/restart"}) is None


def test_the_picture_is_the_same_each_time(tmp_path: Path) -> None:
    for name in ("a.svg", "b.svg"):
        draw([SURE_AND_RIGHT, SURE_AND_WRONG, UNSURE_AND_RIGHT], tmp_path / name)
    assert (tmp_path / "a.svg").read_bytes() == (tmp_path / "b.svg").read_bytes() != b""
