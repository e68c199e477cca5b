"""The demo zone many times over, each time as a zone of its own whose journal verifies: ids, names of
accounts and codes of papers are other ones, and what is hashed is hashed anew.
"""

from __future__ import annotations

import json
import re
import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import closing

from .product import Program

ID = re.compile(
    r"(?<![0-9a-f])[0-9a-f]{8}(-?)[0-9a-f]{4}\1[0-9a-f]{4}\1[0-9a-f]{4}\1[0-9a-f]{9}"
    r"([0-9a-f]{3})(?![0-9a-f])"
)
HASH = re.compile(r"(?<![0-9a-f])[0-9a-f]{64}(?![0-9a-f])")
# What an installation has once; what the program itself lays on each zone: administration and seals.
ONCE = {"alembic_version", "installation", "sweep_marks", "sweep_faults", "sign_ins", "logins"}
LAID = {"admin_changes", "checkpoints"}
NAMED = {"accounts": "username", "papers": "code"}


class Many:
    """A copy of the demo zone in a file, which grows."""

    def __init__(self, url: str, folder: str):
        self.path = url.removeprefix("sqlite:///")
        self.program = Program(url, folder, sync="OFF")
        self.session = self.program.db.session

    def lay(self, n: int) -> int:
        """Have the zone there `n` times; returns how many rows the file has."""
        from oversight.models import records

        with closing(sqlite3.connect(self.path)) as link:
            link.execute("PRAGMA synchronous=OFF")
            for (name,) in link.execute("SELECT name FROM sqlite_master WHERE type='trigger'"):
                link.execute(f"DROP TRIGGER {name}")
            link.execute("UPDATE work SET done_at = due_at WHERE done_at IS NULL")  # long ago
            zone = link.execute("SELECT id FROM zones").fetchone()[0]
            tables = {name: _Table(link, name) for name in _tables(link) if name not in ONCE | LAID}
            for name in tables.keys() - {"journal"}:
                tables[name].copy(n)
            link.commit()
            digests = self._digests(n)
            heads = _journal(tables["journal"], n, digests)
            for name in ("cases", "record_chains"):
                link.executemany(f"UPDATE {name} SET head=? WHERE id=?", heads)
            link.commit()
        with self.program.engine.begin() as begun:
            records.guard(begun)
        for number in range(1, n):
            self._begin(_other(zone, number))
        with closing(sqlite3.connect(self.path)) as link:
            return sum(_Table(link, name).size for name in _tables(link))

    def _digests(self, n: int) -> list[dict[str, str]]:
        """Return by copy which digest now stands for which: of sheets, and of what is discreet."""
        from oversight.engine import journal

        stands = {
            (told["table"], told["key"]): told["values"]
            for kind, told in journal._standing(self.session)
            if kind == "stands"
        }
        self.session.rollback()
        hashed = {
            which: names
            for which, values in stands.items()
            if (names := [name for name, one in values.items() if HASH.fullmatch(str(one))])
        }
        found = [dict[str, str]() for _number in range(n)]
        for number in range(1, n):
            for (table, key), names in hashed.items():
                other = stands.get((table, _other(key, number)))
                for name in names if other else ():
                    found[number][stands[table, key][name]] = other[name]
        return found

    def _begin(self, zone: str) -> None:
        """Lay administration and seal on a zone, as the program does."""
        from oversight.engine import seals
        from oversight.register import audit_log

        key = f"{zone[:8]}-{zone[8:12]}-{zone[12:16]}-{zone[16:20]}-{zone[20:]}"
        audit_log.begin(self.session, key, self.program.at)
        self.session.commit()
        seals.seal(self.session, key, self.program.at.now)
        self.session.commit()


class _Table:
    def __init__(self, link: sqlite3.Connection, name: str):
        self.link, self.name = link, name
        self.columns = [one[1] for one in link.execute(f'PRAGMA table_info("{name}")')]
        self.size = link.execute(f'SELECT count(*) FROM "{name}"').fetchone()[0]

    def rows(self, order: str = "1") -> list[tuple]:
        return self.link.execute(f'SELECT * FROM "{self.name}" ORDER BY {order}').fetchall()

    def add(self, rows: Iterable[list]) -> None:
        holes = ", ".join("?" * len(self.columns))
        self.link.executemany(f'INSERT INTO "{self.name}" VALUES ({holes})', rows)

    def copy(self, n: int) -> None:
        rows = self.rows()
        self.add(self._other(row, number) for number in range(1, n) for row in rows)

    def _other(self, row: tuple, number: int) -> list:
        found = [_other(value, number) for value in row]
        for place, name in enumerate(self.columns):
            if name == NAMED.get(self.name):
                found[place] = f"{number}.{row[place]}"
            elif name == "seal":
                found[place] = None
        return found


def _other(value, number: int):
    """Write a value as it stands in a copy: ids keep their order."""

    def changed(found: re.Match) -> str:
        return f"{found[0][:-3]}{int(found[2], 16) ^ number:03x}"

    return ID.sub(changed, value) if isinstance(value, str) else value


def _journal(table: _Table, n: int, digests: list[dict[str, str]]) -> list[tuple[str, str]]:
    """Write the chains of all copies; returns hash and case of their heads."""
    rows, heads = table.rows("case_id, seq"), dict[str, str]()
    for number in range(1, n):
        table.add(_chained(table.columns, rows, number, digests[number], heads))
    return [(head, case) for case, head in heads.items()]


def _chained(
    columns: list[str], rows: list[tuple], number: int, digests: dict, heads: dict
) -> Iterator[list]:
    from oversight.engine import verifier

    for row in rows:
        told = dict(zip(columns, (_other(value, number) for value in row), strict=True))
        told["after"] = HASH.sub(lambda found: digests.get(found[0], found[0]), told["after"])
        told["previous"] = heads.get(told["case_id"], "")
        told["hash"] = heads[told["case_id"]] = verifier.hash_of("row", _plain(told))
        yield [told[name] for name in columns]


def _plain(told: dict) -> dict:
    """Return a row of the journal as it is hashed: ids with dashes, moments in UTC, JSON read."""
    found = dict(told)
    for name in ("zone_id", "case_id", "actor_id", "unit_id"):
        key = found[name]
        found[name] = key and "-".join((key[:8], key[8:12], key[12:16], key[16:20], key[20:]))
    for name in ("words", "result", "after"):
        found[name] = json.loads(found[name])
    return found | {"at": f"{found['at'].replace(' ', 'T')}+00:00"}


def _tables(link: sqlite3.Connection) -> list[str]:
    found = "SELECT name FROM sqlite_master WHERE type='table' AND name NOT LIKE 'sqlite_%'"
    return [name for (name,) in link.execute(found)]
