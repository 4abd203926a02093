"""Joins what the rules found and what the classifier thinks into one decision: danger, doubt, or neither.

A logistic regression over the classifier's log odds and the rules' verdict gives one calibrated probability (Platt 1999). What to do at that
probability follows from what each mistake costs.
"""

import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import List, Sequence, Tuple

import numpy as np
from sklearn.linear_model import LogisticRegression

from rasa_project.red_flags.classifier import Score
from rasa_project.red_flags.detector import Finding

FILE = "red_flag_fusion.json"
MODEST = 1e-4  # probabilities are kept this far from 0 and 1, so that no single source settles everything


@dataclass(frozen=True)
class Costs:
    """What a mistake costs, in false alarms.

    A question costs someone without a danger sign a moment, and someone in danger a turn.
    """

    missed: float = 20.0
    false_alarm: float = 1.0
    needless_question: float = 0.25
    late_by_a_question: float = 1.0

    @property
    def ask_above(self) -> float:
        """The probability from which a question costs less than saying nothing."""
        return self.needless_question / (self.needless_question + self.missed - self.late_by_a_question)

    @property
    def escalate_above(self) -> float:
        """The probability from which an alarm costs less than a question."""
        gain = self.false_alarm - self.needless_question
        return gain / (gain + self.late_by_a_question)


@dataclass(frozen=True)
class Evidence:
    """The signals about one message.

    Attributes:
        log_odds: the classifier's, that a flag is present.
        told: whether a rule found a flag that is present.
        mentioned: whether rules found flags, none of them present.
    """

    log_odds: float
    told: bool
    mentioned: bool

    @classmethod
    def of(cls, findings: Sequence[Finding], score: Score) -> "Evidence":
        probability = float(np.clip(score.present, MODEST, 1 - MODEST))
        told = any(finding.status == "present" for finding in findings)
        return cls(float(np.log(probability / (1 - probability))), told, bool(findings) and not told)

    def signals(self) -> List[float]:
        return [self.log_odds, float(self.told), float(self.mentioned)]


@dataclass(frozen=True)
class Fusion:
    """Weights of the three signals, and the intercept."""

    weights: Tuple[float, float, float]
    intercept: float

    @classmethod
    def fit(cls, evidence: Sequence[Evidence], present: Sequence[bool]) -> "Fusion":
        """Fits on messages that neither the classifier nor the rules were made with."""
        model = LogisticRegression(C=10.0).fit(np.array([item.signals() for item in evidence]), np.array(present))
        log_odds, told, mentioned = (float(weight) for weight in model.coef_[0])
        return cls((log_odds, told, mentioned), float(model.intercept_[0]))

    def probability(self, evidence: Evidence) -> float:
        """That the patient has a danger sign now."""
        return float(1 / (1 + np.exp(-(np.dot(self.weights, evidence.signals()) + self.intercept))))

    def save(self, folder: Path) -> None:
        (folder / FILE).write_text(json.dumps(asdict(self)), encoding="utf-8")

    @classmethod
    def load(cls, folder: Path) -> "Fusion":
        data = json.loads((folder / FILE).read_text(encoding="utf-8"))
        return cls(tuple(data["weights"]), data["intercept"])
