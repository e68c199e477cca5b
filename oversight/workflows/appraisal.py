"""Annual appraisal of a branch's members by 四个合格: self, peers, vote, rating, committee.

The vote is counted on paper. A rating that departs from it gives a reason; the superior decides as
a body; each member is told in person and may ask once for a review, by others. 不合格 is a grade: what
follows is not done here.
"""

from dataclasses import replace

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
from oversight.rules.appraisal import guards as law
from oversight.rules.appraisal import outcome as outcome
from oversight.rules.appraisal import ratings as ratings
from oversight.rules.appraisal import roster as facts
from oversight.rules.appraisal.guards import (
    CONSENT,
    DECIDED,
    MEETING,
    PACE,
    PAPER,
    RATING,
    REVIEW,
    STEPS,
    TIME,
    TOLD,
    YEARLY,
)
from oversight.rules.common import another_person, common_moves

MEMBER_ASK, WHO = (
    Field("member", "person", "党员"),
    Field("member", "person", "党员", required=False),
)
STRUCK = (
    MEMBER_ASK,
    Field(
        "reason",
        "choice",
        "原因",
        choices=(("transfer", "转出"), ("death", "去世"), ("left", "出党")),
    ),
)
GONE = (
    MEMBER_ASK,
    Field("reason", "choice", "原因", choices=(("death", "去世"), ("left", "出党"))),
)
AWAY = (
    MEMBER_ASK,
    Field(
        "reason",
        "choice",
        "原因",
        choices=(
            ("abroad", "出国（境）六个月以上"),
            ("lost", "失联"),
            ("ill", "不能表达意愿或长期卧床"),
            ("held", "被留置或羁押"),
            ("moved", "外出六个月以上未转组织关系"),
        ),
    ),
)
EXCUSE = (
    MEMBER_ASK,
    Field(
        "reason",
        "choice",
        "原因",
        choices=(("ill", "年老体弱"), ("away", "长期在外"), ("other", "其他")),
    ),
)
SELF = (
    Field(
        "text",
        "text",
        "自评",
        hint="对照政治合格、执行纪律合格、品德合格、发挥作用合格，写做得怎样、差在哪里。",
    ),
    Field("grade", "choice", "自评等次", choices=facts.GRADE_CHOICES),
)
PEER = (Field("about", "person", "评议谁"), Field("opinion", "text", "互评意见"))
HELD = Field("meeting_on", "date", "组织生活会日期", required=False, hint="不填就是今天。")
COUNTED = (
    *(
        Field(name, "number", label)
        for name, label in (
            ("present", "实到"),
            ("issued", "发出"),
            ("returned", "收回"),
            ("valid", "有效"),
        )
    ),
    Field("scrutineer", "person", "监票人"),
    Field("teller", "person", "计票人"),
    Field(
        "tallies",
        "list",
        "得票",
        items=(
            MEMBER_ASK,
            *(
                Field(grade, "number", label, required=False)
                for grade, label in facts.GRADE_CHOICES
            ),
        ),
    ),
)
NOTES = (MEMBER_ASK, Field("note", "text", "说明"))
PROPOSED = (
    Field(
        "ratings",
        "list",
        "等次",
        items=(MEMBER_ASK, Field("grade", "choice", "等次", choices=facts.GRADE_CHOICES)),
    ),
    Field("reasons", "list", "与测评不一致的理由", required=False, items=NOTES),
    Field("heard", "list", "听取本人意见", required=False, items=NOTES),
    Field(
        "decided_by",
        "choice",
        "由谁提出",
        required=False,
        choices=(("committee", "支委会"), ("members", "党员大会")),
    ),
)
ANSWER = (
    Field("agree", "yes_no", "是否同意"),
    Field("opinion", "text", "意见"),
    Field("returned", "list", "退回的党员及理由", required=False, items=NOTES),
)
BALLOTS = (
    *committee.BALLOTS,
    Field(
        "returned",
        "list",
        "退回的党员",
        required=False,
        items=(MEMBER_ASK, Field("votes", "number", "退回票数"), Field("note", "text", "理由")),
    ),
)
WHY, NOTE = Field("reason", "text", "理由"), Field("opinion", "text", "意见", required=False)

MEMBERS = MultiInstance(MEMBER, facts.asked, "党员自评")
BODY = Committee(
    COMMITTEE, "会议审批", answer="agree", steps_aside=facts.on_roster, secret=ratings.by_paper
)
IN_FIVE = Due(5, CONSENT)


def paced(workdays: int, keeps: bool = False) -> Due:
    return Due(workdays, PACE, escalate_to=SUPERIOR, keeps=keeps)


PREPARING = State("preparing", "准备", waits_on=BRANCH, due=paced(10, keeps=True))
AWAY_FIRST = State("not_counted_asked", "待上级同意不计入", waits_on=SUPERIOR, due=IN_FIVE)
SELF_ASSESSMENT = State(
    "self_assessment",
    "个人自评",
    waits_on=MEMBERS,
    due=Due(10, TIME, reminders=(3, 0), escalate_to=BRANCH),
)
SELF_DONE = State("self_done", "自评完成", waits_on=BRANCH, due=paced(5))
PEER_REVIEW = State("peer_review", "党员互评", waits_on=BRANCH, due=paced(15, keeps=True))
AWAY_LATER = State(
    "not_counted_asked_later", "待上级同意不计入（互评后）", waits_on=SUPERIOR, due=IN_FIVE
)
VOTE = State("vote", "民主测评", waits_on=BRANCH, due=paced(10, keeps=True))
RATE = State("rating", "组织评定", waits_on=BRANCH, due=paced(5))
PUT_FORWARD = State("proposed", "等次已提出", waits_on=AUTOMATIC)
DECIDING = State("deciding", "待上级会议审批", waits_on=BODY, due=Due(10, DECIDED))
RETURNED = State("returned", "退回重新评定", waits_on=BRANCH, due=paced(5))
TELLING = State("telling", "待告知本人", waits_on=BRANCH, due=paced(5))
ALL_TOLD = State("told", "已告知", waits_on=BRANCH, due=paced(10))
UNDER_REVIEW = State("under_review", "复核中", waits_on=REVIEWER, due=Due(5, REVIEW))
FILED = State("filed", "已报区备案", waits_on=TIMER, granted=True)
CLOSED = State("closed", "归档", granted=True)
UNFINISHED = State("unfinished", "未完成")

BEFORE_VOTE = (PREPARING, SELF_ASSESSMENT, SELF_DONE, PEER_REVIEW)
AT_THE_BRANCH = (PREPARING, SELF_DONE, PEER_REVIEW, VOTE, RATE, RETURNED, TELLING, ALL_TOLD)
AFTER_VOTE = (VOTE, RATE, RETURNED, TELLING, UNDER_REVIEW)
MINUTES = (committee.keep_minutes,)
REVIEWING = (another_person, law.by_others)

# fmt: off
WORKFLOW = Workflow(
    "appraisal", "民主评议党员", version=2, opens=PREPARING, opened_by=BRANCH, short="民主评议", inherits=True,
    discreet=True, facts=(Field("year", "number", "年度", initial=facts.year_to_appraise),), open_if=(law.in_the_window, law.once_a_year),
    business_key=lambda attempt: f"{attempt.case.unit_id}:{attempt.words['year']}", on_open=(facts.draw_up,),
    tells=(Tell(SUPERIOR, "支部已开始民主评议党员。"),),
    moves=(
        Move("add_to_roster", "列入名单", BEFORE_VOTE, INTERNAL, by=BRANCH, under=YEARLY, asks=(MEMBER_ASK,),
             only_if=(law.joined_the_branch,), does=(facts.add,), place="aside"),
        Move("strike", "移出名单", BEFORE_VOTE, INTERNAL, by=BRANCH, under=YEARLY, asks=STRUCK,
             only_if=(law.has_left,), does=(facts.strike,), place="aside"),
        Move("strike_gone", "移出已去世、出党的", AFTER_VOTE, INTERNAL, by=BRANCH, under=YEARLY, asks=GONE,
             only_if=(law.has_died_or_quit,), does=(facts.strike, facts.fewer_entitled), place="aside"),
        *(move for at, away in ((PREPARING, AWAY_FIRST), (PEER_REVIEW, AWAY_LATER)) for move in (
            Move("ask_not_counted", "请示不计入", at, away, by=BRANCH, under=CONSENT, asks=AWAY,
                 only_if=(law.counted_so_far,), does=(facts.ask_not_counted,), place="aside"),
            Move("consent_not_counted", "同意不计入", away, at, by=SUPERIOR, under=CONSENT, asks=(NOTE,),
                 only_if=(another_person, law.not_about_oneself), does=(facts.not_count,), decides=True,
                 tells=(Tell(BRANCH, "上级同意不计入应到。"),)),
            Move("deny_not_counted", "不同意", away, at, by=SUPERIOR, under=CONSENT, asks=(NOTE,),
                 only_if=(another_person, law.not_about_oneself), does=(facts.lower,), decides=True,
                 tone="negative", tells=(Tell(BRANCH, "上级不同意不计入应到。"),)))),
        Move("open_self_assessment", "开始自评", PREPARING, SELF_ASSESSMENT, by=BRANCH, under=STEPS),
        Move("file_self_assessment", "提交自评", SELF_ASSESSMENT, INTERNAL, by=MEMBERS, under=STEPS, asks=SELF,
             per_participant=True,
             does=(facts.file_own,), place="page"),
        Move("file_for", "代录自评", SELF_ASSESSMENT, INTERNAL, by=BRANCH, under=STEPS, asks=(MEMBER_ASK, *SELF),
             only_if=(law.counted_so_far,), does=(facts.file_for,), closes="member"),
        Move("excuse_self", "免填自评", SELF_ASSESSMENT, INTERNAL, by=BRANCH, under=TIME, asks=EXCUSE,
             only_if=(law.counted_so_far,), does=(facts.excuse_self,), closes="member"),
        Move("all_filed", "自评交齐", SELF_ASSESSMENT, SELF_DONE, by=AUTOMATIC, under=STEPS),
        Move("open_peer_review", "召开组织生活会，开展互评", SELF_DONE, PEER_REVIEW, by=BRANCH, under=MEETING,
             asks=(HELD,), only_if=(law.meeting_was_held,), does=(facts.hold_meeting,)),
        Move("open_peer_review", "召开组织生活会，开展互评", SELF_ASSESSMENT, PEER_REVIEW, by=BRANCH, under=MEETING,
             asks=(HELD,), only_if=(law.self_is_late, law.meeting_was_held), does=(facts.hold_meeting,)),
        Move("record_peer_review", "记录互评意见", PEER_REVIEW, INTERNAL, by=PARTICIPANT, under=STEPS, asks=PEER,
             append_only=True,
             only_if=(law.still_on_roster, law.one_of_us, law.not_oneself), does=(facts.review_peer,),
             place="page"),
        Move("open_vote", "开始民主测评", PEER_REVIEW, VOTE, by=BRANCH, under=STEPS, asks=(HELD,),
             only_if=(law.meeting_was_held, law.all_reviewed), does=(facts.open_vote,)),
        Move("enter_count", "录入计票", VOTE, INTERNAL, by=BRANCH, under=PAPER, asks=COUNTED,
             only_if=(law.counts_add_up, law.everybody_counted, law.grades_add_up, law.two_tellers),
             does=(ratings.enter_count,), place="page"),
        Move("reconvene", "另行召开", VOTE, PEER_REVIEW, by=BRANCH, under=law.QUORUM, asks=(NOTE,),
             does=(ratings.forget_count,), place="aside"),
        Move("close_vote", "结束测评", VOTE, RATE, by=BRANCH, under=STEPS, only_if=(law.enough_came,)),
        Move("propose", "提出等次", (RATE, RETURNED), PUT_FORWARD, by=BRANCH, under=RATING, asks=PROPOSED,
             only_if=(law.everybody_rated, law.departures_explained, law.harsh_are_heard, law.share_kept),
             warns=(law.within_share,), does=(ratings.propose,), place="page"),
        Move("send_up", "报上级会议审批", PUT_FORWARD, DECIDING, by=AUTOMATIC, under=DECIDED, only_if=(law.goes_to_committee,),
             does=(ratings.freeze_manner,)),
        Move("branch_decided", "支部确定等次", PUT_FORWARD, TELLING, by=AUTOMATIC, under=DECIDED,
             only_if=(law.branch_decides,),
             does=(ratings.settle,)),
        Move("decide", "表态", DECIDING, INTERNAL, by=BODY, under=DECIDED, asks=ANSWER, per_participant=True,
             decides=True,
             only_if=(another_person, law.returned_known, committee.openly(BODY)), place="page"),
        Move("enter_ballots", "录入无记名表决结果", DECIDING, INTERNAL, by=SUPERIOR, under=committee.SECRET, asks=BALLOTS,
             only_if=(another_person, committee.secretly(BODY), committee.came_are_members, committee.enough_came(BODY),
                      committee.ballots_add_up, committee.tellers_apart(BODY), law.returned_known,
                      law.returned_votes_fit),
             does=(committee.enter_ballots,), place="page"),
        Move("close_meeting", "结束会议并计票", DECIDING, INTERNAL, by=SUPERIOR, under=DECIDED, asks=(committee.MINUTES,),
             only_if=(committee.enough_acted(BODY),), does=(committee.close_meeting,)),
        Move("agreed", "会议同意", DECIDING, TELLING, by=AUTOMATIC, under=DECIDED, does=(*MINUTES, ratings.settle),
             only_if=(committee.all_acted(BODY), committee.carried(BODY), law.nobody_sent_back),
             tells=(Tell(BRANCH, "上级会议已同意等次，请逐人告知。"),)),
        Move("some_returned", "会议退回个别等次", DECIDING, RETURNED, by=AUTOMATIC, under=DECIDED,
             only_if=(committee.all_acted(BODY), committee.carried(BODY), law.somebody_sent_back),
             does=(*MINUTES, ratings.send_back), tells=(Tell(BRANCH, "上级会议退回个别等次。"),)),
        Move("not_agreed", "会议没有通过", DECIDING, RETURNED, by=AUTOMATIC, under=DECIDED,
             only_if=(committee.all_acted(BODY), committee.not_carried(BODY)), does=(*MINUTES, ratings.send_all_back),
             tells=(Tell(BRANCH, "上级会议没有通过等次。"),)),
        Move("refer_up", "提请上一级会议", DECIDING, INTERNAL, by=AUTOMATIC, under=committee.COLLEGIAL,
             only_if=(committee.short_of_quorum(BODY),), does=(*MINUTES, committee.refer_up),
             tells=(Tell(BRANCH, "到会人数不够，已提请上一级会议。"),)),
        Move("tell", "告知本人", TELLING, INTERNAL, by=BRANCH, under=TOLD, does=(outcome.tell,),
             asks=(Field("members", "list", "告知谁", required=False, hint="不填就是全部。"),), only_if=(law.told_are_graded,),
             place="page"),
        Move("take_up_review", "转入复核", TELLING, UNDER_REVIEW, by=AUTOMATIC, under=REVIEW,
             only_if=(law.everybody_told, law.somebody_asked)),
        Move("all_told", "已逐人告知", TELLING, ALL_TOLD, by=AUTOMATIC, under=TOLD,
             only_if=(law.everybody_told, law.all_answered)),
        Move("ask_review", "申请复核", (ALL_TOLD, FILED), UNDER_REVIEW, by=PARTICIPANT, under=REVIEW, asks=(WHY,),
             only_if=(law.asked_once_in_time,), does=(outcome.ask_review,), place="page"),
        Move("ask_review", "申请复核", (TELLING, UNDER_REVIEW), INTERNAL, by=PARTICIPANT, under=REVIEW, asks=(WHY,),
             only_if=(law.asked_once_in_time,), does=(outcome.ask_review,), append_only=True, place="page"),
        Move("uphold", "维持等次", UNDER_REVIEW, INTERNAL, by=REVIEWER, under=REVIEW, asks=(WHO, NOTE), decides=True,
             only_if=(*REVIEWING, law.one_review), does=(outcome.uphold,),
             tells=(Tell(BRANCH, "复核已有答复，请告知本人。"),)),
        Move("change_rating", "改定等次", UNDER_REVIEW, INTERNAL, by=REVIEWER, under=REVIEW, decides=True,
             asks=(WHO, Field("grade", "choice", "改为", choices=facts.GRADE_CHOICES), NOTE),
             only_if=(*REVIEWING, law.one_review), does=(outcome.change,),
             tells=(Tell(BRANCH, "复核已有答复，请告知本人。"),)),
        Move("all_reviewed", "复核已答复", UNDER_REVIEW, TELLING, by=AUTOMATIC, under=REVIEW, only_if=(law.all_answered,)),
        Move("file", "报区备案", ALL_TOLD, FILED, by=BRANCH, under=YEARLY),
        Move("close", "期满归档", FILED, CLOSED, by=TIMER, under=REVIEW, on=outcome.past_review),
        Move("close_unfinished", "按未完成结束", AT_THE_BRANCH, UNFINISHED, by=SUPERIOR, under=PACE, asks=(WHY,),
             only_if=(law.branch_is_late,)),
        *common_moves(*BEFORE_VOTE, AWAY_FIRST, AWAY_LATER, VOTE, RATE, DECIDING, RETURNED, TELLING, ALL_TOLD,
                            UNDER_REVIEW),
    ),
)
# fmt: on


def _first(move: Move) -> Move:
    """Return a move as version 1 had it: committees only spoke aloud, and a consent taken over
    raised all.
    """
    if move.name == "decide":
        return replace(move, only_if=move.only_if[:-1])
    later = (ratings.freeze_manner, facts.lower, *MINUTES)
    return replace(move, does=tuple(effect for effect in move.does if effect not in later))


EARLIER = (
    replace(
        WORKFLOW,
        version=1,
        moves=tuple(
            _first(move)
            for move in WORKFLOW.moves
            if move.name not in ("enter_ballots", "strike_gone")
        ),
    ),
)
