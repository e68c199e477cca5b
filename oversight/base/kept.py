"""What a transaction has read and need not read again, until it ends or writes there itself.

The store hangs on the connection and hears every statement, so that no way of writing (objects,
statements, plain SQL) can forget to tell it.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import NamedTuple

import sqlalchemy as sa
from sqlalchemy.orm import Session, SessionTransaction, scoped_session

_WRITES = re.compile(r'(?:INSERT INTO|UPDATE|DELETE FROM) "?(\w+)')
_MAY_WRITE = re.compile(r"\b(?:INSERT|UPDATE|DELETE|MERGE)\b")  # what may follow a WITH
_HARMLESS = ("SELECT", "BEGIN", "SAVEPOINT", "RELEASE", "PRAGMA")


class Kept:
    """A kind of thing that is kept, and the tables that it was read from."""

    def __init__(self, *tables: str):
        self.tables = frozenset(tables)

    def of(self, session) -> dict:
        """Return what was kept in the session's transaction; what waits to be written is first."""
        self.flush(session)
        return self.store(session)

    def store(self, session) -> dict:
        """Return the same where nothing waits to be written."""
        kept = _held(session).kept
        return {} if kept is None else kept.setdefault(self, {})

    def flush(self, session) -> None:
        """Write objects of these tables that the session has not written yet."""
        session = plain(session)
        if not session.autoflush:
            return
        modified = session.identity_map.check_modified()
        if not (modified or session._new or session._deleted):
            return  # asked at every question: what SQLAlchemy copies to answer is not made
        changed = session.dirty if modified else ()
        for pending in (changed, session.new, session.deleted):
            if pending and any(one.__tablename__ in self.tables for one in pending):
                session.flush()


def write_out(session) -> None:
    """Write what waits to be written, as a query of objects does before it asks."""
    session = plain(session)
    if session.autoflush:
        session.flush()  # asks first whether anything is new, gone or changed


def plain(session: Session | scoped_session) -> Session:
    """Return the session behind a proxy of the thread's, which is looked up anew at every touch."""
    return session() if isinstance(session, scoped_session) else session


class _Held(NamedTuple):
    """The connection of a session's transaction, found once a transaction."""

    begun: SessionTransaction
    connection: sa.Connection
    kept: dict | None


def _held(session) -> _Held:
    held = session.info.get("held")
    if held is None or not held.begun.is_active:
        session = plain(session)
        connection = session.connection()
        held = _Held(session.get_transaction(), connection, connection.info.get("kept"))
        session.info["held"] = held
    return held


def link(session) -> sa.Connection:
    """Return the connection of the session's transaction."""
    return _held(session).connection


def only_writer(session) -> bool:
    """True where nobody else writes before the transaction is over: SQLite lets one write at a time."""
    return link(session).dialect.name == "sqlite"


def listen(engine: sa.Engine) -> None:
    """Let an engine's transactions keep what they read."""
    sa.event.listen(engine, "begin", _begin)
    sa.event.listen(engine, "before_cursor_execute", _forget, retval=True)  # bare: called for each


def _begin(connection) -> None:
    connection.info["kept"] = {}


def _forget(connection, _cursor, statement: str, given, *_):
    """Drop what rests on a table that is about to be written; all, where it is not plain which."""
    harmless, table = _written(statement)
    if not harmless:
        forget_table(connection, table)
    return statement, given


@lru_cache(maxsize=1024)
def _written(statement: str) -> tuple[bool, str | None]:
    """Return whether a statement writes nothing, and else where it plainly writes."""
    reads = statement.startswith("WITH") and not _MAY_WRITE.search(statement)
    if reads or statement.startswith(_HARMLESS):
        return True, None
    written = _WRITES.match(statement)
    return False, written[1] if written else None


def forget_table(connection: sa.Connection, table: str | None) -> None:
    """Drop what rests on a table; None: on any."""
    kept = connection.info.get("kept") or {}
    for one in list(kept):
        if table is None or table in one.tables:
            del kept[one]


def announce(connection: sa.Connection, cursor, statement: str, given, many: bool) -> None:
    """Tell the engine's listeners of a statement that is run past SQLAlchemy."""
    for hear in connection.engine.dispatch.before_cursor_execute:  # a connection's are made anew
        hear(connection, cursor, statement, given, None, many)


def forget(session) -> None:
    """Drop all that the session's transaction has kept: others may have written meanwhile."""
    link(session).info.get("kept", {}).clear()
