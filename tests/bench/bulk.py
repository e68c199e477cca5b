"""Acts on many rows at once, and the same rows written by the driver alone."""

from __future__ import annotations

import sqlite3
from time import process_time

from .product import TODAY, Program

YEAR = "2028"  # not planned yet
OPENED = 20
TABLES = ("cases", "desks", "journal", "appraised", "activities", "work")


class Bulk(Program):
    """A county in which a year is scheduled and appraisals are opened."""

    def schedule(self) -> float:
        """Plan a year for every branch; returns CPU."""
        begun = process_time()
        self.command("schedule", YEAR)
        took = process_time() - begun
        self.close()
        return took

    def appraise(self) -> float:
        """Open the year's appraisal in some branches, each with its roster; returns CPU."""
        sql = """SELECT p.unit_id, p.person_id FROM posts p JOIN accounts a ON a.person_id=p.person_id
            WHERE a.username LIKE 'branch1%.secretary' AND p.office='secretary'
            AND length(a.username)=19 ORDER BY a.username LIMIT ?"""
        people = [(unit, self.actor(person)) for unit, person in self.rows(sql, OPENED)]
        facts, then = {"year": int(TODAY[:4])}, ("open_self_assessment", {})
        begun = process_time()
        for unit, who in people:
            self.open("appraisal", unit, facts, who, then=then)
        took = process_time() - begun
        self.close()
        return took

    def close(self) -> None:
        self.db.session.remove()
        self.db.engine.dispose()

    def again(self, before: str, path: str) -> float:
        """Write what came since a copy was made into that copy, in one transaction; returns CPU."""
        rows = self._new(before)
        link = sqlite3.connect(path, isolation_level=None)
        for pragma in ("synchronous=OFF", "foreign_keys=ON"):
            link.execute(f"PRAGMA {pragma}")
        begun = process_time()
        link.execute("BEGIN IMMEDIATE")
        for table, found in rows.items():
            if found:
                marks = ",".join("?" * len(found[0]))
                link.executemany(f"INSERT INTO {table} VALUES ({marks})", found)
        link.execute("COMMIT")
        took = process_time() - begun
        link.close()
        return took

    def _new(self, before: str) -> dict[str, list[tuple]]:
        """Return by table the rows that are not in an earlier copy."""
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
        link.close()
        return found

    def rows_since(self, before: str) -> int:
        return sum(map(len, self._new(before).values()))
