"""How long a request waits for a PostgreSQL server that says nothing, stopped or cut off: never for
ever, and hardly at all where it answers nobody. Terminal and clock wait as long as it takes.
"""

from __future__ import annotations

import socket
import struct
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from math import ceil
from pathlib import Path
from time import monotonic

import sqlalchemy as sa

from . import outages

READING, WRITING = 8, 20  # seconds for an answer to one statement
CONNECTING = 3
LOCKED = 10
SOON, KNOCKING = (
    0.6,
    0.8,
)  # after so long a server is asked whether it is there; so long for its answer
KNOWN = 1.0  # so long it is known that nobody answers
KNOCK = struct.pack("!ii", 8, 80877103)  # "do you speak TLS?": any server says yes or no at once
GIVES_UP = {  # the server's own: milliseconds
    "lock_timeout": LOCKED * 1000,
    "idle_in_transaction_session_timeout": 300_000,
}
LINE = {  # a peer that is gone without a word: seconds; milliseconds for the last
    "keepalives_idle": 30,
    "keepalives_interval": 10,
    "keepalives_count": 3,
    "tcp_user_timeout": 20_000,
}
LEAST = 1.0  # second for a lock, however long a request has waited for its turn
_spent: ContextVar[float] = ContextVar("spent", default=0.0)
_seconds: ContextVar[float | None] = ContextVar("patience", default=None)


@contextmanager
def come(at: float) -> Iterator[None]:
    """Answer a request inside that has waited since then (of `monotonic`) for its turn."""
    mark = _spent.set(monotonic() - at)
    try:
        yield
    finally:
        _spent.reset(mark)


def left(seconds: float) -> float:
    """Return how much is left of so much patience: who waited behind others that waited for the same
    lock does not wait as long again.
    """
    return max(LEAST, seconds - _spent.get())


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
    import psycopg

    connection = _patient()

    @sa.event.listens_for(engine, "do_connect")
    def _connect(_dialect, _record, given, named):
        if _seconds.get() is not None and _silent(named.get("host"), named.get("port")):
            raise _no_answer()
        return connection.connect(*given, **named)

    @sa.event.listens_for(engine, "begin")
    def _begin(connection):
        most = ceil(left(LOCKED))
        if most < LOCKED:
            with outages.of_driver(psycopg.Error):
                link = connection.connection.driver_connection
                link.execute(f"SET LOCAL lock_timeout = {most * 1000}")


_nobody: dict[tuple, float] = {}  # which server answered nobody, until when that is believed


def _silent(host: str | None, port: object) -> bool:
    """True where a server takes connections, or takes none in time, and says nothing at all. Of
    several that an address names none is asked.
    """
    if not host or "," in host:
        return False
    key = host, int(str(port or 5432))
    if _nobody.get(key, 0) > monotonic():
        return True
    try:
        with _link(*key) as link:
            link.sendall(KNOCK)
            link.recv(1)
    except TimeoutError:
        _nobody[key] = monotonic() + KNOWN
        return True
    except OSError:  # what is wrong the driver tells
        pass
    return False


def _link(host: str, port: int) -> socket.socket:
    """Open a plain connection to a server, by its name or the folder of its socket."""
    if not host.startswith("/"):
        return socket.create_connection((host, port), KNOCKING)
    link = socket.socket(socket.AF_UNIX)
    link.settimeout(KNOCKING)
    try:
        link.connect(str(Path(host, f".s.PGSQL.{port}")))
    except BaseException as error:
        link.close()
        if isinstance(error, BlockingIOError):  # so many wait already that it takes no more
            raise TimeoutError from error
        raise
    return link


def _no_answer() -> Exception:
    import psycopg

    return psycopg.OperationalError("the server does not answer")


def _patient():
    """Make the class of such connections: the driver is not there where SQLite serves."""
    import psycopg

    class Patient(psycopg.Connection):
        def wait(self, *given, **named):
            seconds = _seconds.get()
            if seconds is None or "timeout" in named:
                return super().wait(*given, **named)
            try:
                return super().wait(*given, **named | {"timeout": min(SOON, seconds)})
            except psycopg.errors._WaitTimeout:
                return self._wait_on(seconds - SOON, *given, **named)

        def _wait_on(self, seconds: float, *given, **named):
            """Wait for the rest of the time, unless the server answers nobody."""
            try:
                if seconds > 0 and not _silent(
                    self.pgconn.host.decode(), self.pgconn.port.decode()
                ):
                    return super().wait(*given, **named | {"timeout": seconds})
            except psycopg.errors._WaitTimeout:
                pass
            self.pgconn.finish()  # what it would answer yet is nobody's
            raise _no_answer()

    return Patient
