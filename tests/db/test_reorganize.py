"""Units that merge, split, move: history stays, people and cases go on."""

from __future__ import annotations

from datetime import date

import pytest
import sqlalchemy as sa

from oversight.base.refusals import Forbidden, RuleViolation
from oversight.engine import inbox, transitions
from oversight.models import Case, JournalRow, Membership, Unit, UnitChange, WorkItem
from oversight.organization.actor import actor_of
from oversight.register import reorganize
from tests.db.test_attendance import record, sheet
from tests.db.test_sweep import ask
from tests.support.world import at

ON = date(2026, 12, 1)


def merge(session, world, who="town1.officer"):
    reorganize.merge(
        session,
        [world.units["village"]],
        world.units["community"],
        ON,
        world.actor(who, at("2026-11-24").today),
        at("2026-11-24"),
    )
    session.commit()


def test_members_go_to_the_successor_and_the_past_stays(session, world):
    merge(session, world)
    member = world.people["village.member1"].id
    rows = session.execute(
        sa.select(Membership.unit_id, Membership.from_on, Membership.to_on)
        .where(Membership.person_id == member)
        .order_by(Membership.from_on)
    ).all()
    assert rows == [
        (world.units["village"].id, date(2020, 1, 1), date(2026, 11, 30)),
        (world.units["community"].id, ON, None),
    ]
    assert session.get(Unit, world.units["village"].id).successor_id == world.units["community"].id


def test_an_open_request_of_a_merged_branch_is_ended_not_lost(session, world):
    case = ask(session, world)
    merge(session, world)
    case = session.get(Case, case.id)
    assert case.state == "terminated"
    last = session.scalar(
        sa.select(JournalRow)
        .where(JournalRow.case_id == case.id)
        .order_by(JournalRow.seq.desc())
        .limit(1)
    )
    assert "并入" in last.words["reason"]


@pytest.mark.parametrize(
    "stranger", ["town2.officer", "village.secretary", "zone.sysadmin", "town1.inspector"]
)
def test_only_a_superior_may_merge_a_branch(session, world, stranger):
    with pytest.raises(Forbidden):
        merge(session, world, stranger)


def test_nothing_goes_to_a_branch_that_is_gone(session, world):
    merge(session, world)
    with pytest.raises(RuleViolation):
        reorganize.merge(
            session,
            [world.units["organ"]],
            world.units["village"],
            ON,
            world.actor("town1.officer", ON),
            at("2026-12-01"),
        )


def test_what_was_merged_twice_is_read_by_the_last(session, world):
    merge(session, world)
    reorganize.merge(
        session,
        [world.units["community"]],
        world.units["organ"],
        ON,
        world.actor("town1.officer", ON),
        at("2026-12-01"),
    )
    session.commit()
    former = world.actor("organ.secretary", ON).former
    assert sorted(former) == sorted(world.units[name].id for name in ("village", "community"))
    assert world.actor("town1.officer", ON).former == () == world.actor("organ.member1", ON).former


def test_an_inherited_case_lies_on_the_successors_desk(session, world):
    case = ask(session, world)
    who = world.actor("town1.officer", at("2026-11-25").today)
    transitions.submit(
        session,
        case.id,
        "return",
        who,
        {"opinion": "请写明人数"},
        version=case.version,
        at=at("2026-11-25"),
    )
    transitions.reassign_unit(session, case.id, world.units["community"], who, at("2026-11-25"))
    session.commit()
    successor_of = world.actor("community.secretary", at("2026-11-25").today)
    assert [
        row.id for row in inbox.cases(session, successor_of, "mine", successor_of.on).items
    ] == [case.id]


def test_a_moved_branch_answers_to_its_new_superior(session, world):
    case = ask(session, world)
    reorganize.move(
        session,
        world.units["village"],
        world.units["town2"],
        ON,
        world.actor("zone.officer", ON),
        at("2026-12-01"),
    )
    session.commit()
    new, old = world.actor("town2.officer", ON), world.actor("town1.officer", ON)
    assert [row.id for row in inbox.cases(session, new, "mine", ON).items] == [case.id]
    assert inbox.cases(session, old, "units", ON).items == []
    done = transitions.submit(
        session,
        case.id,
        "approve",
        new,
        {"opinion": "同意"},
        version=case.version,
        at=at("2026-12-01"),
    )
    assert done.number.startswith("柏委党日〔2026〕")
    assert (
        session.scalar(
            sa.select(UnitChange.kind).where(UnitChange.unit_id == world.units["village"].id)
        )
        == "moved"
    )


def test_a_unit_cannot_be_put_below_itself(session, world):
    with pytest.raises(RuleViolation):
        reorganize.move(
            session,
            world.units["town1"],
            world.units["village"],
            ON,
            world.actor("zone.officer", ON),
            at("2026-12-01"),
        )


def test_a_split_founds_a_branch_that_owes_nothing_earlier(session, world):
    people = [world.people["village.member1"].id, world.people["village.member2"].id]
    new = reorganize.split(
        session,
        world.units["village"],
        "石桥村二组党支部",
        people,
        ON,
        world.actor("town1.officer", ON),
        at("2026-12-01"),
    )
    session.commit()
    assert new.accountable_from == ON and new.parent_id == world.units["town1"].id
    moved = actor_of(session, people[0], ON)
    assert moved.branch.id == new.id
    stayed = actor_of(session, world.people["village.member3"].id, ON)
    assert stayed.branch.id == world.units["village"].id


def test_a_make_up_goes_with_the_member_to_the_split_off_branch(session, world):
    """Unfinished make-ups pass to the successor (承继, dossier §8); those of who stays, stay."""
    record(session, world, sheet(world, absent=("member1", "member2")))
    going, staying = (
        session.scalar(
            sa.select(Case).where(Case.data_subject_id == world.people[f"village.{name}"].id)
        )
        for name in ("member1", "member2")
    )
    new = reorganize.split(
        session,
        world.units["village"],
        "石桥村二组党支部",
        [world.people["village.member1"].id],
        ON,
        world.actor("town1.officer", ON),
        at("2026-12-01"),
    )
    session.commit()
    assert session.get(Case, going.id).unit_id == new.id
    assert session.get(Case, staying.id).unit_id == world.units["village"].id
    last = session.scalar(
        sa.select(JournalRow)
        .where(JournalRow.case_id == going.id)
        .order_by(JournalRow.seq.desc())
        .limit(1)
    )
    assert (last.kind, last.result["unit"]) == ("inherit", [world.units["village"].id, new.id])
    assert (
        session.scalar(
            sa.select(WorkItem.case_unit_id).where(
                WorkItem.case_id == going.id, WorkItem.closed_at.is_(None)
            )
        )
        == new.id
    )
