"""Counts what the database driver is told, below SQLAlchemy: statements and write transactions."""

from __future__ import annotations

from contextlib import contextmanager

import sqlalchemy as sa

FRAME = ("BEGIN", "COMMIT", "ROLLBACK", "SAVEPOINT", "RELEASE", "PRAGMA")
WRITES = ("INSERT", "UPDATE", "DELETE", "REPLACE")


@contextmanager
def statements(engine: sa.Engine):
    """Yield a list that grows by each statement which SQLite runs; what triggers do is left out."""
    seen: list[str] = []
    last = ""

    def hear(text: str) -> None:
        nonlocal last
        if text != last and not text.startswith(
            "--"
        ):  # what sets off a trigger is told again for each of them
            seen.append(text.lstrip()[:60])
        last = text

    def watch(link, *_rest) -> None:
        link.set_trace_callback(hear)

    sa.event.listen(engine, "connect", watch)
    engine.dispose()
    try:
        yield seen
    finally:
        sa.event.remove(engine, "connect", watch)
        engine.dispose()


def asked(seen: list[str]) -> int:
    """Count statements without those that only frame a transaction."""
    return sum(not text.upper().startswith(FRAME) for text in seen)


def asked_once(seen: list[str]) -> int:
    """Count the same, where a list that is written row by row is one statement."""
    asked_ = [text for text in seen if not text.upper().startswith(FRAME)]
    lists = zip(asked_, ["", *asked_], strict=False)
    return sum(one != before or not one.upper().startswith(WRITES) for one, before in lists)


def write_transactions(seen: list[str]) -> int:
    """Count transactions that took the write lock, whether they wrote or not."""
    count, inside = 0, False
    for text in (text.upper() for text in seen):
        locks = text.startswith(("BEGIN IMMEDIATE", "BEGIN EXCLUSIVE", *WRITES))
        count += locks and not inside
        inside = (inside or locks) and not text.startswith(("COMMIT", "ROLLBACK", "END"))
    return count
