"""A reply of the bot as every messaging platform can show it: text, options, drawings; and how text is cut and options are numbered."""

import re
from dataclasses import dataclass, replace
from typing import Any, Dict, List, Optional, Sequence, Tuple

from rasa_project.dialogue.replies import SOURCE
from rasa_project.settings import domain_text

SENTENCE_END = re.compile(r"(?<=[.!?…])\s+")
NUMBER = re.compile(r"\W*(?:(?:number|option|no|nr)\W*)?([1-9])\W*", re.IGNORECASE)
NUMBER_WORDS = {"one": 1, "first": 1, "two": 2, "second": 2, "three": 3, "third": 3}
NUMBER_WORD = re.compile(rf"\W*(?:the\s+|number\s+|option\s+)?({'|'.join(NUMBER_WORDS)})(?:\s+(?:one|option))?\W*", re.IGNORECASE)


@dataclass(frozen=True)
class Option:
    """A quick reply: what it says, and what it sends."""

    title: str
    payload: str


@dataclass(frozen=True)
class Drawing:
    """A file of ``data/drawings/`` and what it shows, in words."""

    file: str
    alt: str


@dataclass(frozen=True)
class PlatformReply:
    """One reply, without anything that only machines read.

    Attributes:
        text: lines of plain text.
        source: the line that says where it comes from; empty where there is none.
        heading: stands above the text of a reply on which someone must act at once; else empty.
    """

    text: str
    source: str = ""
    heading: str = ""
    options: Tuple[Option, ...] = ()
    drawings: Tuple[Drawing, ...] = ()

    @property
    def plain(self) -> str:
        """All of it that is text."""
        return "\n".join(part for part in (self.heading, self.text, self.source) if part)


def platform_reply(message: Dict[str, Any]) -> Optional[PlatformReply]:
    """What a platform shows of a message as Rasa sends or stores it (``text``, ``buttons``, ``metadata``); ``None`` where that is nothing."""
    lines = str(message.get("text") or "").split("\n")
    if not any(line.strip() for line in lines):
        return None
    about = message.get("metadata") or {}
    source = lines.pop() if len(lines) > 1 and lines[-1].startswith(SOURCE) else ""
    urgent = about.get("kind") == "escalation" or about.get("crisis")
    contacts = [f"☎ {contact['label']}" for contact in about.get("contacts") or [] if contact.get("label")] if urgent else []
    return PlatformReply(
        text="\n".join([*lines, *contacts]),
        source=source,
        heading=domain_text("utter_act_now") if urgent else "",
        options=tuple(Option(button["title"], button["payload"]) for button in message.get("buttons") or []),
        drawings=tuple(Drawing(drawing["file"], drawing["alt"]) for drawing in about.get("drawings") or []),
    )


def in_order(replies: Sequence[PlatformReply]) -> List[PlatformReply]:
    """What someone must act on comes first. Only the last reply keeps its options: on a small screen the others would be out of sight."""
    ordered = sorted(replies, key=lambda reply: not reply.heading)
    last = next((reply.options for reply in reversed(ordered) if reply.options), ())
    return [replace(reply, options=last if reply is ordered[-1] else ()) for reply in ordered]


def cut(text: str, longest: int) -> List[str]:
    """The text in parts of at most ``longest`` characters, cut between lines, else after a sentence, else between words."""
    parts: List[str] = []
    for piece, joint in _pieces(text, longest):
        if parts and len(parts[-1]) + len(joint) + len(piece) <= longest:
            parts[-1] += joint + piece
        else:
            parts.append(piece)
    return parts


def _pieces(text: str, longest: int) -> List[Tuple[str, str]]:
    """Lines, sentences of lines that are too long, words of sentences that are too long; each with what joins it to the one before."""
    pieces: List[Tuple[str, str]] = []
    for line in text.split("\n"):
        joint = "\n"
        for sentence in [line] if len(line) <= longest else SENTENCE_END.split(line):
            for word in [sentence] if len(sentence) <= longest else sentence.split():
                pieces += [(word[at : at + longest], joint if at == 0 else "") for at in range(0, len(word) or 1, longest)]
                joint = " "
    return pieces


def numbered(reply: PlatformReply) -> PlatformReply:
    """The reply with its options as numbered lines of text, for a platform that has no buttons, or too small ones."""
    if not reply.options:
        return reply
    lines = [f"{number}. {option.title}" for number, option in enumerate(reply.options, start=1)]
    return replace(reply, source="\n".join(part for part in (reply.source, domain_text("utter_reply_with_number"), *lines) if part))


def named_number(text: str) -> int:
    """The number that the text is, in digits or words; 0 if it is none."""
    match, word = NUMBER.fullmatch(text), NUMBER_WORD.fullmatch(text)
    return int(match[1]) if match else NUMBER_WORDS[word[1].lower()] if word else 0


def chosen(text: str, options: Sequence[Option]) -> Optional[str]:
    """What is sent by the option whose number the text names; ``None`` if it names none."""
    number = named_number(text)
    return options[number - 1].payload if 0 < number <= len(options) else None
