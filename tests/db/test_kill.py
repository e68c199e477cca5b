"""kill -9 under load: whatever was acknowledged is there, and nothing is half done.

The child makes moves through `engine.submit` and acknowledges each on a pipe. Children are forked
from a process that has imported everything and never saw a database.
"""

from __future__ import annotations

import json
import multiprocessing
import os
import random
import signal
from datetime import date

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from oversight import workflows
from oversight.base.db import engine_options, prepare
from oversight.engine import journal, transitions
from oversight.models import Activity, Case, JournalRow, Paper, RecordChain, WorkItem
from oversight.organization.actor import actor_of
from tests.support.world import at

CHILDREN = multiprocessing.get_context("forkserver")
CHILDREN.set_forkserver_preload([__name__])
DAY, NEW_DAY = "2026-11-24", "2026-12-11"
WORDS = {
    "ask": {"new_day": NEW_DAY, "reason": "冬修水利"},
    "approve": {"opinion": "同意"},
    "refuse": {"opinion": "不同意"},
    "return": {"opinion": "请写明人数"},
    "revoke": {"reason": "情况有变"},
    "ask_cancel": {"reason": "提前完工"},
    "amend": {"new_day": "2026-12-10", "reason": "提前一天"},
}
NEXT = {
    "draft": ("ask",),
    "returned": ("ask",),
    "asked": ("approve", "approve", "refuse", "return", "withdraw"),
    "approved": ("revoke", "amend", "ask_cancel"),
    "cancel_asked": ("cancel", "keep"),
    "amend_asked": ("approve", "refuse"),
}
IN_FORCE = ("approved", "cancel_asked", "amend_asked")
BY_BRANCH = {"ask", "withdraw", "amend", "ask_cancel"}


def words(case: Case, move: str) -> dict:
    """Return what a move is made with; who amends wishes for another day than the one in force."""
    found = WORDS.get(move, {})
    return (
        found | {"new_day": NEW_DAY} if case.facts.get("new_day") == found.get("new_day") else found
    )


# The child ---------------------------------------------------------------------------------------


def load(pipe, url: str, seed: int, people: dict[str, list[str]], officer: str) -> None:
    """Make moves until killed: a dot before every statement, a line after every commit."""
    out = pipe.fileno()
    bind = sa.create_engine(url, **engine_options(url))
    prepare(bind)
    sa.event.listen(bind, "before_cursor_execute", lambda *_: os.write(out, b"."))
    chance, moment = random.Random(seed), at(DAY)
    with Session(bind) as session:
        for _move in range(10_000):  # killed long before
            unit_id = chance.choice(sorted(people))
            case = session.scalar(
                sa.select(Case).where(Case.unit_id == unit_id, Case.closed_at.is_(None))
            )
            move = chance.choice(NEXT[case.state]) if case else "open"
            person = people[unit_id][0] if move in BY_BRANCH | {"open"} else officer
            who = actor_of(session, person, moment.today)
            done = (
                transitions.submit(
                    session, case.id, move, who, words(case, move), version=case.version, at=moment
                )
                if case
                else transitions.submit_opening(
                    session, "date_change", unit_id, {"day": "2026-12-04"}, who, moment
                )
            )
            line = json.dumps(
                {"case": done.id, "seq": done.seq, "head": done.head, "number": done.number}
            )
            os.write(out, f"{line}\n".encode())


# The parent --------------------------------------------------------------------------------------


def run_and_kill(url: str, seed: int, people: dict, officer: str) -> list[dict]:
    """Start a child, kill it after so many acknowledgements and statements more;

    return the former.
    """
    chance = random.Random(f"parent {seed}")
    acks, dots = chance.randint(1, 5), chance.randint(0, 45)
    here, there = CHILDREN.Pipe(duplex=False)
    child = CHILDREN.Process(target=load, args=(there, url, seed, people, officer))
    child.start()
    there.close()
    seen, told = b"", []
    while len(told) < acks or dots > 0:
        byte = os.read(here.fileno(), 1)
        assert byte, "the child ended by itself"
        if byte == b"." and len(told) >= acks:
            dots -= 1
        elif byte == b"\n":
            told.append(json.loads(seen.lstrip(b".")))
            seen = b""
        elif byte != b".":
            seen += byte
    os.kill(child.pid, signal.SIGKILL)
    child.join()
    with open(os.dup(here.fileno()), "rb") as file:
        rest = file.read()  # what was said before the kill was said
    here.close()
    told += [
        json.loads(line.lstrip(b"."))
        for line in (seen + rest).split(b"\n")[:-1]
        if line.lstrip(b".")
    ]
    return told


def assert_whole(session) -> None:
    """Nothing half done: state, journal, party day, papers and desks tell one story."""
    session.rollback()
    session.expire_all()
    assert journal.verify_lines(journal.export_lines(session)) == []
    cases = session.scalars(sa.select(Case)).all()
    papers, desks = {}, {}
    for paper in session.scalars(sa.select(Paper).order_by(Paper.seq)):
        papers.setdefault(paper.case_id, []).append(paper)
    for desk in session.scalars(
        sa.select(WorkItem).where(WorkItem.closed_at.is_(None), WorkItem.kind == "act")
    ):
        desks.setdefault(desk.case_id, []).append(desk)
    rows = {}
    for row in session.scalars(sa.select(JournalRow).order_by(JournalRow.case_id, JournalRow.seq)):
        rows.setdefault(row.case_id, []).append(row)
    records = set(session.scalars(sa.select(RecordChain.id)))
    assert set(rows) == {case.id for case in cases} | records
    seqs = session.scalars(sa.select(Paper.seq).order_by(Paper.seq)).all()
    assert seqs == list(range(1, len(seqs) + 1)), "a gap or a double"
    for case in cases:
        told = rows[case.id]
        assert (case.seq, case.head, case.version) == (len(told), told[-1].hash, len(told))
        assert case.state == told[-1].to_state
        state = workflows.current("date_change").state(case.state)
        assert case.open == (not workflows.current("date_change").final(state))
        human = bool(case.open and state.waits_on.human)
        assert len(desks.get(case.id, [])) == int(human)
        numbered = [row.result["paper"] for row in told if "paper" in row.result]
        assert [paper.number for paper in papers.get(case.id, [])] == numbered
        living = [paper for paper in papers.get(case.id, []) if paper.void_at is None]
        stands = int(case.state in (*IN_FORCE, "refused", "revoked", "cancelled"))
        denied = sum(row.move in ("refuse", "keep") and row.to_state == "approved" for row in told)
        assert stands <= len(living) <= stands + denied, (
            "a wish to amend or cancel that was refused"
        )
    moved = set(session.scalars(sa.select(Activity.moved_by).where(Activity.moved_by.is_not(None))))
    assert moved == {case.id for case in cases if case.state in IN_FORCE}
    for row in session.scalars(sa.select(Activity)):
        wanted = session.get(Case, row.moved_by).facts["new_day"] if row.moved_by else "2026-12-04"
        assert row.day == date.fromisoformat(wanted)


def assert_told(session, told: list[dict]) -> None:
    """Whatever was acknowledged is in the journal, to the letter."""
    for entry in told:
        found = session.scalar(
            sa.select(JournalRow.hash).where(
                JournalRow.case_id == entry["case"], JournalRow.seq == entry["seq"]
            )
        )
        assert found == entry["head"], f"lost: {entry}"


@pytest.mark.slow
def test_killed_under_load(session, world, database_url):
    """50 kills, each at a random moment, the next child going on from there."""
    kills = 50
    people = {
        str(world.units[name].id): [world.people[f"{name}.secretary"].id]
        for name in ("village", "community", "organ")
    }
    officer = world.people["town1.officer"].id
    session.commit()
    acknowledged = 0
    for seed in range(kills):
        told = run_and_kill(database_url, seed, people, officer)
        assert told
        acknowledged += len(told)
        assert_told(session, told)
        assert_whole(session)
        session.commit()
    print(f"\n{kills} kills, {acknowledged} acknowledged moves, none lost, none half done")
