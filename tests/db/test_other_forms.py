"""其他方式 and 免予参加 on the sheet. From the guidance 四、2 and 二（二）1 of organs, and issue part 6, 2."""

from __future__ import annotations

from datetime import date

import pytest
import sqlalchemy as sa

from oversight.base.refusals import RuleViolation
from oversight.ledger import attendance, own_year
from oversight.models import Case, Exempted
from tests.db.test_attendance import people, record, sheet
from tests.support.world import at

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


def flag(session, world, name: str, **flags):
    for key in ("mobile", "elderly", "retired", "leading"):
        setattr(world.people[name], key, flags.get(key, False))
    session.commit()


def otherwise(world, form: str, unit="village", name="member1", **more):
    raw = sheet(world, unit, other=(name,), **more)
    return {**raw, "other_form": dict.fromkeys(people(world, name, unit=unit), form)}


@pytest.mark.parametrize(
    "flags, form, fits",
    [
        ({}, "网络互动", False),
        ({}, "送学上门", False),
        ({"mobile": True}, "网络互动", True),
        ({"mobile": True}, "寄送资料", True),
        ({"mobile": True}, "流入地支部参加", True),
        ({"mobile": True}, "送学上门", False),
        ({"retired": True}, "送学上门", True),
        ({"retired": True}, "流入地支部参加", False),
        ({"elderly": True}, "送学上门", True),
        ({"elderly": True}, "通报情况", True),
    ],
)
def test_each_form_is_for_whom_the_clauses_name(session, world, flags, form, fits):
    flag(session, world, "village.member1", **flags)
    if fits:
        assert record(session, world, otherwise(world, form)).held_on
    else:
        with pytest.raises(RuleViolation, match="流动、离退休、年老体弱") as no:
            record(session, world, otherwise(world, form))
        assert no.value.extra["clause"] == "R-4.2c"


def test_a_leader_of_an_organ_comes_himself(session, world):
    flag(session, world, "organ.member1", leading=True, mobile=True)
    raw = otherwise(world, "网络互动", "organ")
    with pytest.raises(RuleViolation, match="以普通党员身份到会") as no:
        record(session, world, raw, "organ.secretary", unit="organ")
    assert no.value.extra["clause"] == "O-2.2.1b"


def test_a_leader_of_an_organ_who_comes_counts_as_every_member(session, world):
    """O二（二）1: 以普通党员身份按时参加; who doesn't is followed up as everybody."""
    flag(session, world, "organ.member1", leading=True)
    row = record(session, world, sheet(world, "organ"), "organ.secretary", unit="organ")
    counted = attendance.counts(session, [row.id])[row.id]
    assert (counted.took_part, counted.classes["expected"]) == (5, 5)
    raw = sheet(world, "organ", absent=("member1",), why="漏登缺席")
    record(session, world, raw, "organ.secretary", unit="organ")
    [case] = session.scalars(sa.select(Case).where(Case.workflow == "absence"))
    assert case.data_subject_id == world.people["organ.member1"].id


@pytest.mark.parametrize("form, took", [("网络互动", 5), ("寄送资料", 4), ("通报情况", 4)])
def test_who_was_only_told_did_not_take_part_and_makes_nothing_up(session, world, form, took):
    flag(session, world, "village.member1", mobile=True)
    row = record(session, world, otherwise(world, form))
    counted = attendance.counts(session, [row.id])[row.id]
    assert (counted.took_part, counted.classes["other_form"]) == (took, 1)
    assert session.scalars(sa.select(Case).where(Case.workflow == "absence")).all() == []
    mine = own_year.read(session, world.actor("village.member1", at("2026-11-24").today), 2026)
    assert (mine.took_part, mine.counted) == (took - 4, 1)


def test_a_record_that_stands_is_not_refused_for_a_flag_that_went(session, world):
    flag(session, world, "village.member1", mobile=True)
    record(session, world, otherwise(world, "网络互动"))
    flag(session, world, "village.member1")
    record(session, world, otherwise(world, "网络互动", absent=("member2",), why="漏登缺席"))


# 免予参加 -------------------------------------------------------------------------------------------


@pytest.fixture
def free(session, world):
    person = world.people["village.member1"]
    person.exempt_from, person.exempt_until = date(2026, 1, 1), date(2026, 12, 31)
    session.commit()
    return person.id


def without(world, person, **more):
    raw = sheet(world, **more)
    raw["present"].remove(person)
    return raw


def test_who_is_exempt_stays_on_the_sheet_with_what_he_was_told(session, world, free):
    row = record(session, world, without(world, free, told={free: "上门通报活动情况"}))
    assert attendance.exempted(session, row) == {free: "上门通报活动情况"}
    assert attendance.counts(session, [row.id])[row.id].classes["expected"] == 4


def test_what_he_was_told_may_be_added_later_without_a_reason(session, world, free):
    row = record(session, world, without(world, free))
    record(session, world, without(world, free, told={free: "已送资料"}))
    assert attendance.exempted(session, row) == {free: "已送资料"}


def test_the_sheet_keeps_him_when_the_exemption_has_ended(session, world, free):
    row = record(session, world, without(world, free))
    world.people["village.member1"].exempt_until = date(2026, 1, 2)
    session.commit()
    assert list(attendance.exempted(session, row)) == [free]


def test_who_comes_although_exempt_is_present(session, world, free):
    row = record(session, world, sheet(world))
    assert attendance.counts(session, [row.id])[row.id].classes["present"] == 5
    assert session.scalars(sa.select(Exempted)).all() == []
