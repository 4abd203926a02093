"""Finds red flags in a patient's message by reviewed rules. Knows no Rasa."""

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Dict, Iterable, List, Optional, Sequence, Tuple, Union

from rasa_project.red_flags.assertion import AssertionModel, Reading
from rasa_project.red_flags.lexicon import FlagId, Level, Lexicon, Rule, Status, load_lexicon
from rasa_project.red_flags.matching import Message, Span
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
        self._levels = {flag.value: entry.level.value for flag, entry in lexicon.flags.items()}
        self._assertion = AssertionModel(lexicon.assertion, lexicon.compiler)
        self._raises = [(item, [lexicon.compiler.compile(pattern) for pattern in item.together_with]) for item in lexicon.raises]
        # A message meets only the rules that share a word with it.
        self._by_word: Dict[str, List[Tuple[int, Pattern]]] = {}
        for number, rule in enumerate(self._rules):
            for pattern in rule.patterns:
                for word in pattern.rarest:
                    self._by_word.setdefault(word, []).append((number, pattern))
        self._normalise = Normaliser(lexicon.spellings, lexicon.vocabulary, lexicon.known_words)

    def normalise(self, text: str) -> Message:
        """The message in the form that patterns are looked for in."""
        return Message(self._normalise(text))

    def level_of(self, flag: str) -> str:
        """The level of a flag where nothing raises it."""
        return self._levels[flag]

    @classmethod
    def from_folder(cls, path: Union[str, Path]) -> "RedFlagDetector":
        """Reads ``lexicon.yml`` and ``assertion.yml`` of a folder; raises LexiconError with the place of a mistake."""
        return cls(load_lexicon(path))

    def detect(self, text: str, doc: "Optional[Doc]" = None) -> List[Finding]:
        """All findings of a message in the order of its words, with how each is meant.

        ``doc``, where given, is spaCy's reading of the same text: its sentence starts end the reach of a negation in writing without full stops.
        """
        message = self.normalise(text)
        hits = self._candidates(message)
        if not hits:
            return []
        starts = [sentence.start_char for sentence in doc.sents] if doc is not None else []
        reading = self._assertion.read(message, starts)
        found = [
            self._finding(self._rules[number], span, message, reading)
            for number, span in hits
            if not self._called_off(self._rules[number], span, message)
        ]
        return _without_repeats(found)

    def _candidates(self, message: Message) -> List[Tuple[int, Span]]:
        # One pattern stands under several words; the set keeps its hits apart.
        return sorted(
            {
                (number, _without_marks(span, message.text))
                for word in message.text.words
                for number, pattern in self._by_word.get(word, ())
                for span in message.places(pattern)
            }
        )

    @staticmethod
    def _called_off(rule: _Compiled, span: Span, message: Message) -> bool:
        if any(message.all_places(rule.unless).overlapping(span)) or message.all_places(rule.unless_message):
            return True
        sentence = message.sentence_bounds(span[0])
        if any(message.all_places(rule.unless_sentence).within(*sentence)):
            return True
        if rule.needs and not message.all_places(rule.needs):
            return True
        return bool(rule.needs_sentence) and not any(message.all_places(rule.needs_sentence).within(*sentence))

    def _finding(self, rule: _Compiled, span: Span, message: Message, reading: Reading) -> Finding:
        status = reading.status(span, rule.flag, rule.rule.ignores)
        level = rule.level
        for item, patterns in self._raises:
            if item.flag is rule.flag and any(reading.status(other, rule.flag) is Status.present for other in message.all_places(patterns)):
                level = item.to
        tokens, original = message.text.tokens, message.text.original
        start, end = tokens[span[0]].start, tokens[span[1] - 1].end
        return Finding(rule.flag.value, level.value, original[start:end], rule.rule.id, status.value, start, end)


def _without_marks(span: Span, normal: NormalisedText) -> Span:
    """Leaves out punctuation at the edges: a pattern may ask for a full stop, the finding ends before it."""
    start, end = span
    while start < end - 1 and normal.tokens[start].word in ".,?":
        start += 1
    while end - 1 > start and normal.tokens[end - 1].word in ".,?":
        end -= 1
    return start, end


def _without_repeats(findings: Iterable[Finding]) -> List[Finding]:
    """Drops a finding whose words lie within another one of the same flag and status."""
    kept: List[Finding] = []
    reached: Dict[Tuple[str, str], int] = {}
    for finding in sorted(findings, key=lambda item: (item.start, -item.end)):
        kind = (finding.flag, finding.status)
        if finding.end > reached.get(kind, -1):
            reached[kind] = finding.end
            kept.append(finding)
    return kept
