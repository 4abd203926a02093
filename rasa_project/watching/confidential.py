"""Keeps what patients write, and what was made of it, out of the log, at any level.

Rasa 3.6.21 and rasa_sdk 3.6.2 were read for it; a test pins these versions. Three ways lead patients' words into their logs: fields of structured
log lines, lines that have words in the text itself, and errors, whose messages hold what they failed on (a database's, all that was to be stored).
"""

import logging
import re
import sys
import traceback
from typing import Any, List, Mapping, MutableMapping, Optional

LEFT_OUT = "(left out)"
OURS = ("rasa_project.", "actions.")  # our own errors have messages that were written for people, and hold no words of patients

# Fields of Rasa's structured log lines that say nothing about a patient. All others are left out.
HARMLESS_FIELDS = frozenset(
    (
        "event", "event_info", "event_key", "level",
        "action_name", "action_extract_slot", "len_extraction_events", "placeholder_key", "url", "host", "filename", "rabbitmq_exchange", "topic",
    )
)  # fmt: skip

# After these, lines of Rasa and rasa_sdk go on with words of patients, entities, slots, events, or the message of an error.
TELLING = (
    "Canceled reminder because it is outdated",
    "Contents of ignored event:",
    "Error trying to send botframework messge.",
    "Event from parameters called with parameters for multiple events.",
    "Exception when trying to handle message.",
    "Failed to execute custom action",
    "Failed to get a proper response from remote duckling",
    "Failed to send message to mattermost channel",
    "Failed to send output message to callback.",
    "KeywordClassifier matched keyword",
    "Please investigate the following error:",
    "Received NLG response:",
    "Requesting NLG for",
    "Running graph with inputs:",
    "Something went wrong",
    "The execution of 'action_extract_slots' resulted in these events:",
    "The sequence length of",
    "Validating extracted slots:",
)
# Warnings of Rasa that quote a message, an entity or a slot, as regular expressions.
TELLING_WARNINGS = ("Failed to parse arguments in line", "Append event called", "Categorical slot '.*' is set to a value", "Invalid entity spec")
DATABASE_ERROR = re.compile(r" \(\w+\.\w+\)")  # as SQLAlchemy's messages begin: (sqlite3.OperationalError)
STACK_TRACE = "Traceback (most recent call last)"


def clean_record(record: logging.LogRecord) -> None:
    """Takes out of a log record what may hold a patient's words; most records stay as they are."""
    if isinstance(record.msg, Mapping):
        return  # a structured line: ``clean_fields`` has seen to it
    record.msg = _named(record.msg)
    if isinstance(record.args, Mapping):
        record.args = {name: _named(value) for name, value in record.args.items()}
    elif record.args:
        record.args = tuple(map(_named, record.args))
    said = _message(record)
    error = record.exc_info[1] if record.exc_info else None
    cleaned = _without_words(record.name or "", said, error)
    if cleaned != said:
        record.msg, record.args = cleaned, ()
    if error is not None:
        record.exc_info, record.exc_text = None, stack_trace(error)


def clean_fields(_: Any, __: str, fields: MutableMapping[str, Any]) -> Mapping[str, Any]:
    """The same for a structured log line (a processor of structlog)."""
    error = _error(fields.pop("exc_info", None))
    cleaned = {name: value if name in HARMLESS_FIELDS else LEFT_OUT for name, value in fields.items()}
    return cleaned if error is None else {**cleaned, "exception": stack_trace(error)}


def stack_trace(error: BaseException) -> str:
    """Where an error and those that led to it arose, without their messages and without the values of variables."""
    parts: List[str] = []
    current: Optional[BaseException] = error
    while current is not None and len(parts) < 10:
        parts.insert(0, f"{STACK_TRACE}:\n{''.join(traceback.format_tb(current.__traceback__))}{_name(current)} {LEFT_OUT}")
        current = current.__cause__ or (None if current.__suppress_context__ else current.__context__)
    return "\n\nThis led to:\n\n".join(parts)


def _without_words(logger: str, said: str, error: Optional[BaseException]) -> str:
    if error is not None and str(error):
        said = said.replace(str(error), _name(error))
    if logger == "asyncio":
        return said.partition("\n")[0].partition("<")[0]  # what follows are the objects that a task works on
    if STACK_TRACE in said:
        return f"{STACK_TRACE}: {LEFT_OUT}"
    if logger.startswith(("rasa.", "rasa_sdk.")):
        for phrase in TELLING:
            before, found, after = said.partition(phrase)
            if found:
                kind = DATABASE_ERROR.match(after)
                return f"{before}{found}{kind[0] if kind else ''} {LEFT_OUT}"
    return said


def _message(record: logging.LogRecord) -> str:
    try:
        return record.getMessage()
    except Exception:  # whatever a wrong log line raises; logging itself would print its values
        record.msg, record.args = f"A log line does not fit its values ({record.filename}:{record.lineno}).", ()
        return record.msg


def _named(value: Any) -> Any:
    """For an error its name, unless it is one of ours; any other value as it is."""
    return _name(value) if isinstance(value, BaseException) and not type(value).__module__.startswith(OURS) else value


def _name(error: BaseException) -> str:
    return type(error).__name__


def _error(given: Any) -> Optional[BaseException]:
    """The error in what structlog takes as ``exc_info``."""
    if isinstance(given, BaseException):
        return given
    return (given if isinstance(given, tuple) else sys.exc_info())[1] if given else None
