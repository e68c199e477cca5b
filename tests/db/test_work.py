"""Background work by both ways, looked for in the table or taken from PostgreSQL's queue: done once,
tried again, given up and shown, never lost.
"""

from __future__ import annotations

from datetime import timedelta

import pytest
import sqlalchemy as sa

from oversight.base import jobs, outages
from oversight.base.db import new_id
from oversight.base.refusals import Unavailable
from oversight.casework import prints
from oversight.commands import background
from oversight.engine import outbox
from oversight.models import AdminChange, OutboxMessage, Paper
from oversight.organization.actor import actor_of
from oversight.time import figures, sweep, work
from tests.support.actors import Play

NEVER = "0 0 1 1 *"
QUIET = background.Pace(once=True, sweep=None, rescue=NEVER)
WAYS = [("sqlite", "drain"), ("postgresql", "drain"), ("postgresql", "worker")]
both = pytest.mark.parametrize(("database_url", "way"), WAYS, indirect=["database_url"])
queue = pytest.mark.parametrize(("database_url", "way"), WAYS[2:], indirect=["database_url"])


class Desk:
    """Work of a kind of its own, what came of it, and how it is done by one way."""

    def __init__(self, app, session, world, way):
        self.app, self.session, self.way, self.zone = app, session, way, world.zone.id
        self.sysadmin = world.people["zone.sysadmin"].id
        self.seen: list[str] = []
        self.broken: set[str] = set()
        app.extensions["hands"] = (("probe", self.probe),)

    @property
    def at(self):
        return self.app.extensions["clock"].moment()

    @property
    def keeper(self):
        return actor_of(self.session, self.sysadmin, self.at.today)

    def probe(self, _session, key, _payload, _at) -> None:
        if key in self.broken:
            raise ZeroDivisionError
        self.seen.append(key)

    def plan(self, key: str, kind: str = "probe", **more) -> None:
        due = more.pop("due", self.at.now)
        outbox.enqueue(self.session, self.zone, key, kind, more, due)

    def run(self) -> None:
        """Do all that is due, by this way."""
        self.session.commit()
        if self.way == "drain":
            work.drain(self.session, self.at, background.hands())
        else:
            background.serve_queue(self.app, QUIET)
        self.session.rollback()
        self.session.expire_all()

    def row(self, key: str) -> OutboxMessage:
        return self.session.scalar(sa.select(OutboxMessage).where(OutboxMessage.key == key))

    def jobs(self, *states: str) -> int:
        """Count the jobs of the queue; on SQLite there is none."""
        text = "SELECT count(*) FROM procrastinate_jobs WHERE status::text = ANY(:states)"
        return self.session.scalar(sa.text(text), {"states": list(states)})


@pytest.fixture
def desk(app, session, world, way):
    made = Desk(app, session, world, way)
    made.run()  # what the world has left
    yield made
    app.extensions.pop("hands")


@both
def test_done_once(desk):
    desk.plan("a")
    desk.plan("a")
    desk.run()
    desk.run()
    assert desk.seen == ["a"] and desk.row("a").done_at


@both
def test_what_is_rolled_back_was_never_asked(desk):
    desk.plan("a")
    desk.session.rollback()
    with desk.session.begin_nested() as part:
        desk.plan("b")
        part.rollback()
    desk.plan("c")
    desk.run()
    assert desk.seen == ["c"]


@both
def test_what_is_due_later_waits(desk):
    desk.plan("later", due=desk.at.now + timedelta(days=3650))
    desk.run()
    assert desk.seen == [] and desk.row("later").attempts == 0


@both
def test_one_that_fails_stops_no_other_and_is_tried_again_by_hand(desk):
    desk.broken = {"b"}
    for key in "abc":
        desk.plan(key)
    desk.run()
    failed = desk.row("b")
    assert sorted(desk.seen) == ["a", "c"]
    assert (failed.attempts, failed.last_error) == (1, "ZeroDivisionError")
    assert failed.due_at == desk.at.now + timedelta(minutes=1)
    assert [row.key for row in work.listed(desk.session, desk.zone, desk.at)] == ["b"]
    desk.run()
    assert desk.row("b").attempts == 1, "not before its time"
    desk.broken = set()
    assert work.retry(desk.session, desk.keeper, desk.at) == 1
    desk.run()
    assert desk.row("b").done_at and desk.row("b").last_error is None
    noted = sa.select(AdminChange.by_id, AdminChange.what).where(AdminChange.act == "retry")
    assert desk.session.execute(noted).all() == [(desk.sysadmin, {"rows": [None, "1"]})]
    assert work.retry(desk.session, desk.keeper, desk.at) == 0
    desk.session.commit()
    assert len(desk.session.execute(noted).all()) == 1, "nothing was tried again"


@both
def test_each_failure_waits_twice_as_long_and_the_fifth_is_shown(desk, clock):
    desk.broken, waits = {"a"}, []
    desk.plan("a")
    for _try in range(outbox.MOST):
        desk.run()
        waits.append((desk.row("a").due_at - desk.at.now) / timedelta(minutes=1))
        clock.now = desk.row("a").due_at
        if desk.way == "worker":  # the database's own clock has not moved
            desk.session.execute(sa.text("UPDATE procrastinate_jobs SET scheduled_at = NULL"))
    assert waits == [1, 2, 4, 8, 16]
    desk.run()
    assert desk.row("a").attempts == outbox.MOST
    assert work.given_up(desk.session) == figures.work_failed(desk.session) == 1
    desk.broken = set()
    work.retry(desk.session, desk.keeper, desk.at, desk.row("a").id)
    desk.run()
    assert desk.seen == ["a"] and work.given_up(desk.session) == 0


@both
def test_a_kind_that_is_not_known_here_waits_for_who_knows_it(desk):
    desk.plan("x", kind="tomorrow")
    desk.run()
    assert (desk.row("x").attempts, desk.row("x").done_at) == (0, None)
    desk.app.extensions["hands"] = (("tomorrow", desk.probe),)
    desk.run()
    assert desk.seen == ["x"]


@both
def test_a_decision_is_told_and_its_paper_made(desk, world, monkeypatch):
    play = Play(desk.session, world)
    play.approved()
    made = []
    monkeypatch.setattr(prints, "_make", lambda *given: made.append(given[2]) or True)
    desk.run()
    paper = desk.session.scalar(sa.select(Paper.id))
    assert made == [desk.row(f"print:{paper}").id]
    waiting = sa.select(OutboxMessage.kind).where(OutboxMessage.done_at.is_(None))
    assert set(desk.session.scalars(waiting)) == {"print"}  # which was not really made


# The queue ----------------------------------------------------------------------------------------


@queue
def test_a_job_commits_with_its_row(desk):
    before = desk.jobs("todo")
    desk.plan("a")
    assert desk.jobs("todo") == before + 1
    desk.session.rollback()
    assert desk.jobs("todo") == before
    row = outbox.message(desk.zone, "b", "probe", {}, desk.at.now)
    desk.session.add(OutboxMessage(**row))
    desk.session.flush()
    again, fresh = {**row, "id": new_id()}, {**row, "id": new_id(), "key": "c"}
    outbox.enqueue_all(desk.session, [again, fresh])
    assert desk.jobs("todo") == before + 2, "one for each row that is new"


@queue
def test_nobody_else_looks_while_a_worker_lives(desk):
    desk.session.execute(sa.text("SELECT procrastinate_register_worker_v1()"))
    desk.plan("a")
    desk.session.commit()
    hands = background.hands()
    assert work.drain(desk.session, desk.at, hands) == 0 and desk.seen == []
    sweep.sweep(desk.session, desk.at)
    assert desk.row("a").done_at is None
    ago = sa.text(
        "UPDATE procrastinate_workers SET last_heartbeat = now() - make_interval(secs => :s)"
    )
    desk.session.execute(ago, {"s": jobs.SILENT + 1})
    desk.session.commit()
    assert work.drain(desk.session, desk.at, hands) >= 1 and desk.seen == ["a"]


@queue
def test_a_job_whose_row_was_done_without_it_ends_at_once(desk):
    desk.plan("a")
    desk.session.commit()
    work.drain(desk.session, desk.at, background.hands())
    background.serve_queue(desk.app, QUIET)
    assert desk.seen == ["a"] and desk.jobs("todo", "doing", "failed") == 0


@queue
def test_rows_that_came_without_their_jobs_get_them(desk):
    """As after a restore, or a worker that ended them as unknown."""
    desk.plan("a")
    desk.session.execute(sa.text("UPDATE procrastinate_jobs SET status = 'failed'"))
    desk.session.commit()
    kinds = background.hands().kinds
    assert outbox.rescue(desk.session, desk.at.now, kinds) == 1
    desk.session.commit()
    assert outbox.rescue(desk.session, desk.at.now, kinds) == 0
    background.serve_queue(desk.app, QUIET)
    assert desk.seen == ["a"]


@queue
def test_whoever_looks_for_rows_without_jobs_reads_the_queue_once(desk):
    """Read anew for each row, 15,000 that waited took minutes, and every 20 seconds another began."""
    given = {"due": desk.at.now, "kinds": ["a"], "most": 5, "endless": ["b"], "limit": 9}
    lines = desk.session.scalars(sa.text(f"EXPLAIN {outbox._JOBLESS.text}"), given)
    plan = "\n".join(lines)
    assert "hashed SubPlan" in plan and "Nested Loop" not in plan, plan


@queue
def test_building_the_queue_again_changes_nothing(desk):
    jobs.build(desk.session.connection())
    desk.plan("a")
    desk.session.commit()
    jobs.build(desk.session.connection())
    assert desk.jobs("todo") == 1


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
def test_a_queue_that_goes_away_is_an_outage(session, world, stage):
    job, held = jobs.Job("notify", new_id(), world.zone.created_at), session.connection()
    me = held.scalar(sa.text("SELECT pg_backend_pid()"))
    other = sa.create_engine(stage.url)
    with other.begin() as link:
        link.execute(sa.text("SELECT pg_terminate_backend(:me)"), {"me": me})
    other.dispose()
    with pytest.raises(sa.exc.OperationalError) as raised:
        jobs.defer(held, [job])
    assert isinstance(outages.as_refusal(raised.value), Unavailable)
    held.invalidate()
    session.rollback()
