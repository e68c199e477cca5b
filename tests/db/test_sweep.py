"""What time brings: reminders, escalation, lapse, taking effect, vacancies; each once, whatever
runs when.
"""

from __future__ import annotations

from datetime import date

import pytest
import sqlalchemy as sa

from oversight.base.db import db
from oversight.calendar.workdays import CalendarDay
from oversight.engine import inbox, journal, transitions
from oversight.models import (
    Activity,
    Case,
    JournalRow,
    Notice,
    OutboxMessage,
    Post,
    Reminder,
    WorkItem,
)
from oversight.register import rest_days
from oversight.time import faults, sweep
from tests.support.copies import copy_case
from tests.support.statements import told
from tests.support.world import at


def ask(session, world, day="2026-12-04", new="2026-12-11", on="2026-11-24", unit="village"):
    who = world.actor(f"{unit}.secretary", at(on).today)
    return transitions.submit_opening(
        session,
        "date_change",
        world.units[unit].id,
        {"day": day},
        who,
        at(on),
        then=("ask", {"new_day": new, "reason": "冬修水利"}),
    )


def run(session, *days):
    return [sweep.sweep(session, at(day)) for day in days]


def state(session, case):
    return session.get(Case, case.id, populate_existing=True).state


def test_superior_has_three_working_days(session, world):
    assert ask(session, world).due_on == date(2026, 11, 27)


def test_the_answer_is_always_due_before_the_original_day(session, world):
    case = ask(session, world, on="2026-12-02")
    assert case.due_on == date(2026, 12, 3)


def test_an_earlier_new_day_caps_the_clock(session, world):
    case = ask(session, world, new="2026-12-02", on="2026-11-30")
    assert case.due_on == date(2026, 12, 1)


def test_every_rung_goes_out_once(session, world):
    case = ask(session, world)
    run(session, "2026-11-24", "2026-11-26", "2026-11-26", "2026-11-27", "2026-11-27", "2026-11-30")
    reminders = session.scalars(sa.select(Reminder.rung).where(Reminder.case_id == case.id)).all()
    assert sorted(reminders) == [-1, 0, 1]
    reached = session.scalars(
        sa.select(Notice.person_id).where(
            Notice.case_id == case.id, Notice.person_id == world.people["town1.officer"].id
        )
    ).all()
    assert len(reached) == 1, "a call that was not read is renewed"


def test_a_late_superior_is_shown_to_the_zone_which_may_take_over(session, world):
    case = ask(session, world)
    zone = world.actor("zone.officer", date(2026, 11, 30))
    assert case.id not in [
        row.id for row in inbox.cases(session, zone, "copied", date(2026, 11, 30)).items
    ]
    run(session, "2026-11-30")
    assert case.id in [
        row.id for row in inbox.cases(session, zone, "copied", date(2026, 11, 30)).items
    ]
    transitions.submit(
        session,
        case.id,
        "take_over",
        zone,
        {"reason": "镇里未按期答复"},
        version=case.version,
        at=at("2026-11-30"),
    )
    assert case.id in [
        row.id for row in inbox.cases(session, zone, "mine", date(2026, 11, 30)).items
    ]
    case = transitions.submit(
        session,
        case.id,
        "approve",
        zone,
        {"opinion": "同意"},
        version=case.version,
        at=at("2026-11-30"),
    )
    assert case.state == "approved" and case.number.startswith("云党工党日〔2026〕")


def test_silence_is_never_consent(session, world):
    case = ask(session, world)
    run(session, "2026-12-03")
    assert state(session, case) == "asked"
    run(session, "2026-12-04")
    assert state(session, case) == "lapsed"
    activity = session.get(Activity, case.business_key)
    assert (activity.day, activity.moved_by) == (date(2026, 12, 4), None)


def told_of(session, case) -> tuple:
    """Return what a case and its last journal row say, without ids, times and hashes."""
    found = session.get(Case, case.id, populate_existing=True)
    row = journal.last(session, case.id)
    days = (found.due_on, found.wake_on, found.remind_on, found.running_since)
    return (
        (found.state, found.version, found.seq, found.head == row.hash, days),
        (row.kind, row.move, row.from_state, row.to_state, row.actor, row.role, row.words),
        (row.unit_id, row.result["unanswered"]["by"], found.closed_at, found.entered_at),
    )


def test_what_ends_together_is_written_as_what_ends_alone(session, world):
    alone, *together = (
        ask(session, world, unit=unit) for unit in ("village", "community", "organ")
    )
    transitions.tick(session, alone.id, at("2026-12-04"))
    session.commit()
    run(session, "2026-12-04")
    for case in together:
        assert told_of(session, case) == told_of(session, alone)
    assert journal.verify_lines(journal.export_lines(session)) == []


def test_the_original_day_coming_makes_the_change_final(session, world):
    case = ask(session, world)
    officer = world.actor("town1.officer", date(2026, 11, 25))
    transitions.submit(
        session,
        case.id,
        "approve",
        officer,
        {"opinion": "同意"},
        version=case.version,
        at=at("2026-11-25"),
    )
    run(session, "2026-12-03")
    assert state(session, case) == "approved"
    run(session, "2026-12-04")
    assert state(session, case) == "in_force"
    assert session.get(Activity, case.business_key).day == date(2026, 12, 11)


def test_sweep_twice_changes_nothing_more(session, world):
    ask(session, world)
    run(session, "2026-11-30")
    before = session.scalar(sa.select(sa.func.count()).select_from(JournalRow))
    again = run(session, "2026-11-30")[0]
    assert {name: count for name, count in again.items() if count} == {}
    assert session.scalar(sa.select(sa.func.count()).select_from(JournalRow)) == before


def test_a_clock_set_back_fires_nothing_again(session, world):
    case = ask(session, world)
    run(session, "2026-11-30", "2026-11-26", "2026-11-30")
    reminders = session.scalars(sa.select(Reminder.rung).where(Reminder.case_id == case.id)).all()
    assert sorted(reminders) == [-1]


def test_a_vacancy_moves_the_case_to_the_next_in_line(session, world):
    case = ask(session, world)
    for post in session.scalars(
        sa.select(Post).where(
            Post.unit_id == world.units["town1"].id, Post.office.in_(("officer", "secretary"))
        )
    ):
        post.to_on = date(2026, 11, 24)
    session.commit()
    deputy = world.actor("town1.deputy", date(2026, 11, 25))
    assert inbox.cases(session, deputy, "mine", date(2026, 11, 25)).items == []
    run(session, "2026-11-25")
    assert [row.id for row in inbox.cases(session, deputy, "mine", date(2026, 11, 25)).items] == [
        case.id
    ]


def test_one_broken_case_does_not_stop_the_others(session, world):
    broken, sound = ask(session, world), ask(session, world, unit="community")
    session.execute(sa.update(Case).where(Case.id == broken.id).values(definition_version=99))
    session.commit()
    run(session, "2026-12-04")
    assert state(session, sound) == "lapsed"


@pytest.fixture
def broken_and_sound(session, world):
    """Return two requests that lapse on the same day; the facts of one can't be read."""
    broken, sound = ask(session, world), ask(session, world, unit="community")
    session.execute(sa.update(Case).where(Case.id == broken.id).values(facts={"reason": "x"}))
    session.commit()
    return broken, sound


def test_a_case_whose_facts_cant_be_read_does_not_stop_the_others(
    session, broken_and_sound, caplog
):
    broken, sound = broken_and_sound
    [done] = run(session, "2026-12-05")
    assert (state(session, broken), state(session, sound)) == ("asked", "lapsed")
    assert done["broken"] == 1 and done["moved"] == 1
    assert broken.id in caplog.text and "TypeError" in caplog.text


def test_a_broken_case_is_kept_tried_each_hour_and_forgotten_once_it_is_done(
    session, world, broken_and_sound
):
    broken, _sound = broken_and_sound
    facts = {"day": "2026-12-04", "new_day": "2026-12-11", "reason": "x"}
    broke = []
    for hour in (9, 9, 10):
        broke.append(sweep.sweep(session, at("2026-12-05", hour)).get("broken", 0))
    [(fault, about)] = faults.listed(session, world.zone.id)
    assert broke == [1, 0, 1] and about == "变更活动时间请示（石桥村党支部）"
    assert (fault.times, fault.subject) == (2, broken.id)
    session.execute(sa.update(Case).where(Case.id == broken.id).values(facts=facts))
    session.commit()
    sweep.sweep(session, at("2026-12-05", 11))
    assert state(session, broken) == "lapsed" and faults.count(session) == 0


def sent(session, day: str, hour: int = 9) -> tuple[int, int]:
    """Sweep; returns the statements it sends and the transactions that took the write lock."""
    with told(db.engine) as seen:
        done = sweep.sweep(session, at(day, hour))
    assert not any(done.values())
    return len(seen), sum(text.startswith(("INSERT", "UPDATE", "DELETE")) for text in seen)


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_a_sweep_with_nothing_due_writes_nothing_and_asks_as_much_for_many_cases(session, world):
    case = ask(session, world)
    run(session, "2026-11-24", "2026-11-24")
    copy_case(session, case, 1)
    session.commit()
    few = sent(session, "2026-11-24")
    copy_case(session, case, 300)
    session.commit()
    assert sent(session, "2026-11-24") == few and few[0] <= 20 and few[1] == 0


def test_an_idle_sweep_goes_on_while_another_writes(session, world):
    ask(session, world)
    run(session, "2026-11-24", "2026-11-24")
    with db.engine.connect() as other, other.begin():
        other.execute(sa.update(Case).values(number=None))
        assert not any(sweep.sweep(session, at("2026-11-24")).values())


def test_another_calendar_has_the_ladders_looked_at_again(session, world):
    """A make-up holiday before the last day moves it, and the rung of the day before with it."""
    case = ask(session, world)  # due on Friday 27
    run(session, "2026-11-24")
    rest = CalendarDay(date(2026, 11, 26), "rest", "调休", False, "通知")
    rest_days.load(session, world.zone.id, [rest], None, at("2026-11-25", 8))
    session.commit()
    reminded = sa.select(Reminder.rung).where(Reminder.case_id == case.id)
    run(session, "2026-11-25", "2026-11-26")
    assert case.due_on == date(2026, 11, 30) and session.scalars(reminded).all() == []
    run(session, "2026-11-27")
    assert session.scalars(reminded).all() == [1]


def test_a_request_that_was_changed_reminds_anew(session, world):
    """Who was reminded of a request that has since passed to another branch reads another one."""
    case = ask(session, world)
    run(session, "2026-11-26")
    officer = world.actor("town1.officer", date(2026, 11, 26))
    transitions.reassign_unit(session, case.id, world.units["community"], officer, at("2026-11-26"))
    session.commit()
    run(session, "2026-11-26")
    rungs = session.execute(
        sa.select(Reminder.version, Reminder.rung).where(Reminder.case_id == case.id)
    ).all()
    assert len({version for version, rung in rungs if rung == 1}) == 2


def test_work_is_written_with_the_change_and_done_once(session, world):
    case = ask(session, world)
    key = f"desk:{case.id}:{case.version}"
    assert session.scalar(sa.select(OutboxMessage.done_at).where(OutboxMessage.key == key)) is None
    run(session, "2026-11-24", "2026-11-24")
    assert (
        session.scalar(sa.select(OutboxMessage.done_at).where(OutboxMessage.key == key)) is not None
    )


def test_an_ended_case_leaves_no_open_desk(session, world):
    case = ask(session, world)
    run(session, "2026-12-04")
    assert (
        session.scalars(
            sa.select(WorkItem).where(WorkItem.case_id == case.id, WorkItem.closed_at.is_(None))
        ).all()
        == []
    )


def test_the_coming_year_is_planned_in_the_last_quarter(session, world):
    run(session, "2026-10-12")
    days = session.scalars(
        sa.select(Activity.day)
        .where(Activity.unit_id == world.units["village"].id, Activity.year == 2027)
        .order_by(Activity.month)
    ).all()
    assert len(days) == 12 and days[0] == date(2027, 1, 8)
