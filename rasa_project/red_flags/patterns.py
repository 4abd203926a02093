"""The small pattern language of the red-flag rules, compiled to regular expressions.

A pattern is a row of words that is looked for in normalised text:

=============  ==========================================================
``walk``       that word
``constip*``   any word that starts so
``{cannot}``   any phrase of the word group ``cannot``
``(a | b c)``  one of several phrases
``[even]``     a phrase that may be missing
``~3``         up to three words in between, but no punctuation and no negation
``,``          a comma, colon or bracket; ``.`` a sentence end; ``?`` a question mark
``^``          the finding starts here: what stands before is only its context
=============  ==========================================================

Built in are ``{number}`` (in digits), ``{year}`` (1900 to 2099) and ``{start}`` (the start of a sentence).
Gaps are bounded and hold no nested repetition, so the time to match grows with the length of the text only.
"""

import re
from typing import Dict, FrozenSet, Iterator, List, Mapping, Optional, Sequence, Set, Tuple

_SYMBOL = re.compile(r"\s*(?:(?P<group>\{[a-z0-9_]+\})|(?P<gap>~\d+)|(?P<mark>[()\[\]|^])|(?P<word>\d+\.\d+|[\w'/]+\*?|[,.?])|(?P<bad>\S))")
# A gap never swallows a negation: "pain is not unbearable" must not read as "pain ... unbearable".
_WORD = r"(?:(?!(?:not|no|never|nowhere|nothing|nor|without) )[\w'/.]*[\w'/] )"
_MAX_GAP = 12
_BUILT_IN = {"number": r"\d+(?:\.\d+)? ", "year": r"(?:19|20)\d\d ", "start": r"(?<=[.?] )"}
MISSING = "no word group of that name"


class PatternError(ValueError):
    """A pattern that cannot be read; the message says what is wrong with it and how to mend it."""


class _Part:
    """A piece of a pattern: its expression, and the word sets of which the text must hold a member each."""

    def __init__(self, regex: str, required: Sequence[FrozenSet[str]] = ()) -> None:
        self.regex = regex
        self.required = list(required)


def _one_of(parts: Sequence[_Part]) -> _Part:
    if len(parts) == 1:
        return parts[0]
    regex = "(?:" + "|".join(part.regex for part in parts) + ")"
    if not all(part.required for part in parts):
        return _Part(regex)
    # One set that every choice needs a member of: the narrowest of each choice, put together.
    return _Part(regex, [frozenset().union(*(min(part.required, key=len) for part in parts))])


class PatternCompiler:
    """Reads patterns against one set of word groups."""

    def __init__(self, groups: Mapping[str, Sequence[str]]) -> None:
        self._groups = groups
        self._done: Dict[str, _Part] = {}
        self._open: List[str] = []
        self.words: Set[str] = set()

    def compile(self, pattern: str) -> "Pattern":
        part = self._read(pattern)
        if "(?P<here>)" in part.regex and part.regex.count("(?P<here>)") > 1:
            raise PatternError(f"'{pattern}' marks the start with ^ more than once; keep one")
        if not part.required:
            raise PatternError(f"'{pattern}' holds no word that must be there; add a whole word, since a word with * or in [ ] alone does not count")
        return Pattern(pattern, re.compile("(?<= )" + part.regex), tuple(part.required))

    def group(self, name: str) -> _Part:
        if name in _BUILT_IN:
            return _Part(_BUILT_IN[name])
        if name not in self._groups:
            raise PatternError(f"{{{name}}}: {MISSING}; add it under 'groups' or mend the spelling")
        if name in self._open:
            raise PatternError(f"{{{name}}} is made of itself ({' -> '.join([*self._open, name])}); take one of the references out")
        if name not in self._done:
            self._open.append(name)
            # Longest first, so that "stand up" is taken whole where "stand" would do as well.
            phrases = sorted(self._groups[name], key=len, reverse=True)
            self._done[name] = _one_of([self._read(phrase) for phrase in phrases])
            self._open.pop()
        return self._done[name]

    def _read(self, pattern: str) -> _Part:
        symbols = list(_SYMBOL.finditer(pattern.strip()))
        part, used = self._choices(pattern, symbols, 0, None)
        if used != len(symbols):
            raise PatternError(f"'{pattern}' has a closing bracket too many")
        return part

    def _choices(self, pattern: str, symbols: list, at: int, closing: Optional[str]) -> Tuple[_Part, int]:
        choices: List[_Part] = []
        row: List[_Part] = []
        while at < len(symbols):
            symbol = symbols[at]
            text = symbol.group(symbol.lastgroup)
            at += 1
            if symbol.lastgroup == "bad":
                raise PatternError(
                    f"'{pattern}' holds the character '{text}', which means nothing here; write words, {{groups}}, (a | b), [optional], ~3"
                )
            if symbol.lastgroup == "mark" and text in ")]":
                if text != closing:
                    raise PatternError(f"'{pattern}' has a '{text}' without its opening bracket")
                return self._close(pattern, choices, row), at
            if symbol.lastgroup == "mark" and text == "|":
                choices.append(self._row(pattern, row))
                row = []
            elif symbol.lastgroup == "mark" and text in "([":
                inner, at = self._choices(pattern, symbols, at, ")" if text == "(" else "]")
                row.append(inner if text == "(" else _Part(f"(?:{inner.regex})?"))
            else:
                row.append(self._single(pattern, symbol.lastgroup, text))
        if closing:
            raise PatternError(f"'{pattern}' lacks a '{closing}'")
        return self._close(pattern, choices, row), at

    def _single(self, pattern: str, kind: str, text: str) -> _Part:
        if kind == "group":
            return self.group(text[1:-1])
        if kind == "gap":
            width = int(text[1:])
            if not 1 <= width <= _MAX_GAP:
                raise PatternError(f"'{pattern}' has the gap {text}; a gap is 1 to {_MAX_GAP} words wide")
            return _Part(f"{_WORD}{{0,{width}}}?")
        if text == "^":
            return _Part("(?P<here>)")
        word = text.lower()
        if word.endswith("*"):
            return _Part(re.escape(word[:-1]) + r"[\w']* ")
        if word.isalpha():
            self.words.add(word)
        return _Part(re.escape(word) + " ", [frozenset([word])])

    def _close(self, pattern: str, choices: List[_Part], row: List[_Part]) -> _Part:
        return _one_of([*choices, self._row(pattern, row)])

    @staticmethod
    def _row(pattern: str, row: List[_Part]) -> _Part:
        if not row:
            raise PatternError(f"'{pattern}' is empty, or has an empty choice between two bars or brackets")
        return _Part("".join(part.regex for part in row), [need for part in row for need in part.required])


class Pattern:
    """One compiled pattern."""

    def __init__(self, source: str, regex: "re.Pattern[str]", required: Tuple[FrozenSet[str], ...]) -> None:
        self.source = source
        self.regex = regex
        self.required = required

    @property
    def rarest(self) -> FrozenSet[str]:
        """The narrowest set of words of which the text must hold one."""
        return min(self.required, key=len)

    def possible(self, words: Set[str]) -> bool:
        """Whether a text with these words can match at all; far cheaper than the match itself."""
        return all(not need.isdisjoint(words) for need in self.required)

    def spans(self, text: str) -> Iterator[Tuple[int, int]]:
        """Character spans of the matches in normalised text."""
        here = "here" in self.regex.groupindex
        for match in self.regex.finditer(text):
            yield (match.start("here") if here else match.start()), match.end()
