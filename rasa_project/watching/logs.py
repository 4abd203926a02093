"""Logs that hold no words of patients, that say which request each line belongs to, and that are JSON where ``LOG_FORMAT=json`` is set."""

import datetime
import json
import logging
import os
import warnings
from typing import Any, Iterator, Mapping, MutableMapping, Optional, Tuple

import coloredlogs
import structlog

from rasa_project.watching.confidential import TELLING_WARNINGS, clean_fields, clean_record
from rasa_project.watching.request_ids import conversation_id, request_id

# The only ones that are heard below WARNING: at DEBUG the clients of some platforms log whole messages.
HEARD = ("rasa", "rasa_sdk", "rasa_project", "actions")


class JsonFormatter(logging.Formatter):
    """A log record as one line of JSON; structured lines have their fields beside the usual ones."""

    def format(self, record: logging.LogRecord) -> str:
        fields = dict(record.msg) if isinstance(record.msg, Mapping) else {"event": record.getMessage(), "exception": record.exc_text}
        fields.pop("level", None)
        line = {
            "time": datetime.datetime.fromtimestamp(record.created, datetime.timezone.utc).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": fields.pop("event", ""),
            "request_id": getattr(record, "request_id", None),
            "conversation_id": getattr(record, "conversation_id", None),
            **fields,
        }
        return json.dumps({name: value for name, value in line.items() if value is not None}, ensure_ascii=False, default=str)


def is_json() -> bool:
    return os.environ.get("LOG_FORMAT", "").lower() == "json"


def install() -> None:
    """Makes all logging of this process so, as far as it is set up by now. Rasa and rasa_sdk set theirs up while they start, and have no hook after
    that: whatever of ours they load then calls this again.
    """
    if logging.getLogRecordFactory() is not _record:
        logging.setLogRecordFactory(_record)
    _hush_libraries()
    if structlog.is_configured():
        _clean_structured_lines()
    if is_json():
        logging.captureWarnings(True)
        coloredlogs.install = _print_json  # both servers set up their console with it
        for handler in _console_handlers():
            handler.setFormatter(JsonFormatter())


def begin(plain: str) -> None:
    """Sets up the logging of a command, from INFO.

    Args:
        plain: how a line looks that is not JSON, as a format of ``logging``.
    """
    logging.basicConfig(level=logging.INFO, format=plain)
    install()


def hide_telling_warnings() -> None:
    """Warnings that quote what a patient wrote are not shown. Only for a server: in training they quote training data."""
    for message in TELLING_WARNINGS:
        warnings.filterwarnings("ignore", message=message)


def _record(*args: Any, **kwargs: Any) -> logging.LogRecord:
    record = logging.LogRecord(*args, **kwargs)
    clean_record(record)
    record.request_id, record.conversation_id = request_id.get(), conversation_id.get()
    return record


def _hush_libraries() -> None:
    root = logging.getLogger()
    if root.level < logging.WARNING:
        for name in HEARD:
            logging.getLogger(name).setLevel(root.level)
        root.setLevel(logging.WARNING)


def _clean_structured_lines() -> None:
    """Changes the processors in place: loggers that are in use keep the list that they have."""
    processors = structlog.get_config()["processors"]
    if clean_fields not in processors:
        before = processors.index(structlog.dev.set_exc_info) + 1 if structlog.dev.set_exc_info in processors else 0
        processors.insert(before, clean_fields)
    if is_json():
        processors[processors.index(clean_fields) + 1 :] = [_as_message]


def _as_message(_: Any, __: str, fields: MutableMapping[str, Any]) -> "Tuple[Tuple[Any], Mapping[str, Any]]":
    """Hands a structured line to logging as it is, for the formatter there."""
    return (fields,), {}


def _print_json(level: Optional[Any] = None, **_: Any) -> None:
    """In the place of ``coloredlogs.install``."""
    logging.basicConfig(level=level, force=True)
    for handler in _console_handlers():
        handler.setFormatter(JsonFormatter())


def _console_handlers() -> Iterator[logging.Handler]:
    """Every handler that prints, of all loggers, and the one for loggers that have none."""
    loggers = [logging.getLogger(), *(item for item in logging.Logger.manager.loggerDict.values() if isinstance(item, logging.Logger))]
    for handler in (*(handler for logger in loggers for handler in logger.handlers), logging.lastResort):
        if isinstance(handler, logging.StreamHandler) and not isinstance(handler, logging.FileHandler):
            yield handler
