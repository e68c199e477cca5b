"""Date change: every situation of the guidance 二（一）1 and of the contract, one named test each."""

from __future__ import annotations

from datetime import date

import pytest
import sqlalchemy as sa

from oversight import workflows
from oversight.base.refusals import (
    AlreadyTaken,
    DomainError,
    Forbidden,
    InvalidTransition,
    NotFound,
    RuleViolation,
    VersionConflict,
)
from oversight.calendar import party_days
from oversight.calendar.zone import zone_calendar
from oversight.engine import authority, transitions
from oversight.engine.use_case import one_transaction
from oversight.ledger import own_days
from oversight.models import Activity, ActivityChange, Case, ZoneSettingRow
from oversight.papers import replies
from tests.support.actors import REASON, Play, second_hat
from tests.support.dump import difference, dump

DEC4, DEC11 = date(2026, 12, 4), date(2026, 12, 11)


@pytest.fixture
def play(session, world):
    second_hat(world)
    session.commit()
    return Play(session, world)


def state(play, case) -> str:
    return play.session.get(Case, case.id, populate_existing=True).state


def setting(play, name: str, value: str) -> None:
    play.session.add(
        ZoneSettingRow(zone_id=play.world.zone.id, name=name, value=value, at=play.at.now)
    )
    play.session.commit()


# Asking ------------------------------------------------------------------------------------------


def test_an_earlier_day_may_be_asked_for_and_is_answered_before_it(play):
    case = play.asked("2026-12-01")
    assert case.due_on == date(2026, 11, 27) and case.wake_on == date(2026, 12, 1)
    case = play.on("2026-11-30").move(case, "town1.officer", "approve")
    assert play.day_of() == date(2026, 12, 1)


def test_an_earlier_day_that_has_come_can_no_longer_be_consented_to(play):
    case = play.asked("2026-12-01")
    play.on("2026-12-01").refused(RuleViolation, "still_ahead", case, "town1.officer", "approve")
    assert play.move(case, None, "lapse").state == "lapsed"


def test_a_day_on_which_the_branch_already_meets_is_taken(play):
    """July in separate mode has two activities: the zone's and the branch's own."""
    setting(play, "july_mode", "separate")
    branch = play.world.units["village"]
    play.session.add(
        Activity(
            zone_id=branch.zone_id,
            unit_id=branch.id,
            year=2026,
            month=7,
            kind="july",
            rule_day=date(2026, 7, 1),
            day=date(2026, 7, 1),
        )
    )
    play.session.commit()
    play.on("2026-06-22")
    case = play.open("village.secretary", day="2026-07-03")
    play.refused(
        RuleViolation,
        "not_taken",
        case,
        "village.secretary",
        "ask",
        new_day="2026-07-01",
        reason=REASON,
    )
    assert (
        play.move(case, "village.secretary", "ask", new_day="2026-07-09", reason=REASON).state
        == "asked"
    )


def test_a_month_before_the_branch_was_accountable_has_no_day_to_move(play):
    play.world.units["village"].accountable_from = date(2027, 1, 1)
    play.session.commit()
    play.no(RuleViolation, "day_in_force", play.open, "village.secretary", day="2026-12-04")


def test_one_open_request_per_party_day(play):
    case = play.asked()
    play.no(AlreadyTaken, None, play.open, "village.organizer")
    play.move(case, "village.secretary", "withdraw")
    assert play.open("village.organizer").state == "draft"


def test_an_approved_change_still_counts_as_the_one_request(play):
    play.approved()
    for day in ("2026-12-04", "2026-12-11"):
        with pytest.raises((AlreadyTaken, RuleViolation)):
            play.open("village.organizer", day=day)
        play.session.rollback()


def test_an_organ_in_a_department_asks_its_department(play):
    play.world.unit("office", "branch", "dept1", "organ", title="教育局机关党支部")
    play.world.person("office.secretary", "office")
    play.world.post("office.secretary", "office", "secretary")
    play.session.commit()
    case = play.asked(name="office.secretary", unit="office")
    assert play.desks(case) == ["dept1"]
    play.refused(Forbidden, "authority", case, "zone.officer", "approve")
    assert play.move(case, "dept1.secretary", "approve").number == "教党党日〔2026〕1号"


# Answering ---------------------------------------------------------------------------------------


def test_refused_keeps_the_day_and_numbers_the_answer(play):
    case = play.move(play.asked(), "town1.officer", "refuse")
    assert case.state == "refused" and not case.open and play.day_of() == DEC4
    [paper] = play.papers(case)
    assert paper.number == "青委党日〔2026〕1号" and "不同意" in paper.body["title"]


def test_returned_can_be_asked_again_with_a_fresh_clock(play):
    case = play.on("2026-11-24").asked()
    case = play.on("2026-11-27").move(case, "town1.officer", "return")
    assert play.papers() == [] and play.day_of() == DEC4 and case.wake_on == DEC4
    case = play.on("2026-11-30").move(
        case, "village.secretary", "ask", new_day="2026-12-10", reason=REASON
    )
    assert case.due_on == date(2026, 12, 3) and case.wake_on == DEC4


def test_a_return_that_is_not_taken_up_expires_and_is_never_approved(play):
    case = play.move(play.asked(), "town1.officer", "return")
    with pytest.raises(InvalidTransition):
        play.on("2026-12-03").move(case, None, "expire")
    play.session.rollback()
    case = play.on("2026-12-04").move(case, None, "expire")
    assert case.state == "expired" and play.day_of() == DEC4
    play.refused(InvalidTransition, None, case, "town1.officer", "approve")


def test_withdrawn_before_the_answer_and_never_approved(play):
    case = play.move(play.asked(), "village.organizer", "withdraw")
    assert case.state == "withdrawn" and play.desks(case) == [] and play.day_of() == DEC4
    play.refused(InvalidTransition, None, case, "town1.officer", "approve")


def test_the_decision_binds_the_version_that_was_seen(play):
    case = play.asked()
    seen = case.version
    case = play.move(case, "town1.officer", "return")
    case = play.move(case, "village.secretary", "ask", new_day="2026-12-09", reason=REASON)
    error = play.no(
        VersionConflict, None, play.move, case, "town1.secretary", "approve", version=seen
    )
    assert error.status == 409 and "village.secretary" in error.extra["decided_by"]
    assert play.day_of() == DEC4


def test_the_applicant_never_answers_in_his_second_office(play):
    case = play.asked(name="second.hat")
    for move in ("approve", "refuse", "return", "excuse_month", "void", "terminate"):
        play.refused(Forbidden, "authority", case, "second.hat", move)
    assert play.move(case, "town1.officer", "approve").state == "approved"


def test_who_asked_does_not_answer_after_he_was_promoted(play):
    """The secretary who signed the request becomes the town's officer the day after."""
    case = play.asked()
    post = play.session.scalar(
        sa.select(authority.Post).where(
            authority.Post.person_id == play.world.people["village.secretary"].id
        )
    )
    post.to_on = date(2026, 11, 24)
    play.world.post("village.secretary", "town1", "officer", from_on=date(2026, 11, 25))
    play.session.commit()
    play.on("2026-11-26").refused(Forbidden, "authority", case, "village.secretary", "approve")
    assert play.move(case, "town1.officer", "approve").state == "approved"


def test_a_branch_leader_with_a_fixed_term_does_not_answer_his_own_branch(play):
    """The end of a term in the future must not make him free today."""
    post = play.session.scalar(
        sa.select(authority.Post).where(
            authority.Post.person_id == play.world.people["second.hat"].id,
            authority.Post.office == "deputy",
        )
    )
    post.to_on = date(2028, 12, 31)
    play.session.commit()
    play.refused(Forbidden, "authority", play.asked(), "second.hat", "approve")


def test_only_the_superior_of_the_day_of_the_answer_decides(play):
    """The branch is moved to another town between the request and the answer."""
    case = play.asked()
    branch, town = play.world.units["village"], play.world.units["town2"]
    branch.parent_id, branch.path = town.id, f"{town.path}{branch.id}/"
    play.session.commit()
    play.on("2026-11-25")
    with pytest.raises(DomainError):
        play.move(case, "town1.officer", "approve")
    play.session.rollback()
    assert play.move(case, "town2.officer", "approve").number == "柏委党日〔2026〕1号"


# Numbers, and one transaction for all ------------------------------------------------------------


def test_numbers_run_per_unit_and_year_without_gaps_and_void_ones_are_kept(play):
    one = play.approved()
    two = play.move(
        play.asked(name="community.secretary", unit="community"), "town1.secretary", "refuse"
    )
    play.move(one, "town1.officer", "revoke")
    three = play.approved(new_day="2026-12-09")
    other = play.move(
        play.asked(name="village2.secretary", unit="village2"), "town2.officer", "approve"
    )
    assert [one.number, two.number, three.number, other.number] == [
        "青委党日〔2026〕3号",  # that of the revocation
        "青委党日〔2026〕2号",
        "青委党日〔2026〕4号",
        "柏委党日〔2026〕1号",
    ]
    kept = {paper.number: paper.void_at is not None for paper in play.papers()}
    assert kept == {
        "青委党日〔2026〕1号": True,
        "青委党日〔2026〕2号": False,
        "青委党日〔2026〕3号": False,
        "青委党日〔2026〕4号": False,
        "柏委党日〔2026〕1号": False,
    }
    play.on("2027-01-04")
    january = play.move(play.asked("2027-01-12", day="2027-01-08"), "town1.officer", "approve")
    assert january.number == "青委党日〔2027〕1号"


@pytest.mark.parametrize("broken", ["issue", "change"])
def test_the_day_moves_and_the_number_is_given_together_or_not_at_all(play, monkeypatch, broken):
    case = play.asked()
    before = dump(play.session)

    def fail(*_args, **_kwargs):
        raise RuntimeError("the power failed")

    with monkeypatch.context() as patch:
        patch.setattr(*((replies, "issue") if broken == "issue" else (party_days, "change")), fail)
        with pytest.raises(RuntimeError):
            play.move(case, "town1.officer", "approve")
    play.session.rollback()
    assert not difference(before, dump(play.session))
    assert play.move(case, "town1.officer", "approve").number == "青委党日〔2026〕1号", (
        "no gap is left"
    )


def test_a_failure_after_the_move_takes_the_whole_move_back(play):
    case = play.asked()
    before = dump(play.session)

    with pytest.raises(RuntimeError), one_transaction(play.session):
        transitions.submit(
            play.session,
            case.id,
            "approve",
            play.who("town1.officer"),
            {"opinion": "同意"},
            version=case.version,
            at=play.at,
        )
        raise RuntimeError("the answer could not be kept")
    assert not difference(before, dump(play.session))


# After the answer --------------------------------------------------------------------------------


MORE = {"new_day": "2026-12-09", "reason": REASON + "，提前两天完工"}


def test_the_old_consent_stands_until_an_amendment_is_answered(play):
    case = play.approved("2026-12-11")
    case = play.on("2026-11-25").move(case, "village.secretary", "amend", **MORE)
    assert case.state == "amend_asked" and play.desks(case) == ["town1"]
    assert play.day_of() == DEC11 and play.papers(case)[0].void_at is None
    case = play.move(case, "town1.secretary", "approve")
    assert case.state == "approved" and play.day_of() == date(2026, 12, 9)
    assert [(paper.number, bool(paper.void_at)) for paper in play.papers(case)] == [
        ("青委党日〔2026〕1号", True),
        ("青委党日〔2026〕2号", False),
    ]
    assert case.number == "青委党日〔2026〕2号" and case.wake_on == DEC4
    row = play.journal(case)[-1]
    assert row.result["before"] == {"new_day": "2026-12-11", "reason": REASON}
    assert case.facts["new_day"] == "2026-12-09" and "amended_day" not in case.facts
    case = play.move(case, "town1.officer", "revoke")
    assert play.day_of() == DEC4, "taken back to the day of the rule, not to the first consent"


def test_an_amendment_that_is_refused_leaves_the_consent_and_its_number(play):
    case = play.move(play.approved(), "village.secretary", "amend", **MORE)
    case = play.move(case, "town1.officer", "refuse")
    assert case.state == "approved" and play.day_of() == DEC11 and case.wake_on == DEC4
    assert case.number == "青委党日〔2026〕1号" and case.facts["new_day"] == "2026-12-11"
    first, no = play.papers(case)
    assert not first.void_at and "原批复继续有效" in no.body["paragraphs"][0]


def test_an_amendment_can_be_dropped(play):
    case = play.move(play.approved(), "village.secretary", "amend", **MORE)
    case = play.move(case, "village.organizer", "drop_amendment")
    assert case.state == "approved" and play.day_of() == DEC11


def test_an_amendment_left_unanswered_lets_the_consent_take_effect(play):
    case = play.on("2026-11-26").move(play.approved(), "village.secretary", "amend", **MORE)
    assert case.wake_on == DEC4
    case = play.on("2026-12-04").move(case, None, "lapse_amendment")
    assert case.state == "approved" and play.journal(case)[-1].result["unanswered"]
    case = play.move(case, None, "take_effect")
    assert case.state == "in_force" and play.day_of() == DEC11


def test_an_amendment_of_the_last_moment_blames_nobody(play):
    case = play.on("2026-12-03").move(play.approved(), "village.secretary", "amend", **MORE)
    assert case.due_on == DEC4
    case = play.on("2026-12-05").move(case, None, "run_out_amendment")
    assert case.state == "approved" and "unanswered" not in play.journal(case)[-1].result


def test_a_joint_change_is_not_amended_by_one(play):
    case = play.move(play.joint("community"), "town1.officer", "approve")
    said = play.refused(RuleViolation, "amends_alone", case, "village.secretary", "amend").sentence
    assert "申请取消变更" in said, "and this way is open"
    assert play.move(case, "village.secretary", "ask_cancel").state == "cancel_asked"


def test_revoked_by_the_deciding_side_before_either_day(play):
    case = play.approved()
    case = play.on("2026-12-03").move(
        case, "town1.secretary", "revoke", reason="施工延期，按原定日期开展"
    )
    assert case.state == "revoked" and play.day_of() == DEC4 and play.activity().moved_by is None
    consent, undone = play.papers(case)
    assert consent.void_at and consent.number == "青委党日〔2026〕1号", "the number is kept (作废)"
    assert not undone.void_at and undone.number == case.number
    assert "青委党日〔2026〕1号批复现予撤销" in undone.body["paragraphs"][0]


def test_revoking_is_over_once_the_earlier_day_has_come(play):
    case = play.approved("2026-12-02")
    play.on("2026-12-02").refused(RuleViolation, "still_ahead", case, "town1.officer", "revoke")


def test_cancelled_at_the_branchs_wish(play):
    case = play.move(play.approved(), "village.secretary", "ask_cancel")
    assert case.state == "cancel_asked" and play.desks(case) == ["town1"] and play.day_of() == DEC11
    case = play.move(case, "town1.officer", "cancel")
    assert case.state == "cancelled" and play.day_of() == DEC4
    consent, undone = play.papers(case)
    assert consent.void_at and not undone.void_at
    assert undone.body["title"] == "关于同意取消变更12月主题党日活动时间的批复"


def test_a_cancelling_that_is_not_agreed_to_leaves_the_approval_and_its_clock(play):
    case = play.move(play.approved(), "village.secretary", "ask_cancel")
    case = play.move(case, "town1.officer", "keep")
    assert case.state == "approved" and play.day_of() == DEC11 and case.wake_on == DEC4
    assert not any(paper.void_at for paper in play.papers(case))


def test_an_unanswered_cancelling_takes_effect_as_approved(play):
    """Silence is never consent: the approved day holds."""
    case = play.move(play.approved(), "village.secretary", "ask_cancel")
    case = play.on("2026-12-04").move(case, None, "take_effect")
    assert case.state == "in_force" and play.day_of() == DEC11


def test_a_second_change_of_the_same_month_can_be_taken_back_to_the_first(play):
    first = play.approved("2026-12-10")
    play.on("2026-12-04").move(first, None, "take_effect")
    second = play.on("2026-12-07").approved("2026-12-11", day="2026-12-10")
    assert play.day_of() == DEC11
    play.on("2026-12-08").move(second, "town1.officer", "revoke")
    assert play.day_of() == date(2026, 12, 10) and play.activity().moved_by == first.id


def test_the_day_of_effect_needs_an_approval_that_is_earlier(play):
    """Invariant 1, read from the journal: whatever moved the day was decided before both days."""
    case = play.on("2026-12-03").approved("2026-12-11")
    decided = next(row.at for row in play.journal(case) if row.move == "approve")
    assert decided.date() < min(play.activity().day, play.activity().rule_day)
    changes = play.session.scalars(
        sa.select(ActivityChange).where(ActivityChange.activity_id == play.activity().id)
    ).all()
    assert [(row.what["day"], row.case_id) for row in changes] == [
        (["2026-12-04", "2026-12-11"], case.id)
    ]


# The superior's own clock ------------------------------------------------------------------------


def test_silence_is_never_consent(play):
    case = play.asked()
    case = play.on("2026-12-04").move(case, None, "lapse")
    assert (
        case.state == "lapsed" and not case.open and play.day_of() == DEC4 and play.papers() == []
    )
    assert workflows.current("date_change").state("lapsed").label == "上级逾期未批复"
    play.refused(InvalidTransition, None, case, "town1.officer", "approve")


@pytest.mark.parametrize(
    "asked_on, new_day, due",
    [
        ("2026-11-24", "2026-12-11", "2026-11-27"),  # Tuesday: Friday
        ("2026-11-27", "2026-12-11", "2026-12-02"),  # Friday: over the weekend
        ("2026-12-02", "2026-12-11", "2026-12-03"),  # capped: the day before the original day
        ("2026-12-03", "2026-12-11", "2026-12-04"),  # no working day is left: urgent
        ("2026-11-30", "2026-12-02", "2026-12-01"),  # an earlier new day caps it too
    ],
)
def test_three_working_days_and_always_before_the_original_day(play, asked_on, new_day, due):
    case = play.on(asked_on).asked(new_day)
    assert case.due_on == date.fromisoformat(due)


@pytest.mark.parametrize(
    "asked_on, day, due",
    [
        ("2026-12-03", "2026-12-04", "2026-12-04"),  # Thursday for Friday
        ("2026-10-08", "2026-10-09", "2026-10-09"),  # the first working day after the holiday
        ("2026-10-05", "2026-10-09", "2026-10-08"),  # in it: the 8th is a working day
    ],
)
def test_a_term_ends_on_no_rest_day_and_not_before_anybody_could_act(play, asked_on, day, due):
    case = play.on(asked_on).asked(f"{day[:8]}16", day=day)
    assert case.due_on == date.fromisoformat(due)
    assert zone_calendar(play.session, play.world.zone.id).is_workday(case.due_on)


def test_an_urgent_request_may_be_answered_until_the_activity(play):
    case = play.on("2026-12-03").asked()
    assert case.wake_on == date(2026, 12, 5)
    play.on("2026-12-04").refused(
        RuleViolation, "superior_is_late", case, "zone.officer", "take_over"
    )
    assert not play.on("2026-12-04").move(case, "town1.officer", "approve").closed_at
    assert play.day_of() == DEC11
    assert play.move(case, None, "take_effect").state == "in_force"


def test_an_urgent_request_left_unanswered_counts_against_nobody(play):
    case = play.on("2026-12-03").asked()
    with pytest.raises(InvalidTransition):
        play.on("2026-12-04").move(case, None, "run_out")
    play.session.rollback()
    with pytest.raises(InvalidTransition):
        play.on("2026-12-05").move(case, None, "lapse")
    play.session.rollback()
    case = play.move(case, None, "run_out")
    assert case.state == "too_short" and "unanswered" not in play.journal(case)[-1].result
    late = play.on("2026-12-07").open("village.secretary")
    words = {"reason": "4日来不及等批复，已电话请示", "told_by_phone": "12月4日8时，镇党委值班室"}
    assert play.say(late, "village.secretary", "report_late", words).state == "reported_late"


def test_who_takes_over_too_late_to_answer_is_not_blamed_either(play):
    case = play.on("2026-11-25").asked()
    case = play.on("2026-12-03").move(case, "zone.officer", "take_over")
    assert case.due_on == DEC4 and case.wake_on == date(2026, 12, 5)


def test_an_earlier_day_leaves_room_for_an_answer(play):
    case = play.on("2026-11-30").open("village.secretary")
    words = {"new_day": "2026-12-01", "reason": REASON}
    play.refused(RuleViolation, "leaves_room", case, "village.secretary", "ask", **words)
    case = play.move(case, "village.secretary", "ask", **(words | {"new_day": "2026-12-02"}))
    assert case.due_on == date(2026, 12, 1)


def test_a_request_returned_for_a_day_that_the_zone_has_moved_can_be_sent_again(play):
    case = play.asked("2026-12-11")
    shift = {"new_day": "2026-12-08", "reason": "全区集中学习，当月党日统一调整"}
    notice = play.open("zone.officer", "zone", workflow="zone_shift", **shift)
    play.move(play.move(notice, "zone.officer", "propose"), "zone.secretary", "publish")
    assert play.day_of() == date(2026, 12, 8)
    said = play.refused(RuleViolation, "day_stands", case, "town1.officer", "approve").sentence
    assert "退回" in said
    case = play.move(case, "town1.officer", "return")
    case = play.move(case, "village.secretary", "ask")
    assert case.state == "asked" and case.facts["day"] == "2026-12-08"
    assert play.move(case, "town1.officer", "approve").state == "approved"


def test_the_holiday_is_not_counted_into_the_superiors_days(play):
    """1 to 7 October 2026 is off, and 20 September was a make-up working Sunday."""
    case = play.on("2026-09-29").asked("2026-10-15", day="2026-10-09")
    assert case.due_on == date(2026, 10, 8)


def test_the_zone_takes_over_from_a_late_superior(play):
    case = play.asked()
    case = play.on("2026-11-30").move(case, "zone.officer", "take_over")
    assert (
        case.state == "asked" and play.desks(case) == ["zone"] and case.due_on == date(2026, 12, 3)
    )
    play.refused(Forbidden, "authority", case, "town1.officer", "approve")
    case = play.move(case, "zone.secretary", "approve")
    assert case.number == "云党工党日〔2026〕1号" and play.day_of() == DEC11


def test_what_the_zone_approved_only_the_zone_revokes(play):
    """Contract: revoke, by the deciding side."""
    case = play.on("2026-11-24").asked()
    case = play.on("2026-11-30").move(case, "zone.officer", "take_over")
    case = play.move(case, "zone.officer", "approve")
    play.refused(Forbidden, "authority", case, "town1.officer", "revoke")
    assert play.move(case, "zone.secretary", "revoke").state == "revoked"


def test_what_the_zone_approved_only_the_zone_cancels(play):
    case = play.on("2026-11-24").asked()
    case = play.on("2026-11-30").move(case, "zone.officer", "take_over")
    case = play.move(case, "zone.officer", "approve")
    case = play.move(case, "village.secretary", "ask_cancel")
    play.refused(Forbidden, "authority", case, "town1.officer", "cancel")
    assert play.move(case, "zone.secretary", "cancel").state == "cancelled"


def test_who_was_passed_over_is_named_though_the_taker_over_had_no_time(play):
    """Taken over on the last working day, the request ends as 未及批复; who had let it lie is named
    where it was taken over and where it ends, and nobody else is blamed.
    """
    case = play.asked()
    case = play.on("2026-12-03").move(case, "zone.officer", "take_over")
    assert "青溪镇党委" in play.journal(case)[-1].result["unanswered"]["by"]
    case = play.on("2026-12-05").move(case, None, "run_out")
    assert "青溪镇党委" in play.journal(case)[-1].result["unanswered"]["by"]


def test_after_the_take_over_silence_still_is_no_consent(play):
    case = play.asked()
    case = play.on("2026-11-30").move(case, "zone.officer", "take_over")
    case = play.on("2026-12-04").move(case, None, "lapse")
    assert case.state == "lapsed" and play.day_of() == DEC4


def test_a_late_report_has_its_clock_too_and_the_zone_may_take_it_over(play):
    case = play.on("2026-12-07").open("village.secretary")
    case = play.move(case, "village.secretary", "report_late")
    assert case.due_on == date(2026, 12, 10)
    case = play.on("2026-12-11").move(case, "zone.officer", "take_over")
    assert play.desks(case) == ["zone"] and case.due_on == date(2026, 12, 16)


# Force majeure, and months that are excused ------------------------------------------------------


LATE = {
    "reason": "12 月 4 日凌晨山洪冲断进村道路，党员无法到会",
    "new_day": "2026-12-08",
    "told_by_phone": "12 月 4 日 7:10 电话请示镇党委经办人周德明",
    "recovered_on": "2026-12-06",
}


def test_reported_late_with_a_noted_telephone_consent_and_accepted(play):
    case = play.on("2026-12-08").open("village.secretary")
    case = play.say(case, "village.secretary", "report_late", LATE)
    assert case.state == "reported_late" and play.day_of() == DEC4, "reporting moves nothing"
    assert play.journal(case)[-1].words["told_by_phone"].startswith("12 月 4 日")
    case = play.on("2026-12-09").move(case, "town1.officer", "accept_late")
    assert case.state == "accepted_late" and play.day_of() == date(2026, 12, 8)
    assert play.activity().moved_by == case.id, (
        "flagged: the change can be traced to the late report"
    )


def test_the_applicant_does_not_accept_his_own_late_report(play):
    case = play.on("2026-12-08").open("second.hat")
    case = play.say(case, "second.hat", "report_late", LATE)
    for move in ("accept_late", "not_accept", "excuse_month"):
        play.refused(Forbidden, "authority", case, "second.hat", move)


def test_a_late_report_not_accepted_leaves_the_original_day(play):
    case = play.on("2026-12-08").open("village.secretary")
    case = play.say(case, "village.secretary", "report_late", LATE)
    case = play.move(case, "town1.officer", "not_accept")
    assert (
        case.state == "not_accepted" and play.day_of() == DEC4 and play.activity().moved_by is None
    )


def test_a_late_report_without_a_day_may_be_accepted_or_excused(play):
    case = play.on("2026-12-08").open("village.secretary")
    case = play.move(case, "village.secretary", "report_late")
    case = play.move(case, "town1.officer", "excuse_month")
    assert case.state == "excused" and play.activity().excused_by == case.id
    assert party_days.status(play.activity(), date(2027, 1, 5)) == "excused"


def test_an_excused_month_is_neither_moved_nor_missed(play):
    case = play.move(play.asked(), "town1.officer", "excuse_month")
    row = play.activity()
    assert case.state == "excused" and row.excused_by == case.id and row.day == DEC4
    assert party_days.status(row, date(2027, 1, 5)) == "excused"
    assert play.papers(case) == [] or all(paper.kind == "reply" for paper in play.papers(case))


def test_a_month_is_put_off_in_place_of_another_day_only_when_it_is_near(play):
    """House rule: 当月确实无法开展; a request about next May says nothing of all of May."""
    case = play.asked("2027-05-14", day="2027-05-07")
    refusal = play.refused(RuleViolation, "month_is_near", case, "town1.officer", "excuse_month")
    assert "最早在上个月" in refusal.sentence
    assert play.on("2027-04-01").move(case, "town1.officer", "excuse_month").state == "excused"


def test_an_excused_month_that_was_held_after_all_counts_as_held(play):
    play.move(play.asked(), "town1.officer", "excuse_month")
    play.on("2026-12-07")
    own_days.record_held(
        play.session, play.activity(), DEC4, play.who("village.secretary"), play.at
    )
    assert party_days.status(play.activity(), date(2027, 1, 5)) == "held"


def test_a_telephone_report_is_written_within_three_working_days_of_recovery(play):
    case = play.on("2026-12-09").open("village.secretary")
    assert play.say(case, "village.secretary", "report_late", LATE).state == "reported_late"


# Held on another day -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    "approved, held, says",
    [
        (False, "2026-12-04", "held"),
        (False, "2026-12-08", "late"),
        (False, "2026-12-03", "late"),
        (True, "2026-12-11", "held"),
        (True, "2026-12-04", "late"),
    ],
)
def test_held_on_another_day_without_consent_is_flagged_not_hidden(play, approved, held, says):
    if approved:
        play.approved()
    row = party_days.activity_for(play.session, play.world.units["village"], 2026, 12)
    who = play.on("2026-12-14").who("village.secretary")
    own_days.record_held(play.session, row, date.fromisoformat(held), who, play.at)
    play.session.commit()
    assert party_days.status(play.activity(), date(2026, 12, 14)) == says
    assert party_days.status(play.activity(), date(2028, 1, 1)) == says, "and it stays so"


def test_the_flag_is_not_washed_off_by_asking_afterwards(play):
    row = party_days.activity_for(play.session, play.world.units["village"], 2026, 12)
    play.on("2026-12-02")
    own_days.record_held(
        play.session, row, date(2026, 12, 2), play.who("village.secretary"), play.at
    )
    play.session.commit()
    play.no(RuleViolation, "not_held", play.open, "village.secretary")
    assert party_days.status(play.activity(), date(2026, 12, 14)) == "late"


def test_a_request_cannot_be_approved_for_an_activity_held_meanwhile(play):
    """The branch meets without waiting for the answer: consent afterwards would hide that."""
    case = play.asked("2026-12-11")
    row = play.activity()
    play.on("2026-12-02")
    own_days.record_held(
        play.session, row, date(2026, 12, 2), play.who("village.secretary"), play.at
    )
    play.session.commit()
    play.refused(RuleViolation, "not_held", case, "town1.officer", "approve")
    assert party_days.status(play.activity(), date(2026, 12, 14)) == "late"


# The common moves --------------------------------------------------------------------------------


@pytest.mark.parametrize("move, end", [("void", "void"), ("terminate", "terminated")])
def test_void_and_terminate_take_back_what_was_effected_and_keep_the_number(play, move, end):
    case = play.approved()
    case = play.move(case, "town1.officer", move)
    assert case.state == end and not case.open and play.day_of() == DEC4
    assert case.number == "青委党日〔2026〕1号" and play.papers(case)[0].void_at
    assert play.session.get(Case, case.id) is not None and len(play.journal(case)) == 4


def test_recused_the_case_goes_to_somebody_else_of_the_same_seat(play):
    case = play.asked()
    case = play.move(case, "town1.officer", "recuse")
    assert case.state == "asked" and play.desks(case) == ["town1"]
    play.refused(Forbidden, "authority", case, "town1.officer", "approve")
    assert play.move(case, "town1.secretary", "approve").state == "approved"


def test_all_recused_the_case_climbs_and_is_never_locked(play):
    case = play.asked()
    for name in (
        "town1.officer",
        "town1.secretary",
        "town1.deputy",
        "town1.committee1",
        "town1.committee2",
        "town1.committee3",
    ):
        case = play.move(case, name, "recuse")
    assert play.desks(case) == ["zone"]
    assert play.move(case, "zone.officer", "approve").number == "云党工党日〔2026〕1号"


def test_the_case_keeps_its_clock_when_somebody_steps_aside(play):
    case = play.asked()
    due = case.due_on
    case = play.on("2026-11-26").move(case, "town1.officer", "recuse")
    assert case.due_on == due and case.wake_on == DEC4


def test_a_moved_officer_loses_access_on_the_next_request(play):
    case = play.asked()
    post = play.session.scalar(
        sa.select(authority.Post).where(
            authority.Post.person_id == play.world.people["town1.officer"].id
        )
    )
    post.to_on = date(2026, 11, 24)
    play.session.commit()
    play.on("2026-11-25")
    play.refused(NotFound, None, case, "town1.officer", "approve")
    assert state(play, case) == "asked"
    assert play.move(case, "town1.secretary", "approve").state == "approved"


# Cases of version 1 -------------------------------------------------------------------------------


@pytest.fixture
def before(monkeypatch):
    """Let what is opened begin under version 1."""
    monkeypatch.setitem(workflows._current, "date_change", workflows.get("date_change", 1))
    return monkeypatch


def test_a_case_of_version_1_ends_under_it(play, before):
    case = play.asked()
    before.undo()
    assert case.definition_version == 1 and workflows.current("date_change").version == 4
    case = play.move(play.move(case, "town1.officer", "approve"), "village.secretary", "amend")
    assert case.state == "asked" and play.day_of() == DEC4
    case = play.move(case, "town1.officer", "approve")
    assert play.on("2026-12-04").move(case, None, "take_effect").state == "in_force"


def test_a_joint_request_of_version_1_ends_under_it(play, before):
    case = play.invited("community", "village2")
    before.undo()
    assert case.state == "asked_joint" and play.desks(case) == ["town1", "town2"]
    play.no(AlreadyTaken, None, play.open, "village.secretary")
    play.no(RuleViolation, "not_in_another", play.open, "community.secretary", "community")
    case = play.move(play.move(case, "town1.officer", "approve"), "town2.officer", "approve")
    assert case.state == "approved" and play.day_of("community") == DEC11
    assert len(play.papers(case)) == 2


@pytest.mark.parametrize("move", ["approve", "refuse", "return"])
def test_under_version_1_too_an_answer_on_the_day_itself_comes_too_late(play, before, move):
    """二（一）1: 须事先书面报上级党组织同意."""
    case = play.asked()
    before.undo()
    play.on("2026-12-04").refused(RuleViolation, "still_ahead", case, "town1.officer", move)
    assert play.day_of() == DEC4 and play.move(case, None, "lapse").state == "lapsed"
