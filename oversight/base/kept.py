"""What a transaction has read and need not read again, until it ends or writes there itself.

The store hangs on the connection and hears every statement, so that no way of writing (objects,
statements, plain SQL) can forget to tell it.
"""

from __future__ import annotations

import re

import sqlalchemy as sa
from sqlalchemy.orm import Session, scoped_session

_WRITES = re.compile(r'(?:INSERT INTO|UPDATE|DELETE FROM) "?(\w+)')
_HARMLESS = ("SELECT", "BEGIN", "SAVEPOINT", "RELEASE", "PRAGMA")


class Kept:
    """A kind of thing that is kept, and the tables that it was read from."""

    def __init__(self, *tables: str):
        self.tables = frozenset(tables)

    def of(self, session) -> dict:
        """Return what was kept in the session's transaction; what waits to be written is first."""
        session = plain(session)
        self.flush(session)
        kept = link(session).info.get("kept")
        return {} if kept is None else kept.setdefault(self, {})

    def flush(self, session) -> None:
        """Write objects of these tables that the session has not written yet."""
        if session.autoflush and any(
            one.__tablename__ in self.tables
            for pending in (session.new, session.dirty, session.deleted)
            for one in pending
        ):
            session.flush()


def plain(session: Session | scoped_session) -> Session:
    """Return the session behind a proxy of the thread's, which is looked up anew at every touch."""
    return session() if isinstance(session, scoped_session) else session


def link(session) -> sa.Connection:
    """Return the connection of the session's transaction, found once a transaction."""
    session = plain(session)
    begun, connection = session.info.get("link", (None, None))
    if begun is None or begun is not session.get_transaction():
        connection = session.connection()
        session.info["link"] = session.get_transaction(), connection
    return connection


def listen(engine: sa.Engine) -> None:
    """Let an engine's transactions keep what they read."""
    sa.event.listen(engine, "begin", _begin)
    sa.event.listen(engine, "before_cursor_execute", _forget)


def _begin(connection) -> None:
    connection.info["kept"] = {}


def _forget(connection, _cursor, statement: str, *_) -> None:
    """Drop what rests on a table that is about to be written; all, where it is not plain which."""
    kept = connection.info.get("kept")
    if not kept or statement.startswith(_HARMLESS):
        return
    written = _WRITES.match(statement)
    for one in list(kept):
        if written is None or written[1] in one.tables:
            del kept[one]


def forget(session) -> None:
    """Drop all that the session's transaction has kept: others may have written meanwhile."""
    link(session).info.get("kept", {}).clear()
