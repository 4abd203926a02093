"""What is kept of a patient's words: nothing that could tell who wrote them, as far as that can be seen from single words.

What is left out becomes "…". Names that are also English words ("rose", "grace") stay where nothing marks them as names.
"""

import re
import unicodedata
from functools import lru_cache
from typing import Dict, FrozenSet, List, Optional

from rasa_project.content.linking import TOKEN, english_words, fold, tokens
from rasa_project.content.mentions import load_mentions
from rasa_project.content.store import ContentStore, load_store

GAP = "…"

_ADDRESS = re.compile(r"\S*[@＠]\S*")
_URL = re.compile(r"(?:https?://|www\.)\S+|\b[\w-]+(?:\.[\w-]+)*\.(?:com|org|net|info|uk|eu|io|gov|edu)\b\S*", re.I)
_MONTH = r"(?:jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?|sept?(?:ember)?|oct(?:ober)?|nov(?:ember)?|dec(?:ember)?)"
_DAY = r"\d{1,2}(?:st|nd|rd|th)?"
_DATE = re.compile(
    r"\b\d{1,4}\s?([./-])\s?\d{1,2}\s?\1\s?\d{1,4}\b|\b\d{1,2}\s+\d{1,2}\s+\d{4}\b"
    rf"|\b{_DAY}(?:\s+of)?[\s/-]*{_MONTH}\b(?:[\s,/-]*\d{{2,4}}\b)?|\b{_MONTH}[\s-]*{_DAY}\b(?:[\s,]+\d{{2,4}}\b)?|\b{_MONTH}\s+'?\d{{2,4}}\b",
    re.I,
)
_SPACED_NUMBER = re.compile(r"\d(?:[\s().-]{0,2}\d){6,}")  # as telephone numbers are written
_LONG_NUMBER = re.compile(r"[^\W_]*\d{3,}[^\W_]*")
_SHORT_NUMBER = re.compile(r"\d{1,2}(st|nd|rd|th)?")
_CONTRACTION = re.compile(r"(.+)['’](?:m|s|d|t|re|ve|ll)", re.I)
_SENTENCE_END = re.compile(r"[.!?:;\n]")
_SEVERAL_GAPS = re.compile(rf"{GAP}(?:[\s,.;:'’/()-]*{GAP})+")

ABBREVIATED = frozenset(("mr", "mrs", "ms", "dr", "prof"))
TITLES = ABBREVIATED | {"miss", "doctor"}
# The words before a name, folded; the last one stands right before it.
_MY_NAME = ("my", "name", "is")
_INTRODUCTIONS = (_MY_NAME, ("my", "name"), ("i", "am"), ("im",))


def own_words(store: ContentStore, mentions: Dict[str, List[str]]) -> FrozenSet[str]:
    """The bot's own vocabulary, folded: names of topics, things that patients mention, and example questions."""
    texts = [text for topic in store.topics.values() for text in (topic.title, *topic.names, *topic.descriptions)]
    texts += [question for answer in store.entries() for question in answer.entry.questions]
    texts += [name for names in mentions.values() for name in names]
    return frozenset(word for text in texts for word, _, _ in tokens(text))


@lru_cache(maxsize=1)
def shipped_words() -> FrozenSet[str]:
    """The vocabulary of this deployment's content."""
    return own_words(load_store(strict=False), load_mentions())


def cleaned(text: str) -> str:
    """One line of printable characters, in which "…" is not yet a gap."""
    return " ".join("".join(c if c.isprintable() else " " for c in text.replace(GAP, "...")).split())


def redact(text: str, own: Optional[FrozenSet[str]] = None) -> str:
    """The text without addresses, long numbers, dates, names that are marked as such, and words that are neither English nor the bot's own.

    Args:
        own: the bot's own vocabulary; that of the shipped content if ``None``.
    """
    own = shipped_words() if own is None else own
    # Marks that do not melt into their letter would outlive it.
    text = "".join(c for c in unicodedata.normalize("NFC", text) if not unicodedata.category(c).startswith("M"))
    for pattern in (_ADDRESS, _URL, _DATE, _SPACED_NUMBER, _LONG_NUMBER):
        text = pattern.sub(GAP, text)
    return _SEVERAL_GAPS.sub(GAP, _without_names_and_unknown(text, own))


def _without_names_and_unknown(text: str, own: FrozenSet[str]) -> str:
    shouted = text.isupper()  # then capitals say nothing
    kept: List[str] = []
    end = 0
    before: List[str] = []  # folded words of the sentence so far
    in_name = False
    for match in TOKEN.finditer(text):
        word, between = match.group(), text[end : match.start()]
        ends = bool(_SENTENCE_END.search(between))
        # A dot after a title or an initial ends no sentence.
        if ends and between.strip() == "." and before and (before[-1] in ABBREVIATED or len(before[-1]) == 1):
            ends = False
        if ends:
            before, in_name = [], False
        capital = word[0].isupper()
        joined = between.strip() in ("", ".", "-", "'", "’")
        foreign = fold(word) not in own and fold(word) not in TITLES
        surname = foreign and tuple(before[:-1][-3:]) == _MY_NAME  # in small letters
        in_name = (in_name and joined and (capital or surname)) or _is_introduced(before, capital)
        elsewhere = capital and bool(before) and not shouted and foreign  # in the middle of a sentence
        known = _is_known(word, own) and not in_name and not elsewhere
        kept += [between, word if known else GAP]
        before.append(fold(word))
        end = match.end()
    return "".join(kept) + text[end:]


def _is_introduced(before: List[str], capital: bool) -> bool:
    """Whether the words before a word say that it is a name. After "my name is" it is one in small letters, too."""
    for introduction in _INTRODUCTIONS:
        if tuple(before[-len(introduction) :]) == introduction:
            return capital or introduction == _MY_NAME
    return capital and bool(before) and before[-1] in TITLES


def _is_known(word: str, own: FrozenSet[str]) -> bool:
    def known(part: str) -> bool:
        return fold(part) in own or fold(part) in english_words() or fold(part) in TITLES

    contraction = _CONTRACTION.fullmatch(word)
    return bool(_SHORT_NUMBER.fullmatch(word)) or known(word) or (contraction is not None and known(contraction[1]))
