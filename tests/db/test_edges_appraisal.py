"""Edges of the appraisal: figures exactly at a limit, and committees exactly at their quorum.

From the dossier §3 (优秀 一般不超过三分之一, quorum and majority) and §8 (own case counts as vacant).
"""

from __future__ import annotations

from datetime import date

import pytest
import sqlalchemy as sa

from oversight.base.refusals import AlreadyTaken, RuleViolation
from oversight.models import PeerReview
from tests.db.test_appraisal_attacks import leave_office, swept, voters
from tests.db.test_appraisal_cases import branch, far_count, move_in, no, setting
from tests.db.test_appraisal_walk import SELF, Appraising, tick

FIVE = ("secretary", "deputy", "committee1", "committee2", "committee3")


@pytest.fixture
def village(session, world):
    return Appraising.of_eight(session, world)


def rating_until_vote(session, world, name: str, full: int) -> Appraising:
    """Bring a small branch with so many full members to its vote."""
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
    return play


def rating(session, world, name: str, full: int) -> Appraising:
    """Bring a small branch to its ratings, all voted 合格."""
    play = rating_until_vote(session, world, name, full)
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


@pytest.mark.parametrize("full, most", [(2, 0), (3, 1), (5, 1), (6, 2), (8, 2), (9, 3), (10, 3)])
def test_a_third_may_be_excellent_from_the_smallest_branch_on(session, world, full, most):
    play = rating(session, world, "tiny", full)
    setting(play, "appraisal_share", "refuse")
    no(play, RuleViolation, "share_kept", "tiny.secretary", "propose", **propose(play, most + 1))
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


def test_at_the_top_half_of_those_who_may_speak_are_a_quorum(staff):
    for name in FIVE[:2]:
        staff.do(f"zone.{name}", "decide", agree=True, opinion="同意")
    no(staff, RuleViolation, "quorum_reached", "zone.officer", "close_meeting")
    staff.do(f"zone.{FIVE[2]}", "decide", agree=True, opinion="同意")
    assert staff.do("zone.officer", "close_meeting").state == "returned", (
        "three of five, less the own yes"
    )


# The committee -----------------------------------------------------------------------------------


@pytest.mark.parametrize("members, sits", [(2, "zone"), (3, "town1")])
def test_fewer_than_three_are_no_committee(village, members, sits):
    leave_office(village, *(f"town1.{name}" for name in FIVE[members:]), on="2026-11-01")
    village.rated()
    assert {name.split(".")[0] for name in voters(village)} == {sits}


def test_who_left_the_committee_is_no_longer_counted_among_those_who_should_attend(village):
    village.rated()
    leave_office(village, "town1.committee2", "town1.committee3")
    swept(village, "2026-11-25")
    for name in FIVE[:2]:
        village.do(f"town1.{name}", "decide", agree=True, opinion="同意")
    assert village.do("town1.officer", "close_meeting").state == "telling", "two of three"


def test_each_who_has_voted_is_told_so_whoever_voted_before(village):
    village.rated()
    for name in FIVE[:2]:
        village.do(f"town1.{name}", "decide", agree=True, opinion="同意")
    for name in FIVE[:2]:
        no(village, AlreadyTaken, None, f"town1.{name}", "decide", agree=False, opinion="不同意")


@pytest.mark.parametrize("times, state", [(2, "telling"), (3, "returned")])
def test_a_rating_goes_back_where_more_than_half_of_four_want_it(village, times, state):
    village.rated()
    village.do("town1.committee3", "recuse", reason="与被评党员有亲属关系")
    one = village.people["village.member1"]
    for number, name in enumerate(FIVE[:4]):
        more = {"returned": {one: "事迹不实"}} if number < times else {}
        village.do(f"town1.{name}", "decide", agree=True, opinion="其余同意", **more)
    assert village.case.state == state


# What is said and asked --------------------------------------------------------------------------


def test_what_a_probationary_member_says_is_kept_as_his(village):
    """三（一）6: he takes part and is not rated."""
    village.world.person("village.new", "village", probationary=True)
    village.session.commit()
    village.begin()
    village.lead("open_self_assessment")
    for name in (*village.people, "village.new"):
        village.do(name, "file_self_assessment", **SELF)
    village.lead("open_peer_review")
    by, about = (village.world.people[f"village.{name}"].id for name in ("new", "member1"))
    line = {"about": about, "by": by, "opinion": "能带头。"}
    village.lead("record_reviews", reviews=[line])
    [kept] = village.session.scalars(sa.select(PeerReview))
    assert (kept.by_id, kept.about_id) == (by, about)
    again = {**line, "about": by, "by": about}
    no(
        village,
        RuleViolation,
        "about_the_graded",
        "village.secretary",
        "record_reviews",
        reviews=[again],
    )


@pytest.mark.parametrize("answer, standing", [("consent", "not_counted"), ("deny", "graded")])
def test_in_version_2_too_nobody_answers_about_himself_and_only_one_answer_is_raised(
    session, world, answer, standing
):
    play = Appraising(session, world, "organ")
    move_in(play, "town1.officer", "organ")
    play.begin().definition_version = 2
    session.commit()
    play.lead("ask_not_counted", member=world.people["town1.officer"].id, reason="moved")
    move = f"{answer}_not_counted"
    no(play, RuleViolation, "not_about_oneself", "town1.officer", move)
    play.on("2026-12-02").do("zone.officer", "take_over", reason="上级逾期没有答复")
    assert play.case.escalation_level == 1
    assert play.do("zone.officer", move).escalation_level == 0
    assert play.row("town1.officer").standing == standing


# The count ---------------------------------------------------------------------------------------


@pytest.fixture
def voting(village):
    village.begin()
    village.assess()
    village.review_peers()
    village.lead("open_vote")
    return village


@pytest.mark.parametrize("quorum, enough", [("half", 4), ("two_thirds", 6)])
def test_exactly_the_quorum_is_enough(voting, quorum, enough):
    """不少于应到人数的一半: four of eight; where the zone asks for two thirds, six."""
    setting(voting, "appraisal_quorum", quorum)
    voting.lead("enter_count", **voting.ballots(present=enough - 1))
    no(voting, RuleViolation, "enough_came", "village.secretary", "close_vote")
    voting.lead("enter_count", **voting.ballots(present=enough))
    assert voting.lead("close_vote").state == "rating"


@pytest.mark.parametrize("grade", ["excellent", "qualified"])
def test_of_two_grades_with_as_many_votes_either_is_the_result(voting, grade):
    tie = {"excellent": 3, "qualified": 3, "basic": 2}
    voting.lead("enter_count", **voting.ballots(**{"village.member1": tie}))
    voting.lead("close_vote")
    other = voting.ratings(member1="basic")
    no(voting, RuleViolation, "departures_explained", "village.secretary", "propose", ratings=other)
    either = voting.ratings(member1=grade)
    assert voting.lead("propose", ratings=either).state == "deciding"


@pytest.mark.parametrize("present, most", [(8, 2), (5, 1)])
def test_where_the_zone_says_so_a_third_of_those_who_came(voting, present, most):
    voting.lead("enter_count", **voting.ballots(present=present))
    voting.lead("close_vote")
    setting(voting, "appraisal_share", "refuse")
    setting(voting, "appraisal_share_of", "present")
    best = [f"member{number}" for number in range(1, 3)][: most - 1]
    over = voting.ratings(**dict.fromkeys([*best, "more1"], "excellent"))
    named = [f"village.{name}" for name in (*best, "more1")]
    reasons = {voting.people[name]: "表现突出。" for name in named}
    words = {"ratings": over, "reasons": reasons}
    no(voting, RuleViolation, "share_kept", "village.secretary", "propose", **words)
    words["ratings"] = voting.ratings(**dict.fromkeys(best, "excellent"))
    assert voting.lead("propose", **words).state == "deciding"


def test_what_was_not_sent_back_still_counts_towards_the_third(village):
    """Two of eight are 优秀 already: the one whose rating came back cannot be the third."""
    setting(village, "appraisal_share", "refuse")
    village.begin()
    village.assess()
    village.review_peers()
    village.vote()
    two = village.people["village.member1"]
    why = {two: "表现突出。"}
    village.lead("propose", ratings=village.ratings(member1="excellent"), reasons=why)
    one = village.people["village.member2"]
    for name in FIVE:
        back = {"returned": {one: "写得不清"}}
        village.do(f"town1.{name}", "decide", agree=True, opinion="其余同意", **back)
    more = {"ratings": {one: "excellent"}, "reasons": {one: "补充了事迹。"}}
    no(village, RuleViolation, "share_kept", "village.secretary", "propose", **more)
    assert village.lead("propose", ratings={one: "qualified"}).state == "deciding"


@pytest.mark.parametrize("full, own", [(6, False), (7, True)])
def test_a_branch_with_a_committee_watches_its_own_count(session, world, full, own):
    """不满 7 人的支部，监票人由上级派."""
    play = rating_until_vote(session, world, "tiny", full)
    tellers = {
        "scrutineer": world.people["tiny.member1"].id,
        "teller": world.people["tiny.member2"].id,
    }
    words = {**far_count(play, full), **tellers}
    if own:
        assert play.lead("enter_count", **words).facts["counts"]["present"] == full
    else:
        no(play, RuleViolation, "two_tellers", "tiny.secretary", "enter_count", **words)


# The year ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "day, opens", [("2026-09-30", False), ("2026-10-01", True), ("2026-12-31", True)]
)
def test_the_fourth_quarter_is_open_from_its_first_to_its_last_day(village, day, opens):
    village.on(day)
    if opens:
        assert village.begin().state == "preparing"
    else:
        village.no(RuleViolation, "in_the_window", village.begin)


def test_what_was_opened_by_mistake_does_not_take_the_year(village):
    village.begin()
    village.do("town1.officer", "void", reason="误立")
    assert village.begin().state == "preparing"


def test_the_file_closes_only_when_the_last_who_was_told_can_ask_no_more(village):
    village.rated()
    village.decide_all()
    first = village.people["village.member1"]
    village.lead("tell", members=[first])
    village.on("2026-11-27").lead("tell")
    village.lead("file")
    assert village.case.wake_on == date(2026, 12, 7)
    assert not tick(village.on("2026-12-04"))
    assert tick(village.on("2026-12-07"))


def test_who_wrote_in_time_is_not_called_late(village):
    village.begin()
    village.lead("open_self_assessment")
    for name in list(village.people)[:-1]:
        village.do(name, "file_self_assessment", **SELF)
    village.on("2026-12-09").lead("open_peer_review")
    late = {name for name in village.people if village.row(name).excused == "late"}
    assert late == {"village.more3"}


@pytest.mark.parametrize("reason", ["transfer", "death", "left"])
def test_who_is_struck_has_no_vote_and_the_reason_is_kept(village, reason):
    village.begin()
    gone = village.world.people["village.more3"]
    gone.left_on, gone.left_why = date(2026, 11, 23), reason
    village.session.commit()
    village.lead("strike", member=gone.id, reason=reason)
    row = village.row("village.more3")
    assert (row.standing, row.votes, row.why) == ("struck", False, reason)
