"""Counts what the database driver is told, below SQLAlchemy, without what only frames a transaction."""

from __future__ import annotations

from contextlib import contextmanager

import sqlalchemy as sa

FRAME = ("BEGIN", "COMMIT", "ROLLBACK", "SAVEPOINT", "RELEASE", "PRAGMA", "--")


@contextmanager
def told(engine: sa.Engine):
    """Yield a list that grows by each statement that SQLite runs.

    A statement whose triggers have run is told of twice in a row: counted once.
    """
    seen: list[str] = []
    last = [""]

    def hear(text: str) -> None:
        if not text.startswith(FRAME) and text != last[0]:
            seen.append(text)
        last[0] = text if not text.startswith("--") else last[0]

    def watch(link, *_rest) -> None:
        link.set_trace_callback(hear)

    sa.event.listen(engine, "connect", watch)
    engine.dispose()
    try:
        yield seen
    finally:
        sa.event.remove(engine, "connect", watch)
        engine.dispose()
