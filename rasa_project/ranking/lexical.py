"""Similarity by words: BM25 (Robertson and Zaragoza 2009, "The probabilistic relevance framework: BM25 and beyond")."""

from pathlib import Path
from typing import Sequence

import bm25s
import numpy as np

from rasa_project.content.linking import tokens

FOLDER = "lexical_index"
SCALE = 10.0  # brings the scores near those of the other signals


def _words(text: str) -> "list[str]":
    return [word for word, _, _ in tokens(text)]


class LexicalIndex:
    """Words of the example questions, folded as names are."""

    def __init__(self, index: bm25s.BM25, count: int) -> None:
        self._index = index
        self._count = count

    @classmethod
    def of(cls, texts: Sequence[str]) -> "LexicalIndex":
        index = bm25s.BM25()
        index.index([_words(text) for text in texts], show_progress=False)
        return cls(index, len(texts))

    def scores(self, text: str) -> np.ndarray:
        """float32, (1, examples): how well each example matches the words of the text; 0 where none is shared."""
        words = _words(text)
        scores = self._index.get_scores(words) if words else np.zeros(self._count)
        return np.asarray(scores, dtype=np.float32)[np.newaxis] / SCALE

    def save(self, folder: Path) -> None:
        self._index.save(str(folder / FOLDER), show_progress=False)

    @classmethod
    def load(cls, folder: Path, count: int) -> "LexicalIndex":
        return cls(bm25s.BM25.load(str(folder / FOLDER), show_progress=False), count)
