"""One message, weighed: does the patient have a danger sign now, is there a doubt to clear up by a question, or neither?"""

from dataclasses import dataclass, replace
from enum import Enum
from typing import TYPE_CHECKING, List, Optional, Sequence

from rasa_project.red_flags.classifier import RedFlagClassifier, Score
from rasa_project.red_flags.detector import Finding, RedFlagDetector
from rasa_project.red_flags.fusion import Costs, Evidence, Fusion
from rasa_project.red_flags.lexicon import Level, Status
from rasa_project.red_flags.matching import Message

if TYPE_CHECKING:
    from spacy.tokens import Doc

CLASSIFIER_RULE = "classifier"  # stands for a rule's id in findings of the classifier
SURE_OF_FLAG = 0.5  # probability of a single flag from which it is named beside the likeliest
SERIOUS_ENOUGH = 0.3  # the same for a flag of a higher level than those named: the more serious level wins
LONG_TEXT = 2000  # characters; the highest of so many windows is high by chance, so the classifier alone asks instead


class Outcome(str, Enum):
    danger = "danger"
    doubt = "doubt"
    neither = "neither"


@dataclass(frozen=True)
class Assessment:
    """The decision and what it rests on.

    Attributes:
        findings: of the rules and, where it decided, of the classifier; ``present`` only where the outcome is danger.
        doubtful: the finding to ask about where the outcome is doubt.
        probability: that a danger sign is present, after fusion.
        score: the classifier's.
    """

    outcome: Outcome
    findings: List[Finding]
    doubtful: Optional[Finding]
    probability: float
    score: Score


class RedFlagTriage:
    """Rules, classifier and the weights between them."""

    def __init__(self, detector: RedFlagDetector, classifier: RedFlagClassifier, fusion: Fusion, costs: Optional[Costs] = None) -> None:
        self._detector, self._classifier, self._fusion, self._costs = detector, classifier, fusion, costs or Costs()

    def assess(self, text: str, doc: "Optional[Doc]" = None, earlier: Sequence[str] = ()) -> Assessment:
        """Weighs one message.

        Args:
            doc: spaCy's reading of the text, for its sentences.
            earlier: the patient's last messages before this one, oldest first.
        """
        rules = self._detector.detect(text, doc)
        score = classifier_score(self._detector, self._classifier, text, earlier)
        probability = self._fusion.probability(Evidence.of(rules, score), self._costs.prevalence)
        told = [finding for finding in rules if finding.status == Status.present]
        if probability >= self._costs.escalate_above and (told or len(text) <= LONG_TEXT):
            return Assessment(Outcome.danger, self._in_danger(rules, score, text), None, probability, score)
        # Where a rule finds a sign and the classifier none, the two disagree, and the bot asks. (Asking also where the rules found the flag denied
        # and the classifier did not cost more danger signs than it saved alarms.)
        if probability >= self._costs.ask_above or told:
            return Assessment(Outcome.doubt, _unclear(rules), self._doubtful(told, score, text), probability, score)
        return Assessment(Outcome.neither, rules, None, probability, score)

    def normalise(self, text: str) -> Message:
        return self._detector.normalise(text)

    def level_of(self, flag: str) -> str:
        return self._detector.level_of(flag)

    def _in_danger(self, rules: List[Finding], score: Score, text: str) -> List[Finding]:
        told = [finding for finding in rules if finding.status == Status.present]
        flags = {finding.flag for finding in told}
        emergency = any(finding.level == Level.emergency for finding in told)
        wanted = [flag for flag, probability in score.flags.items() if probability >= SURE_OF_FLAG]
        if not told and not wanted:
            wanted = [score.likeliest]
        emergency = emergency or any(self.level_of(flag) == Level.emergency for flag in wanted)
        if not emergency:
            wanted += [flag for flag, p in score.flags.items() if p >= SERIOUS_ENOUGH and self.level_of(flag) == Level.emergency]
        return rules + [self._finding(flag, score, text) for flag in dict.fromkeys(wanted) if flag not in flags]

    def _doubtful(self, told: List[Finding], score: Score, text: str) -> Finding:
        if told:
            return max(told, key=lambda finding: score.flags[finding.flag])
        return self._finding(score.likeliest, score, text)

    def _finding(self, flag: str, score: Score, text: str) -> Finding:
        evidence = text[score.start : score.end]
        return Finding(flag, self.level_of(flag), evidence, CLASSIFIER_RULE, Status.present.value, score.start, score.end)


def classifier_score(detector: RedFlagDetector, classifier: RedFlagClassifier, text: str, earlier: Sequence[str] = ()) -> Score:
    """What the classifier makes of a message and of its mended spelling."""
    return classifier.score(text, earlier, detector.normalise(text).text.mended)


def _unclear(rules: List[Finding]) -> List[Finding]:
    """A rule's finding that the classifier does not bear out is not present."""
    return [replace(finding, status=Status.unclear.value) if finding.status == Status.present else finding for finding in rules]
