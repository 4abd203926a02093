"""Takes a message that holds several questions apart."""

import re
from typing import List, Sequence, Tuple

_OPENERS = (
    r"(?:what|whats|what's|wat|how|hows|how's|why|whys|when|where|wheres|which|who|whos|who's|is|are|am i|does|do|did|can|could|should|shud"
    r"|will|would|tell me|explain|show me|give me|is there|any)\b"
)
_LEAD = r"(?:so|and|also|but|ok|okay|hi|hello|hey|please|pls|oh|well|then|doctor|doc|hiya|plus|secondly|lastly|finally|or)"
_CONNECTIVE = re.compile(
    r"(?:\s*[,;]\s*|\s+)(?:and|also|plus|then|but|oh|&)(?:\s+(?:also|then|secondly|lastly|finally|plus|if so))*\s*,?\s+" rf"(?={_OPENERS})", re.I
)
# "... and for a pulled muscle?"
_ALSO_OF = re.compile(
    r"(?:\s*,\s*and\s+|\s+and\s+(?=(?:for|of|about|with|what about)\s))"
    r"(?=(?:(?:for|of|about|with|what about|the|an?|my)\s+)*[\w'-]+(?:\s+[\w'-]+){0,2}\s*\?*$)",
    re.I,
)
_COMMA = re.compile(rf"\s*[,;–—]\s+(?={_OPENERS})", re.I)
# Without any mark between them, questions are told apart only where a new one surely begins.
_NEW_QUESTION = re.compile(r"\s+(?=(?:what is|whats|what are|how do i|how do you|how to|how can i|why do|why does)\b)", re.I)
_INDIRECT = re.compile(
    r"\b(?:know|tell|tells|told|wonder|wondering|understand|explain|ask|asking|see|sure|about|say|says|said|me|idea|if|on|of|to|and|or|matter"
    r"|show|not|that)$",
    re.I,
)
_QUESTION = re.compile(rf"^\W*(?:{_LEAD}\b\W*)*{_OPENERS}", re.I)
_REQUEST = re.compile(
    r"\?|\b(?:tell me|explain|show me|give me|want to know|like to know|need to know|wonder(?:ing)? (?:if|what|how|why|whether)|curious"
    r"|info(?:rmation)?|advice|help (?:me )?with|teach me|talk me through|what about|how about|the difference)\b",
    re.I,
)
_FACET_NOUN = (
    r"(?:causes?|reasons?|symptoms?|signs?|treatments?|cures?|remed(?:y|ies)|exercises?|stretches|risk factors?|risks?|surgery|operations?"
    r"|medications?|medicines?|meds|prevention|diagnosis|definition|meaning|recovery(?: time)?|self care|tests?)"
)
_FACET_LIST = re.compile(rf"\b{_FACET_NOUN}(?:\s*(?:,|/|&|\+|\band\b|\bplus\b)\s*(?:and\s+)?(?:the\s+|its\s+|any\s+)?{_FACET_NOUN})+\b", re.I)
_FACET_AGAIN = re.compile(rf"(?:\s*[,;]\s*|\s+and\s+)(?=(?:the\s+)?{_FACET_NOUN}\s+(?:of|for|in)\b|\w+\s+{_FACET_NOUN}\b)", re.I)
_FACET_WORD = re.compile(rf"\b{_FACET_NOUN}\b", re.I)

SHORTEST = 2  # words before a mark from which they can be a question of their own


def split(text: str, sentences: Sequence[Tuple[int, int]] = ()) -> List[str]:
    """The parts of a message, in order; none where it is in one piece.

    Args:
        sentences: where sentences start and end, as character offsets; without it the text is taken for one.
    """
    parts: List[str] = []
    for start, end in sentences or [(0, len(text))]:
        for line in re.split(r"\n+|(?<=\?)", text[start:end]):
            for question in _questions(line.strip()):
                parts.extend(_by_facet(question))
    parts = [part for part in parts if any(character.isalnum() for character in part)]
    return parts if len(parts) > 1 else []


def asks(part: str) -> bool:
    """Whether it reads like a question or a request, not like background."""
    return bool(_QUESTION.search(part) or _REQUEST.search(part) or (_FACET_WORD.search(part) and len(part.split()) <= 6))


def _questions(line: str) -> List[str]:
    cuts = {match.end() for pattern in (_CONNECTIVE, _COMMA, _FACET_AGAIN) for match in pattern.finditer(line)}
    if _QUESTION.search(line):
        cuts |= {match.end() for match in _ALSO_OF.finditer(line)}
    cuts |= {match.end() for match in _NEW_QUESTION.finditer(line) if _QUESTION.search(line) and not _INDIRECT.search(line[: match.start()])}
    cuts -= {cut for listed in _FACET_LIST.finditer(line) for cut in cuts if listed.start() < cut <= listed.end()}
    pieces, start = [], 0
    for cut in sorted(cuts):
        if len(line[start:cut].split()) >= SHORTEST:
            pieces.append(_trimmed(line[start:cut]))
            start = cut
    return [*pieces, line[start:]]


def _trimmed(piece: str) -> str:
    """Without the words that led to the next piece."""
    return re.sub(r"[\s,;&–—]+$", "", re.sub(r"(?:[\s,;]+(?:and|also|plus|then|but|oh|&))+\W*$", "", piece, flags=re.I))


def _by_facet(question: str) -> List[str]:
    """ "Causes and symptoms of bursitis" are two questions."""
    listed = _FACET_LIST.search(question)
    if listed is None:
        return [question]
    before, after = question[: listed.start()], question[listed.end() :]
    return [f"{before}{noun.group()}{after}".strip() for noun in _FACET_WORD.finditer(listed.group())]
