"""How long a request waits for a PostgreSQL server that says nothing, stopped or cut off: never for
ever. Terminal and clock wait as long as it takes.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

import sqlalchemy as sa

READING, WRITING = 8, 20  # seconds for an answer to one statement
CONNECTING = 3
GIVES_UP = {  # the server's own: milliseconds
    "lock_timeout": 10_000,
    "idle_in_transaction_session_timeout": 300_000,
}
LINE = {  # a peer that is gone without a word: seconds; milliseconds for the last
    "keepalives_idle": 30,
    "keepalives_interval": 10,
    "keepalives_count": 3,
    "tcp_user_timeout": 20_000,
}
_seconds: ContextVar[float | None] = ContextVar("patience", default=None)


@contextmanager
def waiting(seconds: float) -> Iterator[None]:
    """Wait no longer than this for each answer inside."""
    mark = _seconds.set(seconds)
    try:
        yield
    finally:
        _seconds.reset(mark)


def begin(reads: bool):
    """Wait as a request does from now on; returns what `end` takes."""
    return _seconds.set(READING if reads else WRITING)


def end(mark) -> None:
    """Wait as before."""
    _seconds.reset(mark)


def options(given: dict) -> dict:
    """Return what a connection is opened with, beside what its address says."""
    server = " ".join(f"-c {name}={value}" for name, value in GIVES_UP.items())
    ours = {"connect_timeout": CONNECTING, "options": server, **LINE}
    return {name: value for name, value in ours.items() if name not in given}


def listen(engine: sa.Engine) -> None:
    """Let an engine open connections that give up."""
    if engine.dialect.driver != "psycopg":
        return
    connection = _patient()

    @sa.event.listens_for(engine, "do_connect")
    def _connect(_dialect, _record, given, named):
        return connection.connect(*given, **named)


def _patient():
    """Make the class of such connections: the driver is not there where SQLite serves."""
    import psycopg

    class Patient(psycopg.Connection):
        def wait(self, *given, **named):
            named.setdefault("timeout", _seconds.get())
            try:
                return super().wait(*given, **named)
            except psycopg.errors._WaitTimeout as error:
                self.pgconn.finish()  # what it would answer yet is nobody's
                raise psycopg.OperationalError("the server does not answer") from error

    return Patient
