"""Records questions that did not get an answer, beside the conversation: the patient never waits for it, and its failures stay here."""

import logging
import queue
import threading
from dataclasses import dataclass
from typing import Any, Callable, Dict, FrozenSet, Optional, Sequence

from rasa_project.content.mentions import load_mentions
from rasa_project.content.store import ContentStore
from rasa_project.dialogue.decision import Decision
from rasa_project.insights.redaction import cleaned, own_words, redact
from rasa_project.insights.store import InsightKind, insight_store
from rasa_project.intents import FEEDBACK, PARTS, RED_FLAG_TRIAGE, SELF_HARM
from rasa_project.red_flags.lexicon import Status
from rasa_project.red_flags.reading import findings
from rasa_project.settings import clinic_settings

logger = logging.getLogger(__name__)

LONGEST = 2000  # characters; a longer text is a story, and its question cannot be told
NO_DANGER = "neither"  # Outcome.neither of red_flags.triage; that module loads the classifier, which the action server does without
MOST_WAITING = 100  # notes that wait for a slow database; what comes then is left out


@dataclass(frozen=True)
class Note:
    """What is to be recorded. ``message`` is the parse data that ``text`` is from: it decides whether anything of it may be kept."""

    kind: InsightKind
    message: Dict[str, Any]
    text: str
    topic: Optional[str] = None
    facet: Optional[str] = None


def note_unanswered(message: Dict[str, Any], decisions: Sequence[Decision], content: Callable[[], ContentStore]) -> None:
    """Notes the questions of a message that get no answer.

    Args:
        message: its parse data.
        content: the content store, whose words are kept; called where nobody waits for it.
    """
    for decision in decisions:
        kind = InsightKind.__members__.get(decision.kind.value)
        if kind is not None:
            topic, facet = (decision.topic.id, decision.facet.value) if decision.topic and decision.facet else (None, None)
            recorder.submit(Note(kind, message, decision.asked or str(message.get("text") or ""), topic, facet), content)


def note_thumbs_down(events: Sequence[Dict[str, Any]], topic: Optional[str], facet: Optional[str], content: Callable[[], ContentStore]) -> None:
    """Notes the last question that a patient wrote before saying that the reply did not help; once, however often they say so.

    Args:
        events: those of the conversation, up to and with the feedback.
        topic, facet: what is under discussion.
        content: as for ``note_unanswered``.
    """
    messages = [event for event in events if event.get("event") == "user"]
    for event in reversed(messages[:-1]):
        text = str(event.get("text") or "")
        if text.startswith(f"/{FEEDBACK}"):
            if '"down"' in text:
                return  # noted before
        elif not text.startswith("/"):
            message = {**(event.get("parse_data") or {}), "text": text}
            recorder.submit(Note(InsightKind.thumbs_down, message, text, topic, facet), content)
            return


def speaks_of_danger(message: Dict[str, Any]) -> bool:
    """Whether a message tells of a danger sign or self-harm, may do so, or answers the bot's question about one. Such a message is not kept."""
    triage = message.get(RED_FLAG_TRIAGE) or {}
    read = [message, *(message.get(PARTS) or [])]
    return (
        any((part.get("intent") or {}).get("name") == SELF_HARM for part in read)
        or (triage.get("outcome") or NO_DANGER) != NO_DANGER
        or any(triage.get(key) for key in ("ask", "answer", "takes_back"))
        or any(finding.get("status") in (Status.present.value, Status.unclear.value) for finding in findings(message))
    )


def kept(text: str, own: Callable[[], FrozenSet[str]]) -> Optional[str]:
    """What the clinic's settings allow to keep of a text; ``None`` where that is nothing, or says nothing.

    Args:
        own: the bot's own vocabulary.
    """
    how = clinic_settings().insights.keep_text
    if how == "none" or text.startswith("/") or len(text) > LONGEST:
        return None
    text = cleaned(text)
    text = redact(text, own()) if how == "redacted" else text
    return text if any(character.isalpha() for character in text) else None


class Recorder:
    """Writes notes on a thread of its own.

    A database that is slow or down must not delay a reply, and the list of English words takes seconds to load. What still waits when the
    server stops is lost.
    """

    def __init__(self) -> None:
        self._waiting: queue.Queue[tuple[Note, Callable[[], ContentStore]]] = queue.Queue(MOST_WAITING)
        self._starting = threading.Lock()
        self._thread: Optional[threading.Thread] = None
        self._own: Optional[FrozenSet[str]] = None

    def submit(self, note: Note, content: Callable[[], ContentStore]) -> None:
        """Queues a note; never raises, never waits."""
        try:
            self._waiting.put_nowait((note, content))
            with self._starting:
                if self._thread is None or not self._thread.is_alive():
                    self._thread = threading.Thread(target=self._run, name="insights", daemon=True)
                    self._thread.start()
        except Exception as error:
            _say_failed(error)

    def wait(self) -> None:
        """Until everything that was queued has been dealt with."""
        self._waiting.join()

    def _run(self) -> None:
        while True:
            note, content = self._waiting.get()
            try:
                self._write(note, content)
            except Exception as error:
                _say_failed(error)
            finally:
                self._waiting.task_done()

    def _write(self, note: Note, content: Callable[[], ContentStore]) -> None:
        # An empty message is not a question; a payload says nothing in the patient's words, but what was asked with it counts.
        if not note.text or speaks_of_danger(note.message):
            return
        insight_store().add(note.kind, note.topic, note.facet, kept(note.text, lambda: self._words(content)))

    def _words(self, content: Callable[[], ContentStore]) -> FrozenSet[str]:
        if self._own is None:
            self._own = own_words(content(), load_mentions())
        return self._own


def _say_failed(error: Exception) -> None:
    """Neither the text nor a stack trace or message, which could hold it."""
    logger.error("A question that got no answer could not be recorded (%s).", type(error).__name__)


recorder = Recorder()
