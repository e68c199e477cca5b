"""Records beside cases: journal, chain, version and 经过 of a party day and of a 组织生活会."""

from __future__ import annotations

import pytest
import sqlalchemy as sa
from flask_migrate import downgrade, upgrade

from oversight.base.db import db
from oversight.base.refusals import VersionConflict
from oversight.calendar.party_days import activity_for
from oversight.commands import audit
from oversight.engine import records
from oversight.ledger import arrange, attendance, course, life_meetings, own_days
from oversight.models import Activity, Attendance, Exempted, Invitee, JournalRow, RecordChain
from oversight.models import records as guards
from tests.db.test_attendance import people, record, sheet
from tests.support.actors import Play
from tests.support.world import at


@pytest.fixture
def play(session, world):
    return Play(session, world)


def problems(session, day="2026-11-24") -> list[str]:
    found = audit.judged(session, [], at(day)).problems
    session.commit()
    return [one for one in found if "没有封印" not in one]


def chain(session, row) -> list[JournalRow]:
    return records.history(session, [row.id]).get(row.id, [])


def acts(session, row) -> list[tuple[str, str]]:
    return [(one.move, one.to_state) for one in chain(session, row)]


def test_nothing_done_has_no_chain(session, world):
    activity_for(session, world.units["village"], 2026, 11)
    session.commit()
    assert session.scalar(sa.select(sa.func.count()).select_from(RecordChain)) == 0
    assert problems(session) == []


def test_a_day_from_its_choice_to_its_correction(session, world):
    who, on = "firm.secretary", at("2026-11-10")
    firm, actor = world.units["firm"], world.actor(who, on.today)
    row = own_days.set_own_day(session, firm, 2026, 11, at("2026-11-12").today, actor, on)
    session.commit()
    raw = attendance.read_sheet({"host": world.people[who].id, "mode": "own"})
    arrange.submit(session, row.id, raw, actor, on)
    record(session, world, sheet(world, "firm", absent=("member1",)), who, "2026-11-12", "firm")
    again = sheet(world, "firm", absent=("member2",), why="登记错人")
    record(session, world, again, who, "2026-11-13", "firm")
    assert acts(session, row) == [
        ("choose", "planned"),
        ("prepare", "prepared"),
        ("file", "filed"),
        ("correct", "corrected"),
    ]
    last = chain(session, row)[-1]
    assert last.actor == "firm.secretary（恒达公司党支部书记）" and last.words == {
        "why": "登记错人"
    }
    assert set(last.result["attendance"]) == set(people(world, "member1", "member2", unit="firm"))
    assert problems(session) == []


def test_what_a_consent_does_lies_in_the_day_s_own_chain(session, play):
    case = play.approved()
    row = play.activity()
    play.move(case, "town1.officer", "revoke")
    found = chain(session, row)
    assert [one.move for one in found] == ["move", "restore"]
    assert {one.result["case"] for one in found} == {case.id}
    assert found[0].actor == "town1.officer（青溪镇党委党建办经办人）"
    assert problems(session) == []


def test_a_refused_sheet_leaves_nothing_in_the_chain(session, world):
    raw = sheet(world)
    raw["present"].pop()
    with pytest.raises(Exception, match="没有登记"):
        record(session, world, raw)
    session.rollback()
    assert chain(session, activity_for(session, world.units["village"], 2026, 11)) == []


@pytest.mark.parametrize(
    "change",
    [
        sa.update(Activity).values(held_on=at("2026-11-05").today),
        sa.update(Activity).values(host_why="x"),
        sa.update(Attendance).values(kind="present", category=None),
        sa.delete(Attendance).where(Attendance.kind == "leave"),
        sa.update(Invitee).values(number=3),
        sa.delete(Invitee),
        sa.update(Exempted).values(told="x"),
        sa.delete(Exempted),
        sa.update(RecordChain).values(head="x"),
        sa.delete(RecordChain),
    ],
)
def test_whoever_changes_the_tables_is_found(session, world, change):
    exempt = world.people["village.member3"]
    exempt.exempt_from, exempt.exempt_until = at("2026-01-01").today, at("2026-12-31").today
    came = ["village.secretary", "village.organizer", "village.member2"]
    raw = sheet(world, leave=("member1",), invitees={"masses": 2})
    record(session, world, raw | {"present": [world.people[name].id for name in came]})
    assert problems(session) == []
    session.execute(change)
    session.commit()
    assert problems(session) != []


def test_a_meeting_noted_and_taken_back(session, world):
    who, on = world.actor("village.secretary", at("2026-11-10").today), at("2026-11-10")
    row = life_meetings.note(session, world.units["village"].id, "2026-11-09", who, on)
    life_meetings.take_back(session, row.id, "日期填错", who, on)
    assert acts(session, row) == [("note", "held"), ("withdraw", "withdrawn")]
    assert problems(session) == []


def test_a_sheet_made_from_an_older_record_is_refused(session, world):
    row = record(session, world, sheet(world))
    old = row.version
    record(session, world, sheet(world, absent=("member1",), why="漏登"))
    with pytest.raises(VersionConflict, match="填的内容还在"):
        record(session, world, sheet(world, why="再改", version=old))


def test_the_course_names_nobody_of_the_sheet(session, world):
    row = record(session, world, sheet(world, absent=("member1",)))
    record(session, world, sheet(world, why="本人在分会场"))
    lines = course.of(session, [row.id])[row.id]
    assert [line.label for line in lines] == ["更正记录", "登记到会"]
    assert lines[0].why == "本人在分会场" and "member1" not in str(lines)


# What existed before ------------------------------------------------------------------------------


def as_before(session) -> None:
    """Leave a database as it was before records had chains: the journal without their rows."""
    link = session.connection()
    for name, _table in guards._old_sqlite(link):
        link.exec_driver_sql(f"DROP TRIGGER {name}")
    session.execute(sa.delete(JournalRow).where(JournalRow.kind == "record"))
    session.execute(sa.delete(RecordChain))
    session.execute(sa.update(Activity).values(entered_on=None))
    session.commit()


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
@pytest.mark.parametrize("bare", [True, False])
def test_what_exists_survives_the_migration_and_verifies(app, session, world, play, bare):
    play.approved()
    sheet_of = record(session, world, sheet(world, leave=("member1",), invitees={"masses": 2}))
    key, untouched = sheet_of.id, activity_for(session, world.units["organ"], 2026, 11).id
    who = world.actor("village.secretary", at("2026-11-10").today)
    note = life_meetings.note(
        session, world.units["village"].id, "2026-11-09", who, at("2026-11-10")
    ).id
    if bare:
        as_before(session)
    directory = app.extensions["migrate"].directory
    session.remove()
    db.engine.dispose()
    downgrade(directory=directory, revision="0018")
    upgrade(directory=directory)
    found = records.history(session, [key, note, untouched])
    assert [rows[-1].move for rows in (found[key], found[note])] == ["begin", "begin"]
    assert (found[key][-1].to_state, untouched in found) == ("filed", False)
    assert session.get(Activity, key).entered_on == at("2026-11-09").today
    assert problems(session) == []
    session.execute(sa.update(Activity).where(Activity.id == key).values(held_on=None))
    session.commit()
    assert problems(session) != []
