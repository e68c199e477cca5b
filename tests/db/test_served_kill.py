"""kill -9 of the server and of the sweep at random moments: what was acknowledged is there once, what
time brings has come once, and all is done at the end. Two upgrades at once.
"""

from __future__ import annotations

import http.client
import json
import multiprocessing
import os
import random
import signal
import subprocess
import threading

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from oversight.base.db import engine_options, prepare
from oversight.engine import journal
from oversight.models import Case, JournalRow, Notice, OutboxMessage, Reminder
from oversight.time import due
from tests.db.test_kill import assert_whole
from tests.support import postgres, slices
from tests.support import world as worlds
from tests.support.actors import Play
from tests.support.client import token_for
from tests.support.served import Served
from tests.support.world import at

WHOLE = slices.WHOLE
CHILDREN = multiprocessing.get_context("forkserver")
CHILDREN.set_forkserver_preload([__name__])
BRANCHES = ("village", "community", "organ")


# The server ---------------------------------------------------------------------------------------


class Caller:
    """A branch that asks and withdraws as fast as it can; what has no answer is asked again under
    the same key.
    """

    def __init__(self, token: str, unit: str, acknowledged):
        self.token, self.unit, self.acknowledged = token, unit, acknowledged
        self.told: list[tuple[str, int]] = []
        self.case, self.sent, self.again, self.wrong = None, 0, 0, []

    def step(self, served: Served) -> bool:
        """Make the next request, or the last again; False where the server is gone."""
        key = f"{self.unit}-{self.sent}"
        try:
            sent = (*self._request(), self.token, key, self._body())
            status, text, _took = served.ask(*sent, **self._version())
        except (OSError, http.client.HTTPException):  # gone, or half an answer
            return False
        if status not in (200, 201):
            self.wrong.append((status, text))
            return False
        case = json.loads(text)
        self.told.append((case["id"], case["version"]))
        self.case = case if case["state"] in ("draft", "asked") else None
        self.sent += 1
        self.acknowledged()
        return True

    def _request(self) -> tuple[str, str]:
        if self.case is None:
            return "POST", "/api/v1/cases"
        move = "ask" if self.case["state"] == "draft" else "withdraw"
        return "POST", f"/api/v1/cases/{self.case['id']}/moves/{move}"

    def _version(self) -> dict[str, str]:
        return {"If-Match": f'"{self.case["version"]}"'} if self.case else {}

    def _body(self) -> dict:
        if self.case is None:
            facts = {"day": "2026-12-04"}
            return {"workflow": "date_change", "unit": self.unit, "facts": facts}
        words = {"new_day": "2026-12-11", "reason": "冬修水利"}
        return {"words": words if self.case["state"] == "draft" else {}}


def round_of(served: Served, callers: list[Caller], after: int) -> None:
    """Let all go on until so many answers have come, then kill the server."""
    left, enough = [after], threading.Event()

    def acknowledged():
        left[0] -= 1
        if left[0] <= 0:
            enough.set()

    def run(one: Caller):
        one.acknowledged = acknowledged
        while one.step(served):
            pass

    running = [threading.Thread(target=run, args=(one,)) for one in callers]
    for thread in running:
        thread.start()
    enough.wait(60)
    served.kill()
    for thread in running:
        thread.join(60)


@pytest.mark.slow
def test_the_server_is_killed_under_load(session, world, stage, tmp_path):
    kills = 100 if WHOLE else 2  # on each database
    chance = random.Random(os.environ.get("SEED", "1"))
    callers = [
        Caller(
            token_for(world.people[f"{name}.secretary"]), str(world.units[name].id), lambda: None
        )
        for name in BRANCHES
    ]
    session.commit()
    with Served(tmp_path / "served", stage.url) as served:
        for _kill in range(kills):
            round_of(served, callers, chance.randint(3, 25))
            served.start()
        for one in callers:  # what was under way comes to its end
            assert one.step(served), one.wrong
    told = [each for one in callers for each in one.told]
    assert [one.wrong for one in callers] == [[], [], []]
    for case_id, version in told:
        row = sa.select(JournalRow.id).where(
            JournalRow.case_id == case_id, JournalRow.seq == version
        )
        assert session.scalar(row), f"lost: {case_id} {version}"
    rows = session.scalar(
        sa.select(sa.func.count()).select_from(JournalRow).join(Case, Case.id == JournalRow.case_id)
    )
    assert rows == len(told), "a phantom: done twice, or without an answer to its key"
    assert_whole(session)
    print(f"\n{kills} kills, {len(told)} acknowledged, lost 0, phantom 0")


# The sweep ----------------------------------------------------------------------------------------


def catch_up(pipe, url: str, day: str) -> None:
    """Live the days up to one, a dot before every statement."""
    out = pipe.fileno()
    bind = sa.create_engine(url, **engine_options(url))
    prepare(bind)
    sa.event.listen(bind, "before_cursor_execute", lambda *_: os.write(out, b"."))
    with Session(bind) as session:
        due.catch_up(session, at(day))


def killed(url: str, day: str, dots: int) -> bool:
    """Let a child catch up and kill it after so many statements; False where it was done before."""
    here, there = CHILDREN.Pipe(duplex=False)
    child = CHILDREN.Process(target=catch_up, args=(there, url, day))
    child.start()
    there.close()
    while dots > 0 and (came := os.read(here.fileno(), dots)):
        dots -= len(came)
    if dots <= 0:
        os.kill(child.pid, signal.SIGKILL)
    child.join()
    here.close()
    return dots <= 0


def brought(session) -> dict[str, list]:
    """Return what time has brought, each thing by what it is known by."""
    session.rollback()
    return {
        "reminders": sorted(session.execute(sa.select(Reminder.case_id, Reminder.rung)).all()),
        "moves": sorted(
            session.execute(
                sa.select(JournalRow.case_id, JournalRow.move, JournalRow.from_state)
            ).all()
        ),
        "told": sorted(session.scalars(sa.select(Notice.key))),
        "work": sorted(session.scalars(sa.select(OutboxMessage.key))),
        "open work": session.scalars(
            sa.select(OutboxMessage.key).where(OutboxMessage.done_at.is_(None))
        ).all(),
    }


def begun(session, world) -> None:
    """Let three branches ask, and the clock have run on the day."""
    play = Play(session, world)
    for name in BRANCHES:
        play.asked(name=f"{name}.secretary", unit=name)
    session.commit()
    due.sweep(session, at("2026-11-24"))


END = "2027-01-08" if WHOLE else "2026-12-07"  # 45 days later, or two weeks
LONG = "2027-02-24" if WHOLE else "2026-12-14"


@pytest.fixture
def lived(session, world, stage):
    """What a server that was never off has brought by the end; then all is as it was before."""
    begun(session, world)
    day = at("2026-11-24")
    while str(day.today) < END:
        day = at(str(day.today.fromordinal(day.today.toordinal() + 1)))
        due.sweep(session, day)
    return brought(session)


def alike(found: dict[str, list]) -> dict[str, int]:
    return {name: len(rows) for name, rows in found.items()}


@pytest.mark.slow
def test_the_sweep_is_killed(session, world, stage, lived):
    """A leap, killed again and again on its way: as if it had been lived."""
    expected, kills = alike(lived), 50 if WHOLE else 4
    chance, done = random.Random(os.environ.get("SEED", "1")), 0
    while done < kills:
        session.rollback()
        stage.close()
        stage.lay(inhabited=True)
        world = stage_world(session, stage)
        begun(session, world)
        session.rollback()
        for _ in range(12):
            if not killed(stage.url, END, chance.randint(1, 700)):
                break
            done += 1
        due.catch_up(session, at(END))
        due.catch_up(session, at(END))
        assert alike(brought(session)) == expected
        assert brought(session)["open work"] == []
        assert journal.verify_lines(journal.export_lines(session)) == []
    print(f"\n{done} kills, missed 0, duplicates 0")


def stage_world(session, stage):
    """Return the small world of a database that was laid anew."""
    return worlds.find(session, stage.names)


def test_two_clocks_three_hours_apart(session, world, stage, lived):
    """Two that sweep, the one behind: each day comes once, whichever is first."""
    stage.close()
    stage.lay(inhabited=True)
    begun(session, stage_world(session, stage))
    day = at("2026-11-24").today
    while str(day) < END:
        after = day.fromordinal(day.toordinal() + 1)
        for one in (after, day, after):  # past midnight here, not there
            due.sweep(session, at(str(one)))
        day = after
    assert alike(brought(session)) == alike(lived)


def test_months_off_say_what_those_months_would_have_said(session, world, stage):
    begun(session, world)
    due.catch_up(session, at(LONG))
    off = brought(session)
    stage.close()
    stage.lay(inhabited=True)
    begun(session, stage_world(session, stage))
    day = at("2026-11-24").today
    while str(day) < LONG:
        day = day.fromordinal(day.toordinal() + 1)
        due.sweep(session, at(str(day)))
    assert alike(off) == alike(brought(session)) and off["open work"] == []


# Upgrades -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
def test_two_upgrades_at_once(tmp_path, kind):
    url = f"sqlite:///{tmp_path / 'o.db'}" if kind == "sqlite" else postgres.create_database()
    place = object.__new__(Served)
    place.folder, place.url, place.settings, place.port = tmp_path, url, {}, 8000
    place.now = at("2026-11-24").now
    both = [
        subprocess.Popen(
            place.command("upgrade"),
            env=place.env,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
        )
        for _ in range(2)
    ]
    for one in both:
        said = one.communicate(timeout=200)[0].decode()
        assert one.returncode == 0 and "数据库已是最新" in said, said
