"""Asks both databases how they would find the rows of each statement that the product sends.

A statement is explained once a process, on a database of its own, so that neither the tested
transaction nor what other tests left has a say. What reads a table that grows from end to end, and
may not by `tests.house.scans`, is kept until it is taken.
"""

from __future__ import annotations

import os
import re
import sqlite3
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import psycopg
import sqlalchemy as sa

from tests.house.scans import ALLOWED, EVERY, SMALL
from tests.support import postgres

ROOT = Path(__file__).resolve().parents[2]
PACKAGE, TESTS, MIGRATIONS = (
    f"{ROOT / name}{os.sep}" for name in ("oversight", "tests", "migrations")
)
CARRIERS = ("/base/prepared.py", "/base/kept.py", "/engine/built.py")  # send what others ask
Found = list[tuple[str, str]]  # table and how it is read

_ASKS = re.compile(r"\s*(SELECT|UPDATE|DELETE|WITH)\b", re.I)
_ALIAS = re.compile(r"\b(\w+) AS (\w+)")
# SQLite: from end to end, by an index made for this one question, or all of a zone.
SCANS = [
    re.compile(text)
    for text in (
        r"SCAN (\w+)(?: USING (?:COVERING )?INDEX \w+)?(?: LEFT-JOIN)?$",
        r"SEARCH (\w+) USING AUTOMATIC ",
        r"SEARCH (\w+) USING (?:COVERING )?INDEX \w+ \(zone_id=\?\)(?: LEFT-JOIN)?$",
    )
]
# PostgreSQL: a scan only where there is no other way, joined row by row.
_NO_OTHER_WAY = """
SET enable_seqscan = off; SET enable_hashjoin = off; SET enable_mergejoin = off;
SET session_replication_role = replica;
"""
_VALUE = {
    "uuid": "gen_random_uuid()",
    "date": "date '2026-01-01' + n",
    "timestamp with time zone": "timestamptz '2026-01-01' + n * interval '1 day'",
    "jsonb": "jsonb '{}'",
    "boolean": "n % 3 = 0",
    "integer": "n",
    "bigint": "n",
    "bytea": "decode(md5(n::text), 'hex')",
}


@dataclass(frozen=True)
class Scan:
    """A table that a statement reads from end to end, and what sent it."""

    table: str
    how: str
    function: str
    line: str
    statement: str

    def __str__(self) -> str:
        return (
            f"{self.line} {self.function} reads all of {self.table}: {self.how}\n  {self.statement}"
        )


class Explainer:
    """Hears every engine of the process, and says nothing into the code that sends a statement."""

    def __init__(self):
        self.process = os.getpid()
        self.planners: dict[str, Callable[..., Found]] = {}
        self.read: dict[tuple[str, str], Found] = {}
        self.told: set[tuple[str, str]] = set()
        self.found: list[Scan] = []

    def plan_on(self, dialect: str, address: str) -> None:
        """Take a migrated and empty database as the one to explain on."""
        self.planners[dialect] = {"sqlite": sqlite, "postgresql": postgresql}[dialect](address)

    def hear(self, connection, _cursor, statement: str, parameters, _context, many: bool) -> None:
        """Judge a statement that is about to be sent."""
        key = connection.dialect.name, statement
        if self.read.get(key) == [] or os.getpid() != self.process:
            return
        planner, sender = self.planners.get(key[0]), _sender()
        if planner is None or sender is None:
            return
        if key not in self.read:
            self.read[key] = (
                planner(statement, parameters[0] if many else parameters)
                if _ASKS.match(statement)
                else []
            )
        for table, how in self.read[key]:
            self._keep(Scan(table, how, *sender, " ".join(statement.split())))

    def _keep(self, scan: Scan) -> None:
        key = scan.function, scan.table
        if key not in ALLOWED and scan.function not in EVERY and key not in self.told:
            self.told.add(key)
            self.found.append(scan)

    def take(self) -> str:
        """Return what was found since the last call, as text."""
        found, self.found = self.found, []
        return "\n".join(map(str, found))


def _sender() -> tuple[str, str] | None:
    """Return function and line of the product that send a statement.

    None for a test's own and a migration's, which runs once and changes all that is there.
    """
    frame = sys._getframe(2)
    while frame is not None:
        code = frame.f_code
        if code.co_filename.startswith(PACKAGE) and not code.co_filename.endswith(CARRIERS):
            line = f"{code.co_filename.removeprefix(PACKAGE)}:{frame.f_lineno}"
            return code.co_qualname.split(".<locals>")[0], line
        if code.co_filename.startswith((TESTS, MIGRATIONS)):
            return None
        frame = frame.f_back
    return None


def sqlite(path: str) -> Callable[..., Found]:
    """Return what explains on a database file; SQLite's plans don't depend on what is in it."""
    link = sqlite3.connect(f"file:{path}?mode=ro", uri=True, check_same_thread=False)
    tables = {row[0] for row in link.execute("SELECT name FROM sqlite_master")} - SMALL

    def plan(statement: str, parameters) -> Found:
        names = {alias: table for table, alias in _ALIAS.findall(statement)}
        steps = [row[3] for row in link.execute(f"EXPLAIN QUERY PLAN {statement}", parameters)]
        met = [(found[1], step) for step in steps for scan in SCANS if (found := scan.match(step))]
        return [
            (names.get(name, name), step) for name, step in met if names.get(name, name) in tables
        ]

    return plan


def postgresql(url: str) -> Callable[..., Found]:
    """Return what explains on a copy of a database whose tables pass for large."""
    copy = postgres.create_database(template=url)
    link = psycopg.connect(copy.replace("+psycopg", ""), autocommit=True)
    link.execute(_NO_OTHER_WAY)
    tables = set(_fill(link)) - SMALL

    def plan(statement: str, parameters) -> Found:
        (plans,) = link.execute(f"EXPLAIN (FORMAT JSON) {statement}", parameters).fetchone()
        return [found for found in _unconditional(plans[0]["Plan"], "") if found[0] in tables]

    return plan


def _unconditional(node: dict, table: str) -> Iterator[tuple[str, str]]:
    """Yield each table that a plan reads without a condition, and by what."""
    table, kind = node.get("Relation Name", table), node["Node Type"]
    if kind == "Seq Scan" or ("Index" in kind and "Index Cond" not in node):
        yield table, f"{kind} {node.get('Index Name', '')}".strip()
    for below in node.get("Plans", ()):
        yield from _unconditional(below, table)


def _fill(link) -> list[str]:
    """Give every table rows that differ in all but their zone, and say that there are a million.

    Returns the tables.
    """
    for table, name in link.execute(
        "SELECT conrelid::regclass, conname FROM pg_constraint WHERE contype = 'c' AND conrelid <> 0"
    ).fetchall():
        link.execute(f"ALTER TABLE {table} DROP CONSTRAINT {name}")
    found = _columns(link)
    for table, columns in found.items():
        link.execute(
            f"INSERT INTO {table} ({', '.join(columns)}) "
            f"SELECT {', '.join(columns.values())} FROM generate_series(1, 100) n"
        )
        if '"zone_id"' in columns:  # without statistics it passes for one of two hundred values
            link.execute(f"ALTER TABLE {table} ALTER zone_id SET STATISTICS 0")
    link.execute("ANALYZE")
    link.execute(
        "UPDATE pg_class SET reltuples = 1000000, relpages = 1 "
        "WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'i')"
    )
    return list(found)


def _columns(link) -> dict[str, dict[str, str]]:
    """Return each table's columns with their value in row n;

    half of those that may be are empty.
    """
    found: dict[str, dict[str, str]] = {}
    for table, name, kind, length, empty in link.execute(
        "SELECT table_name, column_name, data_type, coalesce(character_maximum_length, 32), "
        "is_nullable = 'YES' FROM information_schema.columns WHERE table_schema = 'public' "
        "AND NOT starts_with(table_name, 'procrastinate_')"
    ).fetchall():
        value = _VALUE.get(kind, f"left(md5(n::text), {length})")
        found.setdefault(table, {})[f'"{name}"'] = (
            f"CASE WHEN n % 2 = 0 THEN {value} END" if empty else value
        )
    return found


explainer = Explainer()


def listen() -> None:
    """Hear every engine from now on."""
    sa.event.listen(sa.Engine, "before_cursor_execute", explainer.hear)
