"""Who comes second learns who was first, and when: of a sheet, and where the clock followed at once."""

from __future__ import annotations

import pytest

from oversight.base.refusals import (
    AlreadyTaken,
    DomainError,
    InvalidInput,
    RuleViolation,
    VersionConflict,
)
from oversight.engine import journal
from oversight.ledger import registers
from oversight.models import JournalRow
from oversight.register import proposals, zone_settings
from tests.db.test_attendance import record, sheet
from tests.db.test_obligations import enter
from tests.db.test_registers import note
from tests.support.actors import Play
from tests.support.world import at


@pytest.mark.parametrize(
    ("version", "kind"), [(None, RuleViolation), ("0", VersionConflict)], ids=["422", "409"]
)
def test_who_brings_the_second_sheet(session, world, version, kind):
    record(session, world, sheet(world))
    second = sheet(world, absent=("member1",), version=version)
    with pytest.raises(kind) as lost:
        record(session, world, second, who="village.organizer")
    session.rollback()
    refusal: DomainError = lost.value
    first = world.people["village.secretary"].name
    assert first in refusal.extra["decided_by"]
    assert refusal.extra["decided_at"].startswith("2026-11-09T")
    assert kind is RuleViolation or first in refusal.sentence


def test_what_followed_of_itself_is_told_by_whose_act_it_followed(session, world):
    case = Play(session, world).approved()
    last = journal.last(session, case.id)
    assert journal.by_whom(session, last).actor_id == world.people["town1.officer"].id
    row = JournalRow(case_id=case.id, actor_id=None, actor="系统", at=last.at, seq=last.seq + 1)
    assert journal.by_whom(session, row).actor_id == last.actor_id
    later = JournalRow(case_id=case.id, actor_id=None, actor="系统", at=last.at.replace(hour=23))
    assert journal.by_whom(session, later) is later, "what the clock did by itself is the clock's"


def test_who_enters_a_duty_of_the_year_a_second_time(session, world):
    enter(session, world, "FAMILY", "2026-03-02")
    with pytest.raises(RuleViolation) as lost:
        enter(session, world, "FAMILY", "2026-08-01", who="village.organizer")
    session.rollback()
    first = world.people["village.secretary"].name
    assert lost.value.extra["decided_by"] == first and lost.value.extra["decided_at"]
    assert first in lost.value.sentence and "3月2日" in lost.value.sentence


def test_who_sets_a_choice_that_another_has_set_meanwhile(session, world):
    def set_(value: str, who: str, seen: str) -> int:
        actor, when = world.actor(who, at("2026-11-24").today), at("2026-11-24")
        return zone_settings.change(
            session, world.zone.id, "term_reply", value, actor, when, seen=seen
        )

    set_("4", "zone.sysadmin", "3")
    session.commit()
    with pytest.raises(VersionConflict) as lost:
        set_("5", "zone.sysadmin", "3")
    session.rollback()
    first = world.people["zone.sysadmin"].name
    assert lost.value.extra["decided_by"] == first and lost.value.extra["decided_at"]
    assert first in lost.value.sentence and "2026-11-24 09:00" in lost.value.sentence
    assert "4 个工作日" in lost.value.sentence
    assert set_("4", "zone.sysadmin", "3") == 0, "who wanted the same has it"
    set_("5", "zone.sysadmin", "4")


def test_who_notes_the_same_matter_a_second_time(session, world):
    note(session, world, "raised", what="路灯不亮")
    with pytest.raises(RuleViolation) as lost:
        note(session, world, "raised", what="路灯不亮", who="village.organizer")
    session.rollback()
    first = world.people["village.secretary"].name
    assert lost.value.extra["decided_by"] == first and first in lost.value.sentence
    assert "2026-11-09 09:00" in lost.value.sentence
    note(session, world, "raised", what="路灯不亮", on="2026-11-08")
    note(session, world, "hardship", what="路灯不亮")
    note(session, world, "hardship", what="路灯不亮", person=world.people["village.member2"].id)
    note(session, world, "breach", what="")
    note(session, world, "breach", what="")  # two people, whose names stay offline


def test_a_matter_that_was_taken_back_is_noted_anew(session, world):
    row = note(session, world, "raised", what="路灯不亮")
    who = world.actor("village.secretary", at("2026-11-12").today)
    registers.take_back(session, row.id, "登记错了", who, at("2026-11-12"))
    note(session, world, "raised", what="路灯不亮", today="2026-11-12")


def test_who_decides_second_on_what_a_roster_proposes(session, world):
    unit, person, day = world.units["village"], world.people["village.member1"], at("2026-11-09")
    asked = proposals.Asked(
        person.id, unit.id, "publicity", day.today, True, person.name, unit.name
    )
    proposals.ask(session, world.zone.id, [asked], [], "名册.xlsx", None, day)
    ids = {row.id for row in proposals.of_zone(session, world.zone.id)}
    who = world.actor("zone.secadmin", day.today)
    proposals.confirm(session, ids, who, day)
    session.commit()
    for late in (
        lambda: proposals.confirm(session, ids, who, day),
        lambda: proposals.decline(session, ids, "重复", who, day),
    ):
        with pytest.raises(AlreadyTaken) as lost:
            late()
        assert f"已由{who.person.name}于2026-11-09 09:00处理" in lost.value.sentence
        assert lost.value.extra["decided_by"] == who.person.name
        session.rollback()
    with pytest.raises(InvalidInput):
        proposals.confirm(session, {"x"}, who, day)
    session.rollback()
