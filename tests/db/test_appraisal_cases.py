"""Hard cases of the appraisal, from dossier §3 and §8: small branches, those abroad, recusals,
transfers, reviews.

Each is a situation that officials described; the figures in it are theirs.
"""

from __future__ import annotations

from datetime import date

import pytest
import sqlalchemy as sa

from oversight.base.refusals import (
    AlreadyTaken,
    Forbidden,
    InvalidInput,
    InvalidTransition,
    NotFound,
    RuleViolation,
)
from oversight.engine import inbox
from oversight.models import Appraised, Case, Membership, Notice, Reminder, WorkItem, ZoneSettingRow
from oversight.register import reorganize
from oversight.time import sweep
from oversight.views.api import shapes
from tests.db.test_appraisal_walk import SELF, Appraising, tick
from tests.support.world import FOUNDED


@pytest.fixture
def village(session, world):
    return Appraising.of_eight(session, world)


def branch(session, world, name: str, full: int, **flags) -> Appraising:
    """Found a village branch in town 1 with so many full members, a secretary among them."""
    world.unit(name, "branch", "town1", "rural", title=f"{name}党支部")
    world.person(f"{name}.secretary", name)
    world.post(f"{name}.secretary", name, "secretary")
    for number in range(1, full):
        world.person(f"{name}.member{number}", name, **flags)
    session.commit()
    return Appraising(session, world, name)


def setting(play, name: str, value: str) -> None:
    play.session.add(
        ZoneSettingRow(zone_id=play.world.zone.id, name=name, value=value, at=play.at.now)
    )
    play.session.commit()


def move_out(play, name: str) -> None:
    play.session.execute(
        sa.update(Membership)
        .where(Membership.person_id == play.world.people[name].id)
        .values(to_on=date(2026, 11, 23))
    )
    play.session.commit()


def move_in(play, name: str, unit: str) -> None:
    play.session.add(
        Membership(
            zone_id=play.world.zone.id,
            person_id=play.world.people[name].id,
            unit_id=play.world.units[unit].id,
            from_on=date(2026, 11, 24),
            sort=99,
        )
    )
    play.session.commit()


def no(play, kind, rule, who, move, **words):
    return play.no(kind, rule, play.say, play.case, who, move, words)


# The roster --------------------------------------------------------------------------------------


def test_only_in_the_fourth_quarter_but_organs_within_the_year(village):
    """G-3.1.6d: 每年第四季度; O-3.1.6c: 每年至少开展1次, no quarter."""
    village.on("2026-09-30").no(RuleViolation, "in_the_window", village.begin)
    organ = Appraising(village.session, village.world, "organ").on("2026-03-10")
    assert organ.begin().state == "preparing"


def test_once_a_year(village):
    village.told()
    village.lead("file")
    village.on("2026-12-10")
    tick(village)
    village.no(RuleViolation, "somebody_is_owed", village.begin)


def test_probationary_members_take_part_but_are_neither_graded_nor_counted(village):
    village.world.person("village.new", "village", probationary=True)
    village.session.commit()
    village.begin()
    row = village.row("village.new")
    assert (row.standing, row.votes) == ("ungraded", False)
    village.lead("open_self_assessment")
    village.do("village.new", "file_self_assessment", **SELF)
    assert "village.new" not in village.people


def test_a_transfer_until_the_vote_opens_changes_the_roster_and_not_after(village):
    village.begin()
    village.assess()
    no(
        village,
        RuleViolation,
        "has_left",
        "village.secretary",
        "strike",
        member=village.people["village.more3"],
        reason="transfer",
    )
    move_out(village, "village.more3")
    village.lead("strike", member=village.people["village.more3"], reason="transfer")
    move_out(village, "community.member1")
    move_in(village, "community.member1", "village")
    village.lead("add_to_roster", member=village.world.people["community.member1"].id)
    no(
        village,
        RuleViolation,
        "joined_the_branch",
        "village.secretary",
        "add_to_roster",
        member=village.world.people["community.member1"].id,
    )
    assert "village.more3" not in village.people and "community.member1" in village.people
    village.review_peers()
    village.lead("open_vote")
    assert village.case.facts["entitled"] == 8
    no(
        village,
        InvalidTransition,
        None,
        "village.secretary",
        "strike",
        member=village.people["village.more2"],
        reason="transfer",
    )


def test_who_is_struck_while_all_write_holds_nobody_up(village):
    village.begin()
    village.lead("open_self_assessment")
    for name in list(village.people)[:-1]:
        village.do(name, "file_self_assessment", **SELF)
    last = village.world.people["village.more3"]
    last.left_on, last.left_why = date(2026, 11, 23), "death"
    village.session.commit()
    village.lead("strike", member=last.id, reason="death")
    assert village.case.state == "self_done"


def test_six_of_eleven_abroad(session, world):
    """Not counted with the superior's consent: five remain who should attend, and three of them are
    enough.
    """
    play = branch(session, world, "far", 11)
    play.begin()
    for number in range(1, 7):
        play.lead("ask_not_counted", member=world.people[f"far.member{number}"].id, reason="abroad")
        no(play, Forbidden, "authority", "far.secretary", "consent_not_counted")
        play.do("town1.officer", "consent_not_counted")
    assert [
        row.standing
        for row in session.scalars(sa.select(Appraised).where(Appraised.case_id == play.case.id))
    ].count("not_counted") == 6
    play.assess()
    play.unit = "far"
    play.lead("open_peer_review")
    for person in play.people.values():
        recorder = "far.member10" if person == world.people["far.secretary"].id else "far.secretary"
        play.do(recorder, "record_peer_review", about=person, opinion="能按时参加活动。")
    play.lead("open_vote")
    assert play.case.facts["entitled"] == 5
    tellers = {
        "scrutineer": world.people["town1.inspector"].id,
        "teller": world.people["far.member8"].id,
    }
    play.lead("enter_count", **{**far_count(play, 2), **tellers})
    no(play, RuleViolation, "enough_came", "far.secretary", "close_vote")
    play.lead("enter_count", **{**far_count(play, 3), **tellers})
    assert play.lead("close_vote").state == "rating"


def far_count(play, present: int) -> dict:
    rows = [
        {"member": person, "excellent": 0, "qualified": present, "basic": 0, "unqualified": 0}
        for person in play.people.values()
    ]
    return {
        "present": present,
        "issued": present,
        "returned": present,
        "valid": present,
        "tallies": rows,
    }


def test_who_is_denied_stays_on_the_roster(village):
    village.begin()
    village.lead("ask_not_counted", member=village.people["village.member3"], reason="lost")
    village.do("town1.officer", "deny_not_counted", opinion="已联系上，仍参加。")
    assert village.case.state == "preparing" and village.row("village.member3").standing == "graded"


def test_the_superior_sends_the_scrutineer_to_a_branch_of_four(session, world):
    play = branch(session, world, "four", 4)
    play.begin()
    play.assess()
    play.lead("open_peer_review")
    for name, person in play.people.items():
        recorder = "four.member1" if name == "four.secretary" else "four.secretary"
        play.do(recorder, "record_peer_review", about=person, opinion="踏实肯干。")
    play.lead("open_vote")
    own = {"scrutineer": world.people["four.member1"].id, "teller": world.people["four.member2"].id}
    no(
        play,
        RuleViolation,
        "two_tellers",
        "four.secretary",
        "enter_count",
        **{**far_count(play, 4), **own},
    )
    sent = {
        "scrutineer": world.people["town1.officer"].id,
        "teller": world.people["four.member2"].id,
    }
    play.lead("enter_count", **{**far_count(play, 4), **sent})
    assert play.lead("close_vote").state == "rating"


# Self-assessment and peers -----------------------------------------------------------------------


def test_nobody_writes_for_another_but_the_branch_which_says_so(village):
    village.begin()
    village.lead("open_self_assessment")
    no(village, Forbidden, "authority", "town1.officer", "file_self_assessment", **SELF)
    village.do("village.member1", "file_self_assessment", **SELF)
    no(village, AlreadyTaken, None, "village.member1", "file_self_assessment", **SELF)
    village.lead("file_for", member=village.people["village.more1"], **SELF)
    assert village.row("village.more1").self_by == village.people["village.secretary"]
    no(
        village,
        AlreadyTaken,
        None,
        "village.secretary",
        "file_for",
        member=village.people["village.more1"],
        **SELF,
    )


def test_who_is_late_does_not_hold_the_others_up(village):
    village.begin()
    village.lead("open_self_assessment")
    for name in list(village.people)[:-1]:
        village.do(name, "file_self_assessment", **SELF)
    no(village, RuleViolation, "self_is_late", "village.secretary", "open_peer_review")
    village.on("2026-12-09").lead("open_peer_review")
    assert village.case.state == "peer_review" and village.row("village.more3").excused == "late"


def test_nobody_reviews_himself_and_nobody_is_left_out(village):
    village.begin()
    village.assess()
    village.lead("open_peer_review", meeting_on="2026-11-24")
    no(
        village,
        RuleViolation,
        "not_oneself",
        "village.member1",
        "record_peer_review",
        about=village.people["village.member1"],
        opinion="我很好",
    )
    village.do(
        "village.member1",
        "record_peer_review",
        about=village.people["village.member2"],
        opinion="热心。",
    )
    no(village, RuleViolation, "all_reviewed", "village.secretary", "open_vote")


def test_no_vote_before_the_meeting_was_held(village):
    village.begin()
    village.assess()
    village.review_peers()
    no(
        village,
        RuleViolation,
        "met_in_this_round",
        "village.secretary",
        "open_vote",
        meeting_on="2026-12-04",
    )


# The count ---------------------------------------------------------------------------------------


@pytest.fixture
def voting(village):
    village.begin()
    village.assess()
    village.review_peers()
    village.lead("open_vote")
    return village


@pytest.mark.parametrize(
    ("rule", "changed"),
    [
        ("counts_add_up", {"present": 9}),
        ("counts_add_up", {"issued": 9}),
        ("counts_add_up", {"returned": 9, "issued": 8}),
        ("counts_add_up", {"valid": 8, "returned": 7}),
        ("grades_add_up", {"valid": 7}),
        ("grades_add_up", {"village.member1": {"qualified": 9}}),
        ("two_tellers", {"same": True}),
        ("everybody_counted", {"drop": True}),
        ("everybody_counted", {"twice": True}),
        ("two_tellers", {"stranger": True}),
    ],
)
def test_counts_that_do_not_add_up(voting, rule, changed):
    words = voting.ballots(
        **{
            key: value
            for key, value in changed.items()
            if key not in ("same", "drop", "twice", "stranger", "present")
        }
    )
    words |= {"present": 9} if "present" in changed else {}
    if "same" in changed:
        words["teller"] = words["scrutineer"]
    if "stranger" in changed:
        words["teller"] = voting.world.people["village2.member1"].id
    if "drop" in changed:
        words["tallies"] = words["tallies"][1:]
    if "twice" in changed:
        words["tallies"][0] = words["tallies"][1]
    no(voting, RuleViolation, rule, "village.secretary", "enter_count", **words)


def test_a_grade_outside_the_four(voting):
    voting.lead("enter_count", **voting.ballots())
    voting.lead("close_vote")
    error = no(
        voting,
        InvalidInput,
        None,
        "village.secretary",
        "propose",
        ratings={person: "perfect" for person in voting.people.values()},
    )
    assert "等次" in error.sentence


def test_too_few_came_so_it_is_called_again(voting):
    voting.lead("enter_count", **voting.ballots(present=3))
    no(voting, RuleViolation, "enough_came", "village.secretary", "close_vote")
    voting.lead("reconvene")
    assert voting.case.state == "peer_review" and voting.case.facts["meeting_on"] is None
    voting.lead("open_vote", meeting_on="2026-11-24")
    voting.lead("enter_count", **voting.ballots(present=4))
    assert voting.lead("close_vote").state == "rating"


# The rating --------------------------------------------------------------------------------------


@pytest.fixture
def rating(voting):
    voting.lead("enter_count", **voting.ballots())
    voting.lead("close_vote")
    return voting


def test_a_rating_that_departs_from_the_vote_gives_a_reason(rating):
    changed = rating.ratings(member1="basic")
    no(
        rating,
        RuleViolation,
        "departures_explained",
        "village.secretary",
        "propose",
        ratings=changed,
    )
    rating.lead(
        "propose",
        ratings=changed,
        reasons={rating.people["village.member1"]: "长期不承担支部任务。"},
    )
    assert rating.row("village.member1").proposed_why == "长期不承担支部任务。"


@pytest.mark.parametrize(("name", "grade"), [("member1", "unqualified"), ("organizer", "basic")])
def test_two_grades_from_the_vote_or_into_unqualified_the_member_is_heard(rating, name, grade):
    person = rating.people[f"village.{name}"]
    words = {"ratings": rating.ratings(**{name: grade}), "reasons": {person: "经查不实。"}}
    no(rating, RuleViolation, "harsh_are_heard", "village.secretary", "propose", **words)
    assert rating.lead("propose", **words, heard={person: "本人表示接受。"}).state == "deciding"


def test_more_than_a_third_excellent_warns_or_is_refused(rating):
    best = rating.ratings(member1="excellent", member2="excellent")
    reasons = {rating.people[f"village.{name}"]: "表现突出。" for name in ("member1", "member2")}
    setting(rating, "appraisal_share", "refuse")
    no(
        rating,
        RuleViolation,
        "share_kept",
        "village.secretary",
        "propose",
        ratings=best,
        reasons=reasons,
    )
    rating.session.execute(sa.delete(ZoneSettingRow))
    rating.session.commit()
    rating.lead("propose", ratings=best, reasons=reasons)
    assert rating.journal(rating.case)[-2].result["warned"] == [
        "优秀等次超过了党员总数的三分之一。"
    ]


def test_where_the_zone_leaves_it_to_the_branch_nothing_goes_up(rating):
    setting(rating, "appraisal_final_step", "none")
    assert rating.lead("propose", ratings=rating.ratings()).state == "telling"
    assert rating.row("village.organizer").grade == "excellent"


# The committee -----------------------------------------------------------------------------------


def test_each_of_the_committee_has_a_row_and_nobody_acts_for_another(village):
    village.rated()
    rows = village.session.scalars(
        sa.select(WorkItem).where(WorkItem.case_id == village.case.id, WorkItem.closed_at.is_(None))
    )
    members = {
        village.world.people[f"town1.{name}"].id
        for name in ("secretary", "deputy", "committee1", "committee2", "committee3")
    }
    assert {row.person_id for row in rows} == members
    no(village, Forbidden, "authority", "town1.officer", "decide", agree=True, opinion="同意")
    no(village, Forbidden, "authority", "zone.secretary", "decide", agree=True, opinion="同意")
    village.do("town1.deputy", "decide", agree=True, opinion="同意")
    no(village, AlreadyTaken, None, "town1.deputy", "decide", agree=False, opinion="改主意了")


def test_no_decision_without_quorum_counted_of_those_who_should_attend(village):
    village.rated()
    for name in ("secretary", "deputy"):
        village.do(f"town1.{name}", "decide", agree=True, opinion="同意")
    no(village, RuleViolation, "quorum_reached", "town1.officer", "close_meeting")
    village.do("town1.committee1", "decide", agree=True, opinion="同意")
    assert (
        village.do("town1.officer", "close_meeting", minutes="到会 3 人，一致同意。").state
        == "telling"
    )


def test_yes_needs_more_than_half_of_those_entitled_not_of_those_present(village):
    village.rated()
    for name, agree in (("secretary", True), ("deputy", True), ("committee1", False)):
        village.do(f"town1.{name}", "decide", agree=agree, opinion="意见")
    assert village.do("town1.officer", "close_meeting").state == "returned", "2 of 5 is no majority"
    assert village.row("village.member1").returned == "意见"


def test_three_of_five_recused_refer_upward(village):
    village.rated()
    for number, name in enumerate(("secretary", "committee1", "committee2")):
        assert village.case.escalation_level == 0
        village.do(f"town1.{name}", "recuse", reason="与被评党员有亲属关系")
        assert village.case.escalation_level == (number == 2)
    assert village.case.state == "deciding"
    no(village, Forbidden, "authority", "town1.deputy", "decide", agree=True, opinion="同意")
    for name in ("secretary", "deputy", "committee1", "committee2", "committee3"):
        village.do(f"zone.{name}", "decide", agree=True, opinion="同意")
    assert village.case.state == "telling"


def test_a_member_of_the_branch_does_not_decide_his_own(village):
    move_in(village, "town1.committee1", "village")
    village.rated()
    no(village, AlreadyTaken, None, "town1.committee1", "decide", agree=True, opinion="同意")
    for name in ("secretary", "deputy", "committee2", "committee3"):
        village.do(f"town1.{name}", "decide", agree=True, opinion="同意")
    assert village.case.state == "telling", "recused from the start, so nobody waits for him"


def test_single_ratings_are_sent_back_with_a_reason_and_only_they_are_proposed_again(village):
    village.rated()
    one = village.people["village.organizer"]
    for name in ("secretary", "deputy", "committee1"):
        village.do(
            f"town1.{name}", "decide", agree=True, opinion="其余同意", returned={one: "事迹不实"}
        )
    for name in ("committee2", "committee3"):
        village.do(f"town1.{name}", "decide", agree=True, opinion="同意")
    assert (
        village.case.state == "returned" and "事迹不实" in village.row("village.organizer").returned
    )
    assert village.row("village.member1").returned is None
    no(
        village,
        RuleViolation,
        "everybody_rated",
        "village.secretary",
        "propose",
        ratings=village.ratings(),
    )
    village.lead("propose", ratings={one: "qualified"}, reasons={one: "按上级意见。"})
    assert village.case.state == "deciding"
    assert (
        village.decide_all().state == "telling"
        and village.row("village.organizer").grade == "qualified"
    )


def test_who_leaves_his_office_is_waited_for_no_longer(village):
    village.rated()
    for name in ("secretary", "deputy", "committee1", "committee2"):
        village.do(f"town1.{name}", "decide", agree=True, opinion="同意")
    from oversight.models import Post

    village.session.execute(
        sa.update(Post)
        .where(Post.person_id == village.world.people["town1.committee3"].id)
        .values(to_on=date(2026, 11, 24))
    )
    village.session.commit()
    sweep.sweep(village.session, village.on("2026-11-25").at)
    assert village.session.get(Case, village.case.id).state == "telling"


def test_a_late_committee_is_taken_over_by_the_one_above(village):
    village.rated()
    village.on("2026-12-09").do("zone.officer", "take_over", reason="镇党委逾期未审批")
    rows = village.session.scalars(
        sa.select(WorkItem).where(
            WorkItem.case_id == village.case.id,
            WorkItem.closed_at.is_(None),
            WorkItem.kind == "act",
        )
    )
    assert {row.unit_id for row in rows} == {village.world.units["zone"].id}


# Telling and review ------------------------------------------------------------------------------


def test_a_review_is_asked_once_in_time_and_answered_by_others(village):
    village.told()
    no(village, NotFound, None, "village2.member1", "ask_review", reason="我不同意")
    village.on("2026-12-01").do(
        "village.member1", "ask_review", reason="请复核，全年参加了全部活动。"
    )
    assert village.case.state == "under_review"
    no(village, InvalidTransition, None, "village.secretary", "file")
    no(village, Forbidden, "authority", "town1.secretary", "uphold")
    village.do("town1.officer", "change_rating", grade="excellent", opinion="情况属实。")
    assert village.case.state == "telling" and village.row("village.member1").grade == "excellent"
    village.lead("tell")
    no(
        village,
        RuleViolation,
        "asked_once_in_time",
        "village.member1",
        "ask_review",
        reason="再复核一次",
    )
    village.lead("file")


def reviewing(village, name: str = "village.member1", **better):
    """Ask for a review in a branch of eight; `better` are rated 优秀 beside the vote's one."""
    for step in (village.begin, village.assess, village.review_peers, village.vote):
        step()
    reasons = {village.people[f"village.{one}"]: "表现突出。" for one in better}
    village.lead("propose", ratings=village.ratings(**better), reasons=reasons)
    village.decide_all()
    village.lead("tell")
    village.on("2026-12-01").do(name, "ask_review", reason="请复核。")
    return village


def test_a_review_says_why_it_changes_a_grade(village):
    """与测评不一致的写明理由: who reviews is bound as who proposes."""
    no(reviewing(village), InvalidInput, None, "town1.officer", "change_rating", grade="excellent")


@pytest.mark.parametrize(
    ("name", "grade"), [("village.member1", "unqualified"), ("village.organizer", "basic")]
)
def test_a_review_hears_the_member_before_so_hard_a_grade(village, name, grade):
    """与测评相差两个等次，或定为不合格的，先听取本人意见 (house rule 12, P-3.1.6e)."""
    words = {"grade": grade, "opinion": "经查不实。"}
    rule, officer = "changed_is_heard", "town1.officer"
    no(reviewing(village, name), RuleViolation, rule, officer, "change_rating", **words)
    village.do(officer, "change_rating", **words, heard="本人表示接受。")
    assert village.row(name).grade == grade
    assert village.row(name).review["heard"] == "本人表示接受。"


def test_a_review_keeps_the_share_of_the_best(village):
    """优秀等次一般不超过党员总数的三分之一 (house rule 13)."""
    reviewing(village, member2="excellent")
    setting(village, "appraisal_share", "refuse")
    words = {"grade": "excellent", "opinion": "情况属实。"}
    no(village, RuleViolation, "change_keeps_share", "town1.officer", "change_rating", **words)
    village.session.execute(sa.delete(ZoneSettingRow))
    village.session.commit()
    village.do("town1.officer", "change_rating", **words)
    assert village.row("village.member1").grade == "excellent"


def test_after_five_working_days_nobody_asks_any_more(village):
    village.told()
    village.on("2026-12-02")
    no(
        village,
        RuleViolation,
        "asked_once_in_time",
        "village.member2",
        "ask_review",
        reason="请复核",
    )


def test_filed_in_haste_a_review_may_still_be_asked_for(village):
    village.told()
    village.lead("file")
    village.do("village.member2", "ask_review", reason="请复核")
    assert village.case.state == "under_review"


def test_a_merged_branch_leaves_its_appraisal_to_the_successor(village):
    village.rated()
    village.decide_all()
    officer = village.world.actor("town1.officer", village.at.today)
    reorganize.merge(
        village.session,
        [village.world.units["village"]],
        village.world.units["community"],
        village.at.today,
        officer,
        village.at,
    )
    village.session.commit()
    case = village.session.get(Case, village.case.id)
    assert case.unit_id == village.world.units["community"].id and case.state == "telling"
    village.do("community.secretary", "tell")
    assert village.case.state == "told"


# Time --------------------------------------------------------------------------------------------


def test_each_rung_once_however_many_act_meanwhile(village):
    village.begin()
    village.lead("open_self_assessment")
    remind = (
        sa.select(Reminder.rung, sa.func.count())
        .where(Reminder.case_id == village.case.id)
        .group_by(Reminder.rung)
    )
    told = sa.select(sa.func.count()).select_from(Notice).where(Notice.case_id == village.case.id)
    sweep.sweep(village.session, village.on("2026-12-03").at)
    for name in ("village.member1", "village.member2"):
        village.do(name, "file_self_assessment", **SELF)
        sweep.sweep(village.session, village.at)
    assert dict(village.session.execute(remind).all()) == {3: 1}
    sweep.sweep(village.session, village.on("2026-12-09").at)
    sweep.sweep(village.session, village.at)
    assert dict(village.session.execute(remind).all()) == {3: 1, -1: 1}
    late = told.where(Notice.at == village.at.now)
    assert village.session.scalar(late) >= 6, "those who are late, and only they, are told"


def test_who_has_written_is_not_told_again_and_the_others_are(village):
    village.begin()
    village.lead("open_self_assessment")
    village.do("village.member1", "file_self_assessment", **SELF)
    sweep.sweep(village.session, village.at)
    told = set(
        village.session.scalars(
            sa.select(Notice.person_id).where(Notice.case_id == village.case.id)
        )
    )
    assert (
        village.people["village.member2"] in told and village.people["village.member1"] not in told
    )


# Who sees what -----------------------------------------------------------------------------------


def test_members_read_their_own_words_and_nobody_elses(village):
    village.begin()
    village.assess()
    member = village.world.actor("village.member1", village.at.today)
    shape = shapes.whole(village.session, village.case, member, village.at)
    written = [
        row for row in shape["journal"] if row["move"] == "file_self_assessment" and row["words"]
    ]
    assert len(written) == 1
    secretary = village.world.actor("village.secretary", village.at.today)
    shape = shapes.whole(village.session, village.case, secretary, village.at)
    assert len([row for row in shape["journal"] if row["words"].get("text")]) == 8
    assert "不够深" not in str(shape["facts"])


def test_the_boxes_follow_the_rows(village):
    village.begin()
    village.lead("open_self_assessment")
    today = village.at.today

    def mine(name):
        who = village.world.actor(name, today)
        return [case.id for case in inbox.cases(village.session, who, "mine", today).items]

    assert mine("village.member1") == [village.case.id] and mine("village.secretary") == [
        village.case.id
    ]
    village.do("village.secretary", "file_self_assessment", **SELF)
    assert mine("village.secretary") == []
    assert mine("town1.committee1") == [] and today > FOUNDED
