"""Acts on many rows at once, and the same rows written by the driver alone."""

from __future__ import annotations

import sqlite3
from pathlib import Path
from time import process_time

from .counting import asked_once
from .county import copy
from .product import SET_UP, TODAY, Program, dashed

YEAR = "2028"  # not planned yet
OPENED, BEFORE = 20, 3  # acts that are measured, and those that the process has done before
TABLES = (
    *("cases", "desks", "journal", "appraised", "activities", "work", "recusals"),
    *("attendance", "activity_changes", "record_chains"),
)
OWED = """SELECT a.id, a.unit_id, p.person_id FROM activities a JOIN posts p ON p.unit_id=a.unit_id
WHERE a.kind='party_day' AND a.day<=? AND a.excused_by IS NULL AND p.office='secretary' AND a.unit_id
LIKE '01a11%' AND NOT EXISTS (SELECT 1 FROM attendance t WHERE t.activity_id=a.id)
ORDER BY a.unit_id LIMIT ? OFFSET ?"""
LEADERS = """SELECT p.unit_id, p.person_id FROM posts p JOIN accounts a ON a.person_id=p.person_id
WHERE a.username LIKE 'branch1%.secretary' AND p.office='secretary' AND length(a.username)=19
ORDER BY a.username LIMIT ?"""
# What a sheet changes in a row that was there: the party day's own.
SET = ("held_on", "confirmed_at", "confirmed_by", "entered_on", "held_entered_at", "version")
CHANGED = f"""SELECT {",".join("a." + name for name in (*SET, "id"))} FROM main.activities a
JOIN old.activities o ON o.id=a.id WHERE a.confirmed_at IS NOT o.confirmed_at"""
CHANGE = f"UPDATE activities SET {','.join(name + '=?' for name in SET)} WHERE id=?"
ROSTER = """SELECT m.person_id FROM memberships m JOIN persons p ON p.id=m.person_id
LEFT JOIN posts o ON o.person_id=p.id WHERE m.unit_id=? AND m.to_on IS NULL AND p.left_on IS NULL
AND p.exempt_until IS NULL ORDER BY o.id IS NOT NULL, m.sort"""


class Bulk(Program):
    """A county in which a year is scheduled and appraisals are opened.

    What many do, each for himself, is measured in a process that has done such before: what a first
    act costs is the row of the first answer. `raw` is where the database is copied to before it.
    """

    def schedule(self, raw: str) -> float:
        """Plan a year for every branch; returns CPU."""
        self._copy(raw)
        begun = process_time()
        self.command("schedule", YEAR)
        took = process_time() - begun
        self.close()
        return took

    def appraise(self, raw: str) -> float:
        """Open the year's appraisal in some branches, each with its roster; returns CPU."""
        people = [
            (unit, self.actor(person)) for unit, person in self.rows(LEADERS, BEFORE + OPENED)
        ]
        self._appraise(people[:BEFORE])
        self._copy(raw)
        return self._appraise(people[BEFORE:])

    def _appraise(self, people: list[tuple]) -> float:
        facts, then = {"year": int(TODAY[:4])}, ("open_self_assessment", {})
        begun = process_time()
        for unit, who in people:
            self.open("appraisal", unit, facts, who, then=then)
        return process_time() - begun

    def sheets(self, raw: str) -> float:
        """Record who took part in some branches, where everybody came; returns CPU."""
        return self._sheets(raw, 0)

    def absences(self, raw: str) -> float:
        """Record the same where four are missing in each; returns CPU."""
        return self._sheets(raw, 4)

    def _sheets(self, raw: str, absent: int) -> float:
        days = self._owed(BEFORE + OPENED)
        self._record(days[:BEFORE], absent)
        self._copy(raw)
        return self._record(days[BEFORE:], absent)

    def _copy(self, raw: str) -> None:
        copy(Path(self.db.engine.url.database), Path(raw))

    def statements(self, absent: int, late: bool = False) -> int:
        """Count what one sheet asks, after others of the process."""
        first, second, third = self._owed(3, OPENED + absent + 3 * late, late)
        with self.counted() as seen:
            self._record([first, second], absent)
            seen.clear()
            self._record([third], absent)
        return asked_once(seen)

    def _owed(self, n: int, after: int = 0, late: bool = False) -> list[tuple]:
        """Return party days without a record, each with its secretary and its roster; they are of
        today, unless their records are to be late, which the superior is told of.
        """
        found = self.rows(OWED, TODAY, n, after)
        if not late:
            self._set_today([key for key, _unit, _person in found])
        return [
            (dashed(key), self.actor(person), [dashed(one) for (one,) in self.rows(ROSTER, unit)])
            for key, unit, person in found
        ]

    def _set_today(self, keys: list[str]) -> None:
        link = sqlite3.connect(self.db.engine.url.database)
        link.executemany(
            "UPDATE activities SET day=?, rule_day=? WHERE id=?",
            [(TODAY, TODAY, key) for key in keys],
        )
        link.commit()
        link.close()

    def _record(self, days: list[tuple], absent: int) -> float:
        from oversight.ledger.attendance import Sheet, submit

        came, away = ("present", None, None), ("absent", None, None)
        begun = process_time()
        for key, who, people in days:
            entries = {one: away if n < absent else came for n, one in enumerate(people)}
            submit(self.db.session, key, Sheet(entries), who, self.at)
            self.db.session.remove()
        return process_time() - begun

    def close(self) -> None:
        self.db.session.remove()
        self.db.engine.dispose()

    def again(self, path: str) -> float:
        """Write what came since a copy was made into that copy, in one transaction; returns CPU."""
        rows, changed = self._new(path)
        link = sqlite3.connect(path, isolation_level=None)
        for pragma in SET_UP:
            link.execute(f"PRAGMA {pragma}")
        begun = process_time()
        link.execute("BEGIN IMMEDIATE")
        for table, found in rows.items():
            link.executemany(f"INSERT INTO {table} VALUES ({_marks(found)})", found)
        link.executemany(CHANGE, changed)
        link.execute("COMMIT")
        took = process_time() - begun
        link.close()
        return took

    def _new(self, before: str) -> tuple[dict[str, list[tuple]], list[tuple]]:
        """Return by table the rows that are not in an earlier copy, and the party days that changed."""
        link = sqlite3.connect(self.db.engine.url.database)
        link.execute("ATTACH ? AS old", (before,))
        known = {name for (name,) in link.execute("SELECT name FROM old.sqlite_master")}
        found = {
            table: link.execute(
                f"SELECT * FROM main.{table} WHERE rowid > (SELECT coalesce(max(rowid), 0) FROM old.{table})"
            ).fetchall()
            for table in TABLES
            if table in known
        }
        changed = link.execute(CHANGED).fetchall()
        link.close()
        return {table: rows for table, rows in found.items() if rows}, changed

    def rows_since(self, before: str) -> int:
        rows, changed = self._new(before)
        return sum(map(len, rows.values())) + len(changed)


def _marks(rows: list[tuple]) -> str:
    return ",".join("?" * len(rows[0]))
