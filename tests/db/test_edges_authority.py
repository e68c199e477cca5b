"""Edges of who may act: what changes after seats were laid, and what an heir may read.

From the guidance 二（一）1 and 三（一）6, the dossier §8 ("own case counts as vacant", 承继) and the
contract ("who acts for another is as if he were both").
"""

from __future__ import annotations

from datetime import date

import pytest
import sqlalchemy as sa

from oversight import workflows
from oversight.base.refusals import Forbidden, NotFound, RuleViolation
from oversight.engine import assignment, authority, inbox, transitions
from oversight.law.roles import ABOVE, SUPERIOR
from oversight.models import Case, Membership, WorkItem
from oversight.register import reorganize
from tests.db.test_absence_walk import do, missing
from tests.db.test_appraisal_cases import branch, no, setting
from tests.db.test_appraisal_walk import SELF, Appraising
from tests.db.test_authority import middle
from tests.db.test_committee_secret import FIVE, ballots
from tests.db.test_matrix_part2 import DRIVES
from tests.db.test_queue_agrees import disagreements, relieve, stand_in
from tests.support.actors import Play, second_hat

YES = {"agree": True, "opinion": "同意"}


@pytest.fixture
def play(session, world):
    return Play(session, world)


@pytest.fixture
def village(session, world):
    return Appraising.of_eight(session, world)


# The committee -----------------------------------------------------------------------------------


def test_a_member_who_leads_the_branch_since_the_committee_sat_has_no_vote(village):
    village.rated()
    village.world.post("town1.committee1", "village", "deputy", from_on=date(2026, 11, 24))
    village.session.commit()
    no(village, Forbidden, "authority", "town1.committee1", "decide", **YES)
    village.do("town1.committee2", "decide", **YES)


def test_nor_does_he_cast_a_paper(village):
    setting(village, "appraisal_vote", "secret")
    village.rated()
    village.world.post("town1.committee1", "village", "deputy", from_on=date(2026, 11, 24))
    village.session.commit()
    no(
        village,
        RuleViolation,
        "came_are_members",
        "town1.officer",
        "enter_ballots",
        **ballots(village),
    )
    others = tuple(name for name in FIVE if name != "committee1")
    village.do("town1.officer", "enter_ballots", **ballots(village, others))


# Merged branches ---------------------------------------------------------------------------------


def merge(play) -> None:
    """Merge the village into the community on the day that it is."""
    reorganize.merge(
        play.session,
        [play.world.units["village"]],
        play.world.units["community"],
        play.at.today,
        play.who("town1.officer"),
        play.at,
    )
    play.session.commit()


def reads(play, name: str, case: Case) -> bool:
    """Tell whether somebody may read a case, and that the box of what is done says the same."""
    who = play.who(name)
    done = inbox.cases(play.session, who, "done", who.on, limit=100).items
    try:
        authority.see(play.session, who, play.session.get(Case, case.id))
    except NotFound:
        assert case.id not in {found.id for found in done}
        return False
    assert case.id in {found.id for found in done}
    return True


def test_an_heir_reads_what_his_branch_has_taken_over_and_was_closed(session, world):
    second_hat(world)
    session.commit()
    play = Play(session, world)
    case = DRIVES["rectification"]["closed"](play)
    merge(play.on("2026-12-07"))
    assert reads(play, "community.secretary", case)
    assert not reads(play, "community.member1", case)
    assert not reads(play, "organ.secretary", case)


def test_a_discreet_appraisal_of_a_merged_branch_stays_closed_to_the_heirs_leaders(village):
    village.begin()
    case = village.do("town1.officer", "terminate", reason="支部撤并，不再评议")
    merge(village)
    assert not reads(village, "community.secretary", case)


def test_a_members_own_case_of_a_merged_branch_stays_closed_to_the_heirs_leaders(session, world):
    case = missing(session, world)
    do(session, world, case, "excuse", {"reason": "长期卧床"}, who="town1.officer")
    play = Play(session, world)
    merge(play)
    assert not reads(play, "community.secretary", case)


def test_members_of_a_merged_branch_write_their_own_in_the_heir(village):
    """承继: what waits for members waits for them in the branch that has the case now."""
    village.begin()
    case = village.lead("open_self_assessment")
    merge(village)
    case = village.session.get(Case, case.id, populate_existing=True)
    workflow = workflows.of(case)
    party = workflow.state(case.state).waits_on
    said = authority.waits_label(village.session, workflow, case, party, village.at.today)
    assert said.startswith("桃源社区党支部：党员分别自评（还有 ")
    assert set(village.desks(case)) == {"community"}
    assert disagreements(village) == []
    assert case.facts["came_from"] == village.world.units["village"].id
    village.do("village.member1", "file_self_assessment", **SELF)


# Exactly at a limit ------------------------------------------------------------------------------


@pytest.mark.parametrize("full, steps_in", [(6, True), (7, False)])
def test_in_a_branch_without_a_committee_any_full_member_steps_in(session, world, full, steps_in):
    """Seven full members have a committee; below, anybody of them may write for the branch."""
    play = branch(session, world, "tiny", full)
    relieve(play, "tiny.secretary")
    unit = world.units["tiny"]
    may = authority.fill(session, unit, "branch", play.at.today, set())
    assert (may is not None) == steps_in
    if steps_in:
        assert set(may.people) == authority.small_branch(session, unit, play.at.today)
        assert len(may.people) == full


@pytest.mark.parametrize(
    "day, belongs",
    [("2026-11-23", False), ("2026-11-24", True), ("2026-11-27", True), ("2026-11-28", False)],
)
def test_a_member_belongs_from_the_first_to_the_last_day(play, day, belongs):
    play.session.add(
        Membership(
            zone_id=play.world.zone.id,
            person_id=play.world.people["town1.committee1"].id,
            unit_id=play.world.units["village"].id,
            from_on=date(2026, 11, 24),
            to_on=date(2026, 11, 27),
            sort=99,
        )
    )
    play.session.commit()
    found = play.on(day).who("town1.committee1").branch
    assert (found is not None) == belongs


def test_of_a_joint_request_that_was_taken_over_no_part_is_left_without_anybody(play):
    """A branch of the zone itself has nobody above its superior: that part stays where it is."""
    play.world.unit("staff", "branch", "zone", "organ", title="党工委机关党支部")
    play.session.commit()
    case = play.joint("staff")  # for which the zone's officer agreed to join
    play.on("2026-11-30").refused(Forbidden, "authority", case, "zone.officer", "take_over")
    case = play.move(case, "zone.secretary", "take_over")
    assert play.desks(case) == ["zone", "zone"]
    play.refused(Forbidden, "authority", case, "zone.officer", "approve")
    case = play.move(case, "zone.secretary", "approve")
    assert play.move(case, "zone.secretary", "approve").state == "approved"


def test_of_a_joint_request_that_climbed_twice_every_part_lies_with_the_highest(play):
    """The first branch has three levels above it, its partner two."""
    middle(play, is_transparent=False)
    units = {"with": [play.world.units["village2"].id]}
    case = play.on("2026-11-16").open("office.secretary", "office", **units)
    case = play.move(case, "office.secretary", "ask_jointly")
    case = play.move(case, "village2.secretary", "join")
    assert play.desks(case) == ["party", "town2"]
    case = play.on("2026-11-20").move(case, "town1.officer", "take_over")
    assert play.desks(case) == ["town1", "zone"]
    case = play.on("2026-11-26").move(case, "zone.officer", "take_over")
    assert play.desks(case) == ["zone", "zone"]
    case = play.move(case, "zone.officer", "approve")
    assert play.move(case, "zone.secretary", "approve").state == "approved"


@pytest.mark.parametrize(
    "climbed, superior, above",
    [(0, "party", "town1"), (1, "town1", "zone"), (2, "zone", None), (3, "zone", None)],
)
def test_who_is_above_is_counted_from_the_level_that_a_case_has_climbed_to(
    play, climbed, superior, above
):
    """Party committee, town and zone above the branch: 上级 is the nearest, never past the zone."""
    middle(play, is_transparent=False)
    case = play.on("2026-11-16").open("office.secretary", "office")
    case.escalation_level = climbed
    units = {unit.id: name for name, unit in play.world.units.items()}
    found = [authority.chain(play.session, case, role)[:1] for role in (SUPERIOR, ABOVE)]
    play.session.rollback()
    names = [[units[unit.id] for unit in nearest] for nearest in found]
    assert names == [[superior], [above] if above else []]


def test_acting_for_one_kind_of_business_opens_no_other(play):
    stand_in(play, "dept1.officer", "town1.officer", "town1", "officer", workflow="rectification")
    case = play.asked()
    with pytest.raises(NotFound):
        authority.see(play.session, play.who("dept1.officer"), case)
    stand_in(play, "dept1.deputy", "town1.secretary", "town1", "secretary")
    authority.see(play.session, play.who("dept1.deputy"), case)


def test_who_may_not_judge_a_case_may_still_watch_it(play):
    """The zone is shown what is late, and its secretary leads the branch:

    he reads, and judges not.
    """
    play.world.post("zone.secretary", "village", "deputy")
    play.session.commit()
    case = play.asked()
    assignment.escalate(
        play.session, transitions.lock(play.session, case.id), play.on("2026-11-30").at
    )
    play.session.commit()
    row = play.session.scalar(
        sa.select(WorkItem).where(WorkItem.case_id == case.id, WorkItem.kind == "watch")
    )
    people = play.world.people
    assert set(authority.desk_people(play.session, row, play.at.today)) == {
        people[name].id for name in ("zone.officer", "zone.secretary")
    }
    play.refused(Forbidden, "authority", case, "zone.secretary", "take_over")
