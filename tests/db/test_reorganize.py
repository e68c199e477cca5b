"""Units that merge, split, move: history stays, people and cases go on."""

from __future__ import annotations

from datetime import date

import pytest
import sqlalchemy as sa

from oversight import workflows
from oversight.base.refusals import DomainError, Forbidden, InvalidInput, RuleViolation
from oversight.engine import inbox, transitions
from oversight.models import (
    Activity,
    Attendance,
    Case,
    JournalRow,
    Membership,
    Notice,
    Post,
    Reorganization,
    Unit,
    UnitChange,
    WorkItem,
)
from oversight.organization.actor import AuthorityBasis, actor_of
from oversight.register import accounts, leaving, members, reorganize, reorganized, tenure, tokens
from oversight.time import sweep
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
        world.actor(who, ON),
        at("2026-12-01"),
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
    ).into
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
    ).into
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


# Effective days ----------------------------------------------------------------------------------

TODAY, NOW = date(2026, 11, 24), at("2026-11-24")
LATER = date(2027, 1, 1)


def officer(world, who="town1.officer", on=TODAY):
    return world.actor(who, on)


def planned(session, world, kind: str) -> Reorganization:
    """Ask for a change of the village from next year on."""
    village, who = world.units["village"], officer(world)
    if kind == "merge":
        [row] = reorganize.merge(session, [village], world.units["community"], LATER, who, NOW)
    elif kind == "split":
        people = [world.people["village.member1"].id]
        row = reorganize.split(session, village, "石桥村二组党支部", people, LATER, who, NOW)
    else:
        zone = officer(world, "zone.officer")
        row = reorganize.move(session, village, world.units["town2"], LATER, zone, NOW)
    session.commit()
    return row


def standing(session) -> list:
    """Return who belongs where, which posts there are, and how units stand."""
    session.expire_all()
    return [
        sorted(map(tuple, session.execute(sa.select(*columns))), key=str)
        for columns in (
            (Membership.person_id, Membership.unit_id, Membership.from_on, Membership.to_on),
            (Post.person_id, Post.unit_id, Post.office, Post.from_on, Post.to_on),
            (Unit.id, Unit.path, Unit.parent_id, Unit.ended_on, Unit.successor_id),
        )
    ]


@pytest.mark.parametrize("kind", ["merge", "split", "move"])
def test_what_is_for_a_later_day_changes_nothing_before_and_everything_on_it(session, world, kind):
    before = standing(session)
    row = planned(session, world, kind)
    assert row.pending and standing(session) == before
    sweep.sweep(session, at("2026-12-31"))
    assert standing(session) == before
    sweep.sweep(session, at("2027-01-01"))
    after = standing(session)
    assert after != before and not row.pending
    sweep.sweep(session, at("2027-01-02"))
    assert standing(session) == after
    member = actor_of(session, world.people["village.member1"].id, LATER)
    goes = {"merge": world.units["community"].id, "split": row.into_id}
    assert member.branch.id == goes.get(kind, world.units["village"].id)


@pytest.mark.parametrize("kind", ["merge", "split", "move"])
@pytest.mark.parametrize("when", ["before", "after"])
def test_it_is_taken_back_with_a_reason(session, world, kind, when):
    world.post("village.member1", "village", "committee")
    world.post("village.member2", "village", "organizer", date(2026, 1, 1), date(2027, 6, 1))
    session.commit()
    before, row, now = standing(session), planned(session, world, kind), NOW
    if when == "after":
        now = at("2027-01-01")
        sweep.sweep(session, now)
    who = officer(world, "zone.officer", now.today)
    with pytest.raises(InvalidInput):
        reorganized.take_back(session, row, " ", who, now)
    reorganized.take_back(session, row, "登记错了", who, now)
    session.commit()
    after = standing(session)
    if kind == "split" and when == "after":  # the branch was there, and ended on its first day
        [new] = [unit for unit in after[2] if unit[0] == row.into_id]
        assert new[3:] == (LATER, world.units["village"].id)
        after[2].remove(new)
    assert after == before
    sweep.sweep(session, at("2027-01-02"))
    assert standing(session)[:2] == before[:2]
    assert (row.why, row.ended_by) == ("登记错了", world.people["zone.officer"].id)


def test_it_is_put_to_another_day(session, world):
    row, who = planned(session, world, "merge"), officer(world)
    reorganized.redate(session, row, date(2027, 3, 1), "推迟", who, NOW)
    session.commit()
    sweep.sweep(session, at("2027-01-01"))
    assert row.pending
    reorganized.redate(session, row, TODAY, "提前", who, NOW)
    session.commit()
    assert session.get(Unit, world.units["village"].id).ended_on == TODAY


def test_one_change_waits_at_a_time(session, world):
    planned(session, world, "move")
    with pytest.raises(RuleViolation, match="待生效"):
        planned(session, world, "merge")


def test_what_can_not_be_on_its_day_says_so_and_is_over(session, world):
    row = planned(session, world, "move")
    world.units["town2"].ended_on = date(2026, 12, 31)
    session.commit()
    sweep.sweep(session, at("2027-01-01"))
    assert not row.pending and row.done_at is None and "不能划到" in row.why
    told = session.scalars(
        sa.select(Notice.text).where(Notice.person_id == world.people["zone.officer"].id)
    ).all()
    assert any("没有生效" in text for text in told)


def test_who_asked_need_not_be_in_office_on_the_day(session, world):
    row = planned(session, world, "merge")
    session.execute(
        sa.update(Post)
        .where(Post.person_id == world.people["town1.officer"].id)
        .values(to_on=date(2026, 12, 15))
    )
    session.commit()
    sweep.sweep(session, at("2027-01-01"))
    assert row.done_at is not None


def test_a_merger_on_which_something_rests_is_not_taken_back(session, world):
    record(session, world, sheet(world, absent=("member1",)))
    [row] = reorganize.merge(
        session, [world.units["village"]], world.units["community"], TODAY, officer(world), NOW
    )
    session.commit()
    case = session.scalar(sa.select(Case).where(Case.id.in_(row.done["cases"])))
    secretary = world.actor("community.secretary", TODAY)
    words = {"reached": True, "told": True, "way": "phone", "reason": "外出"}
    transitions.submit(
        session, case.id, "record_contact", secretary, words, version=case.version, at=NOW
    )
    with pytest.raises(RuleViolation, match="不能收回"):
        reorganized.take_back(session, row, "登记错了", officer(world), NOW)


def test_a_branch_that_recorded_a_day_was_there_that_day(session, world):
    record(session, world, sheet(world))
    with pytest.raises(InvalidInput, match="2026-11-06"):
        reorganize.merge(
            session,
            [world.units["village"]],
            world.units["community"],
            date(2026, 11, 6),
            officer(world),
            NOW,
        )


def test_who_goes_to_a_new_branch_keeps_no_post_in_the_old_one(session, world):
    world.post("village.member1", "village", "committee")
    session.commit()
    row = planned(session, world, "split")
    sweep.sweep(session, at("2027-01-01"))
    posts = sa.select(Post.to_on).where(Post.person_id == world.people["village.member1"].id)
    assert session.scalars(posts).all() == [date(2026, 12, 31)] and row.done_at


def test_a_post_that_has_not_begun_goes_with_its_unit(session, world):
    world.post("village.member1", "village", "committee", date(2027, 5, 1))
    session.commit()
    planned(session, world, "merge")
    sweep.sweep(session, at("2027-01-01"))
    posts = sa.select(Post.id).where(Post.person_id == world.people["village.member1"].id)
    assert session.scalars(posts).all() == []


def test_who_came_after_the_day_of_a_merger_comes_to_the_heir(session, world):
    member = world.people["community.member1"]
    members.transfer(
        session, member, world.units["village"], date(2026, 11, 10), officer(world), NOW
    )
    reorganize.merge(
        session,
        [world.units["village"]],
        world.units["organ"],
        date(2026, 11, 8),
        officer(world),
        NOW,
    )
    session.commit()
    rows = session.execute(
        sa.select(Membership.unit_id, Membership.from_on, Membership.to_on)
        .where(Membership.person_id == member.id)
        .order_by(Membership.from_on)
    ).all()
    assert rows == [
        (world.units["community"].id, date(2020, 1, 1), date(2026, 11, 9)),
        (world.units["organ"].id, date(2026, 11, 10), None),
    ]


# Back-dated ---------------------------------------------------------------------------------------


def taken(session, world) -> set[str]:
    """Return who stands on the recorded sheet of the village, by the end of the short name."""
    names = {person.id: name.partition(".")[2] for name, person in world.people.items()}
    rows = sa.select(Attendance.person_id).where(Attendance.kind != "")
    return {names[person_id] for person_id in session.scalars(rows)}


@pytest.mark.parametrize("how", ["transfer", "died", "split"])
def test_an_earlier_day_says_whom_it_takes_off_which_sheet_and_puts_it_right(session, world, how):
    record(session, world, sheet(world, absent=("member1",)))
    member, on = world.people["village.member1"], date(2026, 11, 3)
    who = officer(world, "town1.officer" if how == "split" else "zone.sysadmin")
    before = taken(session, world)

    def go(sure: bool) -> None:
        if how == "transfer":
            members.transfer(session, member, world.units["village2"], on, who, NOW, sure)
        elif how == "died":
            leaving.gone(session, member, "died", on, who, NOW, sure)
        else:
            reorganize.split(
                session, world.units["village"], "石桥村二组党支部", [member.id], on, who, NOW
            )

    if how != "split":  # whose page shows before what it will do
        with pytest.raises(RuleViolation) as no:
            go(False)
        assert no.value.extra["rule"] == "sheets"
        assert "2026年11月6日" in str(no.value) and member.name in str(no.value)
        session.rollback()
    go(True)
    session.commit()
    assert taken(session, world) == before - {"member1"}
    case = session.scalar(sa.select(Case).where(Case.data_subject_id == member.id))
    assert case.state == "corrected"
    row = session.scalar(sa.select(Activity).where(Activity.confirmed_at.is_not(None)))
    last = session.scalar(
        sa.select(JournalRow)
        .where(JournalRow.case_id == row.id)
        .order_by(JournalRow.seq.desc())
        .limit(1)
    )
    assert last.move == "correct" and member.id in last.result["attendance"]


# Members ------------------------------------------------------------------------------------------


def test_a_transfer_for_a_later_day_is_changed_and_taken_back(session, world):
    member, who = world.people["village.member1"], officer(world, "zone.sysadmin")
    world.post("village.member1", "village", "committee")
    session.commit()
    before = standing(session)
    members.transfer(session, member, world.units["community"], LATER, who, NOW)
    session.commit()
    members.transfer(session, member, world.units["village2"], date(2027, 2, 1), who, NOW)
    session.commit()
    assert actor_of(session, member.id, LATER).branch.id == world.units["village"].id
    after = actor_of(session, member.id, date(2027, 2, 1))
    assert after.branch.id == world.units["village2"].id and not after.posts
    members.take_back(session, member, "登记错了", who, NOW)
    session.commit()
    assert standing(session) == before


def test_a_transfer_on_which_nothing_rests_is_taken_back_after_its_day(session, world):
    member, before = world.people["village.member1"], standing(session)
    who = officer(world, "zone.sysadmin")
    members.transfer(session, member, world.units["village2"], TODAY, who, NOW)
    session.commit()
    members.take_back(session, member, "不是他", who, NOW)
    session.commit()
    assert standing(session) == before


@pytest.mark.parametrize("fate", ["died", "left", "moved"])
def test_who_left_has_no_account_and_no_token_any_more(session, world, fate):
    member, who = world.people["village.organizer"], officer(world, "zone.sysadmin")
    account = accounts.open_account(session, member, "organizer", "hash", NOW)
    made = tokens.issue(session, account, member.id, NOW)
    session.commit()
    leaving.gone(session, member, fate, TODAY, who, NOW)
    session.commit()
    assert not account.enabled and tokens.found(session, made, NOW) is None
    assert not [post for post in tenure.held(session, member.id, TODAY)]
    leaving.take_back(session, member, "登记错了", who, NOW)
    session.commit()
    assert account.enabled and tenure.held(session, member.id, TODAY)


# Units that have ended ----------------------------------------------------------------------------


@pytest.mark.parametrize("name", [known.name for known in workflows.every()])
def test_nothing_is_opened_in_a_unit_that_has_ended(session, world, name):
    merge(session, world)
    village, who = world.units["village"].id, world.actor("town1.officer", ON)
    basis = AuthorityBasis(world.units["town1"].id, "superior", "officer")
    with pytest.raises(DomainError, match="已经并入桃源|没有开办"):
        transitions.open_case(session, name, village, {}, who, at("2026-12-01"), basis=basis)
