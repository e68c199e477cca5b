"""Annual appraisal of a branch's members by 四个合格: self, peers, vote, rating, committee.

Votes are on paper. A rating that departs from them gives a reason; the superior decides as a body.
"""

from dataclasses import replace

from oversight.base.sentences import N_
from oversight.base.terms import APPEAL
from oversight.law.definition import (
    INTERNAL,
    Committee,
    Due,
    Field,
    Move,
    MultiInstance,
    State,
    Tell,
    Workflow,
)
from oversight.law.roles import (
    AUTOMATIC,
    BRANCH,
    COMMITTEE,
    MEMBER,
    PARTICIPANT,
    REVIEWER,
    SUPERIOR,
    TIMER,
)
from oversight.rules import committee
from oversight.rules.appraisal import consents, sheets, version_2
from oversight.rules.appraisal import outcome as outcome
from oversight.rules.appraisal import ratings as ratings
from oversight.rules.appraisal import roster as facts
from oversight.rules.appraisal.grounds import (
    CONSENT,
    DECIDED,
    MEETING,
    PACE,
    PAPER,
    QUORUM,
    RATING,
    REVIEW,
    SELF_OWED,
    STEPS,
    TIME,
    TOLD,
    YEARLY,
)
from oversight.rules.appraisal.version_3 import in_their_words
from oversight.rules.appraisal.version_4 import before_sheets
from oversight.rules.appraisal.version_5 import in_short
from oversight.rules.appraisal.version_6 import unwritten
from oversight.rules.appraisal.version_7 import unheard
from oversight.rules.appraisal.words import (
    AGREED,
    ANSWER,
    AWAY_BATCH,
    BALLOTS,
    CHANGED,
    COUNTED,
    EXCUSE,
    EXCUSE_BATCH,
    GONE,
    HELD,
    MEMBER_ASK,
    NOTE,
    PEER,
    PROPOSED,
    SELF,
    SELVES,
    SHEET,
    STRUCK,
    TELL,
    WHO,
    WHY,
)
from oversight.rules.campaign import year_to_appraise
from oversight.rules.common import another_person, common_moves

MEMBERS = MultiInstance(MEMBER, facts.asked, "党员分别自评")
BODY = Committee(
    COMMITTEE, "会议审定", answer="agree", steps_aside=facts.on_roster, secret=ratings.by_paper
)
IN_FIVE = Due(5, CONSENT)


def paced(workdays: int, keeps: bool = False) -> Due:
    return Due(workdays, PACE, escalate_to=SUPERIOR, keeps=keeps)


# fmt: off
PREPARING = State("preparing", "准备", waits_on=BRANCH, due=paced(10, keeps=True), act=N_("核对名册"))
AWAY_FIRST = State("not_counted_asked", "待上级同意不计入应到会人数", waits_on=SUPERIOR, due=IN_FIVE,
                   act=N_("批复不计入"))
SELF_ASSESSMENT = State("self_assessment", "个人自评", waits_on=MEMBERS, act=N_("写自评"),
                        due=Due(10, TIME, keeps=True, reminders=(3, 0), escalate_to=BRANCH))
EXCUSING = State("excuse_asked", "待上级同意免写自评", waits_on=SUPERIOR, due=IN_FIVE, act=N_("批复免写自评"))
SELF_DONE = State("self_done", "自评完成", waits_on=BRANCH, due=paced(5), act=N_("召开组织生活会"))
PEER_REVIEW = State("peer_review", "党员互评", waits_on=BRANCH, due=paced(15, keeps=True), act=N_("互评"))
AWAY_LATER = State("not_counted_asked_later", "待上级同意不计入应到会人数（互评后）", waits_on=SUPERIOR, due=IN_FIVE,
                   act=N_("批复不计入"))
VOTE = State("vote", "民主测评", waits_on=BRANCH, due=paced(10, keeps=True), act=N_("测评计票"))
RATE = State("rating", "组织评定", waits_on=BRANCH, due=paced(5), act=N_("评定等次"))
PUT_FORWARD = State("proposed", "等次已提出", waits_on=AUTOMATIC)
DECIDING = State("deciding", "待上级会议审定", waits_on=BODY, due=Due(10, DECIDED), act=N_("审定等次"))
RETURNED = State("returned", "退回重新评定", waits_on=BRANCH, due=paced(5), act=N_("重新评定"))
TELLING = State("telling", "待告知本人", waits_on=BRANCH, due=paced(5))
ALL_TOLD = State("told", "已告知", waits_on=BRANCH, due=paced(10))
UNDER_REVIEW = State("under_review", "复核中", waits_on=REVIEWER, due=Due(APPEAL, REVIEW), act=N_("复核"))
FILED = State("filed", "已报区备案", waits_on=TIMER, granted=True)
CLOSED = State("closed", "归档", granted=True)
UNFINISHED = State("unfinished", "未完成")
# fmt: on

BEFORE_VOTE = (PREPARING, SELF_ASSESSMENT, SELF_DONE, PEER_REVIEW)
AT_THE_BRANCH = (PREPARING, SELF_DONE, PEER_REVIEW, VOTE, RATE, RETURNED, TELLING, ALL_TOLD)
AFTER_VOTE = (VOTE, RATE, RETURNED, TELLING, UNDER_REVIEW)
UNTIL_FILED = (AWAY_FIRST, EXCUSING, AWAY_LATER, DECIDING, ALL_TOLD, *AFTER_VOTE)
ASKING = (consents.each_with_a_ground, consents.all_take_part)
ANSWERING = (another_person, consents.not_about_whom_answers)
MINUTES = (committee.keep_minutes,)
REVIEWING = (another_person, outcome.by_others)

# fmt: off
WORKFLOW = Workflow(
    "appraisal", N_("民主评议党员"), version=8, opens=PREPARING, opened_by=BRANCH, short=N_("民主评议"), inherits=True,
    discreet=True, facts=(Field("year", "number", "年度", initial=year_to_appraise),),
    open_if=(facts.in_the_window, facts.somebody_is_owed),
    business_key=lambda attempt: f"{attempt.case.unit_id}:{attempt.words['year']}",
    on_open=(facts.draw_up, facts.grade_once),
    tells=(Tell(SUPERIOR, "支部已开始民主评议党员。"),),
    moves=(
        Move("add_to_roster", "列入名单", BEFORE_VOTE, INTERNAL, by=BRANCH, under=YEARLY, asks=(MEMBER_ASK,),
             only_if=(facts.joined_the_branch,), does=(facts.add, facts.grade_once), place="aside"),
        Move("strike", "移出名单", BEFORE_VOTE, INTERNAL, by=BRANCH, under=YEARLY, asks=STRUCK,
             only_if=(facts.has_left, facts.appraised_by_somebody), does=(facts.strike,), place="aside"),
        Move("strike_gone", "移出已去世、出党的", UNTIL_FILED, INTERNAL, by=BRANCH, under=YEARLY, asks=GONE,
             only_if=(facts.has_died_or_quit,), does=(facts.strike, facts.fewer_entitled), place="aside"),
        *(move for at, away in ((PREPARING, AWAY_FIRST), (PEER_REVIEW, AWAY_LATER)) for move in (
            Move("ask_not_counted", "请示不计入应到会人数", at, away, by=BRANCH, under=CONSENT, asks=AWAY_BATCH,
                 only_if=ASKING, does=(consents.ask,), place="page"),
            Move("consent_not_counted", "同意不计入应到会人数", away, at, by=SUPERIOR, under=CONSENT, asks=(AGREED, NOTE),
                 only_if=(*ANSWERING, consents.agreed_were_asked_for), does=(consents.leave_out,), decides=True,
                 place="page",
                 tells=(Tell(BRANCH, "上级同意不计入应到会人数。"),)),
            Move("deny_not_counted", "不同意", away, at, by=SUPERIOR, under=CONSENT, asks=(NOTE,),
                 only_if=ANSWERING, does=(consents.deny_leaving_out, facts.lower), decides=True,
                 tone="negative", tells=(Tell(BRANCH, "上级不同意不计入应到会人数。"),)))),
        Move("open_self_assessment", "开始自评", PREPARING, SELF_ASSESSMENT, by=BRANCH, under=STEPS),
        Move("file_self_assessment", "提交自评", SELF_ASSESSMENT, INTERNAL, by=MEMBERS, under=STEPS, asks=SELF,
             per_participant=True,
             does=(facts.file_own,), place="page"),
        Move("file_for", "代录自评", SELF_ASSESSMENT, INTERNAL, by=BRANCH, under=STEPS, asks=(MEMBER_ASK, *SELF),
             only_if=(facts.counted_so_far,), does=(facts.file_for,), closes="member", place="page"),
        Move("file_for_several", "代录自评（多人）", SELF_ASSESSMENT, INTERNAL, by=BRANCH, under=STEPS, asks=SELVES,
             only_if=(sheets.each_takes_part, sheets.none_has_written), does=(sheets.file_for_each,), closes="selves",
             place="page"),
        Move("ask_excuse", "请示免写自评", SELF_ASSESSMENT, EXCUSING, by=BRANCH, under=SELF_OWED, asks=EXCUSE_BATCH,
             only_if=(*ASKING, consents.none_has_written), does=(consents.ask,), place="page"),
        Move("consent_excuse", "同意免写", EXCUSING, SELF_ASSESSMENT, by=SUPERIOR, under=SELF_OWED, asks=(AGREED, NOTE),
             only_if=(*ANSWERING, consents.agreed_were_asked_for), does=(consents.excuse,), decides=True,
             place="page", tells=(Tell(BRANCH, "上级同意免写自评。"),)),
        Move("deny_excuse", "不同意", EXCUSING, SELF_ASSESSMENT, by=SUPERIOR, under=SELF_OWED, asks=(NOTE,),
             only_if=ANSWERING, does=(consents.deny_excuse, facts.lower), decides=True, tone="negative",
             tells=(Tell(BRANCH, "上级不同意免写自评，仍要交自评。"),)),
        Move("file_self_assessment", "提交自评", EXCUSING, INTERNAL, by=PARTICIPANT, under=STEPS, asks=SELF,
             append_only=True, only_if=(consents.not_written_yet,), does=(facts.file_own,), place="page"),
        Move("file_for", "代录自评", EXCUSING, INTERNAL, by=BRANCH, under=STEPS, asks=(MEMBER_ASK, *SELF),
             only_if=(consents.he_has_not_written,), does=(facts.file_for,), place="page"),
        Move("file_for_several", "代录自评（多人）", EXCUSING, INTERNAL, by=BRANCH, under=STEPS, asks=SELVES,
             only_if=(sheets.each_takes_part, sheets.none_has_written), does=(sheets.file_for_each,), place="page"),
        Move("all_filed", "自评交齐", SELF_ASSESSMENT, SELF_DONE, by=AUTOMATIC, under=STEPS),
        Move("open_peer_review", "召开组织生活会，开展互评", SELF_DONE, PEER_REVIEW, by=BRANCH, under=MEETING,
             asks=(HELD,), only_if=(facts.met_in_this_round,), does=(facts.hold_meeting,)),
        Move("open_peer_review", "召开组织生活会，开展互评", SELF_ASSESSMENT, PEER_REVIEW, by=BRANCH, under=MEETING,
             asks=(HELD,), only_if=(facts.self_is_late, facts.met_in_this_round), does=(facts.hold_meeting,)),
        Move("record_peer_review", "记录互评意见", PEER_REVIEW, INTERNAL, by=PARTICIPANT, under=STEPS, asks=PEER,
             append_only=True,
             only_if=(facts.still_on_roster, facts.one_of_us, facts.not_oneself), does=(facts.review_peer,),
             place="page"),
        Move("record_reviews", "录入互评记录表", PEER_REVIEW, INTERNAL, by=BRANCH, under=STEPS, asks=SHEET,
             append_only=True, only_if=(sheets.speakers_take_part, sheets.about_the_graded, sheets.nobody_on_himself),
             does=(sheets.review_each,), place="page"),
        Move("open_vote", "开始民主测评", PEER_REVIEW, VOTE, by=BRANCH, under=STEPS, asks=(HELD,),
             only_if=(facts.met_in_this_round, facts.all_reviewed, facts.nobody_is_graded_twice),
             does=(facts.open_vote,)),
        Move("enter_count", "录入计票", VOTE, INTERNAL, by=BRANCH, under=PAPER, asks=COUNTED,
             only_if=(ratings.counts_add_up, ratings.everybody_counted, ratings.grades_add_up, ratings.two_tellers),
             does=(ratings.enter_count,), place="page"),
        Move("reconvene", "另行召开", VOTE, PEER_REVIEW, by=BRANCH, under=QUORUM, asks=(NOTE,),
             does=(ratings.forget_count,), place="aside"),
        Move("close_vote", "结束测评", VOTE, RATE, by=BRANCH, under=STEPS, only_if=(ratings.enough_came,)),
        Move("propose", "提出等次", (RATE, RETURNED), PUT_FORWARD, by=BRANCH, under=RATING, asks=PROPOSED,
             only_if=(ratings.everybody_rated, sheets.departures_explained, ratings.harsh_are_heard,
                      ratings.share_kept),
             warns=(ratings.within_share,), does=(ratings.propose, ratings.note_share), place="page"),
        Move("send_up", "报上级会议审定", PUT_FORWARD, DECIDING, by=AUTOMATIC, under=DECIDED,
             only_if=(ratings.goes_to_committee,),
             does=(ratings.freeze_manner,)),
        Move("branch_decided", "支部确定等次", PUT_FORWARD, TELLING, by=AUTOMATIC, under=DECIDED,
             only_if=(ratings.branch_decides,),
             does=(ratings.settle,)),
        Move("decide", "表决", DECIDING, INTERNAL, by=BODY, under=DECIDED, asks=ANSWER, per_participant=True,
             decides=True,
             only_if=(another_person, ratings.returned_known, committee.openly(BODY)), place="page"),
        Move("enter_ballots", "录入无记名表决结果", DECIDING, INTERNAL, by=SUPERIOR, under=committee.SECRET, asks=BALLOTS,
             only_if=(another_person, committee.secretly(BODY), committee.came_are_members, committee.enough_came(BODY),
                      committee.ballots_add_up, committee.tellers_apart(BODY), ratings.returned_known,
                      ratings.returned_votes_fit),
             does=(committee.enter_ballots,), place="page"),
        Move("close_meeting", "结束会议并计票", DECIDING, INTERNAL, by=SUPERIOR, under=DECIDED, asks=(committee.MINUTES,),
             only_if=(committee.enough_acted(BODY),), does=(committee.close_meeting,)),
        Move("agreed", "会议同意", DECIDING, TELLING, by=AUTOMATIC, under=DECIDED, does=(*MINUTES, ratings.settle),
             only_if=(committee.all_acted(BODY), committee.carried(BODY), ratings.nobody_sent_back),
             tells=(Tell(BRANCH, "上级会议已同意等次，请逐人告知。"),)),
        Move("some_returned", "会议退回个别等次", DECIDING, RETURNED, by=AUTOMATIC, under=DECIDED,
             only_if=(committee.all_acted(BODY), committee.carried(BODY), ratings.somebody_sent_back),
             does=(*MINUTES, ratings.send_back), tells=(Tell(BRANCH, "上级会议退回个别等次。"),)),
        Move("not_agreed", "会议没有通过", DECIDING, RETURNED, by=AUTOMATIC, under=DECIDED,
             only_if=(committee.all_acted(BODY), committee.not_carried(BODY)), does=(*MINUTES, ratings.send_all_back),
             tells=(Tell(BRANCH, "上级会议没有通过等次。"),)),
        Move("refer_up", "提请上一级会议", DECIDING, INTERNAL, by=AUTOMATIC, under=committee.COLLEGIAL,
             only_if=(committee.short_of_quorum(BODY),), does=(*MINUTES, committee.refer_up),
             tells=(Tell(BRANCH, "到会人数不够，已提请上一级会议。"),)),
        Move("tell", "告知本人", TELLING, INTERNAL, by=BRANCH, under=TOLD, does=(outcome.tell_each,),
             asks=TELL, only_if=(outcome.told_are_graded, outcome.harsh_one_by_one),
             place="page", tells=(Tell(outcome.THE_TOLD, "您的民主评议情况已经告知，请查看。"),)),
        Move("take_up_review", "转入复核", TELLING, UNDER_REVIEW, by=AUTOMATIC, under=REVIEW,
             only_if=(outcome.everybody_told, outcome.somebody_asked)),
        Move("all_told", "已逐人告知", TELLING, ALL_TOLD, by=AUTOMATIC, under=TOLD,
             only_if=(outcome.everybody_told, outcome.all_answered)),
        Move("ask_review", "申请复核", (ALL_TOLD, FILED), UNDER_REVIEW, by=PARTICIPANT, under=REVIEW, asks=(WHY,),
             only_if=(outcome.asked_once_in_time,), does=(outcome.ask_review,), place="page"),
        Move("ask_review", "申请复核", (TELLING, UNDER_REVIEW), INTERNAL, by=PARTICIPANT, under=REVIEW, asks=(WHY,),
             only_if=(outcome.asked_once_in_time,), does=(outcome.ask_review,), append_only=True, place="page"),
        Move("uphold", "维持等次", UNDER_REVIEW, INTERNAL, by=REVIEWER, under=REVIEW, asks=(WHO, NOTE), decides=True,
             only_if=(*REVIEWING, outcome.one_review), does=(outcome.uphold,),
             tells=(Tell(BRANCH, "复核已有答复，请告知本人。"),)),
        Move("change_rating", "改定等次", UNDER_REVIEW, INTERNAL, by=REVIEWER, under=REVIEW, decides=True,
             asks=CHANGED, warns=(outcome.share_after,), does=(outcome.change_heard,),
             only_if=(*REVIEWING, outcome.one_review, outcome.changed_is_heard, outcome.change_keeps_share),
             tells=(Tell(BRANCH, "复核已有答复，请告知本人。"),)),
        Move("all_reviewed", "复核已答复", UNDER_REVIEW, TELLING, by=AUTOMATIC, under=REVIEW,
             only_if=(outcome.all_answered,)),
        Move("file", "报区备案", ALL_TOLD, FILED, by=BRANCH, under=YEARLY),
        Move("close", "期满归档", FILED, CLOSED, by=TIMER, under=REVIEW, on=outcome.past_review),
        Move("close_unfinished", "按未完成结束", AT_THE_BRANCH, UNFINISHED, by=SUPERIOR, under=PACE, asks=(WHY,),
             only_if=(facts.branch_is_late,)),
        *common_moves(*BEFORE_VOTE, AWAY_FIRST, EXCUSING, AWAY_LATER, VOTE, RATE, DECIDING, RETURNED, TELLING, ALL_TOLD,
                            UNDER_REVIEW),
    ),
)
# fmt: on


# fmt: off
VERSION_7 = unheard(WORKFLOW)
VERSION_6 = unwritten(VERSION_7)
VERSION_5 = in_short(VERSION_6)
VERSION_4 = before_sheets(VERSION_5)
BY_THE_BRANCH = Move("excuse_self", "免填自评", SELF_ASSESSMENT, INTERNAL, by=BRANCH, under=TIME, asks=EXCUSE,
                     only_if=(facts.counted_so_far,), does=(facts.excuse_self,), closes="member")
# fmt: on
def _second(move: Move) -> tuple[Move, ...]:
    """Return a move as version 2 had it."""
    if EXCUSING in move.from_states and len(move.from_states) == 1:
        return (BY_THE_BRANCH,) if move.name == "file_self_assessment" else ()
    if move.name in version_2.LATER:
        return ()
    leaves = tuple(state for state in move.from_states if state is not EXCUSING)
    old = version_2.move(replace(move, leaves=leaves))
    return (replace(old, leaves=AFTER_VOTE) if move.name == "strike_gone" else old,)


# Version 2: the branch excused from the self-assessment, an appraisal was of the branch and not owed
# to each member, and all might be told at once.
VERSION_2 = replace(
    VERSION_4,
    version=2,
    open_if=(facts.in_the_window, facts.once_a_year),
    on_open=(facts.draw_up,),
    moves=tuple(old for move in VERSION_4.moves for old in _second(move)),
)


def _first(move: Move) -> Move:
    """Return a move as version 1 had it: committees only spoke aloud, and a consent taken over
    raised all.
    """
    if move.name == "decide":
        return replace(move, only_if=move.only_if[:-1])
    later = (ratings.freeze_manner, facts.lower, *MINUTES)
    return replace(move, does=tuple(effect for effect in move.does if effect not in later))


VERSION_1 = replace(
    VERSION_2,
    version=1,
    moves=tuple(
        _first(move)
        for move in VERSION_2.moves
        if move.name not in ("enter_ballots", "strike_gone")
    ),
)
EARLIER = (
    VERSION_7,
    VERSION_6,
    VERSION_5,
    VERSION_4,
    *in_their_words(replace(VERSION_4, version=3), VERSION_2, VERSION_1),
)
