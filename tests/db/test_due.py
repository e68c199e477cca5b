"""A clock that leaps: nothing lapses until somebody says so, then each day is made up for once."""

from __future__ import annotations

from datetime import timedelta

import pytest
import sqlalchemy as sa

from oversight.commands import audit, keeping, setup
from oversight.engine import outbox
from oversight.models import (
    Account,
    Case,
    Checkpoint,
    Draft,
    InstallationFact,
    JournalRow,
    Notice,
    OutboxMessage,
    Refusal,
    Reminder,
)
from oversight.register import drafts, sign_ins, zone_settings
from oversight.register.roster import apply
from oversight.time import due, faults, figures, growth, sweep
from tests.db.test_sweep import ask, state
from tests.support.world import at


@pytest.fixture
def asked(session, world):
    case = ask(session, world)  # to be answered by the 27th, void when the 4th of December comes
    due.sweep(session, at("2026-11-24"))
    return case


def test_a_leap_of_more_than_three_days_waits(session, asked):
    due.sweep(session, at("2026-11-27"))
    with pytest.raises(due.Leapt, match="45 天"):
        due.sweep(session, at("2027-01-11"))
    assert state(session, asked) == "asked"
    assert due.leapt(session, at("2027-01-11")) == 45
    assert due.last(session).value == "2026-11-27", "a wrong clock leaves no trace"
    due.sweep(session, at("2026-11-28"))
    assert state(session, asked) == "asked"


def test_each_missed_day_is_lived_once(session, asked):
    due.catch_up(session, at("2027-02-24"))
    assert state(session, asked) == "lapsed"
    rungs = sa.select(Reminder.rung).where(Reminder.case_id == asked.id).order_by(Reminder.rung)
    assert session.scalars(rungs).all() == [-1, 0, 1], "the warnings too, in their order"
    row = session.scalar(sa.select(JournalRow).where(JournalRow.move == "lapse"))
    assert row.at == at("2027-02-24").now, "the journal tells when it was really done"
    assert row.result["due"] == "2026-12-04", "and when it was due"
    before = [
        session.scalar(sa.select(sa.func.count()).select_from(one)) for one in (Notice, JournalRow)
    ]
    due.catch_up(session, at("2027-02-24"))
    due.sweep(session, at("2027-02-24"))
    assert before == [
        session.scalar(sa.select(sa.func.count()).select_from(one)) for one in (Notice, JournalRow)
    ]


def test_missed_days_get_no_seals_of_their_own(session, asked):
    due.catch_up(session, at("2027-01-11"))
    days = session.scalars(sa.select(Checkpoint.day).order_by(Checkpoint.number)).all()
    assert [str(day) for day in days] == ["2026-11-24", "2027-01-11"]


def test_a_catch_up_that_is_killed_goes_on_where_it_was(session, asked, monkeypatch):
    days, real = [], sweep.sweep

    def killed(given, moment, *more, **named):
        if len(days) == 5:
            raise KeyboardInterrupt
        days.append(moment.today)
        return real(given, moment, *more, **named)

    monkeypatch.setattr(due.steps, "sweep", killed)
    with pytest.raises(KeyboardInterrupt):
        due.catch_up(session, at("2026-12-20"))
    monkeypatch.setattr(
        due.steps, "sweep", lambda s, m, *a, **n: days.append(m.today) or real(s, m, *a, **n)
    )
    due.catch_up(session, at("2026-12-20"))
    assert [str(day) for day in days] == [f"2026-11-{n}" for n in range(25, 31)] + [
        f"2026-12-{n:02}" for n in range(1, 21)
    ]


def test_a_clock_that_goes_back_brings_nothing_twice(session, asked):
    due.sweep(session, at("2026-11-26"))
    count = sa.select(sa.func.count()).select_from(Notice)
    said = session.scalar(count)
    due.sweep(session, at("2026-11-24"))
    due.sweep(session, at("2026-11-26"))
    assert session.scalar(count) == said
    assert due.last(session).value == "2026-11-26"


def test_a_quiet_minute_writes_nothing(session, asked):
    moment = at("2026-11-24")
    known = session.get(InstallationFact, "swept").at
    due.sweep(session, type(moment)(moment.now + timedelta(minutes=5), moment.today))
    assert session.get(InstallationFact, "swept", populate_existing=True).at == known
    due.sweep(session, type(moment)(moment.now + timedelta(minutes=11), moment.today))
    assert session.get(InstallationFact, "swept", populate_existing=True).at > known


def test_what_failed_is_tried_again_by_hand(session, world, asked, monkeypatch):
    def broken(*_):
        raise ValueError("bad fact")

    with monkeypatch.context() as patch:
        patch.setattr(sweep.transitions, "tick_all", broken)
        patch.setattr(sweep.transitions, "tick", broken)
        sweep.sweep(session, at("2026-12-04"))
    assert faults.count(session) == 1
    sweep.sweep(session, at("2026-12-04"))
    assert state(session, asked) == "asked", "it rests for an hour"
    assert faults.retry(session, world.zone.id, at("2026-12-04")) == 1
    session.commit()
    sweep.sweep(session, at("2026-12-04"))
    assert state(session, asked) == "lapsed" and faults.count(session) == 0


def test_a_handler_that_fails_stops_no_other_and_is_tried_again_by_hand(
    session, world, asked, monkeypatch
):
    monkeypatch.setitem(sweep.HANDLERS, "notify", lambda *_: 1 / 0)
    monkeypatch.setitem(sweep.LISTS, "notify", lambda *_: 1 / 0)
    for _try in range(6):
        sweep.sweep(session, at("2026-11-26"))
    failed = figures.work_failed(session)
    assert failed > 0
    monkeypatch.undo()
    assert sweep.sweep(session, at("2026-11-26"))["delivered"] == 0, "five times are enough"
    assert faults.retry(session, world.zone.id, at("2026-11-26")) == failed
    session.commit()
    assert sweep.sweep(session, at("2026-11-26"))["delivered"] == failed


def test_what_was_read_long_ago_goes_and_nothing_else(session, world, asked, tmp_path):
    due.sweep(session, at("2026-11-26"))
    notices = session.scalars(sa.select(Notice)).all()
    assert len(notices) >= 2
    notices[0].read_at = at("2026-11-26").now
    kept = {one.id for one in notices[1:]}
    session.commit()
    growth.daily(session, tmp_path, at("2029-11-20"))
    assert {one.id for one in session.scalars(sa.select(Notice))} == kept | {notices[0].id}
    said = session.scalar(sa.select(sa.func.count()).select_from(OutboxMessage))
    assert growth.daily(session, tmp_path, at("2029-12-20")) == 1 + said
    assert {one for one in session.scalars(sa.select(Notice.id))} == kept
    assert session.scalar(sa.select(sa.func.count()).select_from(Case)) == 1


def test_work_that_is_done_goes_and_is_not_done_again(session, world, asked, tmp_path, monkeypatch):
    """What nothing but its key says stays for longer than anybody looks back; so does what is not done."""
    monkeypatch.setattr(growth, "FEW", 1)
    monkeypatch.setattr(growth, "MANY", 2)
    now, zone = at("2026-11-24").now, world.zone.id
    for key, kind in (("report_back:1", "tell"), ("lost", "notify"), ("digest:1", "mail")):
        outbox.enqueue(session, zone, key, kind, {}, now)
    done = sa.update(OutboxMessage).where(OutboxMessage.key != "lost")
    session.execute(done.values(done_at=now))
    session.commit()

    def there():
        return set(session.scalars(sa.select(OutboxMessage.key)))

    before = there()
    said = set(session.scalars(sa.select(OutboxMessage.key).where(OutboxMessage.kind == "tell")))
    assert len(before - said) > growth.FEW
    growth.prune(session, at("2027-05-20"))
    assert there() == before, "half a year is not over"
    assert growth.prune(session, at("2027-05-28")) == len(before - said) - 1
    growth.prune(session, at("2029-11-20"))
    assert there() == {"lost"} | said, "the key says that it was said"
    growth.prune(session, at("2029-11-28"))
    assert there() == {"lost"}


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
def test_jobs_that_no_worker_takes_go_and_their_rows_stay(session, world, tmp_path):
    """`serve` does the rows beside its pages: the queue grew by a job and two events for each."""
    outbox.enqueue(session, world.zone.id, "one", "notify", {}, at("2026-11-24").now)
    session.commit()
    count = sa.text("SELECT count(*) FROM procrastinate_jobs")
    assert session.scalar(count) == 1
    session.execute(sa.text("INSERT INTO procrastinate_workers DEFAULT VALUES"))
    session.commit()
    growth.daily(session, tmp_path, at("2026-11-26"))
    assert session.scalar(count) == 1, "a worker is there that will take it"
    session.execute(sa.text("DELETE FROM procrastinate_workers"))
    session.commit()
    growth.daily(session, tmp_path, at("2026-11-27"))
    assert session.scalar(count) == 0
    assert outbox.rescue(session, at("2026-11-27").now, ["notify"]) == 1, "the row is the truth"


def test_reminders_go_once_their_case_is_long_closed(session, world, asked, tmp_path):
    due.sweep(session, at("2026-11-26"))

    def there():
        return session.scalar(sa.select(sa.func.count()).select_from(Reminder))

    before = there()
    growth.prune(session, at("2036-11-26"))
    assert there() == before > 0, "the case is open"
    session.execute(sa.update(Case).values(closed_at=at("2026-11-27").now))
    session.commit()
    growth.prune(session, at("2029-11-20"))
    assert there() == before
    growth.prune(session, at("2029-11-28"))
    assert there() == 0


def test_what_fails_beside_it_stops_neither_the_sweep_nor_the_rest(
    session, world, asked, clock, monkeypatch
):
    """A folder of backups that may not be entered, a file that cannot be removed."""

    def fails(*_):
        raise PermissionError(13, "Permission denied")

    for module, name in ((keeping, "begin_daily"), (keeping, "begin_sums"), (apply, "forget_old")):
        monkeypatch.setattr(module, name, fails)
    monkeypatch.setattr(sign_ins, "forget_old", fails)
    clock.now = at("2026-11-25").now.replace(minute=setup.FORGETS)
    setup.beat(clock.moment())
    session.expire_all()
    assert due.last(session).value == "2026-11-25"
    assert session.get(InstallationFact, growth.NAME).value == "2026-11-25"


def test_a_clock_that_leapt_prunes_nothing(session, world, asked, clock, monkeypatch):
    """What goes by the clock is as little to be had back as what comes by it."""
    for name in ("begin_daily", "begin_sums"):
        monkeypatch.setattr(keeping, name, lambda _at: None)
    due.sweep(session, at("2026-11-24"))
    read = sa.update(Notice).values(read_at=at("2026-11-24").now)
    session.execute(read)
    session.commit()
    there = session.scalar(sa.select(sa.func.count()).select_from(Notice))
    clock.now = at("2036-11-24").now.replace(minute=setup.FORGETS)
    setup.beat(clock.moment())
    assert session.scalar(sa.select(sa.func.count()).select_from(Notice)) == there > 0
    assert session.get(InstallationFact, growth.NAME) is None


def test_a_zone_says_how_long_refusals_and_drafts_are_kept(
    session, world, asked, tmp_path, monkeypatch
):
    session.add(
        Refusal(
            zone_id=world.zone.id,
            at=at("2026-11-24").now,
            move="x",
            workflow="",
            status=403,
            sentence="不",
        )
    )
    account = Account(
        zone_id=world.zone.id,
        person_id=world.people["village.secretary"].id,
        username="v",
        password_hash="x",
        created_at=at("2026-11-24").now,
    )
    session.add(account)
    session.flush()
    session.add(
        Draft(
            account_id=account.id,
            address="/x",
            zone_id=world.zone.id,
            words=b"",
            saved_at=at("2026-11-24").now,
        )
    )
    session.commit()
    for name, value in (("keep_refusals", "365"), ("keep_drafts", "90")):
        zone_settings.change(session, world.zone.id, name, value, None, at("2026-11-24"))
    session.commit()
    due.sweep(session, at("2026-11-25"))

    def there():
        return [
            session.scalar(sa.select(sa.func.count()).select_from(one)) for one in (Refusal, Draft)
        ]

    drafts.forget_old(session, at("2027-02-20"))
    growth.daily(session, tmp_path, at("2027-11-20"))
    assert there() == [1, 1], "after the usual thirty days"
    drafts.forget_old(session, at("2027-02-24"))
    with monkeypatch.context() as patched:
        patched.setattr(growth.records, "owned", lambda _link: False)
        growth.daily(session, tmp_path, at("2027-11-27"))
    assert there() == [1, 0], "of tables that are another's only he may prune"
    growth.daily(session, tmp_path, at("2027-11-28"))
    assert there() == [0, 0]
    assert audit.verify(session) == []
