"""Version 1 of the date change: cases that began under it end under it."""

from dataclasses import replace
from datetime import timedelta

from oversight.base.sentences import N_
from oversight.base.terms import REPLY
from oversight.calendar.party_days import apply_late, excuse_month, move_activity, take_back
from oversight.law.clauses import clause, house_rule
from oversight.law.definition import (
    INTERNAL,
    Bulk,
    Due,
    Field,
    Move,
    MultiInstance,
    State,
    Tell,
    Workflow,
    rule,
)
from oversight.law.roles import ABOVE, AUTOMATIC, BRANCH, SUPERIOR, TIMER
from oversight.papers.numbers import void_papers
from oversight.papers.replies import issue_joint_replies, issue_reply, request
from oversight.rules import date_change as facts
from oversight.rules.common import common_moves, second_person
from oversight.rules.context import TransitionContext
from oversight.rules.date_change import FORCE_MAJEURE
from oversight.rules.date_change.guards import (
    CONSENT,
    another_day,
    another_if_told,
    asked_ahead,
    day_has_come,
    day_in_force,
    fixed_branch,
    not_held,
    not_july,
    not_taken,
    same_month,
)

PROMPT = house_rule("%(term_reply)s 个工作日内、且在原定日期之前答复；指导书没有规定期限。")
REVOCABLE = house_rule("批复作出后、日期到来前，作出批复的一方可以撤销，并说明理由。")

NEW_DAY = Field("new_day", "date", "改到哪一天")
REASON = Field(
    "reason",
    "text",
    "为什么要改",
    hint=N_("写清是什么事、哪几天、影响多少党员。上级凭这段话批复。"),
)
OPINION, NOTE = (
    Field("opinion", "text", "批复意见"),
    Field("opinion", "text", "意见", required=False),
)
DRAFT_DAY = Field("new_day", "date", "改到哪一天", required=False)
DRAFT_REASON = Field("reason", "text", "为什么要改", required=False)
WHY, WHY_CANCEL = Field("reason", "text", "理由"), Field("reason", "text", "理由", required=False)
LATE = (
    Field("reason", "text", "什么情况来不及请示"),
    Field(
        "new_day", "date", "实际开展或改到的日期", required=False, hint=N_("当月已无法开展的，不填")
    ),
    Field("told_by_phone", "text", "电话请示：向谁、何时", required=False),
    Field(
        "recovered_on",
        "date",
        "情况恢复的日期",
        required=False,
        hint=N_("不填的，从原定日期起算 %(term_late_report)s 个工作日"),
    ),
)

JOINT = MultiInstance(SUPERIOR, facts.joint_superiors, "各有关上级党组织")
ANSWER = Due(REPLY, PROMPT, before=facts.day_before_effect)

DRAFT = State("draft", "草稿", waits_on=BRANCH)
ASKED = State("asked", "待批复", waits_on=SUPERIOR, due=ANSWER)
ASKED_JOINT = State("asked_joint", "待各方批复", waits_on=JOINT, due=ANSWER)
RETURNED = State("returned", "退回修改", waits_on=BRANCH, due=ANSWER)
APPROVED = State("approved", "已同意", waits_on=TIMER, granted=True)
CANCEL_ASKED = State("cancel_asked", "申请取消变更", waits_on=SUPERIOR, due=ANSWER, granted=True)
REPORTED = State("reported_late", "补报待认可", waits_on=SUPERIOR, due=Due(REPLY, PROMPT))
IN_FORCE = State("in_force", "已执行", granted=True)
REFUSED = State("refused", "不同意")
WITHDRAWN = State("withdrawn", "已撤回")
REVOKED = State("revoked", "批复已撤销")
CANCELLED = State("cancelled", "变更已取消")
LAPSED = State("lapsed", "上级未答复")
EXPIRED = State("expired", "逾期失效")
ACCEPTED_LATE = State("accepted_late", "补报已认可", granted=True)
NOT_ACCEPTED = State("not_accepted", "补报未认可")
EXCUSED = State("excused", "同意缓开", granted=True)


@rule(CONSENT)
def still_ahead(attempt: TransitionContext) -> bool:
    """原定日期或改到的日期已经到了，这一步来不及了；确因特殊情况的，由支部事后补报。"""
    return attempt.today < facts.first_day(attempt)


@rule(clause("G-2.1.1a"), "new_day")
def not_a_rest_day(attempt: TransitionContext) -> bool:
    """改到的日期是休息日，请另选一天。"""
    return attempt.calendar.is_workday(attempt.words["new_day"])


@rule(CONSENT)
def day_stands(attempt: TransitionContext) -> bool:
    """原定日期已不是正在执行的党日（例如全区另有调整），请退回或撤回后重新请示。"""
    return facts.activity_in_force(attempt) is not None


@rule(CONSENT)
def not_in_another(attempt: TransitionContext) -> bool:
    """本支部当月党日已列入另一件联合请示，请等那件办结。"""
    return facts.not_in_another.test(attempt)


@rule(clause("G-2.5.1b"))
def partners_known(attempt: TransitionContext) -> bool:
    """联合开展的支部填写有误：须是本区其他按固定日期开展的支部，且当月没有另外的变更请示在办。"""
    return facts.partners_known.test(attempt)


AHEAD = (not_july, not_held, still_ahead)
NEW = (same_month, another_day, not_a_rest_day, asked_ahead, not_taken)
ANSWERED = (second_person, not_held, day_stands, still_ahead)
UNDO = (take_back, void_papers)
PARTNERS = replace(
    BRANCH, name="partner", label=N_("联合开展的支部"), group_of="branch", fact="with"
)
REFUSED_TELLS = (Tell(BRANCH, "请示没有获得同意，党日不变。"),)
ONE_OF_MANY = Bulk(
    N_("批复意见（写进每一份批复）"),
    N_("同意，请按新日期组织。"),
    N_("将各印发一份批复、各编一个文号，这些支部的党日随之变更。"),
)

# fmt: off
VERSION_1 = Workflow(
    "date_change", N_("变更活动时间请示"), version=1, opens=DRAFT, opened_by=BRANCH, short=N_("变更时间请示"),
    facts=(Field("day", "date", "原定日期"), DRAFT_DAY, DRAFT_REASON,
           Field("with", "list", "联合开展的支部", required=False)),
    open_if=(fixed_branch, not_july, day_in_force, not_held, not_in_another, partners_known),
    business_key=facts.business_key, party_day="day",
    moves=(
        Move("save", "存草稿", DRAFT, INTERNAL, by=BRANCH, under=CONSENT, asks=(DRAFT_DAY, DRAFT_REASON),
             does=(facts.write_down,)),
        Move("ask", "提交请示", (DRAFT, RETURNED), ASKED, by=BRANCH, under=CONSENT, asks=(NEW_DAY, REASON),
             only_if=(facts.alone, day_stands, *AHEAD, *NEW), does=(facts.write_down,), letter=request),
        Move("ask_jointly", "提交联合请示", (DRAFT, RETURNED), ASKED_JOINT, by=BRANCH, under=clause("G-2.5.1b"),
             asks=(NEW_DAY, REASON), only_if=(facts.together, day_stands, *AHEAD, *NEW),
             does=(facts.write_down, facts.copy_partners), letter=request),
        Move("withdraw", "撤回", (DRAFT, ASKED, ASKED_JOINT, RETURNED), WITHDRAWN, by=BRANCH, under=CONSENT,
             place="aside"),
        Move("approve", "同意", ASKED, APPROVED, by=SUPERIOR, under=CONSENT, asks=(OPINION,),
             only_if=ANSWERED, does=(move_activity, issue_reply), decides=True,
             consequence=N_("同意即印发批复并编文号，党日随之变更"), tells=(Tell(BRANCH, "请示已获同意，党日随之变更。"),),
             phrases=(N_("请提前通知全体党员。"), N_("请做好缺席补课。")), unsaid=N_("同意"), bulk=ONE_OF_MANY),
        Move("refuse", "不同意", ASKED, REFUSED, by=SUPERIOR, under=CONSENT, asks=(OPINION,),
             only_if=(second_person, still_ahead), does=(issue_reply,), decides=True,
             phrases=(N_("与镇级活动冲突。"),), tells=REFUSED_TELLS, tone="negative"),
        Move("return", "退回修改", ASKED, RETURNED, by=SUPERIOR, under=CONSENT, asks=(OPINION,),
             only_if=(second_person, still_ahead), decides=True, tone="back", tells=(Tell(BRANCH, "请示退回修改。"),)),
        Move("approve", "同意", ASKED_JOINT, INTERNAL, by=JOINT, under=CONSENT, asks=(OPINION,), only_if=ANSWERED,
             per_participant=True, decides=True, consequence=N_("各方都同意后党日一并变更"),
             tells=(Tell(BRANCH, "一方上级已同意，还等其他各方。"),),
             unsaid=N_("同意"), bulk=replace(ONE_OF_MANY, consequence=N_("各方都同意后，这些支部的党日一并变更。"))),
        Move("refuse", "不同意", ASKED_JOINT, REFUSED, by=JOINT, under=CONSENT, asks=(OPINION,),
             only_if=(second_person, still_ahead), does=(issue_reply,), decides=True,
             tells=(*REFUSED_TELLS, Tell(PARTNERS, "联合开展的请示没有获得同意，党日不变。")), tone="negative"),
        Move("all_agreed", "各方均已同意", ASKED_JOINT, APPROVED, by=AUTOMATIC, under=CONSENT,
             does=(move_activity, issue_joint_replies),
             tells=(Tell(BRANCH, "各方均已同意，党日一并变更。"), Tell(PARTNERS, "联合开展的请示已获同意，党日一并变更。"))),
        Move("lapse", "到期未答复", (ASKED, ASKED_JOINT), LAPSED, by=TIMER, under=PROMPT, on=facts.first_day,
             tells=(Tell(BRANCH, "上级到期没有答复，请示失效，党日不变。"), Tell(ABOVE, "下一级到期没有答复请示。"))),
        Move("expire", "逾期未重报", RETURNED, EXPIRED, by=TIMER, under=PROMPT, on=facts.first_day,
             tells=(Tell(BRANCH, "退回的请示没有按时重报，已失效。"),)),
        Move("discard", "草稿过期", DRAFT, EXPIRED, by=TIMER, under=PROMPT,
             on=lambda attempt: attempt.fact_day("day") + timedelta(days=31),
             tells=(Tell(BRANCH, "草稿过期，没有提交。"),)),
        Move("revoke", "撤销批复", APPROVED, REVOKED, by=SUPERIOR, under=REVOCABLE, asks=(WHY,),
             only_if=(still_ahead,), does=UNDO, tone="negative", tells=(Tell(BRANCH, "批复已撤销，党日恢复原定日期。"),)),
        Move("amend", "修改已批复的请示", APPROVED, ASKED, by=BRANCH, under=CONSENT, asks=(NEW_DAY, REASON),
             only_if=(facts.alone, *AHEAD, *NEW), does=(facts.note_difference, *UNDO, facts.write_down),
             letter=request),
        Move("ask_cancel", "申请取消变更", APPROVED, CANCEL_ASKED, by=BRANCH, under=REVOCABLE,
             asks=(WHY_CANCEL,), only_if=(still_ahead,)),
        Move("cancel", "同意取消", CANCEL_ASKED, CANCELLED, by=SUPERIOR, under=REVOCABLE, asks=(NOTE,),
             only_if=(second_person, still_ahead), does=UNDO, decides=True,
             tells=(Tell(BRANCH, "已同意取消变更，党日恢复原定日期。"),)),
        Move("keep", "不取消，按批复执行", CANCEL_ASKED, APPROVED, by=SUPERIOR, under=REVOCABLE, asks=(NOTE,), decides=True,
             only_if=(second_person,), tells=(Tell(BRANCH, "不取消变更，按批复执行。"),)),
        Move("take_effect", "日期已到，变更执行", (APPROVED, CANCEL_ASKED), IN_FORCE, by=TIMER, under=CONSENT,
             on=facts.first_day, tells=(Tell(BRANCH, "日期已到，变更已执行。"),)),
        Move("report_late", "事后补报", DRAFT, REPORTED, by=BRANCH, under=FORCE_MAJEURE, asks=LATE,
             only_if=(day_has_come, not_held, facts.within_three_days, another_if_told), warns=(facts.recovery_told,),
             does=(facts.write_down,)),
        Move("accept_late", "认可补报", REPORTED, ACCEPTED_LATE, by=SUPERIOR, under=FORCE_MAJEURE,
             asks=(NOTE,), only_if=(second_person,), does=(apply_late,), decides=True,
             tells=(Tell(BRANCH, "补报已获认可。"),)),
        Move("not_accept", "不予认可", REPORTED, NOT_ACCEPTED, by=SUPERIOR, under=FORCE_MAJEURE, asks=(NOTE,),
             only_if=(second_person,), decides=True, tone="negative", tells=(Tell(BRANCH, "补报没有获得认可。"),)),
        *(Move("excuse_month", "同意缓开", state, EXCUSED, by=SUPERIOR, under=FORCE_MAJEURE, asks=(NOTE,),
               only_if=(second_person, *ahead), does=(excuse_month,), decides=True,
               tells=(Tell(BRANCH, "已同意当月缓开。"),))
          for state, ahead in ((ASKED, (still_ahead,)), (REPORTED, ()))),
        *common_moves(DRAFT, ASKED, ASKED_JOINT, RETURNED, APPROVED, CANCEL_ASKED, REPORTED, undo=UNDO),
    ),
)
# fmt: on
