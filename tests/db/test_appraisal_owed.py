"""Issue 10, 6: the appraisal is owed by member and year; excuses and absences in one batch; each is told."""

from __future__ import annotations

from datetime import date

import pytest
import sqlalchemy as sa

from oversight.base.refusals import AlreadyTaken, Forbidden, RuleViolation
from oversight.engine import outbox
from oversight.models import Notice, Paper
from oversight.register import reorganize
from oversight.time import sweep
from tests.db.test_appraisal_cases import move_in, move_out, no
from tests.db.test_appraisal_walk import SELF, Appraising, tick
from tests.db.test_edges_appraisal import propose, rating


@pytest.fixture
def village(session, world):
    return Appraising.of_eight(session, world)


def whole(play) -> None:
    """Carry an appraisal through until its file is closed."""
    play.told()
    play.lead("file")
    play.on("2026-12-02")
    assert tick(play) and play.case.state == "closed"


# 个人自评 -------------------------------------------------------------------------------------------


def test_only_the_superior_excuses_several_in_one_go_by_one_paper(village):
    """三（一）6 knows no exception; a house rule with the superior's consent and a listed ground."""
    village.begin()
    village.lead("open_self_assessment")
    grounds = {"village.more1": "ill", "village.more2": "away"}
    asked = {village.people[name]: why for name, why in grounds.items()}
    village.lead("ask_excuse", members=asked)
    assert village.case.state == "excuse_asked" and village.desks(village.case) == ["town1"]
    no(village, Forbidden, "authority", "village.secretary", "consent_excuse")
    village.do("village.member1", "file_self_assessment", **SELF)
    village.do("town1.officer", "consent_excuse", opinion="同意")
    assert [village.row(name).excused for name in grounds] == ["ill", "away"]
    [paper] = village.papers(village.case)
    assert "village.more1、village.more2" in "".join(paper.body["paragraphs"])
    assert village.case.number is None and village.case.state == "self_assessment"
    for name in set(village.people) - {*grounds, "village.member1"}:
        village.do(name, "file_self_assessment", **SELF)
    assert village.case.state == "self_done"


def test_asking_to_be_excused_gains_no_time_and_a_no_leaves_all_to_write(village):
    village.begin()
    village.lead("open_self_assessment")
    village.on("2026-12-01").lead(
        "ask_excuse", member=village.people["village.more1"], reason="ill"
    )
    village.on("2026-12-03").do("town1.officer", "deny_excuse", opinion="不同意。身体允许的都要写")
    [no] = village.papers(village.case)
    assert no.body["title"] == "关于不同意2026年度民主评议部分党员免写个人自评的批复"
    assert no.body["paragraphs"] == [
        "你支部关于2026年度民主评议部分党员免写个人自评的请示收悉。经研究，不同意下列党员免写个人自评，"
        "请组织其按时提交：village.more1。",
        "身体允许的都要写。",
        "此复。",
    ]
    assert village.case.due_on == date(2026, 12, 10), "five were used, five are left"
    assert village.row("village.more1").excused is None
    assert len(village.desks(village.case)) == 8


def test_the_superior_may_agree_to_some(village):
    village.begin()
    ids = {name: village.people[name] for name in ("village.more1", "village.more2")}
    village.lead("ask_not_counted", members=dict.fromkeys(ids.values(), "abroad"))
    village.do("town1.officer", "consent_not_counted", members=[ids["village.more1"]])
    assert village.row("village.more1").standing == "not_counted"
    assert village.row("village.more2").standing == "graded"
    [paper] = village.session.query(Paper).filter_by(case_id=village.case.id)
    assert "不评定等次：village.more1。" in paper.body["paragraphs"][0]
    assert paper.body["paragraphs"][1] == "下列党员仍计入应到会人数，参加评议：village.more2。"


def test_a_no_to_leaving_out_is_a_numbered_paper_and_the_case_bears_no_number(village):
    """House rule: what was asked in writing is answered in writing."""
    village.begin()
    village.lead("ask_not_counted", member=village.people["village.more3"], reason="abroad")
    village.do("town1.officer", "deny_not_counted")
    [no] = village.papers(village.case)
    assert no.number == "青委党日〔2026〕1号" and village.case.number is None
    assert "不同意下列党员不计入应到会人数，仍参加评议：village.more3。" in no.body["paragraphs"][0]


# The round ---------------------------------------------------------------------------------------


def test_a_meeting_of_the_summer_is_not_behind_the_vote(village):
    village.begin()
    village.assess()
    no(
        village,
        RuleViolation,
        "met_in_this_round",
        *("village.secretary", "open_peer_review"),
        meeting_on="2026-09-30",
    )
    assert village.lead("open_peer_review", meeting_on="2026-10-01").state == "peer_review"


def test_an_organ_may_appraise_twice_each_with_a_meeting_of_its_own(session, world):
    for number in (1, 2, 3):
        world.person(f"organ.more{number}", "organ")
    session.commit()
    organ = Appraising(session, world, "organ")
    whole(organ)
    organ.begin()
    assert len(organ.people) == 8, "all are graded again"
    organ.assess()
    no(
        organ,
        RuleViolation,
        "met_in_this_round",
        *("organ.secretary", "open_peer_review"),
        meeting_on="2026-11-24",
    )
    assert organ.lead("open_peer_review", meeting_on="2026-11-25").state == "peer_review"


def test_what_ended_unfinished_can_be_done_again(village):
    village.begin()
    village.on("2026-12-09").do("town1.officer", "close_unfinished", reason="支部一直没有开展")
    assert village.begin().state == "preparing" and len(village.people) == 8


# Members -----------------------------------------------------------------------------------------


def test_who_was_graded_before_he_moved_is_graded_once(village):
    whole(village)
    move_out(village, "village.member1")
    move_in(village, "village.member1", "community")
    other = Appraising(village.session, village.world, "community").on("2026-12-03")
    other.begin()
    row = other.row("village.member1")
    assert (row.standing, row.why, row.votes) == ("ungraded", "elsewhere", True)
    other.lead("open_self_assessment")
    assert other.world.people["village.member1"].id not in {
        desk.person_id for desk in other.session.scalars(other_desks(other))
    }


def other_desks(play):
    from oversight.models import WorkItem

    return sa.select(WorkItem).where(WorkItem.case_id == play.case.id, WorkItem.closed_at.is_(None))


def appraised_where_he_moved(village) -> Appraising:
    """Let a member move before the vote; returns the appraisal of his new branch, which has begun."""
    village.begin()
    village.assess()
    village.review_peers()
    move_out(village, "village.more3")
    move_in(village, "village.more3", "community")
    other = Appraising(village.session, village.world, "community")
    other.begin()
    return other


def test_who_moved_before_the_vote_is_struck_before_two_grade_him(village):
    other = appraised_where_he_moved(village)
    assert other.row("village.more3").standing == "graded"
    no(village, RuleViolation, "nobody_is_graded_twice", "village.secretary", "open_vote")
    gone = village.world.people["village.more3"].id
    village.lead("strike", member=gone, reason="transfer")
    assert village.lead("open_vote").state == "vote"


def test_who_was_graded_where_he_moved_is_let_go_by_the_old_branch(village):
    """The new branch has him on its list and has voted already: the old one, which must strike him before
    it votes, can.
    """
    other = appraised_where_he_moved(village)
    other.assess()
    other.review_peers()
    other.lead("open_vote")
    assert other.row("village.more3").standing == "graded"
    no(village, RuleViolation, "nobody_is_graded_twice", "village.secretary", "open_vote")
    village.lead("strike", member=village.world.people["village.more3"].id, reason="transfer")
    assert village.lead("open_vote").state == "vote"


def test_who_moved_to_a_branch_that_has_voted_stays_with_the_old_one(village):
    other = Appraising(village.session, village.world, "community")
    other.begin()
    other.assess()
    other.review_peers()
    other.lead("open_vote")
    village.begin()
    gone = village.people["village.more3"]
    move_out(village, "village.more3")
    move_in(village, "village.more3", "community")
    no(
        village,
        RuleViolation,
        "appraised_by_somebody",
        *("village.secretary", "strike"),
        member=gone,
        reason="transfer",
    )


def test_heirs_of_a_merger_are_appraised_beside_those_who_were(village):
    """The village's members are appraised; those of the community, which takes it over, are still owed."""
    village.begin()
    village.assess()
    world = village.world
    reorganize.merge(
        village.session,
        [world.units["village"]],
        world.units["community"],
        village.at.today,
        world.actor("town1.officer", village.at.today),
        village.at,
    )
    village.session.commit()
    village.session.refresh(village.case)
    assert village.case.unit_id == world.units["community"].id
    own = Appraising(village.session, world, "community").on("2026-11-25")
    own.begin()
    assert len(own.people) == 5 and own.row("village.member1").why == "elsewhere"
    third = Appraising(village.session, world, "community").on("2026-11-25")
    village.no(AlreadyTaken, None, third.begin)


# Told --------------------------------------------------------------------------------------------


def told_of(play, name: str) -> list[str]:
    """Return what a person was told of the appraisal, once the outbox is delivered."""
    outbox.dispatch(play.session, play.at, sweep.HANDLERS)
    found = sa.select(Notice.text).where(
        Notice.case_id == play.case.id, Notice.person_id == play.world.people[name].id
    )
    return list(play.session.scalars(found))


def test_what_hurts_is_told_one_at_a_time_in_person_and_each_gets_a_notice(village):
    village.begin()
    village.assess()
    village.review_peers()
    village.vote()
    why = {village.people["village.member1"]: "担当不够", village.people["village.member2"]: "同上"}
    village.lead("propose", ratings=village.ratings(member1="basic", member2="basic"), reasons=why)
    village.decide_all()
    harsh = [village.people[f"village.member{n}"] for n in (1, 2)]
    for words in (
        {},
        {"members": harsh[:1]},
        {"members": harsh, "in_person": True},
        {"members": harsh[:1], "in_person": False},
    ):
        no(village, RuleViolation, "harsh_one_by_one", "village.secretary", "tell", **words)
    others = [person for person in village.people.values() if person not in harsh]
    village.lead("tell", members=others)
    assert not told_of(village, "village.member1")
    for person in harsh:
        village.lead("tell", members=[person], in_person=True)
    assert village.case.state == "told"
    for name in village.people:
        [text] = [line for line in told_of(village, name) if "已经告知" in line]
        assert "合格" not in text and "优秀" not in text


# The share ---------------------------------------------------------------------------------------


def test_who_decides_sees_that_a_third_is_exceeded(session, world):
    play = rating(session, world, "tiny", 7)
    play.lead("propose", **propose(play, 3))
    assert play.case.facts["over_share"] == {"excellent": 3, "of": 7}
    play = rating(session, world, "small", 9)
    play.lead("propose", **propose(play, 3))
    assert play.case.facts["over_share"] is None
