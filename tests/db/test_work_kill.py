"""kill -9 of who asks for work and who does it, by both ways: nothing lost, nothing that nobody asked
for, nothing twice, all done at the end.

Children are forked from a process that has imported everything and never saw a database. Five kills
here, 200 where all is to run.
"""

from __future__ import annotations

import itertools
import multiprocessing
import os
import random
import signal
import tempfile
import threading

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from oversight import create_app
from oversight.base.db import db, engine_options, new_id, prepare, reading
from oversight.commands import background
from oversight.engine import outbox
from tests.db.test_work import WAYS
from tests.support.slices import WHOLE
from tests.support.world import at

CHILDREN = multiprocessing.get_context("forkserver")
CHILDREN.set_forkserver_preload([__name__])
FAST, PACE = 200, threading.Event()
KILLS, ROLLED_BACK = (200 if WHOLE else 5), 0.2
MOMENT = at("2026-11-24")
LIVELY = dict(beats=0.3, silent=1.5, polls=0.3, rescue="* * * * * *", sweep=None)


# The children -------------------------------------------------------------------------------------


def dots(bind: sa.Engine, out: int) -> None:
    """Say a dot before every statement: whoever listens kills between any two."""
    sa.event.listen(bind, "before_cursor_execute", lambda *_: os.write(out, b"."))


def ask(pipe, url: str, seed: int, zone: str) -> None:
    """Change a state and ask for its work in one transaction, one in five taken back, until killed."""
    bind, chance = sa.create_engine(url, **engine_options(url)), random.Random(seed)
    prepare(bind)
    dots(bind, pipe.fileno())
    with Session(bind) as session:
        for number in itertools.count():
            PACE.wait(0.01 if number > FAST else 0)  # on a slow machine they would bury who does
            one = new_id()
            session.execute(sa.text("INSERT INTO probe_states VALUES (:id)"), {"id": one})
            outbox.enqueue(session, zone, f"probe:{one}", "probe", {"id": one}, MOMENT.now)
            if chance.random() < ROLLED_BACK:
                session.rollback()
            else:
                session.commit()
                os.write(pipe.fileno(), b"!")


def probe(session, _key, payload, _at) -> None:
    """Write that it was done; nothing but the row itself keeps it from being written twice."""
    session.execute(sa.text("INSERT INTO probe_effects VALUES (:id)"), payload)


def do(pipe, url: str, way: str, _zone: str) -> None:
    """Do what is due by one way, until killed."""
    with tempfile.TemporaryDirectory() as folder:
        source = {"OVERSIGHT_DATABASE_URL": url, "OVERSIGHT_INSTANCE": folder}
        app = create_app({**source, "OVERSIGHT_SECRET_KEY": "t" * 32})
        app.extensions["hands"] = (("probe", probe),)
        with app.app_context():
            dots(db.engine, pipe.fileno())
        if way == "worker":
            background.serve_queue(app, background.Pace(**LIVELY))
        background.SOON, background.IDLE = 0.05, 0.2
        background.drain(app, threading.Event())


# The parent ---------------------------------------------------------------------------------------


class Child:
    """A child and what is heard of it."""

    def __init__(self, target, *given):
        self.hears, there = CHILDREN.Pipe(duplex=False)
        self.process = CHILDREN.Process(target=target, args=(there, *given), daemon=True)
        self.process.start()
        there.close()

    def listen(self, dots: int) -> None:
        """Wait until it has said so much."""
        while dots > 0:
            heard = os.read(self.hears.fileno(), dots)
            assert heard, "the child ended by itself"
            dots -= len(heard)

    def kill(self) -> None:
        os.kill(self.process.pid, signal.SIGKILL)
        self.process.join()
        self.hears.close()


class Crew:
    """Two who ask and two who do, each begun anew when it was killed."""

    def __init__(self, url: str, way: str, zone: str):
        self.url, self.way, self.zone, self.begun = url, way, zone, 0
        self.askers = [self.asker(), self.asker()]
        self.doers = [self.doer(), self.doer()]

    def asker(self) -> Child:
        self.begun += 1
        return Child(ask, self.url, self.begun, self.zone)

    def doer(self) -> Child:
        return Child(do, self.url, self.way, self.zone)

    def kill_one(self, chance: random.Random) -> None:
        """Kill one after so many statements of its own, and begin another in its place."""
        team, begin = chance.choice([(self.askers, self.asker), (self.doers, self.doer)])
        which = chance.randrange(2)
        team[which].listen(chance.randint(1, 60))
        team[which].kill()
        team[which] = begin()

    def stop(self, team: list[Child]) -> None:
        while team:
            team.pop().kill()


def counts(session) -> dict[str, int]:
    """Count both ways what does not belong together."""
    session.rollback()
    asked = "SELECT substr(key, 7) AS id, done_at FROM work WHERE kind = 'probe'"
    texts = {
        "states": "SELECT count(*) FROM probe_states",
        "lost": f"SELECT count(*) FROM probe_states WHERE id NOT IN (SELECT id FROM ({asked}) a)",
        "phantom": f"SELECT count(*) FROM ({asked}) a WHERE id NOT IN (SELECT id FROM probe_states)",
        "open": f"SELECT count(*) FROM ({asked}) a WHERE done_at IS NULL",
        "undone": "SELECT count(*) FROM probe_states WHERE id NOT IN (SELECT id FROM probe_effects)",
        "made up": "SELECT count(*) FROM probe_effects WHERE id NOT IN (SELECT id FROM probe_states)",
        "doubled": "SELECT count(*) - count(DISTINCT id) FROM probe_effects",
    }
    with reading():  # whoever counts must not keep the write lock from those who do
        found = {name: session.scalar(sa.text(text)) for name, text in texts.items()}
        session.rollback()
    return found


def any_open(session) -> bool:
    """True while something that was asked for is not done."""
    text = "SELECT 1 FROM work WHERE kind = 'probe' AND done_at IS NULL LIMIT 1"
    with reading():
        found = session.scalar(sa.text(text))
        session.rollback()
    return found is not None


@pytest.mark.slow
@pytest.mark.parametrize(("database_url", "way"), WAYS, indirect=["database_url"])
def test_killed_while_asking_and_doing(session, world, database_url, way):
    zone = world.zone.id
    session.execute(sa.text("CREATE TABLE probe_states (id varchar(36) PRIMARY KEY)"))
    session.execute(sa.text("CREATE TABLE probe_effects (id varchar(36))"))
    session.commit()
    chance, crew = random.Random(way), Crew(database_url, way, zone)
    try:
        for _kill in range(KILLS):
            crew.kill_one(chance)
        crew.stop(crew.askers)
        while any_open(session):
            for doer in crew.doers:  # one that nobody hears stops at a full pipe
                doer.listen(10)
    finally:
        crew.stop(crew.askers)
        crew.stop(crew.doers)
    found = counts(session)
    print(f"\n{way}: {KILLS} kills, {found}")
    assert found.pop("states") > 0
    assert set(found.values()) == {0}, found
