"""代理 and 换届: who may stand in for whom, never in an own case of either, never for good; work
follows the post.
"""

from __future__ import annotations

from datetime import date

import pytest
import sqlalchemy as sa

from oversight.base.refusals import AlreadyTaken, Forbidden, InvalidInput, RuleViolation
from oversight.engine import authority, desk_acts, inbox
from oversight.models import AdminChange, FollowUp, JournalRow, Notice, Post, WorkItem
from oversight.register import handover, members, posts, tenure
from oversight.time.sweep import sweep
from tests.support.actors import Play, second_hat
from tests.support.world import TIMER


@pytest.fixture
def play(session, world):
    second_hat(world)
    world.person("town1.clerk")
    world.post("town1.clerk", "town1", "publicity")
    session.commit()
    return Play(session, world)


def give(play, giver, unit, office, person, from_on="2026-11-24", to_on="2026-12-31", **more):
    row = posts.give(
        play.session,
        play.world.units[unit],
        office,
        play.world.people[person],
        date.fromisoformat(from_on),
        date.fromisoformat(to_on),
        "外出学习",
        play.who(giver),
        play.at,
        **more,
    )
    play.session.commit()
    return row


def box(play, name):
    who = play.who(name)
    return [case.id for case in inbox.cases(play.session, who, "mine", who.on).items]


def refuse(play, kind, *args, **more):
    with pytest.raises(kind) as caught:
        give(play, *args, **more)
    play.session.rollback()
    return caught.value


def test_who_acts_decides_and_signs_as_acting(play):
    case = play.asked()
    play.refused(Forbidden, "authority", case, "town1.clerk", "approve")
    give(play, "town1.officer", "town1", "officer", "town1.clerk")
    assert box(play, "town1.clerk") == [case.id]
    play.move(case, "town1.clerk", "approve")
    row = play.journal(case)[-1]
    assert row.actor == "town1.clerk 代 town1.officer（青溪镇党委党建办经办人）"
    assert row.acting_for == play.world.people["town1.officer"].id


def test_it_ends_by_itself(play):
    give(play, "town1.officer", "town1", "officer", "town1.clerk", to_on="2026-11-24")
    case = play.asked()
    play.on("2026-11-25")
    assert box(play, "town1.clerk") == []
    play.refused(Forbidden, "authority", case, "town1.clerk", "approve")


def test_it_does_not_begin_early(play):
    give(play, "town1.officer", "town1", "officer", "town1.clerk", from_on="2026-11-25")
    play.refused(Forbidden, "authority", play.asked(), "town1.clerk", "approve")


def test_it_ends_with_the_post(play):
    give(play, "town1.officer", "town1", "officer", "town1.clerk")
    case = play.asked()
    play.session.execute(
        sa.update(Post)
        .where(Post.person_id == play.world.people["town1.officer"].id)
        .values(to_on=date(2026, 11, 23))
    )
    play.session.commit()
    play.refused(Forbidden, "authority", case, "town1.clerk", "approve")


def test_only_for_the_business_it_was_given_for(play):
    give(play, "town1.officer", "town1", "officer", "town1.clerk", workflow="rectification")
    case = play.asked()
    assert box(play, "town1.clerk") == []
    play.refused(Forbidden, "authority", case, "town1.clerk", "approve")


def test_never_in_an_own_case_of_either(play):
    """second.hat leads the asking branch: neither may he decide by acting, nor another in his
    place.
    """
    give(play, "town1.officer", "town1", "officer", "second.hat")
    give(play, "second.hat", "village", "deputy", "village.member1")
    case = play.asked()
    play.refused(Forbidden, "authority", case, "second.hat", "approve")
    assert box(play, "second.hat") == []


def test_not_for_one_who_stepped_aside(play):
    case = play.asked()
    give(play, "town1.officer", "town1", "officer", "town1.clerk")
    play.move(case, "town1.officer", "recuse")
    assert box(play, "town1.clerk") == []
    play.refused(Forbidden, "authority", case, "town1.clerk", "approve")


def test_acting_does_not_join_applicant_and_decider(play):
    """Whoever asked in a secretary's place does not answer, and nor does the one he asked for."""
    world = play.world
    world.post("town1.clerk", "village", "publicity")
    play.session.commit()
    give(play, "village.secretary", "village", "secretary", "town1.clerk")
    case = play.asked(name="town1.clerk")
    assert play.journal(case)[-1].actor.startswith("town1.clerk 代 village.secretary")
    world.post("town1.clerk", "town1", "officer")
    world.post("village.secretary", "town1", "officer")
    play.session.execute(
        sa.update(Post)
        .where(
            Post.person_id == world.people["village.secretary"].id,
            Post.unit_id == world.units["village"].id,
        )
        .values(to_on=date(2026, 11, 23))
    )
    play.session.commit()
    for name in ("town1.clerk", "village.secretary"):
        play.refused(Forbidden, "authority", case, name, "approve")


def test_acting_is_not_passed_on(play):
    give(play, "town1.officer", "town1", "officer", "town1.clerk")
    refuse(play, Forbidden, "town1.clerk", "town1", "officer", "town1.committee1")


def test_an_empty_post_is_filled_from_above(play):
    refuse(play, Forbidden, "zone.officer", "town1", "deputy", "town1.clerk")  # somebody holds it
    play.session.execute(
        sa.delete(Post).where(
            Post.unit_id == play.world.units["town1"].id, Post.office == "officer"
        )
    )
    play.session.commit()
    case = play.asked()
    refuse(play, Forbidden, "town1.secretary", "town1", "officer", "town1.clerk")
    give(play, "zone.officer", "town1", "officer", "town1.clerk")
    play.move(case, "town1.clerk", "approve")
    assert play.journal(case)[-1].actor == "town1.clerk 代理（青溪镇党委党建办经办人）"


@pytest.mark.parametrize(
    ("kind", "args", "more"),
    [
        (RuleViolation, ("town1.officer", "town1", "officer", "town1.officer"), {}),
        (RuleViolation, ("town1.officer", "town1", "officer", "town2.officer"), {}),
        (Forbidden, ("town1.officer", "town1", "secretary", "town1.clerk"), {}),
        (RuleViolation, ("zone.secadmin", "zone", "secadmin", "zone.officer"), {}),
        (RuleViolation, ("zone.officer", "zone", "officer", "zone.auditor"), {}),
        (
            InvalidInput,
            ("town1.officer", "town1", "officer", "town1.clerk"),
            {"to_on": "2026-11-01"},
        ),
        (
            InvalidInput,
            ("town1.officer", "town1", "officer", "town1.clerk"),
            {"from_on": "2026-11-01"},
        ),
        (
            InvalidInput,
            ("town1.officer", "town1", "officer", "town1.clerk"),
            {"to_on": "2027-12-31"},
        ),
        (
            InvalidInput,
            ("town1.officer", "town1", "officer", "town1.clerk"),
            {"workflow": "nothing"},
        ),
    ],
)
def test_who_may_not_be_given_it(play, kind, args, more):
    refuse(play, kind, *args, **more)


def test_it_is_not_given_twice(play):
    """Taken back once, the other would go on."""
    first = give(play, "town1.officer", "town1", "officer", "town1.clerk", workflow="date_change")
    lost = refuse(play, AlreadyTaken, "town1.officer", "town1", "officer", "town1.clerk")
    assert play.world.people["town1.officer"].name in lost.sentence and lost.extra["decided_at"]
    give(play, "town1.officer", "town1", "officer", "town1.clerk", workflow="absence")
    give(play, "town1.officer", "town1", "officer", "town1.clerk", "2027-01-01", "2027-01-09")
    posts.take_back(play.session, first, play.who("town1.officer"), play.at)
    give(play, "town1.officer", "town1", "officer", "town1.clerk", workflow="date_change")


def test_it_can_be_taken_back(play):
    row = give(play, "town1.officer", "town1", "officer", "town1.clerk")
    with pytest.raises(Forbidden):
        posts.take_back(play.session, row, play.who("town2.officer"), play.at)
    posts.take_back(play.session, row, play.who("town1.officer"), play.at)
    play.session.commit()
    play.refused(Forbidden, "authority", play.asked(), "town1.clerk", "approve")
    assert [
        change.act
        for change in play.session.scalars(sa.select(AdminChange).order_by(AdminChange.id))
    ] == ["give", "end"]


# Posts -------------------------------------------------------------------------------------------


def appoint(play, by, person, unit="town1", office="officer"):
    world = play.world
    seat = tenure.Seat(world.units[unit], world.people[person], office, date(2026, 11, 24))
    return tenure.appoint(play.session, seat, play.who(by), play.at)


@pytest.mark.parametrize(
    ("by", "person", "unit", "office", "kind"),
    [
        ("zone.sysadmin", "town1.clerk", "town1", "officer", Forbidden),
        ("zone.auditor", "town1.clerk", "town1", "officer", Forbidden),
        ("town1.officer", "town1.clerk", "town1", "officer", Forbidden),
        ("town2.officer", "village.member1", "village", "organizer", Forbidden),
        ("zone.secadmin", "zone.secadmin", "town1", "officer", RuleViolation),
        ("zone.secadmin", "town1.officer", "zone", "sysadmin", RuleViolation),
        ("zone.secadmin", "zone.sysadmin", "zone", "auditor", RuleViolation),
        ("zone.secadmin", "town1.officer", "town1", "officer", InvalidInput),
        ("zone.secadmin", "town1.clerk", "town1", "sysadmin", InvalidInput),
    ],
)
def test_who_may_not_appoint(play, by, person, unit, office, kind):
    before = play.count(Post)
    with pytest.raises(kind):
        appoint(play, by, person, unit, office)
    assert play.count(Post) == before


@pytest.mark.parametrize("by", ["zone.secadmin", "town1.officer", "zone.secretary"])
def test_a_branch_s_posts_are_kept_above_it(play, by):
    appoint(play, by, "village.member1", "village", "publicity")
    assert play.who("village.member1").holds("publicity")
    play.session.commit()
    assert play.session.scalars(sa.select(AdminChange.by)).one().startswith(by)


def test_open_work_follows_the_post(play):
    """The leaver's claims, hand-overs, delegations and reminders are released, each journalled."""
    world, case, other = play.world, play.asked(), play.asked(name="organ.secretary", unit="organ")
    for which, act, words in (
        (case, "hand_over", {"person": world.people["town1.officer"].id}),
        (case, "follow_up", {"day": "2026-11-26"}),
        (other, "claim", {}),
    ):
        name = "town1.secretary" if act == "hand_over" else "town1.officer"
        desk_acts.submit(play.session, which.id, act, play.who(name), play.at, words)
    asked = appoint(play, "zone.secadmin", "town1.clerk")
    play.session.commit()
    play.move(asked, "zone.sysadmin", "release")
    post = next(post for post in play.who("town1.officer").posts)
    assert (
        tenure.end(play.session, post, date(2026, 11, 23), play.who("zone.secadmin"), play.at) == 3
    )
    play.session.commit()
    rows = play.session.scalars(sa.select(WorkItem).where(WorkItem.closed_at.is_(None)))
    assert {(row.handed_to, row.claimed_by) for row in rows} == {(None, None)}
    assert [row.person_id for row in play.session.scalars(sa.select(FollowUp))] == [
        world.people["town1.clerk"].id
    ]
    assert play.journal(case)[-1].move == "handover" and box(play, "town1.clerk")


def test_a_post_that_ends_later_hands_over_when_it_has(play):
    case = play.asked()
    desk_acts.submit(play.session, case.id, "claim", play.who("town1.officer"), play.at)
    post = play.who("town1.officer").posts[0]
    assert (
        tenure.end(play.session, post, date(2026, 11, 24), play.who("zone.secadmin"), play.at) == 0
    )
    play.session.commit()
    assert authority.open_desks(play.session, case.id)[0].claimed_by
    sweep(play.session, play.on("2026-11-25").at)
    assert authority.open_desks(play.session, case.id)[0].claimed_by is None
    assert (
        play.session.scalar(sa.select(JournalRow.actor).where(JournalRow.move == "handover"))
        == "系统"
    )


def test_a_reminder_is_told_once_on_its_day(play):
    case = play.asked()
    desk_acts.submit(
        play.session,
        case.id,
        "follow_up",
        play.who("village.secretary"),
        play.at,
        {"day": "2026-11-25"},
    )
    for _time in range(2):
        sweep(play.session, play.on("2026-11-25").at)
    texts = play.session.scalars(
        sa.select(Notice.text).where(Notice.person_id == play.world.people["village.secretary"].id)
    ).all()
    assert texts.count("您设的跟进日期到了") == 1


def test_the_checklist_is_as_of_a_day(play):
    case = play.asked()
    unit = play.world.units["village"]
    then = handover.checklist(play.session, unit, date(2026, 11, 24), date(2026, 11, 24), TIMER)
    assert [(row.case.id, row.label) for rows in then.cases.values() for row in rows] == [
        (case.id, "待批复")
    ]
    before = handover.checklist(play.session, unit, date(2026, 11, 23), date(2026, 11, 24), TIMER)
    assert before.count == 0
    play.on("2026-11-25")
    play.move(case, "town1.officer", "refuse")
    again = handover.checklist(play.session, unit, date(2026, 11, 24), date(2026, 11, 25), TIMER)
    assert [(row.label, row.due_on) for rows in again.cases.values() for row in rows] == [
        ("待批复", None)
    ]


def test_it_ends_where_who_acts_leaves_the_unit(play):
    """A member who moves, an officer who is relieved: neither stays by standing in."""
    give(play, "village.secretary", "village", "secretary", "village.member1")
    give(play, "town1.officer", "town1", "officer", "town1.clerk")
    admin, world, session = play.who("zone.sysadmin"), play.world, play.session
    person, branch = world.people["village.member1"], world.units["community"]
    members.transfer(session, person, branch, play.at.today, admin, play.at)
    clerk = world.people["town1.clerk"].id
    post = session.scalar(sa.select(Post).where(Post.person_id == clerk))
    tenure.end(session, post, date(2026, 11, 30), play.who("zone.secadmin"), play.at)
    session.commit()
    assert not play.who("village.member1").acting and play.who("town1.clerk").acting
    play.on("2026-12-01")
    assert not play.who("town1.clerk").acting
    ended = sa.select(AdminChange.about).where(AdminChange.act == "end")
    assert set(session.scalars(ended)) == {"石桥村党支部书记", "青溪镇党委党建办经办人"}
