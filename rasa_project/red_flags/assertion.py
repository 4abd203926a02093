"""Decides how a finding is meant: told as present, denied, past, supposed, asked about, someone else's, or a figure of speech.

Follows the ConText method: cue terms with a direction and a reach, pseudo terms that only look like cues, and clause breaks that end a cue's reach.
"""

from bisect import bisect_left
from typing import Dict, Iterable, List, NamedTuple, Sequence, Tuple

from rasa_project.red_flags.lexicon import Assertion, CueSet, Direction, FlagId, Pseudo, Reach, Status
from rasa_project.red_flags.matching import Message, Places, Span
from rasa_project.red_flags.patterns import Pattern, PatternCompiler

# How far before a finding its own subject may stand: "I have | wet myself".
_SUBJECT_WORDS = 3
# A cue says nothing about what stands further away than this, even in one breathless sentence.
_FARTHEST = 80

# What wins where several cues speak about one finding: first those that say that nothing is being told at all.
_ORDER = (Status.idiom, Status.informational, Status.hypothetical, Status.denied, Status.past, Status.other_person)


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

    def read(self, message: Message, sentence_starts: Iterable[int] = ()) -> "Reading":
        """Finds the cues of one message. ``sentence_starts``: character places where a parser sees a new sentence begin."""
        return Reading(self, message, sentence_starts)


class Reading:
    """The cues of one message."""

    def __init__(self, model: AssertionModel, message: Message, sentence_starts: Iterable[int]) -> None:
        self._message = message
        starts = set(sentence_starts)
        breaks = {start for start, _ in message.all_places(model.breaks)}
        breaks.update(place for place, token in enumerate(message.text.tokens) if place and token.start in starts)
        self._breaks = sorted(breaks)
        self._pseudo: Dict[Status, List[Tuple[Pseudo, Places]]] = {}
        for item, terms in model.pseudo:
            places = message.all_places(terms)
            for status in item.statuses if places else ():
                self._pseudo.setdefault(status, []).append((item, places))
        self._cues: List[Tuple[CueSet, Places, Places]] = []
        for cue in model.cues:
            places = message.all_places(cue.terms)
            if not places:
                continue
            barred = {message.sentence(span[0]) for span in message.all_places(cue.sentence)}
            if barred:
                places = Places(span for span in places if message.sentence(span[0]) not in barred)
            self._cues.append((cue.rules, places, message.all_places(cue.between)))

    def status(self, span: Span, flag: FlagId, ignores: Sequence[Status] = ()) -> Status:
        """How a finding at these tokens is meant."""
        found = {rules.status for rules, places, between in self._cues if self._any_speaks(rules, places, between, span, flag)}
        for status in _ORDER:
            if status in found and status not in ignores:
                return status
        return Status.present

    def _any_speaks(self, rules: CueSet, places: Places, between: Places, span: Span, flag: FlagId) -> bool:
        if rules.flags and flag not in rules.flags:
            return False
        if rules.direction is Direction.overlap:
            # Such a cue is a whole phrase already; pseudo terms are for the short ones.
            return any(places.overlapping(span))
        near = places.within(span[0] - _FARTHEST, span[1] + _FARTHEST)
        return any(self._reaches(rules, cue, span) and not self._is_pseudo(rules, cue, flag) and not self._barred(between, cue, span) for cue in near)

    def _reaches(self, rules: CueSet, cue: Span, span: Span) -> bool:
        if cue[0] < span[0]:
            # A cue may run into the finding: "my neighbour [lost] control".
            if rules.direction is Direction.backward:
                return False
            low, high = min(cue[1], span[0]), span[0]
        elif span[1] <= cue[0]:
            if rules.direction is Direction.forward:
                return False
            low, high = span[1], cue[0]
        else:
            return False
        if rules.scope is not None and high - low > rules.scope:
            return False
        if rules.reach is not Reach.message and _any_from(self._message.sentence_ends, low, high - 1):
            return False
        return not (rules.reach is Reach.clause and _any_from(self._breaks, low, high))

    def _is_pseudo(self, rules: CueSet, cue: Span, flag: FlagId) -> bool:
        return any(flag not in item.except_flags and any(places.overlapping(cue)) for item, places in self._pseudo.get(rules.status, ()))

    def _barred(self, between: Places, cue: Span, span: Span) -> bool:
        if not between:
            return False
        first, last = min(cue[0], span[0]), max(cue[1], span[1])
        if first == span[0]:
            first = max(first - _SUBJECT_WORDS, self._message.sentence_bounds(first)[0])
        return any(between.within(first, last))


def _any_from(places: List[int], low: int, high: int) -> bool:
    """Whether one of these places lies from ``low`` to ``high``, both included."""
    at = bisect_left(places, low)
    return at < len(places) and places[at] <= high
