"""Where patterns stand in one message: each is looked up once, and its places are searched by position.

Without this a long message with many findings would take time that grows with its square.
"""

from bisect import bisect_left
from typing import Dict, Iterable, Iterator, List, Sequence, Tuple

from rasa_project.red_flags.normalise import NormalisedText
from rasa_project.red_flags.patterns import Pattern

Span = Tuple[int, int]

# No pattern is longer: a handful of words and bounded gaps.
_LONGEST = 60


def overlap(one: Span, other: Span) -> bool:
    return one[0] < other[1] and other[0] < one[1]


class Places:
    """Spans of tokens in order, with quick access to those around a place."""

    def __init__(self, spans: Iterable[Span]) -> None:
        self._spans: List[Span] = sorted(set(spans))
        self._starts = [start for start, _ in self._spans]

    def __bool__(self) -> bool:
        return bool(self._spans)

    def __iter__(self) -> Iterator[Span]:
        return iter(self._spans)

    def within(self, low: int, high: int) -> Iterator[Span]:
        """Spans that lie wholly between two tokens."""
        for span in self._spans[bisect_left(self._starts, low) : bisect_left(self._starts, high)]:
            if span[1] <= high:
                yield span

    def overlapping(self, span: Span) -> Iterator[Span]:
        """Spans that share a token with the given one."""
        for other in self._spans[bisect_left(self._starts, span[0] - _LONGEST) : bisect_left(self._starts, span[1])]:
            if overlap(span, other):
                yield other


class Message:
    """One message and the places of the patterns asked for so far."""

    def __init__(self, text: NormalisedText) -> None:
        self.text = text
        self.sentence_ends = [place for place, token in enumerate(text.tokens) if token.word in (".", "?")]
        self._places: Dict[str, Places] = {}
        self._unions: Dict[Tuple[int, ...], Places] = {}

    def places(self, pattern: Pattern) -> Places:
        if not pattern.possible(self.text.words):
            return _NOWHERE
        if pattern.source not in self._places:
            self._places[pattern.source] = Places(self.text.token_span(*span) for span in pattern.spans(self.text.text))
        return self._places[pattern.source]

    def all_places(self, patterns: Sequence[Pattern]) -> Places:
        """The places of several patterns together."""
        key = tuple(id(pattern) for pattern in patterns)
        if key not in self._unions:
            self._unions[key] = Places(span for pattern in patterns for span in self.places(pattern))
        return self._unions[key]

    def sentence(self, token: int) -> int:
        """The number of the sentence that holds a token."""
        return bisect_left(self.sentence_ends, token)

    def sentence_bounds(self, token: int) -> Span:
        """The tokens between the sentence ends on either side."""
        number = self.sentence(token)
        start = self.sentence_ends[number - 1] + 1 if number else 0
        end = self.sentence_ends[number] if number < len(self.sentence_ends) else len(self.text.tokens)
        return start, end


_NOWHERE = Places(())
