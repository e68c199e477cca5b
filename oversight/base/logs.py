"""The log of a server: one JSON object a line, with the id of the request that it belongs to. Nothing
in it is about people: of an error its class and where it was raised, never its words.
"""

from __future__ import annotations

import json
import logging
import re
import secrets
import sys
import traceback
from contextvars import ContextVar
from datetime import UTC, datetime
from pathlib import Path

GIVEN = re.compile(r"[A-Za-z0-9_-]{8,64}")
FRAMES = 8  # of an error, the innermost
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
            "event": record.getMessage(),
            "request": request_id.get(),
            **getattr(record, "fields", {}),
            **_error(record.exc_info),
        }
        kept = {name: value for name, value in said.items() if value not in ("", None)}
        return json.dumps(kept, ensure_ascii=False)


def _error(raised) -> dict:
    if not raised or raised[1] is None:
        return {}
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
    own = logging.getLogger(program)
    own.handlers[:], own.propagate = [handler], False
    own.setLevel(logging.INFO if everything else logging.WARNING)
