"""Edges of the appraisal: figures exactly at a limit, and committees exactly at their quorum.

From the dossier §3 (优秀 一般不超过三分之一, quorum and majority) and §8 (own case counts as vacant).
"""

from __future__ import annotations

import pytest

from oversight.errors import RuleSaysNo
from tests.db.test_appraisal_cases import branch, far_count, move_in, no, setting
from tests.db.test_appraisal_walk import Appraising

FIVE = ("secretary", "deputy", "committee1", "committee2", "committee3")


@pytest.fixture
def village(session, world):
    return Appraising.of_eight(session, world)


def rating(session, world, name: str, full: int) -> Appraising:
    """Bring a small branch with so many full members to its ratings, all voted 合格."""
    play = branch(session, world, name, full)
    play.begin()
    play.assess()
    play.lead("open_peer_review")
    for person in play.people.values():
        own = person == world.people[f"{name}.secretary"].id
        play.do(
            f"{name}.{'member1' if own else 'secretary'}",
            "record_peer_review",
            about=person,
            opinion="能按时参加活动。",
        )
    play.lead("open_vote")
    tellers = {
        "scrutineer": world.people["town1.inspector"].id,
        "teller": world.people[f"{name}.member1"].id,
    }
    play.lead("enter_count", **{**far_count(play, full), **tellers})
    play.lead("close_vote")
    return play


def propose(play, excellent: int) -> dict:
    """Return ratings with so many 优秀, each with its reason."""
    best = list(play.people.values())[:excellent]
    grades = {
        person: "excellent" if person in best else "qualified" for person in play.people.values()
    }
    return {"ratings": grades, "reasons": dict.fromkeys(best, "表现突出。")}


@pytest.mark.parametrize("full, most", [(2, 1), (5, 1), (6, 2)])
def test_a_third_may_be_excellent_and_one_in_the_smallest_branch(session, world, full, most):
    play = rating(session, world, "tiny", full)
    setting(play, "appraisal_share", "refuse")
    no(play, RuleSaysNo, "share_kept", "tiny.secretary", "propose", **propose(play, most + 1))
    assert play.lead("propose", **propose(play, most)).state == "deciding"


# The topmost committee ---------------------------------------------------------------------------


@pytest.fixture
def staff(session, world):
    """The zone's own branch, to which the whole committee of the zone belongs: nobody is above."""
    world.unit("staff", "branch", "zone", "organ", title="党工委机关党支部")
    for name in ("secretary", "organizer", "member1", "member2"):
        world.person(f"staff.{name}", "staff")
    for office in ("secretary", "organizer"):
        world.post(f"staff.{office}", "staff", office)
    session.commit()
    play = Appraising(session, world, "staff")
    for name in FIVE:
        move_in(play, f"zone.{name}", "staff")
    play.rated()
    return play


@pytest.mark.parametrize("yes, state", [(3, "returned"), (4, "telling")])
def test_where_all_are_concerned_a_yes_to_ones_own_is_no_part_of_the_majority(staff, yes, state):
    """Three of five are a majority; less the own yes of each, two of four are none."""
    for number, name in enumerate(FIVE):
        assert staff.case.state == "deciding"
        staff.do(f"zone.{name}", "decide", agree=number < yes, opinion="意见")
    assert staff.case.state == state
