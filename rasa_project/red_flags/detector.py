"""Finds red flags in a patient's message by reviewed rules. Knows no Rasa."""
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Dict, Iterable, List, Optional, Sequence, Set, Tuple, Union

from rasa_project.red_flags.assertion import AssertionModel, Reading, Span, matches, overlap
from rasa_project.red_flags.lexicon import FlagId, Level, Lexicon, Rule, Status, load_lexicon
from rasa_project.red_flags.normalise import NormalisedText, Normaliser
from rasa_project.red_flags.patterns import Pattern

if TYPE_CHECKING:
    from spacy.tokens import Doc


@dataclass(frozen=True)
class Finding:
    """One flag found in a message; ``start`` and ``end`` are characters of the original text. Only ``present`` escalates."""

    flag: str
    level: str
    evidence: str
    rule: str
    status: str
    start: int
    end: int


def most_serious(findings: Iterable[Finding]) -> Optional[str]:
    """The level to act on, or None where no finding is present."""
    levels = {finding.level for finding in findings if finding.status == Status.present.value}
    return next((level.value for level in (Level.emergency, Level.urgent) if level.value in levels), None)


class _Compiled:
    """A rule with its patterns compiled."""

    def __init__(self, flag: FlagId, level: Level, rule: Rule, lexicon: Lexicon) -> None:
        def build(patterns: Sequence[str]) -> List[Pattern]:
            return [lexicon.compiler.compile(pattern) for pattern in patterns]

        self.flag = flag
        self.level = rule.level or level
        self.rule = rule
        self.patterns = build(rule.patterns)
        self.unless = build(rule.unless)
        self.unless_sentence = build(rule.unless_sentence)
        self.unless_message = build(rule.unless_message)
        self.needs = build(rule.needs)
        self.needs_sentence = build(rule.needs_sentence)


class RedFlagDetector:
    """Rules, assertion terms and spelling help of one lexicon, ready to read messages."""

    def __init__(self, lexicon: Lexicon) -> None:
        self._rules = [_Compiled(flag, entry.level, rule, lexicon) for flag, entry in lexicon.flags.items() for rule in entry.rules]
        self._assertion = AssertionModel(lexicon.assertion, lexicon.compiler)
        self._raises = [(item, [lexicon.compiler.compile(pattern) for pattern in item.together_with]) for item in lexicon.raises]
        # A message meets only the rules that share a word with it.
        self._by_word: Dict[str, List[Tuple[int, Pattern]]] = {}
        for number, rule in enumerate(self._rules):
            for pattern in rule.patterns:
                for word in pattern.rarest:
                    self._by_word.setdefault(word, []).append((number, pattern))
        self._normalise = Normaliser(lexicon.spellings, lexicon.vocabulary, lexicon.known_words)

    @classmethod
    def from_folder(cls, path: Union[str, Path]) -> "RedFlagDetector":
        """Reads ``lexicon.yml`` and ``assertion.yml`` of a folder; raises LexiconError with the place of a mistake."""
        return cls(load_lexicon(path))

    def detect(self, text: str, doc: "Optional[Doc]" = None) -> List[Finding]:
        """All findings of a message in the order of its words, with how each is meant.

        ``doc``, where given, is spaCy's reading of the same text: its sentence starts end the reach of a negation in writing without full stops.
        """
        normal = self._normalise(text)
        hits = self._candidates(normal)
        if not hits:
            return []
        starts = [sentence.start_char for sentence in doc.sents] if doc is not None else []
        reading = self._assertion.read(normal, starts)
        found: Dict[Tuple[int, Span], Finding] = {}
        for number, span in hits:
            rule = self._rules[number]
            if self._called_off(rule, span, normal, reading):
                continue
            status = reading.status(span, rule.flag, rule.rule.ignores)
            found[(number, span)] = self._finding(rule, span, status, normal, reading)
        return sorted(_without_repeats(found.values()), key=lambda finding: (finding.start, finding.end))

    def _candidates(self, normal: NormalisedText) -> List[Tuple[int, Span]]:
        tried: Set[Tuple[int, str]] = set()
        hits: List[Tuple[int, Span]] = []
        for word in normal.words:
            for number, pattern in self._by_word.get(word, ()):
                if (number, pattern.source) in tried:
                    continue
                tried.add((number, pattern.source))
                hits.extend((number, span) for span in matches([pattern], normal))
        return sorted(set(hits))

    def _called_off(self, rule: _Compiled, span: Span, normal: NormalisedText, reading: Reading) -> bool:
        if any(overlap(span, other) for other in matches(rule.unless, normal)):
            return True
        if any(reading.same_sentence(span[0], other[0]) for other in matches(rule.unless_sentence, normal)):
            return True
        if matches(rule.unless_message, normal):
            return True
        # The words asked for must be other words than the finding's own.
        if rule.needs and not any(not overlap(span, other) for other in matches(rule.needs, normal)):
            return True
        return bool(rule.needs_sentence) and not any(
            not overlap(span, other) and reading.same_sentence(span[0], other[0]) for other in matches(rule.needs_sentence, normal)
        )

    def _finding(self, rule: _Compiled, span: Span, status: Status, normal: NormalisedText, reading: Reading) -> Finding:
        level = rule.level
        for item, patterns in self._raises:
            if item.flag is rule.flag and any(reading.status(other, rule.flag) is Status.present for other in matches(patterns, normal)):
                level = item.to
        start, end = normal.tokens[span[0]].start, normal.tokens[span[1] - 1].end
        return Finding(rule.flag.value, level.value, normal.original[start:end], rule.rule.id, status.value, start, end)


def _without_repeats(findings: Iterable[Finding]) -> List[Finding]:
    """Drops a finding whose words lie within another one of the same flag and status."""
    kept: List[Finding] = []
    for finding in sorted(findings, key=lambda item: (item.start - item.end, item.start)):
        if not any(
            other.flag == finding.flag and other.status == finding.status and other.start <= finding.start and finding.end <= other.end for other in kept
        ):
            kept.append(finding)
    return kept
