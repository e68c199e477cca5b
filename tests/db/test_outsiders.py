"""Issue 10, 5: who inspects, drafts, signs or re-checks is never a member of the inspected branch; the
seat climbs as where it is vacant.
"""

from __future__ import annotations

from datetime import date

import pytest

from oversight.base.refusals import Forbidden
from oversight.engine import inbox
from oversight.models import Membership, WorkItem
from tests.db.test_queue_agrees import disagreements
from tests.db.test_rectification_walk import FINDINGS, ITEMS
from tests.support.actors import Play
from tests.support.world import FOUNDED

VISIT = {"method": "random", "inspected_on": "2026-11-24"}


@pytest.fixture
def play(session, world):
    return Play(session, world)


def join(play, branch: str, *people: str, probationary: bool = False) -> None:
    """Make people members of a branch. Commits."""
    for name in people:
        person = play.world.people[name]
        person.probationary = probationary
        play.session.add(
            Membership(
                zone_id=play.world.zone.id,
                person_id=person.id,
                unit_id=play.world.units[branch].id,
                from_on=FOUNDED,
                sort=99,
            )
        )
    play.session.commit()


def order(play, who: str, branch: str = "organ"):
    findings = [{**FINDINGS[0], "clause": "O-2.1.1a"}] if branch == "organ" else FINDINGS
    return play.open(who, branch, workflow="rectification", findings=findings, **VISIT)


@pytest.mark.parametrize("probationary", [False, True])
@pytest.mark.parametrize("workflow", ["inspection", "rectification"])
def test_nobody_inspects_his_own_branch(play, workflow, probationary):
    join(play, "village", "town1.inspector", probationary=probationary)
    more = {"findings": FINDINGS} if workflow == "rectification" else {}
    play.no(
        Forbidden, "authority", *(play.open, "town1.inspector"), workflow=workflow, **VISIT, **more
    )
    assert order(play, "zone.inspector", "village").state == "draft"


def test_another_of_the_town_signs_where_one_is_a_member(play):
    join(play, "organ", "town1.secretary")
    case = order(play, "town1.inspector")
    play.no(Forbidden, "authority", play.say, case, "town1.secretary", "sign_off", {})
    assert play.say(case, "town1.officer", "sign_off", {}).state == "signed_off"


def test_the_seat_climbs_where_all_of_the_town_are_members(play):
    """A town's own office branch is signed for and re-checked by the zone."""
    offices = ("officer", "secretary", "deputy", "committee1", "committee2", "committee3")
    town = [f"town1.{office}" for office in offices]
    join(play, "organ", *town)
    case = order(play, "town1.inspector")
    assert play.desks(case) == ["zone"] and disagreements(play) == []
    for name in town:
        play.no(Forbidden, "authority", play.say, case, name, "sign_off", {})
    play.say(case, "zone.officer", "sign_off", {"due_on": "2026-12-18"})
    case = play.on("2026-11-25").say(case, "town1.inspector", "issue", {"due_on": "2026-12-18"})
    play.say(case, "organ.secretary", "acknowledge", {})
    case = play.on("2026-12-03").say(case, "organ.secretary", "report", {"items": ITEMS[:1]})
    assert play.desks(case) == ["zone"] and disagreements(play) == []
    verdict = {"verdicts": ["accepted"], "opinion": "整改到位"}
    assert play.say(case, "zone.officer", "accept", verdict).state == "closed"


def test_who_leaves_the_branch_may_inspect_it(play):
    join(play, "village", "town1.inspector")
    row = play.session.query(Membership).filter_by(person_id=play.who("town1.inspector").id).one()
    row.to_on = date(2026, 11, 23)
    play.session.commit()
    assert order(play, "town1.inspector", "village").state == "draft"


def test_who_becomes_a_member_loses_the_desk(play):
    case = order(play, "town1.inspector", "village")
    join(play, "village", "town1.officer")
    officer = play.who("town1.officer")
    assert inbox.cases(play.session, officer, "mine", officer.on).items == []
    assert disagreements(play) == []
    play.no(Forbidden, "authority", play.say, case, "town1.officer", "sign_off", {})


def test_a_member_answers_what_his_branch_asks_as_before(play):
    """The bar is of inspection: a request of a branch is answered by its superior's officers."""
    join(play, "village", "town1.officer")
    case = play.asked()
    assert play.move(case, "town1.officer", "approve").state == "approved"
    assert play.session.query(WorkItem).filter_by(case_id=case.id).count()
