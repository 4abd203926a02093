"""Joins what the rules found and what the classifier thinks into one decision: danger, doubt, or neither.

A logistic regression over the classifier's log odds and the rules' verdict gives one calibrated probability (Platt 1999). What to do at that
probability follows from what each mistake costs.
"""

import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import List, Optional, Sequence, Tuple

import numpy as np
from sklearn.linear_model import LogisticRegression

from rasa_project.encoder.learnt import LEARNT_FROM
from rasa_project.red_flags.classifier import Score
from rasa_project.red_flags.detector import Finding

FILE = "fusion.json"
MODEST = 1e-4  # probabilities are kept this far from 0 and 1, so that no single source settles everything


@dataclass(frozen=True)
class Costs:
    """What a mistake costs, in false alarms, and how common danger signs are.

    A question costs someone without a danger sign a moment; someone in danger it costs a turn, and may go unanswered.

    Attributes:
        prevalence: the share of messages with a danger sign among those of patients.
    """

    missed: float = 56.0
    false_alarm: float = 1.0
    needless_question: float = 0.14
    late_by_a_question: float = 42.0
    prevalence: float = 0.05

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
        return cls(_log_odds(probability), told, bool(findings) and not told)

    def signals(self) -> List[float]:
        return [self.log_odds, float(self.told), float(self.mentioned)]


@dataclass(frozen=True)
class Fusion:
    """Weights of the three signals, the intercept, and the share of messages with a danger sign that they were fitted on."""

    weights: Tuple[float, float, float]
    intercept: float
    prevalence: float

    @classmethod
    def fit(cls, evidence: Sequence[Evidence], present: Sequence[bool], weights: Sequence[float]) -> "Fusion":
        """Fits on messages that neither the classifier nor the rules were made with.

        Args:
            weights: how often each kind of message is met, next to the others.
        """
        model = LogisticRegression(C=10.0).fit(np.array([item.signals() for item in evidence]), np.array(present), sample_weight=weights)
        log_odds, told, mentioned = (float(weight) for weight in model.coef_[0])
        return cls((log_odds, told, mentioned), float(model.intercept_[0]), float(np.average(present, weights=weights)))

    def probability(self, evidence: Evidence, prevalence: float) -> float:
        """That the patient has a danger sign now, where such a share of all messages tells one.

        The examples hold many more danger signs than patients' messages do; the log odds are moved accordingly (Elkan 2001, "The foundations of
        cost-sensitive learning").
        """
        log_odds = np.dot(self.weights, evidence.signals()) + self.intercept + _log_odds(prevalence) - _log_odds(self.prevalence)
        return float(1 / (1 + np.exp(-log_odds)))

    def save(self, folder: Path, learnt_from: str = "") -> None:
        """Writes it, with a checksum of what it was learnt from."""
        (folder / FILE).write_text(json.dumps({**asdict(self), LEARNT_FROM: learnt_from}, indent=1) + "\n", encoding="utf-8")

    @classmethod
    def load(cls, folder: Path) -> "Fusion":
        data = json.loads((folder / FILE).read_text(encoding="utf-8"))
        return cls(tuple(data["weights"]), data["intercept"], data["prevalence"])


def fusion_learnt_from(folder: Path) -> Optional[str]:
    """The checksum that the fusion of a folder was saved with; ``None`` where there is none."""
    try:
        return str(json.loads((folder / FILE).read_text(encoding="utf-8")).get(LEARNT_FROM))
    except FileNotFoundError:
        return None


def _log_odds(probability: float) -> float:
    return float(np.log(probability / (1 - probability)))
