"""Decides how a finding is meant: told as present, denied, past, supposed, asked about, someone else's, or a figure of speech.

Follows the ConText method: cue terms with a direction and a reach, pseudo terms that only look like cues, and clause breaks that end a cue's reach.
"""
from typing import Dict, FrozenSet, Iterable, List, NamedTuple, Sequence, Set, Tuple

from rasa_project.red_flags.lexicon import Assertion, CueSet, Direction, FlagId, Reach, Status
from rasa_project.red_flags.normalise import NormalisedText
from rasa_project.red_flags.patterns import Pattern, PatternCompiler

Span = Tuple[int, int]

# What wins where several cues speak about one finding: first those that say that nothing is being told at all.
_ORDER = (Status.idiom, Status.informational, Status.hypothetical, Status.denied, Status.past, Status.other_person)


def matches(patterns: Iterable[Pattern], text: NormalisedText) -> List[Span]:
    """Token spans of all matches of some patterns."""
    return [text.token_span(*span) for pattern in patterns if pattern.possible(text.words) for span in pattern.spans(text.text)]


def overlap(one: Span, other: Span) -> bool:
    return one[0] < other[1] and other[0] < one[1]


class _Cue(NamedTuple):
    rules: CueSet
    span: Span


class _CompiledCues(NamedTuple):
    rules: CueSet
    terms: List[Pattern]
    between: List[Pattern]
    sentence: List[Pattern]


class AssertionModel:
    """The assertion terms, compiled."""

    def __init__(self, assertion: Assertion, compiler: PatternCompiler) -> None:
        def build(patterns: Sequence[str]) -> List[Pattern]:
            return [compiler.compile(pattern) for pattern in patterns]

        self.breaks = build(assertion.clause_breaks)
        self.cues = [_CompiledCues(cue, build(cue.terms), build(cue.unless_between), build(cue.unless_sentence)) for cue in assertion.cues]
        self.pseudo = [(item, build(item.terms)) for item in assertion.pseudo]

    def read(self, text: NormalisedText, sentence_starts: Iterable[int] = ()) -> "Reading":
        """Finds the cues of one message. ``sentence_starts``: character places where a parser sees a new sentence begin."""
        return Reading(self, text, sentence_starts)


class Reading:
    """The cues of one message."""

    def __init__(self, model: AssertionModel, text: NormalisedText, sentence_starts: Iterable[int]) -> None:
        self._text = text
        self._ends = [place for place, token in enumerate(text.tokens) if token.word in ".?"]
        starts = set(sentence_starts)
        self._breaks: Set[int] = {start for start, _ in matches(model.breaks, text)}
        self._breaks.update(place for place, token in enumerate(text.tokens) if place and token.start in starts)
        self._pseudo: Dict[Status, List[Tuple[FrozenSet[FlagId], Span]]] = {}
        for item, terms in model.pseudo:
            for span in matches(terms, text):
                for status in item.statuses:
                    self._pseudo.setdefault(status, []).append((frozenset(item.except_flags), span))
        self._cues: List[_Cue] = []
        self._between: Dict[str, List[Span]] = {}
        for cue in model.cues:
            spans = matches(cue.terms, text)
            if not spans:
                continue
            barred = matches(cue.sentence, text)
            self._between[cue.rules.id] = matches(cue.between, text)
            self._cues.extend(_Cue(cue.rules, span) for span in spans if not any(self.same_sentence(span[0], other[0]) for other in barred))

    def same_sentence(self, one: int, other: int) -> bool:
        low, high = sorted((one, other))
        return not any(low < end < high for end in self._ends)

    def status(self, span: Span, flag: FlagId, ignores: Sequence[Status] = ()) -> Status:
        """How a finding at these tokens is meant."""
        found = {cue.rules.status for cue in self._cues if self._speaks_about(cue, span, flag)}
        for status in _ORDER:
            if status in found and status not in ignores:
                return status
        return Status.present

    def _speaks_about(self, cue: _Cue, span: Span, flag: FlagId) -> bool:
        rules, at = cue
        if rules.flags and flag not in rules.flags:
            return False
        if any(overlap(at, other) and flag not in exempt for exempt, other in self._pseudo.get(rules.status, ())):
            return False
        if rules.direction is Direction.overlap:
            return overlap(at, span)
        if at[1] <= span[0]:
            if rules.direction is Direction.backward:
                return False
            low, high = at[1], span[0]
        elif span[1] <= at[0]:
            if rules.direction is Direction.forward:
                return False
            low, high = span[1], at[0]
        else:
            return False
        if rules.scope is not None and high - low > rules.scope:
            return False
        if rules.reach is not Reach.message and any(low <= end < high for end in self._ends):
            return False
        if rules.reach is Reach.clause and any(low <= place <= high for place in self._breaks):
            return False
        first, last = min(at[0], span[0]), max(at[1], span[1])
        return not any(first <= start and end <= last for start, end in self._between[rules.id])
