"""The log of a server: one JSON object a line, with the id of the request that it belongs to. Nothing
in it is about people or tells where the database, the mail server or another is and who logs in there:
of an error its class and where it was raised, never its words; of what a library says what it wrote
itself, never what it put in.
"""

from __future__ import annotations

import json
import logging
import re
import secrets
import sys
import traceback
from collections.abc import Mapping
from contextvars import ContextVar
from datetime import UTC, datetime
from pathlib import Path

GIVEN = re.compile(r"[A-Za-z0-9_-]{8,64}")
FRAMES = 8  # of an error, the innermost
OWN = "oversight"
PUT_IN = re.compile(
    r"[^A-Za-z ,._-]|--"
)  # where the words of a library that wrote a line whole end
request_id: ContextVar[str] = ContextVar("request_id", default="")


def new_id(given: str = "") -> str:
    """Return the id that a proxy has given a request, or a fresh one."""
    return given if GIVEN.fullmatch(given) else secrets.token_hex(8)


class Lines(logging.Formatter):
    """Write a record as a line of JSON; `fields` of a record are its own."""

    def format(self, record: logging.LogRecord) -> str:
        """Return the line."""
        said = {
            "at": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "event": _event(record),
            "request": request_id.get(),
            **getattr(record, "fields", {}),
            **_error(record),
        }
        kept = {name: value for name, value in said.items() if value not in ("", None)}
        return json.dumps(kept, ensure_ascii=False)


def _event(record: logging.LogRecord) -> str:
    """Return what is logged: of a library the words of the program alone, since a connection, an error
    or a text that it puts in tells addresses and user names.
    """
    if record.name.partition(".")[0] == OWN:
        return record.getMessage()
    words, given = str(record.msg), record.args
    if not given:
        return PUT_IN.split(words, maxsplit=1)[0].strip()
    try:
        if isinstance(given, Mapping):
            return words % {name: _kind(value) for name, value in given.items()}
        return words % tuple(map(_kind, given))
    except (TypeError, ValueError, KeyError):
        return words


def _kind(value):
    """Return a number as it is, of an error or an object its class, of a text nothing."""
    if isinstance(value, int | float):
        return value
    return "…" if isinstance(value, str) else type(value).__name__


def _error(record: logging.LogRecord) -> dict:
    """Tell the class of an error and where it was raised; of what a library says where it says so."""
    raised = record.exc_info
    if not raised or raised[1] is None:
        own = record.name.partition(".")[0] == OWN
        return {} if own else {"where": [f"{record.filename}:{record.lineno} {record.funcName}"]}
    frames = traceback.extract_tb(raised[2])[-FRAMES:]
    where = [f"{Path(one.filename).name}:{one.lineno} {one.name}" for one in frames]
    return {"error": raised[0].__name__, "where": where}


def wordless(*handlers: logging.Handler) -> None:
    """Let what is logged where no server has begun its log, at a terminal or by a timer, be written in
    such lines too; `handlers` are others that a logger without any may be given.
    """
    for handler in filter(None, (logging.lastResort, *handlers)):
        handler.setFormatter(Lines())


def begin(program: str, everything: bool) -> None:
    """Send what a server has to say to standard error; `everything`: each request too."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(Lines())
    wordless()  # what libraries say
    own = logging.getLogger(program)
    own.handlers[:], own.propagate = [handler], False
    own.setLevel(logging.INFO if everything else logging.WARNING)
