"""The sweep of a county, and 1,000 lapses as one set-based transaction."""

from __future__ import annotations

import sqlite3
from time import process_time

from .counting import asked, write_transactions
from .product import SET_UP, TODAY, Program

DUE = 1_000
STAMP = f"{TODAY} 02:00:00.000000"
CHOOSE = """SELECT id FROM cases WHERE workflow='date_change' AND state='asked' AND closed_at IS NULL
AND id LIKE '01a12%' AND wake_on > ? AND running_since < ? ORDER BY id LIMIT ?"""
LONG_AGO = (
    "2026-11-20"  # a working day was left for an answer: else a request runs out, a day later
)
LAPSE = (
    "BEGIN IMMEDIATE",
    "CREATE TEMP TABLE due AS SELECT id FROM cases WHERE closed_at IS NULL AND wake_on<=:today",
    "INSERT INTO journal(id, zone_id, case_id, seq, at, kind, move, from_state, to_state, actor, role,"
    " words, result, previous, hash) SELECT lower(hex(randomblob(16))), zone_id, id, seq+1, :now,"
    " 'move', 'lapse', 'asked', 'lapsed', '系统', 'clock', '{}', '{}', head, head FROM cases"
    " WHERE id IN (SELECT id FROM due)",
    "UPDATE desks SET closed_at=:now WHERE case_id IN (SELECT id FROM due) AND closed_at IS NULL",
    "UPDATE cases SET state='lapsed', version=version+1, seq=seq+1, closed_at=:now, entered_at=:now,"
    " due_on=NULL, wake_on=NULL, budget_workdays=NULL, running_since=NULL"
    " WHERE id IN (SELECT id FROM due)",
    "COMMIT",
    "DROP TABLE due",
)


class Sweeper(Program):
    """Time in a county."""

    def settle(self) -> dict:
        """Do what is due since the cases were laid."""
        return {name: count for name, count in self.sweep().items() if count}

    def idle(self) -> dict[str, float]:
        """Sweep with nothing due; returns statements, write transactions, CPU and what was done."""
        with self.counted() as seen:
            begun = process_time()
            done = self.sweep()
            took = process_time() - begun
        return {
            "statements": asked(seen),
            "writes": write_transactions(seen),
            "seconds": took,
            "done": {name: count for name, count in done.items() if count},
        }

    def lay(self, n: int = DUE) -> list[str]:
        """Make so many requests due today."""
        self.db.session.remove()
        self.db.engine.dispose()
        link = self._raw()
        ids = [key for (key,) in link.execute(CHOOSE, (TODAY, LONG_AGO, n))]
        link.executemany(
            "UPDATE cases SET wake_on=?, facts=json_set(facts, '$.day', ?) WHERE id=?",
            [(TODAY, TODAY, key) for key in ids],
        )
        link.commit()
        link.close()
        return ids

    def _raw(self) -> sqlite3.Connection:
        return sqlite3.connect(self.db.engine.url.database)

    def lapse(self, ids: list[str]) -> int:
        """Sweep; returns how many of these lapsed."""
        self.sweep()
        return self.lapsed(ids)

    def lapsed(self, ids: list[str]) -> int:
        link = self._raw()
        marks = ",".join("?" * len(ids))
        sql = f"SELECT count(*) FROM cases WHERE state='lapsed' AND id IN ({marks})"
        found = link.execute(sql, ids).fetchone()[0]
        link.close()
        return found

    def limit(self) -> float:
        """Let all that is due lapse by five statements, with nothing decided; returns CPU."""
        link = self._raw()
        link.isolation_level = None
        for pragma in SET_UP:
            link.execute(f"PRAGMA {pragma}")
        begun = process_time()
        for text in LAPSE:
            link.execute(text, {"today": TODAY, "now": STAMP})
        took = process_time() - begun
        link.close()
        return took
