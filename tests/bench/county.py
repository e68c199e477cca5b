"""A county from the demo zone, by plain SQL: 2,500 branches, 60,000 members, and any number of
cases.

Rows are copies of real ones with ids of their own, so that columns which this module does not know
keep their meaning. Journal hashes are copies too: nothing here verifies them.
"""

from __future__ import annotations

import json
import random
import shutil
import sqlite3
from datetime import date, timedelta
from itertools import count
from pathlib import Path

from .product import TODAY, dashed

BRANCHES, TOWNS = 2_476, range(3, 41)
FIRST = 101  # the number of the first branch made here; branch101 and branch139 belong to town3
MODELS = ("branch01", "branch02", "branch03", "branch04", "branch05")
TABLES = (
    "units", "persons", "accounts", "memberships", "posts", "activities", "attendance", "life_meetings",
    "duty_records", "register_entries",
)  # fmt: skip
OF_BRANCH = {
    "units": "id=:u OR parent_id=:u",
    "persons": "id IN (SELECT id FROM own)",
    "accounts": "person_id IN (SELECT id FROM own)",
    "memberships": "unit_id=:u AND to_on IS NULL AND person_id IN (SELECT id FROM own)",
    "posts": "person_id IN (SELECT id FROM own)",
    "activities": "unit_id=:u",
    "attendance": "person_id IN (SELECT id FROM own) AND activity_id IN"
    " (SELECT id FROM activities WHERE unit_id=:u)",
    "life_meetings": "unit_id=:u",
    "duty_records": "unit_id=:u AND sheet_id IN (SELECT id FROM activities WHERE unit_id=:u)",
    "register_entries": "unit_id=:u",
}
OWN = """CREATE TEMP TABLE own AS SELECT m.person_id AS id FROM memberships m WHERE m.unit_id=:u
AND m.to_on IS NULL AND NOT EXISTS (SELECT 1 FROM posts p JOIN units n ON n.id=p.unit_id
    WHERE p.person_id=m.person_id AND p.unit_id<>:u AND n.parent_id<>:u)"""
OF_TOWN = {
    "units": "id=:u",
    "persons": "id IN (SELECT person_id FROM posts WHERE unit_id=:u)",
    "accounts": "person_id IN (SELECT person_id FROM posts WHERE unit_id=:u)",
    "posts": "unit_id=:u",
}
OPEN = (
    (9, "date_change", "asked"),
    (5, "absence", "to_make_up"),
    (3, "absence", "to_contact"),
    (1, "rectification", "issued"),
    (1, "date_change", "draft"),
    (1, "absence", "finding_objected"),
)
DONE = (
    (8, "date_change", "in_force"),
    (2, "date_change", "refused"),
    (8, "absence", "made_up"),
    (2, "rectification", "closed"),
)
DESK_OF = """SELECT id FROM desks WHERE case_id=? AND kind='act'
    ORDER BY closed_at IS NULL DESC, id DESC LIMIT 1"""
DAY = date.fromisoformat(TODAY)
AFTER = [str(DAY + timedelta(days=n)) for n in range(100)]
BEFORE = [str(DAY - timedelta(days=n)) for n in range(800)]


def copy(source: Path, path: Path) -> None:
    """Copy a database that nobody writes, with what its log still holds."""
    with sqlite3.connect(source) as link:
        link.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    link.close()
    shutil.copy(source, path)


def _open(path: Path) -> sqlite3.Connection:
    link = sqlite3.connect(path, isolation_level=None)
    for pragma in (
        "journal_mode=OFF",
        "synchronous=OFF",
        "foreign_keys=OFF",
        "cache_size=-200000",
        "temp_store=MEMORY",
    ):
        link.execute(f"PRAGMA {pragma}")
    link.row_factory = sqlite3.Row
    return link


def _close(link: sqlite3.Connection) -> None:
    """Commit, and leave the database as the program keeps it."""
    link.execute("COMMIT")
    link.execute("PRAGMA journal_mode=WAL")
    link.close()


class Ids:
    """Ids in the order in which they are asked for, before all that the program made."""

    def __init__(self, kind: str):
        self.kind, self.count = kind, count(1)

    def __call__(self) -> str:
        return f"01a1{self.kind}{next(self.count):027x}"


def build(demo: Path, path: Path) -> None:
    """Make the county."""
    copy(demo, path)
    link = _open(path)
    link.execute("BEGIN")
    with _without(link, TABLES, indexes=True):
        _Copier(link).run()
    _close(link)


class _Copier:
    """Copies whole towns and branches."""

    def __init__(self, link: sqlite3.Connection):
        self.link, self.new = link, Ids("1")
        link.execute("CREATE TEMP TABLE picked (kind TEXT, tab TEXT, row INTEGER)")
        link.execute("CREATE TEMP TABLE copies (number INTEGER PRIMARY KEY, kind TEXT)")
        link.execute(
            "CREATE TEMP TABLE ids (number INTEGER, old TEXT, new TEXT, PRIMARY KEY (number, old))"
            " WITHOUT ROWID"
        )
        self.units = {row["id"]: dict(row) for row in link.execute("SELECT * FROM units")}
        found = link.execute("SELECT name FROM sqlite_master WHERE type = 'table'")
        there = {row["name"] for row in found}  # another commit may lack some
        self.tables = [table for table in TABLES if table in there]

    def run(self) -> None:
        towns = [(number, "town1") for number in TOWNS]
        branches = [(FIRST + n, MODELS[n // len(TOWNS) % len(MODELS)]) for n in range(BRANCHES)]
        self.pick("town1", self._above("branch01"), OF_TOWN)
        for model in MODELS:
            unit = self._unit(model)
            self.link.execute(OWN.replace(":u", f"'{unit}'"))
            self.pick(model, unit, OF_BRANCH)
            self.link.execute("DROP TABLE own")
        self.link.executemany("INSERT INTO copies VALUES (?, ?)", towns + branches)
        for table in self.tables:
            self._number(table)
        for table in self.tables:
            self._copy(table) if table != "units" else self._copy_units()

    def _unit(self, key: str) -> str:
        sql = "SELECT p.unit_id FROM posts p JOIN accounts a ON a.person_id=p.person_id"
        found = self.link.execute(f"{sql} WHERE a.username=?", (f"{key}.secretary",))
        return found.fetchone()[0]

    def _above(self, key: str) -> str:
        return self.units[self._unit(key)]["parent_id"]

    def pick(self, kind: str, unit: str, tables: dict[str, str]) -> None:
        for table, where in tables.items():
            if table not in self.tables:
                continue
            where = where.replace(":u", f"'{unit}'")
            self.link.execute(
                f"INSERT INTO picked SELECT ?, ?, rowid FROM {table} WHERE {where}", (kind, table)
            )

    def _columns(self, table: str) -> list[tuple[str, str]]:
        found = self.link.execute(f"PRAGMA table_info({table})")
        return [(row["name"], row["type"].upper()) for row in found]

    def _number(self, table: str) -> None:
        """Give every copied row an id of its own."""
        if "id" in dict(self._columns(table)):
            found = self.link.execute(self._from(table, "k.number, t.id")).fetchall()
            self.link.executemany(
                "INSERT INTO ids VALUES (?, ?, ?)", [(*row, self.new()) for row in found]
            )

    def _from(self, table: str, what: str) -> str:
        return (
            f"SELECT {what} FROM copies k JOIN picked r ON r.kind=k.kind AND r.tab='{table}'"
            f" JOIN {table} t ON t.rowid=r.row ORDER BY k.number, t.rowid"
        )

    def _copy(self, table: str) -> None:
        columns = self._columns(table)
        mapped = "coalesce((SELECT new FROM ids WHERE number=k.number AND old=t.{0}), t.{0})"
        exprs = {
            name: mapped.format(name) if "CHAR(32)" in kind and name != "zone_id" else f't."{name}"'
            for name, kind in columns
        }
        if "username" in exprs:
            kind = "CASE WHEN k.number<100 THEN 'town' ELSE 'branch' END"
            tail = "substr(t.username, instr(t.username, '.'))"
            exprs["username"] = f"{kind} || k.number || {tail}"
        names = ",".join(f'"{name}"' for name in exprs)
        self.link.execute(
            f"INSERT INTO {table}({names}) {self._from(table, ','.join(exprs.values()))}"
        )

    def _copy_units(self) -> None:
        """Copy units, the upper ones first: a path names all that are above."""
        new = {(n, old): key for n, old, key in self.link.execute("SELECT * FROM ids")}
        made, town1 = {}, self._above("branch01")
        for number, old in self.link.execute(self._from("units", "k.number, t.id")).fetchall():
            unit = self.units[old]
            parent = new.get((number, unit["parent_id"])) or unit["parent_id"]
            if unit["kind"] == "branch":
                parent = new[TOWNS[(number - FIRST) % len(TOWNS)], town1]
            above = made[parent]["path"] if parent in made else self.units[parent]["path"]
            key = new[number, old]
            name = f"第{number}{unit['name']}" if unit["kind"] != "group" else unit["name"]
            fresh = {"id": key, "parent_id": parent, "path": f"{above}{dashed(key)}/", "name": name}
            made[key] = {**unit, **fresh}
        columns = [name for name, _kind in self._columns("units")]
        marks = ",".join("?" * len(columns))
        self.link.executemany(
            f"INSERT INTO units({','.join(columns)}) VALUES ({marks})",
            [[row[name] for name in columns] for row in made.values()],
        )


class _without:
    """Takes triggers, and on demand indexes, off tables while many rows are written."""

    def __init__(self, link: sqlite3.Connection, tables, indexes: bool):
        kinds = ("trigger", "index") if indexes else ("trigger",)
        found = link.execute("SELECT type, name, tbl_name, sql FROM sqlite_master").fetchall()
        self.link = link
        self.made = [
            row
            for row in found
            if row["type"] in kinds and row["tbl_name"] in tables and row["sql"]
        ]

    def __enter__(self) -> None:
        for row in self.made:
            self.link.execute(f'DROP {row["type"]} "{row["name"]}"')

    def __exit__(self, *_error) -> None:
        for row in self.made:
            self.link.execute(row["sql"])


def add_cases(county: Path, path: Path, n: int) -> None:
    """Copy the county and put so many cases into it, a fifth of them open;

    the first ten in town3.
    """
    copy(county, path)
    link = _open(path)
    link.execute("BEGIN")
    with _without(link, ("cases", "desks", "journal"), indexes=n > 50_000):
        _Cases(link).add(n)
    _close(link)


class _Cases:
    """Cases as copies of the demo zone's, spread over the county's branches."""

    def __init__(self, link: sqlite3.Connection):
        self.link, self.chance = link, random.Random(20170501)
        self.places = self._places()
        self.open, self.done = self._models(OPEN), self._models(DONE)
        self.turns: dict = {}

    def _places(self) -> list[dict]:
        """Return branches with their superior, leader, days and members, those of town3 first."""
        sql = """SELECT u.id, u.parent_id, p.person_id, o.person_id AS officer FROM units u
            JOIN posts p ON p.unit_id=u.id AND p.office='secretary'
            JOIN posts o ON o.unit_id=u.parent_id AND o.office='officer'
            WHERE u.kind='branch' AND u.id LIKE '01a1%' GROUP BY u.id ORDER BY u.parent_id, u.id"""
        found = {
            row["id"]: {**dict(row), "days": [], "members": []} for row in self.link.execute(sql)
        }
        days = "SELECT id, unit_id, day FROM activities WHERE day IS NOT NULL ORDER BY day"
        for row in self.link.execute(days):
            if row["unit_id"] in found:
                found[row["unit_id"]]["days"].append((dashed(row["id"]), row["day"]))
        people = "SELECT person_id, unit_id FROM memberships WHERE to_on IS NULL ORDER BY sort"
        for key, unit in self.link.execute(people):
            if unit in found:
                found[unit]["members"].append((key, dashed(key)))
        for number, one in enumerate(found.values()):
            one["number"] = number
            one["ahead"] = next(day for _key, day in one["days"] if day > TODAY)
        return list(found.values())

    def _models(self, wanted) -> list[dict]:
        found = []
        for weight, workflow, state in wanted:
            case = self.link.execute(
                "SELECT * FROM cases WHERE workflow=? AND state=? ORDER BY id LIMIT 1",
                (workflow, state),
            ).fetchone()
            facts = json.loads(case["facts"]) | ({"told": TODAY} if state == "closed" else {})
            rest = {
                k: v for k, v in facts.items() if k not in ("day", "new_day", "activity", "member")
            }
            rest = json.dumps(rest, ensure_ascii=False)[1:-1]
            found += [{**dict(case), "rest": rest and f", {rest}"}] * weight
        return found

    def add(self, n: int) -> None:
        self._tables()
        rows = (self._plan(number) for number in range(n))
        self.link.executemany(f"INSERT INTO plan VALUES ({','.join('?' * 14)})", rows)
        self._insert("cases", "t.id=p.model", self._case())
        self._insert("desks", "t.id=p.desk", self._desk())
        self._insert("journal", "t.case_id=p.model AND t.seq<=2", self._journal())

    def _tables(self) -> None:
        self.link.execute(
            "CREATE TEMP TABLE plan (n INTEGER PRIMARY KEY, id, model, desk, old_unit, old_above, place,"
            " subject, concerns, facts, due, wake, opened, closed)"
        )
        self.link.execute(
            "CREATE TEMP TABLE places (n INTEGER PRIMARY KEY, unit, above, leader, officer)"
        )
        self.link.executemany(
            "INSERT INTO places VALUES (?,?,?,?,?)",
            [
                (one["number"], one["id"], one["parent_id"], one["person_id"], one["officer"])
                for one in self.places
            ],
        )
        units = dict(self.link.execute("SELECT id, parent_id FROM units").fetchall())
        for model in self.open + self.done:
            model["above"] = units[model["unit_id"]]
            model["desk"] = self.link.execute(DESK_OF, (model["id"],)).fetchone()[0]

    def _plan(self, n: int) -> tuple:
        is_open, roll = n < 10 or n % 5 == 0, self.chance.random
        models = self.open if is_open else self.done
        model = models[int(roll() * len(models))]
        place = self.places[n if n < 10 else int(roll() * len(self.places))]
        subject, concerns, facts = self._about(model, place, is_open)
        opened = int(1 + 20 * roll() if is_open else 20 + 680 * roll())
        due = AFTER[int(15 + 60 * roll())] if model["due_on"] else None
        due = place["ahead"] if model["state"] == "to_make_up" else due
        wake = AFTER[int(1 + 60 * roll())] if model["wake_on"] else None
        stamp = BEFORE[opened] + " 03:00:00.000000"
        end = BEFORE[max(opened - 5, 1)] + " 03:00:00.000000"
        where = (model["desk"], model["unit_id"], model["above"], place["number"])
        days = (due, wake, stamp, None) if is_open else (None, None, stamp, end)
        return (n, f"01a12{n + 1:027x}", model["id"], *where, subject, concerns, facts, *days)

    def _about(self, model: dict, place: dict, is_open: bool) -> tuple:
        """Return subject, whom it concerns and facts as text; one open case a subject."""
        days, members = place["days"], place["members"]
        turn = place["number"], model["workflow"], is_open
        j = self.turns[turn] = self.turns.get(turn, -1) + 1
        if model["workflow"] == "date_change":
            key, day = days[-1 - j % len(days)]
            new_day = f"{day[:8]}{16 if day[8:] != '16' else 17}"
            facts = f'{{"day": "{day}", "new_day": "{new_day}"{model["rest"]}}}'
            return (key if not is_open or j < len(days) else None), None, facts
        if model["workflow"] == "absence":
            member, shown = members[j % len(members)]
            key = days[j // len(members) % len(days)][0]
            facts = f'{{"activity": "{key}", "member": "{shown}"{model["rest"]}}}'
            once = not is_open or j < len(days) * len(members)
            return (f"{key}:{shown}" if once else None), member, facts
        return None, None, "{" + model["rest"].removeprefix(", ") + "}"

    def _insert(self, table: str, on: str, given: dict[str, str]) -> None:
        names = [row["name"] for row in self.link.execute(f"PRAGMA table_info({table})")]
        given = {name: given.get(name, f't."{name}"') for name in names}
        columns = ",".join(f'"{name}"' for name in names)
        self.link.execute(
            f"INSERT INTO {table}({columns}) SELECT {','.join(given.values())} FROM plan p"
            f" CROSS JOIN places b ON b.n=p.place CROSS JOIN {table} t ON {on} ORDER BY p.n"
        )

    def _case(self) -> dict[str, str]:
        return {
            "id": "p.id",
            "unit_id": "b.unit",
            "subject": "p.subject",
            "concerns_id": "p.concerns",
            "facts": "p.facts",
            "number": "NULL",
            "opened_by": "b.leader",
            "opened_at": "p.opened",
            "entered_at": "p.opened",
            "closed_at": "p.closed",
            "due_on": "p.due",
            "wake_on": "p.wake",
            "remind_on": "date(p.due, '-14 days')",
            "running_since": "CASE WHEN p.due IS NULL THEN NULL ELSE substr(p.opened, 1, 10) END",
            "seq": "min(t.seq, 2)",
        }

    def _desk(self) -> dict[str, str]:
        return {
            "id": "'01a13' || substr(p.id, 6)",
            "case_id": "p.id",
            "case_unit_id": "b.unit",
            "unit_id": SEAT,
            "due_on": "coalesce(p.due, '9999-12-31')",
            "opened_at": "p.opened",
            "closed_at": "p.closed",
            **dict.fromkeys(("claimed_by", "claimed_on", "handed_to", "person_id"), "NULL"),
        }

    def _journal(self) -> dict[str, str]:
        return {
            "id": "'01a14' || substr(p.id, 7) || t.seq",
            "case_id": "p.id",
            "at": "p.opened",
            "actor_id": "CASE WHEN t.actor_id IS NULL THEN NULL WHEN t.role='branch' THEN b.leader"
            " ELSE b.officer END",
            "unit_id": SEAT,
            "words": "CASE WHEN json_extract(t.words, '$.new_day') IS NULL THEN t.words ELSE"
            " json_set(t.words, '$.new_day', json_extract(p.facts, '$.new_day')) END",
        }


SEAT = "CASE t.unit_id WHEN p.old_unit THEN b.unit WHEN p.old_above THEN b.above ELSE t.unit_id END"
