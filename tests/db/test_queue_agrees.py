"""The desk and the law agree: whoever finds a case on his desk may act in it, by post or in
another's place.
"""

from __future__ import annotations

from datetime import date

import pytest
import sqlalchemy as sa

from oversight import workflows
from oversight.engine import authority, inbox, transitions
from oversight.law.definition import role_of
from oversight.models import Case, Notice, Post
from oversight.register import posts
from oversight.time import sweep
from tests.db.test_absence_walk import CALL, do, missing
from tests.db.test_appraisal_walk import Appraising
from tests.db.test_attendance import record, sheet
from tests.support.actors import Play, second_hat

DAY = date(2026, 11, 24)


@pytest.fixture
def play(session, world):
    second_hat(world)
    for name in ("town1.clerk", "town1.scribe"):
        world.person(name)
        world.post(name, "town1", "publicity")
    session.commit()
    return Play(session, world)


def stand_in(
    play, person: str, for_whom: str | None, unit: str, office: str, workflow: str | None = None
) -> None:
    """Let somebody act in a post, by the rows alone."""
    people = play.world.people
    play.session.add(
        posts.Substitution(
            zone_id=play.world.zone.id,
            unit_id=play.world.units[unit].id,
            office=office,
            person_id=people[person].id,
            for_id=people[for_whom].id if for_whom else None,
            from_on=DAY,
            to_on=date(2026, 12, 31),
            reason="外出学习",
            workflow=workflow,
            given_by=people["zone.secadmin"].id,
            given_at=play.at.now,
        )
    )
    play.session.commit()


def relieve(play, person: str) -> None:
    """End somebody's posts the day before."""
    play.session.execute(
        sa.update(Post)
        .where(Post.person_id == play.world.people[person].id)
        .values(to_on=date(2026, 11, 23))
    )
    play.session.commit()


def disagreements(play) -> list[str]:
    """Hold the box of everybody against what authority says of everybody in every open case."""
    found, session = [], play.session
    cases = session.scalars(sa.select(Case).where(Case.closed_at.is_(None))).all()
    for name in play.world.people:
        who = play.who(name)
        mine = {case.id for case in inbox.cases(session, who, "mine", who.on, limit=100).items}
        for case in cases:
            workflow = workflows.get(case.workflow, case.definition_version)
            party = workflow.state(case.state).waits_on
            if party is None or not role_of(party).human:
                continue
            may = authority.basis(session, workflow, case, party, who) is not None
            lent = (
                role_of(party).any_level or role_of(party).seat == "person"
            )  # may, though it is another's desk
            if (case.id in mine) != may and not (may and lent):
                found.append(f"{name}: {case.workflow} {case.state}: {'may' if may else 'may not'}")
    return found


def on_desk(play, name: str) -> list[str]:
    who = play.who(name)
    return [case.state for case in inbox.cases(play.session, who, "mine", who.on).items]


def test_everybody_in_an_ordinary_request(play):
    play.asked()
    play.asked(name="village2.secretary", unit="village2")
    assert on_desk(play, "town1.officer") == ["asked"] and disagreements(play) == []


def test_who_acts_for_a_leader_of_the_asking_branch(play):
    """second.hat is officer of the town and deputy of the village: nobody answers the village in
    his place.
    """
    stand_in(play, "town1.clerk", "second.hat", "town1", "officer")
    play.asked()
    assert on_desk(play, "town1.clerk") == [] and disagreements(play) == []
    play.asked(name="community.secretary", unit="community")
    assert on_desk(play, "town1.clerk") == ["asked"] and disagreements(play) == []


def test_the_bell_rings_for_those_alone_who_find_it_on_their_desk(play):
    """Nor are second.hat and who acts for him told that something waits for them."""
    stand_in(play, "town1.clerk", "second.hat", "town1", "officer")
    stand_in(play, "town1.scribe", "town1.secretary", "town1", "secretary")
    case = play.asked()
    sweep.sweep(play.session, play.at)
    told = set(play.session.scalars(sa.select(Notice.person_id).where(Notice.case_id == case.id)))
    assert told == {
        play.world.people[name].id for name in ("town1.officer", "town1.secretary", "town1.scribe")
    }
    assert all(on_desk(play, name) for name in ("town1.officer", "town1.secretary", "town1.scribe"))


def test_who_acts_for_one_who_himself_stands_in_as_a_leader_of_the_branch(play):
    stand_in(play, "town1.officer", "village.secretary", "village", "secretary")
    stand_in(play, "town1.clerk", "town1.officer", "town1", "officer")
    play.asked()
    assert on_desk(play, "town1.officer") == on_desk(play, "town1.clerk") == []
    assert disagreements(play) == []


def test_who_acts_as_leader_of_the_branch_and_in_its_superior(play):
    stand_in(play, "town1.clerk", "village.secretary", "village", "secretary")
    stand_in(play, "town1.clerk", "town1.officer", "town1", "officer")
    play.asked()
    assert on_desk(play, "town1.clerk") == [] and disagreements(play) == []


@pytest.mark.parametrize("by", ["post", "acting"])
def test_leaders_of_a_branch_that_joins_the_request(play, by):
    """The village is named by the community: its deputy does not answer for the town, nor anybody
    in his place.
    """
    if by == "acting":
        stand_in(play, "town1.clerk", "second.hat", "town1", "officer")
    case = play.open(
        "community.secretary", "community", **{"with": [play.world.units["village"].id]}
    )
    play.move(
        case, "community.secretary", "ask_jointly", new_day="2026-12-11", reason="两个支部一起开展"
    )
    assert on_desk(play, "village.secretary") == ["consulting"] and disagreements(play) == []
    play.move(case, "village.secretary", "join")
    assert on_desk(play, "second.hat") == on_desk(play, "town1.clerk") == []
    assert on_desk(play, "town1.secretary") == ["asked_joint"] and disagreements(play) == []


def test_who_acts_for_one_who_asked_or_stepped_aside(play):
    stand_in(play, "town1.clerk", "town1.officer", "town1", "officer")
    stand_in(play, "town1.scribe", "town1.secretary", "town1", "secretary")
    case = play.asked()
    play.move(case, "town1.officer", "recuse")
    assert on_desk(play, "town1.clerk") == [] and on_desk(play, "town1.scribe") == ["asked"]
    assert disagreements(play) == []


def test_acting_for_one_kind_of_business_only(play):
    stand_in(play, "town1.clerk", "town1.officer", "town1", "officer", workflow="rectification")
    play.asked()
    assert on_desk(play, "town1.clerk") == [] and disagreements(play) == []


def test_a_branch_s_own_work_that_climbed_stays_on_the_desk_of_who_began_it(play, session, world):
    """The organ has no leaders left: the town contacts the absentee, and goes on with the lesson
    afterwards.
    """
    case = missing(session, world, "organ")
    for name in ("organ.secretary", "organ.organizer"):
        relieve(play, name)
    world.person("organ.more1", "organ")
    world.person("organ.more2", "organ")  # seven full members: too many for any of them to step in
    session.commit()
    transitions.reassign_case(session, case.id, play.at)
    session.commit()
    assert on_desk(play, "town1.officer") == ["to_contact"] and disagreements(play) == []
    do(session, world, case, "record_contact", CALL, who="town1.officer", on="2026-11-24")
    assert on_desk(play, "town1.officer") == ["to_make_up"] and disagreements(play) == []


def test_who_acts_for_the_member_concerned_or_another_leader(play, session, world):
    """The secretary was absent: who stands in for him does not handle his case either."""
    stand_in(play, "organ.member2", "organ.secretary", "organ", "secretary")
    record(
        session,
        world,
        sheet(world, "organ", absent=("secretary", "member1")),
        "organ.organizer",
        unit="organ",
    )
    assert on_desk(play, "organ.organizer") == ["to_contact"] * 2
    assert on_desk(play, "organ.member2") == ["to_contact"] and disagreements(play) == []


def test_a_review_lies_with_nobody_who_decided_before(play, session, world):
    """Neither the committee nor whoever acts for one of them answers the member who asks for a
    review.
    """
    world.person("town1.extra")
    world.post("town1.extra", "town1", "publicity")
    for number in (1, 2, 3):
        world.person(f"community.more{number}", "community")
    session.commit()
    stand_in(play, "town1.extra", "town1.secretary", "town1", "secretary")
    appraising = Appraising(session, world, "community")
    appraising.told()
    assert disagreements(play) == []
    appraising.on("2026-12-01").do(
        "community.member1", "ask_review", reason="请复核，全年参加了全部活动。"
    )
    play.on("2026-12-01")
    assert on_desk(play, "town1.secretary") == on_desk(play, "town1.extra") == []
    assert on_desk(play, "town1.officer") == ["under_review"] and disagreements(play) == []


def test_a_review_lies_also_with_who_decided_on_another_branch(session, world):
    """He sat in the committee when it decided on the village, and no longer when on the community."""
    for number in (1, 2, 3):
        world.person(f"community.more{number}", "community")
    world.post("town1.officer", "town1", "committee", to_on=DAY)
    session.commit()
    village = Appraising.of_eight(session, world)
    village.rated()
    village.do("town1.officer", "decide", agree=True, opinion="同意")
    community = Appraising(session, world, "community").on("2026-11-25")
    community.told()
    community.on("2026-12-02").do(
        "community.member1", "ask_review", reason="请复核，全年参加了全部活动。"
    )
    play = Play(session, world, "2026-12-02")
    assert "under_review" in on_desk(play, "town1.officer") and disagreements(play) == []
