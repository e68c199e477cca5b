"""The unit of work through the engine:

the thinnest workflow, and date_change asked and returned.
"""

from __future__ import annotations

from .counting import asked
from .product import TODAY, Program, dashed

REASON = "镇里在本村召开现场会，党员大多承担引导和后勤，当天难以集中。"
HOW_MANY = 20
FIXED = """SELECT a.unit_id, a.day, u.parent_id FROM activities a JOIN units u ON u.id = a.unit_id
WHERE a.day > ? AND a.month <> 7 AND a.rule_day IS NOT NULL AND a.kind = 'party_day'
ORDER BY a.month, u.sort, a.year"""


class Moves:
    """Cases that go back and forth between a branch and its superior."""

    there = back = ""

    def __init__(self, **given):
        self.program = Program(**given)
        self.actors: dict = {}
        self.cases = self.open()
        self.program.engine.dispose()  # a refusal on the way has set what its connection waits for
        self.turn = 0

    def who(self, unit_id: str, office: str):
        """Return who holds an office in a unit."""
        key = unit_id, office
        if key not in self.actors:
            sql = "SELECT person_id FROM posts WHERE unit_id=? AND office=? ORDER BY id LIMIT 1"
            self.actors[key] = self.program.actor(self.program.rows(sql, *key)[0][0])
        return self.actors[key]

    def open(self) -> list:
        raise NotImplementedError

    def words(self, case, name: str) -> dict:
        return {}

    def run(self, n: int) -> None:
        """Make so many moves, there and back, each in a case that others have lain between."""
        for _ in range(n):
            number, back = self.turn % len(self.cases), self.turn // len(self.cases) % 2
            case, name = self.cases[number], self.back if back else self.there
            self.program.move(case[0], name, case[1 + back], self.words(case, name))
            self.turn += 1

    def statements(self) -> dict[str, int]:
        """Count what each of the two moves asks of the database."""
        found, cycle = {}, 2 * len(self.cases)
        self.run(-self.turn % cycle)
        for name in (self.there, self.back):
            with self.program.counted() as seen:
                self.run(len(self.cases))
            found[name] = round(asked(seen) / len(self.cases), 1)
        return found


class Thin(Moves):
    there, back = "submit", "send_back"

    def open(self) -> list:
        sql = "SELECT id, parent_id FROM units WHERE kind='branch' ORDER BY sort LIMIT 10"
        units = self.program.rows(sql) * (HOW_MANY // 10)
        return [self._one(*unit) for unit in units]

    def _one(self, unit: str, above: str) -> tuple:
        asks, answers = self.who(unit, "secretary"), self.who(above, "officer")
        return self.program.open("bench_thin", unit, {}, asks), asks, answers


class DateChange(Moves):
    there, back = "ask", "return"

    def open(self) -> list:
        found = []
        for unit, day, above in self.program.rows(FIXED, TODAY):
            found += self._one(unit, str(day), above)
            if len(found) == HOW_MANY:
                return found
        raise LookupError("too few party days that can be moved")

    def _one(self, unit: str, day: str, above: str) -> list[tuple]:
        """Open a case and take it there and back once; none where its day cannot be moved."""
        asks, answers = self.who(unit, "secretary"), self.who(above, "officer")
        new_day = f"{day[:8]}{16 if day[8:] != '16' else 17}"
        try:
            key = self.program.open("date_change", unit, {"day": day}, asks)
            case = (key, asks, answers, new_day)
            self.program.move(key, "ask", asks, self.words(case, "ask"))
            self.program.move(key, "return", answers, self.words(case, "return"))
        except Exception as no:
            if type(no).__module__.startswith("oversight."):  # a rule says no: another day then
                self.program.db.session.remove()
                return []
            raise
        return [case]

    def words(self, case, name: str) -> dict:
        return (
            {"new_day": case[3], "reason": REASON} if name == "ask" else {"opinion": "请写清人数"}
        )


def ids(rows) -> list[str]:
    return [dashed(row[0]) for row in rows]
