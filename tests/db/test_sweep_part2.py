"""What the clock notices beside deadlines: streaks, months about to be missed, orders to tell of,
lessons that follow.

Each is said once: run twice, by two processes at the same time, and with the clock set back.
"""

from __future__ import annotations

import os
import subprocess
import sys
from datetime import date

import pytest
import sqlalchemy as sa

from oversight.calendar.party_days import activity_for
from oversight.engine import journal, transitions
from oversight.ledger import attendance, own_days
from oversight.models import (
    Activity,
    ActivityChange,
    Case,
    JournalRow,
    Notice,
    OutboxMessage,
    Post,
    WorkItem,
)
from oversight.register import reorganize
from oversight.time import marks, sweep, watch
from tests.db.test_attendance import sheet
from tests.db.test_rectification_walk import do, rechecking
from tests.support.world import at

CALL = {"reached": True, "told": True, "way": "phone", "reason": "其他"}
FOUND = {"heard": "本人称忘记了", "note": "支委会研究认定"}
BRANCH = {"village.secretary", "village.organizer"}


def run(session, *days):
    return [sweep.sweep(session, at(day)) for day in days]


def told(session, world, text: str) -> list[str]:
    """Return the short names of those who have a line with this text in their bell."""
    names = {person.id: name for name, person in world.people.items()}
    return sorted(
        names[row]
        for row in session.scalars(sa.select(Notice.person_id).where(Notice.text.contains(text)))
    )


# Streaks -----------------------------------------------------------------------------------------


def month(session, world, number: int, kind: str, who="member1", found=False) -> Case | None:
    """Record a month in which one member was so, and let people find it 无故."""
    row = activity_for(session, world.units["village"], 2026, number)
    moment = at(f"2026-{number:02d}-20")
    raw = sheet(world) if kind == "present" else sheet(world, **{kind: (who,)})
    leader = world.actor("village.organizer", moment.today)
    opened = attendance.record(session, row.id, attendance.read_sheet(raw), leader, moment).opened
    if found:
        transitions.perform(
            session, opened[0], "record_contact", leader, CALL, version=None, at=moment
        )
        by = [world.people[f"village.{name}"].id for name in ("secretary", "organizer", "member3")]
        words = {**FOUND, "by": [one for one in by if one != world.people[f"village.{who}"].id]}
        transitions.perform(
            session, opened[0], "find_unexcused", leader, words, version=None, at=moment
        )
    session.commit()
    return session.get(Case, opened[0]) if opened else None


def unexcused(session, world, *months: int, who="member1"):
    return [month(session, world, number, "absent", who, True) for number in months]


def test_three_in_a_row_are_told_to_the_branch_and_five_also_above_it(session, world):
    unexcused(session, world, 1, 2)
    run(session, "2026-02-27")
    assert told(session, world, "连续") == []
    unexcused(session, world, 3)
    run(session, "2026-03-27", "2026-03-30")
    assert set(told(session, world, "连续 3 次")) == BRANCH
    unexcused(session, world, 4, 5)
    run(session, "2026-05-28", "2026-05-29")
    assert set(told(session, world, "连续 5 次")) == BRANCH | {"town1.officer", "town1.secretary"}
    assert len(told(session, world, "连续 3 次")) == 2, "said once"


def test_notices_name_nobody(session, world):
    unexcused(session, world, 1, 2, 3)
    run(session, "2026-03-27")
    texts = session.scalars(sa.select(Notice.text)).all()
    assert not [text for text in texts if "member1" in text] and texts


@pytest.mark.parametrize(
    "between, streak", [("present", False), ("other", False), ("leave", True), ("absent", True)]
)
def test_only_unexcused_counts_and_only_taking_part_ends_it(session, world, between, streak):
    world.people["village.member1"].elderly = True  # else there is no other form for him
    unexcused(session, world, 1, 2)
    month(session, world, 3, between)
    unexcused(session, world, 4)
    run(session, "2026-04-28")
    assert bool(told(session, world, "连续 3 次")) is streak


def test_a_lesson_made_up_does_not_end_a_streak(session, world):
    [case] = unexcused(session, world, 1)
    leader = world.actor("village.organizer", at("2026-01-22").today)
    for move, words in (
        ("educate", {"measure": "谈话提醒"}),
        ("record_lesson", {"form": "visit", "held_on": "2026-01-22"}),
    ):
        transitions.perform(
            session, case.id, move, leader, words, version=None, at=at("2026-01-22")
        )
    session.commit()
    run(session, "2026-01-30")  # his time to object is over
    assert session.get(Case, case.id).state == "made_up"
    unexcused(session, world, 2, 3)
    run(session, "2026-03-27")
    assert set(told(session, world, "连续 3 次")) == BRANCH


def test_a_finding_that_was_overturned_does_not_count(session, world):
    _first, case, _third = unexcused(session, world, 1, 2, 3)
    moment = at("2026-03-23")
    transitions.perform(
        session,
        case.id,
        "object",
        world.actor("village.member1", moment.today),
        {"reason": "已请假"},
        version=None,
        at=moment,
    )
    transitions.perform(
        session,
        case.id,
        "overturn_finding",
        world.actor("town1.officer", moment.today),
        {},
        version=None,
        at=moment,
    )
    session.commit()
    run(session, "2026-03-27")
    assert told(session, world, "连续") == []


def test_two_members_are_two_streaks(session, world):
    unexcused(session, world, 1, 2)
    unexcused(session, world, 3, 4, who="member2")
    run(session, "2026-04-28")
    assert told(session, world, "连续") == []


def test_who_is_concerned_is_not_told_of_himself(session, world):
    unexcused(session, world, 1, 2, 3, who="secretary")
    run(session, "2026-03-27")
    assert told(session, world, "连续 3 次") == ["village.organizer"]


def test_a_streak_told_late_or_by_a_clock_set_back_is_told_once(session, world):
    unexcused(session, world, 1, 2, 3, 4, 5)
    run(session, "2026-05-28", "2026-03-27", "2026-05-28", "2026-12-01")
    assert (
        len(told(session, world, "连续 3 次")) == 2 and len(told(session, world, "连续 5 次")) == 4
    )


def test_who_has_died_is_told_of_no_more(session, world):
    unexcused(session, world, 1, 2, 3)
    world.people["village.member1"].left_on = date(2026, 3, 25)
    session.commit()
    run(session, "2026-03-27")
    assert told(session, world, "连续") == []


# Months about to be missed -----------------------------------------------------------------------


def test_a_branch_that_chooses_its_day_is_warned_five_working_days_before_the_month_ends(
    session, world
):
    run(session, "2026-11-20", "2026-11-22")
    assert told(session, world, "还没有开展") == []
    run(session, "2026-11-23", "2026-11-24", "2026-11-20", "2026-11-30")
    assert set(told(session, world, "11 月主题党日还没有开展")) == {
        f"{branch}.{office}"
        for branch in ("firm", "soe", "school")
        for office in ("secretary", "organizer")
    }


def test_not_when_it_was_held_is_set_for_a_day_ahead_or_is_excused(session, world):
    firm = activity_for(session, world.units["firm"], 2026, 11)
    raw = sheet(world, "firm", held_on="2026-11-10")
    attendance.record(
        session,
        firm.id,
        attendance.read_sheet(raw),
        world.actor("firm.secretary", date(2026, 11, 11)),
        at("2026-11-11"),
    )
    own_days.set_own_day(
        session,
        world.units["soe"],
        2026,
        11,
        date(2026, 11, 25),
        world.actor("soe.secretary", date(2026, 11, 11)),
        at("2026-11-12"),
    )
    session.commit()
    run(session, "2026-11-23")
    assert set(told(session, world, "还没有开展")) == {"school.secretary", "school.organizer"}
    run(session, "2026-11-26")
    assert "soe.secretary" in told(session, world, "还没有开展"), "the day that was set has passed"


def test_july_is_not_theirs_to_choose(session, world):
    run(session, "2026-07-28")
    assert told(session, world, "还没有开展") == []


def test_a_branch_without_leaders_is_its_superior_s_to_mind(session, world):
    session.execute(
        sa.update(Post).where(Post.unit_id == world.units["firm"].id).values(to_on=date(2026, 1, 1))
    )
    for name in ("deputy", "publicity"):
        world.person(f"firm.{name}", "firm")
    session.commit()
    run(session, "2026-11-23")
    assert {"town1.officer", "town1.secretary"} <= set(told(session, world, "还没有开展"))


# Orders met --------------------------------------------------------------------------------------


def closed(session, world) -> Case:
    sweep.sweep(session, at("2026-10-09"))
    case = rechecking(session, world)
    words = {"verdicts": ["explained", "accepted"], "opinion": "同意"}
    return do(session, world, case, "accept", words, on="2026-12-03")


def test_after_an_order_is_met_the_members_are_told_on_the_next_party_day(session, world):
    case = closed(session, world)
    run(session, "2026-12-03")
    assert told(session, world, "通报整改情况") == [], "it does not hold up the closing"
    run(session, "2026-12-04", "2026-12-04", "2026-12-03", "2026-12-07")
    assert set(told(session, world, "请在本次主题党日通报整改情况")) == BRANCH
    assert set(
        session.scalars(sa.select(Notice.case_id).where(Notice.text.contains("通报整改")))
    ) == {case.id}


def test_a_party_day_that_is_moved_takes_it_along(session, world):
    closed(session, world)
    row = activity_for(session, world.units["village"], 2026, 12)
    row.day = date(2026, 12, 11)
    session.commit()
    run(session, "2026-12-04")
    assert told(session, world, "通报整改情况") == []
    run(session, "2026-12-11")
    assert set(told(session, world, "通报整改情况")) == BRANCH


def test_the_successor_of_a_merged_branch_tells_its_members(session, world):
    closed(session, world)
    reorganize.merge(
        session,
        [world.units["village"]],
        world.units["community"],
        date(2026, 12, 4),
        world.actor("town1.officer", date(2026, 12, 3)),
        at("2026-12-03"),
    )
    session.commit()
    run(session, "2026-12-04")
    assert set(told(session, world, "通报整改情况")) == {
        "community.secretary",
        "community.organizer",
    }


def test_an_order_is_looked_at_again_where_it_its_party_day_or_a_merger_may_make_it_due(
    session, world
):
    """Once it was read up to a mark: not each minute."""
    before = marks.now(session, at("2026-12-03"))
    case = closed(session, world)
    session.commit()
    village, now = world.units["village"], at("2026-12-03")
    mark = marks.now(session, now)
    assert watch.Orders.keys(session, now, before) == [case.id]
    assert watch.Orders.keys(session, now, mark) == []
    row = activity_for(session, village, 2026, 12)
    session.add(
        ActivityChange(zone_id=village.zone_id, activity_id=row.id, what={}, why="", at=now.now)
    )
    session.flush()
    assert watch.Orders.keys(session, now, mark) == [case.id]
    mark = marks.now(session, now)
    assert watch.Orders.keys(session, now, mark) == []
    village.successor_id = world.units["community"].id
    session.flush()
    assert watch.Orders.keys(session, now, mark) == [case.id]


# Lessons follow the party day ---------------------------------------------------------------------


def waiting_for_lesson(session, world) -> Case:
    sweep.sweep(session, at("2026-10-09"))
    case = month(session, world, 11, "absent")
    leader = world.actor("village.organizer", at("2026-11-23").today)
    transitions.perform(
        session, case.id, "record_contact", leader, CALL, version=None, at=at("2026-11-23")
    )
    session.commit()
    assert case.due_on == date(2026, 12, 4)
    return case


@pytest.mark.parametrize(
    "new, today, due",
    [
        ("2026-12-11", "2026-11-30", "2026-12-11"),
        ("2026-12-11", "2026-12-07", "2026-12-11"),
        ("2026-12-02", "2026-11-30", "2026-12-02"),
        ("2026-12-01", "2026-12-02", "2026-12-02"),
    ],
)
def test_a_lesson_is_due_before_the_party_day_as_it_stands(session, world, new, today, due):
    case = waiting_for_lesson(session, world)
    session.scalar(
        sa.select(Activity).where(
            Activity.unit_id == case.unit_id, Activity.year == 2026, Activity.month == 12
        )
    ).day = date.fromisoformat(new)
    session.commit()
    [first, again] = run(session, today, today)
    case = session.get(Case, case.id, populate_existing=True)
    assert case.due_on == date.fromisoformat(due) and (
        first["redated"],
        again.get("redated", 0),
    ) == (1, 0)
    assert set(
        session.scalars(
            sa.select(WorkItem.due_on).where(
                WorkItem.case_id == case.id, WorkItem.closed_at.is_(None)
            )
        )
    ) == {date.fromisoformat(due)}
    row = session.scalar(
        sa.select(JournalRow).where(JournalRow.case_id == case.id).order_by(JournalRow.seq.desc())
    )
    assert (row.move, row.result) == ("redate", {"due_on": ["2026-12-04", due]})
    assert journal.verify_lines(journal.export_lines(session)) == []


def test_a_lesson_that_is_late_stays_late(session, world):
    case = waiting_for_lesson(session, world)
    assert run(session, "2026-12-08")[0].get("redated", 0) == 0
    assert session.get(Case, case.id).due_on == date(2026, 12, 4)


# Two processes -----------------------------------------------------------------------------------


def in_two_processes(url: str, tmp_path, day: str) -> None:
    """Sweep a day in two real processes that begin together."""
    env = {
        **os.environ,
        "OVERSIGHT_DATABASE_URL": url,
        "OVERSIGHT_SECRET_KEY": "t" * 32,
        "OVERSIGHT_DATA_DIR": str(tmp_path),
    }
    command = [sys.executable, "-c", "from oversight.cli import main; main()", "sweep", "--on", day]
    children = [
        subprocess.Popen(command, env=env, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        for _ in range(2)
    ]
    for child in children:
        out, error = child.communicate(timeout=120)
        assert child.returncode == 0, (out + error).decode()


def test_two_processes_say_everything_once(session, world, database_url, tmp_path):
    unexcused(session, world, 1, 2, 3)
    unexcused(session, world, 4, 5, 6, who="member2")
    closed(session, world)
    session.commit()
    in_two_processes(database_url, tmp_path, "2026-12-04")
    session.rollback()
    assert told(session, world, "连续 3 次") == sorted(BRANCH), (
        "of member2: member1 has come again since"
    )
    assert told(session, world, "通报整改情况") == sorted(BRANCH)
    keys = session.scalars(sa.select(OutboxMessage.key)).all()
    assert (
        len(keys) == len(set(keys))
        and session.scalars(
            sa.select(OutboxMessage.id).where(OutboxMessage.done_at.is_(None))
        ).all()
        == []
    )
    before = session.scalar(sa.select(sa.func.count()).select_from(Notice))
    session.commit()
    in_two_processes(database_url, tmp_path, "2026-12-04")
    session.rollback()
    assert session.scalar(sa.select(sa.func.count()).select_from(Notice)) == before
