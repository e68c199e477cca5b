"""The program as the workloads know it, whatever its rooms are called in the tree under test."""

from __future__ import annotations

from contextlib import contextmanager
from datetime import UTC, datetime
from importlib import import_module
from pathlib import Path
from uuid import UUID

NOW = datetime(2026, 11, 24, 2, 0, tzinfo=UTC)
TODAY = "2026-11-24"
PASSWORD = "demo-demo-demo"
LAW = Path(__file__).parent / "law"
# What the raw limits of bulk work are written under, as the program is.
SET_UP = ("synchronous=OFF", "foreign_keys=ON", "secure_delete=ON", "cache_size=-16000")
PLACES = {
    "clock": ("oversight.clock", "oversight.base.clock"),
    "db": ("oversight.db", "oversight.base.db"),
    "engine": ("oversight.engine.transitions", "oversight.engine"),
    "authority": (
        "oversight.organization.actor",
        "oversight.engine.authority",
        "oversight.authority",
    ),
    "inbox": ("oversight.engine.inbox", "oversight.queues"),
    "sweep": ("oversight.time.sweep", "oversight.operations.sweep"),
    "law": ("oversight.workflows",),
    "attempt": ("oversight.engine.transitions", "oversight.rules"),
}


def find(place: str, *names: str):
    """Return the first of these names that lives in a place. Raises ImportError."""
    for module in PLACES[place]:
        try:
            loaded = import_module(module)
        except ModuleNotFoundError as error:
            if not module.startswith(error.name):
                raise
            continue
        for name in names:
            if hasattr(loaded, name):
                return getattr(loaded, name)
    raise ImportError(f"none of {names} in {PLACES[place]}")


def dashed(key) -> str:
    """Write an id as the program does, however the database keeps it."""
    return str(UUID(str(key)))


class Program:
    """An application on a database, at a stopped clock; `sync` sets what SQLite waits for."""

    def __init__(self, url: str, folder: str, sync: str | None = None, **source: str):
        from oversight import create_app

        source = {
            "OVERSIGHT_DATABASE_URL": url,
            "OVERSIGHT_INSTANCE": folder,
            "OVERSIGHT_SECRET_KEY": "bench" * 8,
            "OVERSIGHT_WORKFLOW_DIRS": str(LAW),
            **source,
        }
        self.app = create_app(source, find("clock", "StoppedClock")(NOW))
        self.at = self.app.extensions["clock"].moment()
        self.db = self.app.extensions["sqlalchemy"]
        self.context = self.app.app_context()
        self.context.push()
        self.engine = self.db.engine
        if sync and url.startswith("sqlite"):
            self._set_sync(sync)

    def _set_sync(self, sync: str) -> None:
        import sqlalchemy as sa

        pragma = f"PRAGMA synchronous={sync}"
        sa.event.listen(self.engine, "connect", lambda link, _record: link.execute(pragma))

    def rows(self, sql: str, *given) -> list[tuple]:
        """Ask the database in plain SQL, in a transaction that only reads."""
        with find("db", "reading")():
            link = self.db.session.connection()
            mark = "%s" if link.dialect.name == "postgresql" else "?"
            found = link.exec_driver_sql(sql.replace("?", mark), given).fetchall()
            self.db.session.rollback()
        return [tuple(row) for row in found]

    def command(self, *words: str) -> None:
        """Run a command of the terminal in this application."""
        from oversight.cli import main

        try:
            main(list(words), obj=self.app, standalone_mode=False)
        except SystemExit as end:
            if end.code:
                raise RuntimeError(f"oversight {' '.join(words)}: {end.code}") from end

    def actor(self, person_id: str):
        """Return a person as an actor of the day, who outlives the session."""
        session = self.db.session
        who = find("authority", "actor", "actor_of")(session, dashed(person_id), self.at.today)
        for held in (*who.posts, *who.acting):
            held.unit.path  # noqa: B018  loads it
        session.expunge_all()
        session.rollback()
        return who

    def open(self, workflow: str, unit_id: str, facts: dict, who, then=None) -> str:
        """Open a case, with its first move where one is given; commits."""
        act = find("engine", "submit_opening")
        case = act(self.db.session, workflow, dashed(unit_id), facts, who, self.at, then=then)
        key = case.id
        self.db.session.remove()
        return key

    def move(self, case_id: str, name: str, who, words: dict) -> None:
        """Make a move and commit, as a request does that has loaded its reader."""
        act = find("engine", "submit")
        act(self.db.session, case_id, name, who, words, version=None, at=self.at)
        self.db.session.remove()

    def sweep(self) -> dict:
        """Do what time brings."""
        return find("sweep", "sweep")(self.db.session, self.at)

    @contextmanager
    def counted(self):
        """Yield a list of the statements that the driver gets, those of the transaction too."""
        from .counting import statements

        with statements(self.engine) as seen:
            yield seen


class Maker:
    """Makes the demo zone in an empty database, by the program's own commands."""

    def __init__(self, url: str, folder: str):
        self.program = Program(url, folder, sync="OFF")

    def demo(self) -> None:
        self.program.command("upgrade")
        self.program.command("demo")
        self._close()

    def fill(self, source: str) -> None:
        """Migrate an empty database and write here all that is in another."""
        import sqlalchemy as sa

        self.program.command("upgrade")
        self._close()
        there = sa.create_engine(source)
        with self.program.db.engine.begin() as out, there.connect() as link:
            for table in self.program.db.Model.metadata.sorted_tables:
                if table.name == "installation":  # what the upgrade itself has noted
                    out.execute(table.delete())
                rows = [dict(row._mapping) for row in link.execute(sa.select(table))]
                if rows:
                    out.execute(table.insert(), rows)
        self._close()

    def _close(self) -> None:
        self.program.db.session.remove()
        self.program.db.engine.dispose()
