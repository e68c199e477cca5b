"""The limits: the unit of work in raw SQL, in four tables of its own and in the program's schema.

Seven statements: begin, read the case, read the actor's post, write the state under a version
check, append to the journal, move the work item on, commit. Nothing is decided in between.
"""

from __future__ import annotations

import hashlib
import json
from uuid import UUID

from .moves import Thin
from .product import NOW, TODAY

STATES = ("draft", "pending")
SCHEMA = """
CREATE TABLE cases(id CHAR(32) PRIMARY KEY, state VARCHAR(40) NOT NULL, unit_id CHAR(32) NOT NULL,
    entered_at VARCHAR(40) NOT NULL, version INTEGER NOT NULL);
CREATE TABLE posts(person_id CHAR(32), unit_id CHAR(32), office VARCHAR(20), PRIMARY KEY (person_id, unit_id));
CREATE TABLE journal(id CHAR(32) PRIMARY KEY, case_id CHAR(32) NOT NULL, seq INTEGER NOT NULL,
    at VARCHAR(40) NOT NULL, actor_id CHAR(32) NOT NULL, move VARCHAR(40) NOT NULL,
    from_state VARCHAR(40) NOT NULL, to_state VARCHAR(40) NOT NULL, UNIQUE (case_id, seq));
CREATE TABLE desks(case_id CHAR(32) PRIMARY KEY, unit_id CHAR(32) NOT NULL, role VARCHAR(20) NOT NULL,
    due_on VARCHAR(10) NOT NULL);
CREATE INDEX ix_desks ON desks(unit_id, role, due_on, case_id);
"""
MANY = 40


class Link:
    """A driver's connection, the same for both databases: "?" stands for a value."""

    def __init__(self, url: str, sync: str | None = None):
        self.pg = not url.startswith("sqlite")
        self.cursor = self._postgres(url) if self.pg else self._sqlite(url, sync or "FULL")

    def _sqlite(self, url: str, sync: str):
        import sqlite3

        self.raw = sqlite3.connect(url.removeprefix("sqlite:///"), isolation_level=None)
        for pragma in ("journal_mode=WAL", f"synchronous={sync}", "foreign_keys=ON"):
            self.raw.execute("PRAGMA " + pragma)
        return self.raw.cursor()

    def _postgres(self, url: str):
        import psycopg

        self.raw = psycopg.connect(url.replace("postgresql+psycopg", "postgresql"))
        return self.raw.cursor()

    def begin(self) -> None:
        if not self.pg:
            self.cursor.execute("BEGIN IMMEDIATE")

    def commit(self) -> None:
        self.raw.commit() if self.pg else self.cursor.execute("COMMIT")

    def prepared(self, **texts: str) -> dict[str, str]:
        return {name: text.replace("?", "%s") if self.pg else text for name, text in texts.items()}

    def script(self, text: str) -> None:
        """Run several statements and commit."""
        for one in filter(str.strip, text.split(";")):
            self.cursor.execute(one)
        self.raw.commit()


class Own:
    """Unit of work in tables of its own: what every figure is a ratio of."""

    def __init__(self, url: str, folder: str = "", sync: str | None = None):
        self.link, self.turn, self.keys = Link(url, sync), 0, 0
        self.link.script(SCHEMA)
        self.cases = [self._case() for _ in range(MANY)]
        self.link.raw.commit()
        self.sql = self.link.prepared(
            case="SELECT id, state, unit_id, entered_at, version FROM cases WHERE id=?",
            post="SELECT office FROM posts WHERE person_id=? AND unit_id=?",
            write="UPDATE cases SET state=?, entered_at=?, version=? WHERE id=? AND version=?",
            note="INSERT INTO journal VALUES (?,?,?,?,?,?,?,?)",
            desk="UPDATE desks SET unit_id=?, role=?, due_on=? WHERE case_id=?",
        )

    def key(self) -> str:
        self.keys += 1
        return f"{self.keys:032x}"

    def _case(self) -> tuple[str, str, str]:
        case, unit, person = self.key(), self.key(), self.key()
        for sql, given in (
            ("INSERT INTO cases VALUES (?,?,?,?,?)", (case, STATES[0], unit, str(NOW), 1)),
            ("INSERT INTO posts VALUES (?,?,?)", (person, unit, "secretary")),
            ("INSERT INTO desks VALUES (?,?,?,?)", (case, unit, "branch", TODAY)),
        ):
            self.link.cursor.execute(self.link.prepared(it=sql)["it"], given)
        return case, unit, person

    def run(self, n: int) -> None:
        for _ in range(n):
            self.turn += 1
            self.step(*self.cases[self.turn % MANY])

    def step(self, key: str, unit: str, person: str) -> None:
        """Make one move."""
        link, ask, sql, now = self.link, self.link.cursor.execute, self.sql, str(NOW)
        link.begin()
        ask(sql["case"], (key,))
        case = link.cursor.fetchone()
        ask(sql["post"], (person, unit))
        assert link.cursor.fetchone()
        to, version = STATES[case[1] == STATES[0]], case[4]
        ask(sql["write"], (to, now, version + 1, key, version))
        assert link.cursor.rowcount == 1
        ask(sql["note"], (self.key(), key, version, now, person, "submit", case[1], to))
        ask(sql["desk"], (unit, to, TODAY, key))
        link.commit()


class Schema(Thin):
    """The same in the program's own schema, with its hash: the floor of what it keeps.

    The rows are those that the program wrote; what is not touched here is written as it was.
    """

    def __init__(self, url: str, folder: str, sync: str | None = None):
        super().__init__(url=url, folder=folder, sync=sync)
        for case in self.cases:
            self.program.move(case[0], "submit", case[1], {})
        self.program.db.session.remove()
        self.program.db.engine.dispose()
        self.link, self.keys = Link(url, sync), 0
        if not self.link.pg:
            self.link.cursor.execute("PRAGMA secure_delete=ON")
        self.sql = self._statements()
        self.templates = {case[0]: self._journal(case[0]) for case in self.cases}
        self.link.raw.commit()

    def id(self, key: str) -> str:
        return key if self.link.pg else UUID(key).hex

    def _columns(self, table: str) -> list[str]:
        self.link.cursor.execute(f"SELECT * FROM {table} LIMIT 1")
        return [column[0] for column in self.link.cursor.description]

    def _statements(self) -> dict[str, str]:
        columns = self._columns("journal")
        self.names = {name: place for place, name in enumerate(columns)}
        marks = ",".join("?" * len(columns))
        return self.link.prepared(
            case="SELECT id, zone_id, workflow, definition_version, state, unit_id, facts, entered_at,"
            " version, seq, head FROM cases WHERE id=?",
            post="SELECT office FROM posts WHERE unit_id=? AND person_id=? AND from_on<=?"
            " AND (to_on IS NULL OR to_on>=?)",
            write="UPDATE cases SET state=?, entered_at=?, version=version+1, seq=?, head=?, due_on=?"
            " WHERE id=? AND version=? AND state=?",
            note=f"INSERT INTO journal({','.join(columns)}) VALUES ({marks})",
            desk="UPDATE desks SET unit_id=?, role=?, due_on=? WHERE case_id=? AND closed_at IS NULL",
        )

    def _journal(self, key: str) -> list:
        """Return the case's last row of the journal as plain values."""
        sql = self.link.prepared(
            it="SELECT * FROM journal WHERE case_id=? ORDER BY seq DESC LIMIT 1"
        )
        self.link.cursor.execute(sql["it"], (self.id(key),))
        row = self.link.cursor.fetchone()
        return [json.dumps(value) if isinstance(value, dict) else value for value in row]

    def run(self, n: int) -> None:
        for _ in range(n):
            self.turn += 1
            key, asks, _answers = self.cases[self.turn % len(self.cases)]
            self.step(key, asks)

    def step(self, key: str, who) -> None:
        """Make one move."""
        link, ask, sql, now = self.link, self.link.cursor.execute, self.sql, self._now()
        person, key_ = self.id(who.id), self.id(key)
        link.begin()
        ask(sql["case"], (key_,))
        case = link.cursor.fetchone()
        ask(sql["post"], (str(case[5]), person, TODAY, TODAY))
        assert link.cursor.fetchone()
        to, seq = STATES[case[4] == STATES[0]], case[9] + 1
        note = self._note(key, seq, case[4], to, case[10])
        ask(sql["write"], (to, now, seq, note[self.names["hash"]], TODAY, key_, case[8], case[4]))
        assert link.cursor.rowcount == 1
        ask(sql["note"], note)
        ask(sql["desk"], (str(case[5]), "branch", TODAY, key_))
        link.commit()

    def _now(self):
        return NOW if self.link.pg else NOW.strftime("%Y-%m-%d %H:%M:%S.%f")

    def _note(self, key: str, seq: int, state: str, to: str, head: str) -> list:
        """Return the next row of a case's journal, hashed over its text."""
        self.keys += 1
        row = list(self.templates[key])
        new = {
            "id": self.id(str(UUID(int=self.keys))),
            "seq": seq,
            "from_state": state,
            "to_state": to,
            "previous": head,
        }
        for name, value in new.items():
            row[self.names[name]] = value
        said = json.dumps([str(value) for value in row], ensure_ascii=False)
        row[self.names["hash"]] = hashlib.sha256(said.encode()).hexdigest()
        return row
