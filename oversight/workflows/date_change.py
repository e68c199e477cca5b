"""Date change: moving a branch's party day.

The day is fixed. A branch may move it only by asking in writing, and only the organization directly
above may consent. Silence is never consent: unanswered, the request lapses; against the superior
where he had a working day. Partners of a joint activity agree themselves before it goes up.
"""

from dataclasses import replace
from datetime import timedelta

from oversight.base.sentences import N_
from oversight.base.terms import REPLY
from oversight.calendar.party_days import apply_late, excuse_month, move_activity, take_back
from oversight.law.clauses import house_rule
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
)
from oversight.law.roles import ABOVE, AUTOMATIC, BRANCH, SUPERIOR, TIMER
from oversight.papers import replies as papers
from oversight.papers.numbers import void_papers
from oversight.rules import date_change as facts
from oversight.rules.common import common_moves, second_person
from oversight.rules.date_change import FORCE_MAJEURE, guards, joint
from oversight.rules.date_change.guards import CONSENT
from oversight.rules.date_change.version_1 import (
    DRAFT_DAY,
    DRAFT_REASON,
    LATE,
    NEW_DAY,
    NOTE,
    OPINION,
    REASON,
    REVOCABLE,
    VERSION_1,
    WHY,
    WHY_CANCEL,
)

PROMPT = house_rule(
    "%(term_reply)s 个工作日内、且在原定日期之前答复；之前没有工作日的，按紧急请示在活动开始前答复。指导书没有规定期限。"
)
URGENT = house_rule(
    "提出后到活动日之间没有工作日的，按紧急请示办理；没有来得及批复的，不计上级逾期。"
)

PARTNER = replace(BRANCH, name="partner", label=N_("联合开展的支部"), group_of="branch")
PARTNERS = replace(PARTNER, fact="with")  # whom the fact names: only told
EACH_PARTNER = MultiInstance(PARTNER, joint.to_ask, "联合开展的各支部")
EACH_SUPERIOR = MultiInstance(SUPERIOR, facts.joint_superiors, "各有关上级党组织")
ANSWER = Due(REPLY, PROMPT, until=facts.answer_by)

DRAFT = State("draft", "草稿", waits_on=BRANCH, act=N_("提交"))
CONSULTING = State(
    "consulting", "待各支部同意联合", waits_on=EACH_PARTNER, due=ANSWER, act=N_("答复联合")
)
ASKED = State("asked", "待批复", waits_on=SUPERIOR, due=ANSWER, act=N_("批复"))
ASKED_JOINT = State("asked_joint", "待各方批复", waits_on=EACH_SUPERIOR, due=ANSWER, act=N_("批复"))
RETURNED = State("returned", "退回修改", waits_on=BRANCH, due=ANSWER, act=N_("修改后提交"))
APPROVED = State("approved", "已同意", waits_on=TIMER, granted=True)
AMEND_ASKED = State(
    "amend_asked",
    "修改待批复，原批复有效",
    waits_on=SUPERIOR,
    due=ANSWER,
    granted=True,
    act=N_("批复修改"),
)
CANCEL_ASKED = State(
    "cancel_asked", "申请取消变更", waits_on=SUPERIOR, due=ANSWER, granted=True, act=N_("批复取消")
)
REPORTED = State(
    "reported_late", "补报待认可", waits_on=SUPERIOR, due=Due(REPLY, PROMPT), act=N_("审核补报")
)
IN_FORCE = State("in_force", "已执行", granted=True)
REFUSED = State("refused", "不同意")
WITHDRAWN = State("withdrawn", "已撤回")
REVOKED = State("revoked", "批复已撤销")
CANCELLED = State("cancelled", "变更已取消")
LAPSED = State("lapsed", "上级逾期未批复")
TOO_SHORT = State("too_short", "紧急请示未及批复")
EXPIRED = State("expired", "逾期失效")
ACCEPTED_LATE = State("accepted_late", "补报已认可", granted=True)
NOT_ACCEPTED = State("not_accepted", "补报未认可")
EXCUSED = State("excused", "同意暂缓开展", granted=True)

AHEAD = (guards.not_july, guards.not_held, guards.still_ahead)
NEW = (
    guards.same_month,
    guards.another_day,
    guards.asked_ahead,
    guards.leaves_room,
    guards.not_taken,
)
ANSWERED = (second_person, guards.not_held, guards.day_stands, guards.still_ahead)
SAID = (second_person, guards.still_ahead)
ASKS = (facts.follow_day, facts.write_down)
ON_A_WORKDAY, FOR_A_WORKDAY = (guards.on_a_workday,), (guards.asked_for_a_workday,)
UNDO = (take_back, void_papers)


def _tell(branch: str, partners: str = "") -> tuple[Tell, ...]:
    """Tell the branch that asked, and in other words those that joined it."""
    return (Tell(BRANCH, branch), Tell(PARTNERS, partners or branch))


REFUSED_TELLS = _tell("请示没有获得同意，党日不变。", "联合开展的请示没有获得同意，党日不变。")
LAPSED_TELLS = _tell("上级到期没有答复，请示失效，党日不变。")
ONE_OF_MANY = Bulk(
    N_("批复意见（写进每一份批复）"),
    N_("同意，请按新日期组织。"),
    N_("将各印发一份批复、各编一个文号，这些支部的党日随之变更。"),
)

# fmt: off
WORKFLOW = Workflow(
    "date_change", N_("变更活动时间请示"), version=4, opens=DRAFT, opened_by=BRANCH, short=N_("变更时间请示"),
    facts=(Field("day", "date", "原定日期"), DRAFT_DAY, DRAFT_REASON,
           Field("with", "list", "联合开展的支部", required=False)),
    open_if=(guards.fixed_branch, guards.not_july, guards.day_in_force, guards.not_held, facts.not_in_another,
             facts.partners_known),
    begins=N_("起草"), business_key=facts.business_key, party_day="day", recorded=("open", "save", "ask", "report_late"),
    moves=(
        Move("save", "存草稿", DRAFT, INTERNAL, by=BRANCH, under=CONSENT, asks=(DRAFT_DAY, DRAFT_REASON),
             does=(facts.write_down,)),
        Move("ask", "提交请示", (DRAFT, RETURNED), ASKED, by=BRANCH, under=CONSENT, asks=(NEW_DAY, REASON),
             only_if=(facts.alone, *AHEAD, *NEW, facts.not_in_another), warns=ON_A_WORKDAY, does=ASKS,
             letter=facts.letter),
        Move("ask_jointly", "提交联合请示", (DRAFT, RETURNED), CONSULTING, by=BRANCH, under=joint.JOINT,
             asks=(NEW_DAY, REASON), only_if=(facts.together, *AHEAD, *NEW, facts.not_in_another, facts.partners_known),
             warns=ON_A_WORKDAY, does=(joint.invite, *ASKS), letter=facts.letter),
        Move("join", "同意联合开展", CONSULTING, INTERNAL, by=EACH_PARTNER, under=joint.OWN_WILL, asks=(NOTE,),
             only_if=(guards.still_ahead, joint.partner_free, joint.partner_not_taken), does=(joint.join,),
             per_participant=True, tells=(Tell(BRANCH, "有支部同意联合开展。"),)),
        Move("decline", "不加入", CONSULTING, RETURNED, by=EACH_PARTNER, under=joint.OWN_WILL, asks=(WHY,),
             does=(joint.leave,), tone="negative", tells=_tell(N_("有支部不加入联合请示，请改为单独请示，或与其余支部重新提交。"),
                                                               N_("有支部不加入联合请示，请示已退回提出的支部。"))),
        Move("all_joined", "各支部均已同意", CONSULTING, ASKED_JOINT, by=AUTOMATIC, under=joint.OWN_WILL,
             only_if=(guards.still_ahead,), tells=_tell(N_("各支部均已同意，联合请示已报各自上级。"))),
        Move("withdraw", "撤回", (DRAFT, CONSULTING, ASKED, ASKED_JOINT, RETURNED), WITHDRAWN, by=BRANCH, under=CONSENT,
             place="aside", tells=(Tell(PARTNERS, "联合开展的请示已撤回，党日不变。"),)),
        Move("approve", "同意", ASKED, APPROVED, by=SUPERIOR, under=CONSENT, asks=(OPINION,),
             only_if=ANSWERED, warns=FOR_A_WORKDAY, does=(move_activity, papers.issue_reply), decides=True,
             consequence=N_("同意即印发批复并编文号，党日随之变更"), tells=(Tell(BRANCH, "请示已获同意，党日随之变更。"),),
             phrases=(N_("请提前通知全体党员。"), N_("请做好缺席补课。")), unsaid=N_("同意"), bulk=ONE_OF_MANY),
        Move("refuse", "不同意", ASKED, REFUSED, by=SUPERIOR, under=CONSENT, asks=(OPINION,),
             only_if=SAID, does=(papers.issue_reply,), decides=True,
             phrases=(N_("与镇级活动冲突。"),), tells=REFUSED_TELLS[:1], tone="negative"),
        Move("return", "退回修改", ASKED, RETURNED, by=SUPERIOR, under=CONSENT, asks=(OPINION,),
             only_if=SAID, decides=True, tone="back", tells=(Tell(BRANCH, "请示退回修改。"),)),
        Move("approve", "同意", ASKED_JOINT, INTERNAL, by=EACH_SUPERIOR, under=CONSENT, asks=(OPINION,), only_if=ANSWERED,
             letter=papers.joint_agreement,
             warns=FOR_A_WORKDAY, per_participant=True, decides=True, consequence=N_("各方都同意后党日一并变更"),
             tells=_tell("一方上级已同意，还等其他各方。"), unsaid=N_("同意"),
             bulk=replace(ONE_OF_MANY, consequence=N_("各方都同意后，这些支部的党日一并变更。"))),
        Move("refuse", "不同意", ASKED_JOINT, REFUSED, by=EACH_SUPERIOR, under=CONSENT, asks=(OPINION,),
             only_if=SAID, does=(papers.refuse_jointly,), decides=True, tells=REFUSED_TELLS, tone="negative"),
        Move("return", "退回修改", ASKED_JOINT, RETURNED, by=EACH_SUPERIOR, under=CONSENT, asks=(OPINION,),
             only_if=SAID, decides=True, tone="back", tells=_tell("请示退回修改。", N_("联合开展的请示退回提出的支部修改。"))),
        Move("all_agreed", "各方均已同意", ASKED_JOINT, APPROVED, by=AUTOMATIC, under=CONSENT,
             does=(move_activity, papers.issue_each_reply),
             tells=_tell("各方均已同意，党日一并变更。", "联合开展的请示已获同意，党日一并变更。")),
        Move("lapse", "到期未批复", (ASKED, ASKED_JOINT), LAPSED, by=TIMER, under=PROMPT, on=facts.silent_on,
             tells=(*LAPSED_TELLS, Tell(ABOVE, "下一级到期没有答复请示。"))),
        Move("run_out", "紧急请示未及批复", (ASKED, ASKED_JOINT), TOO_SHORT, by=TIMER, under=URGENT, on=facts.too_short_on,
             faultless=True, tells=(*_tell(N_("紧急请示没有来得及批复，党日不变；确因特殊情况已改期的，请在 %(term_late_report)s 个工作日内补报。")),
                    Tell(SUPERIOR, "紧急请示没有来得及批复，不计逾期。"))),
        Move("expire", "逾期未重报", RETURNED, EXPIRED, by=TIMER, under=PROMPT, on=facts.first_day,
             tells=_tell("退回的请示没有按时重报，已失效。")),
        Move("expire_joint", "各支部到期未同意", CONSULTING, EXPIRED, by=TIMER, under=joint.OWN_WILL, on=facts.first_day,
             tells=_tell(N_("有支部没有表示是否联合，请示没有报出，已失效，党日不变。"))),
        Move("discard", "草稿过期", DRAFT, EXPIRED, by=TIMER, under=PROMPT,
             on=lambda attempt: attempt.fact_day("day") + timedelta(days=31),
             tells=(Tell(BRANCH, "草稿过期，没有提交。"),)),
        Move("revoke", "撤销批复", APPROVED, REVOKED, by=SUPERIOR, under=REVOCABLE, asks=(WHY,),
             only_if=(guards.still_ahead,), does=(*UNDO, papers.issue_revocation), tone="negative",
             tells=_tell("批复已撤销，党日恢复原定日期。")),
        Move("amend", "请示另改一天", APPROVED, AMEND_ASKED, by=BRANCH, under=CONSENT, asks=(NEW_DAY, REASON),
             only_if=(guards.amends_alone, guards.not_july, guards.not_held, guards.still_ahead,
                      guards.same_month, guards.not_as_approved, guards.asked_ahead, guards.leaves_room,
                      guards.not_taken),
             warns=ON_A_WORKDAY, does=(facts.propose,), letter=facts.letter),
        Move("approve", "同意", AMEND_ASKED, APPROVED, by=SUPERIOR, under=CONSENT, asks=(OPINION,),
             only_if=(second_person, guards.not_held, guards.still_ahead), warns=FOR_A_WORKDAY,
             does=(void_papers, facts.adopt, move_activity, papers.issue_reply), decides=True,
             consequence=N_("同意即印发新的批复，原批复作废"), unsaid=N_("同意"),
             tells=(Tell(BRANCH, "修改已获同意，党日按新的批复。"),)),
        Move("refuse", "不同意", AMEND_ASKED, APPROVED, by=SUPERIOR, under=CONSENT, asks=(OPINION,),
             only_if=SAID, does=(papers.issue_kept, facts.drop_proposal), decides=True, tone="negative",
             consequence=N_("原批复继续有效"), tells=(Tell(BRANCH, "修改没有获得同意，仍按原批复执行。"),)),
        Move("drop_amendment", "撤回修改", AMEND_ASKED, APPROVED, by=BRANCH, under=CONSENT, does=(facts.drop_proposal,),
             place="aside"),
        Move("lapse_amendment", "修改到期未批复", AMEND_ASKED, APPROVED, by=TIMER, under=PROMPT, on=facts.silent_on,
             does=(facts.drop_proposal,),
             tells=(Tell(BRANCH, "修改没有得到批复，仍按原批复执行。"), Tell(ABOVE, "下一级到期没有答复请示。"))),
        Move("run_out_amendment", "修改未及批复", AMEND_ASKED, APPROVED, by=TIMER, under=URGENT, on=facts.too_short_on,
             does=(facts.drop_proposal,), faultless=True,
             tells=(Tell(BRANCH, "修改没有来得及批复，仍按原批复执行。"),)),
        Move("ask_cancel", "申请取消变更", APPROVED, CANCEL_ASKED, by=BRANCH, under=REVOCABLE,
             asks=(WHY_CANCEL,), only_if=(guards.still_ahead,)),
        Move("cancel", "同意取消", CANCEL_ASKED, CANCELLED, by=SUPERIOR, under=REVOCABLE, asks=(NOTE,),
             only_if=(second_person, guards.still_ahead), does=(*UNDO, papers.issue_cancellation), decides=True,
             tells=_tell("已同意取消变更，党日恢复原定日期。")),
        Move("keep", "不取消，按批复执行", CANCEL_ASKED, APPROVED, by=SUPERIOR, under=REVOCABLE, asks=(NOTE,), decides=True,
             only_if=(second_person,), does=(papers.issue_upheld,), tells=_tell("不取消变更，按批复执行。")),
        Move("take_effect", "日期已到，变更执行", (APPROVED, CANCEL_ASKED), IN_FORCE, by=TIMER, under=CONSENT,
             on=facts.first_day, tells=_tell("日期已到，变更已执行。")),
        Move("report_late", "事后补报", DRAFT, REPORTED, by=BRANCH, under=FORCE_MAJEURE, asks=LATE,
             only_if=(guards.day_has_come, guards.not_held, facts.within_three_days, guards.another_if_told),
             warns=(facts.recovery_told,), does=ASKS),
        Move("accept_late", "认可补报", REPORTED, ACCEPTED_LATE, by=SUPERIOR, under=FORCE_MAJEURE,
             asks=(NOTE,), only_if=(second_person,), does=(apply_late, papers.issue_acceptance), decides=True,
             tells=(Tell(BRANCH, "补报已获认可。"),)),
        Move("not_accept", "不予认可", REPORTED, NOT_ACCEPTED, by=SUPERIOR, under=FORCE_MAJEURE, asks=(NOTE,),
             only_if=(second_person,), does=(papers.issue_non_acceptance,), decides=True, tone="negative",
             tells=(Tell(BRANCH, "补报没有获得认可。"),)),
        *(Move("excuse_month", "同意暂缓开展", state, EXCUSED, by=SUPERIOR, under=FORCE_MAJEURE, asks=(note,),
               only_if=(second_person, *ahead), does=(excuse_month, papers.issue_deferral), decides=True,
               consequence=N_("意见里写明当月为什么确实无法开展；即印发批复，这个月仍记为没有开展"),
               tells=(Tell(BRANCH, "已同意当月暂缓开展。"),))
          for state, ahead, note in ((ASKED, (guards.still_ahead, guards.month_is_near), OPINION),
                                     (REPORTED, (), NOTE))),
        *common_moves(DRAFT, CONSULTING, ASKED, ASKED_JOINT, RETURNED, APPROVED, AMEND_ASKED, CANCEL_ASKED, REPORTED,
                      undo=UNDO, told=(BRANCH, PARTNERS)),
    ),
)
# fmt: on

# Version 3: another day that was asked for could be answered by putting off any month, without a reason.
VERSION_3 = replace(
    WORKFLOW,
    version=3,
    moves=tuple(
        replace(
            move,
            asks=(NOTE,),
            only_if=tuple(one for one in move.only_if if one is not guards.month_is_near),
        )
        if move.name == "excuse_month"
        else move
        for move in WORKFLOW.moves
    ),
)
UNWRITTEN = (papers.issue_upheld, papers.issue_non_acceptance)
# Version 2: what was not accepted and not cancelled was answered without a paper.
VERSION_2 = replace(
    VERSION_3,
    version=2,
    moves=tuple(
        replace(move, does=tuple(one for one in move.does if one not in UNWRITTEN))
        for move in VERSION_3.moves
    ),
)
EARLIER = (VERSION_3, VERSION_2, VERSION_1)
