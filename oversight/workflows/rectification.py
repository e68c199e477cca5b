"""Rectification: an order after an inspection, with a deadline that escalates until it is met.

It rests on 组织不力 (SOE: also 走过场) found by a person. Author, signer, fixer and re-checker are not one
and the same. What was not done cannot be made later: it is explained, and done right next time. The
program never pronounces 问责.
"""

from datetime import date, timedelta

from oversight.base import terms
from oversight.base.sentences import N_
from oversight.calendar.workdays import add_workdays
from oversight.law.clauses import clause, house_rule
from oversight.law.definition import INTERNAL, Due, Field, Move, State, Tell, Workflow, rule
from oversight.law.roles import ABOVE, BRANCH, INSPECTOR, ISSUER, OVERSEER, SUPERIOR, TIMER
from oversight.organization import units
from oversight.papers import orders
from oversight.rules import rectification as facts
from oversight.rules.common import another_person, common_moves
from oversight.rules.context import TransitionContext
from oversight.rules.orders_before import earlier

GROUND, INSPECT = clause("G-4.4f"), clause("G-4.4a")
SERVED, LIMIT, TERM, LONGEST = facts.SERVED, facts.LIMIT, facts.TERM, facts.LONGEST
SIGNED = house_rule("整改通知书由督查人拟稿、有权签发的人签发，拟稿人不能自己签发。")
RECHECKED = house_rule(
    "收到整改报告后 %(term_recheck)s 个工作日内由拟稿人、整改人以外的人逐条复核；复核期间整改期限不走。"
)
HEARD = house_rule(
    "对整改通知书有异议的，由下达单位督查人以外的人逐条答复，期限暂停；仍不服的可以提请上一级复查一次。"
)
RECALLED_RULE = house_rule("下达有误的可以收回，编号作废保留，另行下达。")
STUDY = house_rule("逾期不改的由下达单位或其上级提请研究；系统不作问责结论。")

VERDICTS = (("accepted", N_("通过")), ("explained", N_("说明属实")), ("not", N_("不通过")))
FACTS = (
    Field("method", "choice", "督查方式", choices=facts.METHODS),
    Field("inspected_on", "date", "督查日期", initial=date.isoformat),
    Field("findings", "list", "问题", items=facts.FINDING),
)
MEASURE = (Field("measure", "text", "整改措施或情况说明"), Field("done_on", "date", "完成日期"))
WHY, NOTE = Field("reason", "text", "理由"), Field("opinion", "text", "意见", required=False)
TO_BE_DONE = Field(
    "due_on", "date", "整改期限", required=False, hint=N_("写进签发的文本；不填的，由印发人定。")
)
JUDGED = (
    Field("verdicts", "list", "逐条结论", choices=VERDICTS),
    Field("opinion", "text", "复核意见"),
)
ANSWERS = (Field("answers", "list", "逐条答复", required=False), NOTE)

DRAFT = State("draft", "待签发", waits_on=SUPERIOR, due=Due(5, SIGNED, escalate_to=ABOVE))
SIGNED_OFF = State("signed_off", "待印发", waits_on=ISSUER, due=Due(2, SIGNED, escalate_to=ABOVE))
ISSUED = State(
    "issued",
    "待签收",
    waits_on=BRANCH,
    due=Due(terms.RECEIPT, SERVED, escalate_to=SUPERIOR),
    granted=True,
)
FIXING = State(
    "fixing",
    "整改中",
    waits_on=BRANCH,
    due=Due(
        terms.RECTIFY,
        LIMIT,
        until=facts.order_due,
        keeps=True,
        reminders=(7, 3, 1, 0),
        escalate_to=ABOVE,
    ),
    granted=True,
    act=N_("报整改"),
)
RECHECK = State(
    "recheck",
    "待复核",
    waits_on=SUPERIOR,
    due=Due(terms.RECHECK, RECHECKED, escalate_to=ABOVE),
    granted=True,
    act=N_("复核"),
)
EXTENSION = State(
    "extension_asked",
    "申请延期",
    waits_on=SUPERIOR,
    due=Due(terms.REPLY, LIMIT, escalate_to=ABOVE),
    granted=True,
    act=N_("批复延期"),
)
OBJECTED = State(
    "objected",
    "异议待答复",
    waits_on=SUPERIOR,
    due=Due(terms.APPEAL, HEARD, escalate_to=ABOVE),
    granted=True,
)
REVIEW = State(
    "review", "提请复查", waits_on=ABOVE, due=Due(terms.APPEAL, HEARD), granted=True, act=N_("复查")
)
RECALLED = State(
    "recalled", "已收回", waits_on=ISSUER, due=Due(5, RECALLED_RULE, escalate_to=ABOVE)
)
CLOSED = State("closed", "已销号", granted=True)
DROPPED = State("dropped", "不予签发")
REISSUED = State("reissued", "已另行下达")
ENDED = State("ended", "收回不再下达")


@rule(INSPECT)
def has_findings(attempt: TransitionContext) -> bool:
    """至少要写明一个问题：依据哪一条、什么事实、怎样整改。"""
    return bool(facts.findings(attempt))


@rule(INSPECT)
def clauses_bind(attempt: TransitionContext) -> bool:
    """依据的条款不存在，或不适用于这个支部。"""
    return all(facts.binding(attempt, finding) for finding in facts.findings(attempt))


@rule(INSPECT)
def already_inspected(attempt: TransitionContext) -> bool:
    """督查日期不能晚于今天。"""
    return attempt.fact_day("inspected_on") <= attempt.today


@rule(SERVED, "due_on")
def after_receipt(attempt: TransitionContext):
    """整改期限要在签收期限之后，给支部留出整改的时间。"""
    signed = add_workdays(attempt.calendar, attempt.today, facts.to_receive(attempt))
    return attempt.words["due_on"] > signed


@rule(TERM, "due_on")
def sensible_term(attempt: TransitionContext):
    """整改期限超过 90 个工作日，请核对日期；确需更长的，到期前由支部申请延期。"""
    return attempt.words["due_on"] <= add_workdays(attempt.calendar, attempt.today, LONGEST)


@rule(TERM)
def not_extended_before(attempt: TransitionContext):
    """整改期限只延%(term_extensions)s，已经延过。"""
    return facts.extensions(attempt) < attempt.term(terms.EXTENSIONS)


@rule(TERM, "until")
def within_ten_days(attempt: TransitionContext):
    """延期最多 %(term_extension)s 个工作日。"""
    most = attempt.term(terms.EXTENSION)
    return attempt.words["until"] <= add_workdays(attempt.calendar, attempt.case.due_on, most)


@rule(LIMIT, "due_on")
def workday_ahead(attempt: TransitionContext) -> bool:
    """整改期限要定在今天之后的工作日。"""
    day = attempt.words["due_on"]
    return day > attempt.today and attempt.calendar.is_workday(day)


@rule(GROUND, "items")
def one_item_each(attempt: TransitionContext) -> bool:
    """每个问题都要有一条整改情况，不多不少。"""
    return len(attempt.words["items"]) == len(facts.findings(attempt))


@rule(house_rule("没有做的不能先写成已做；没有做的记录不补写。"), "items")
def really_done(attempt: TransitionContext) -> bool:
    """完成日期不能晚于今天。"""
    return all(item["done_on"] <= attempt.today.isoformat() for item in attempt.words["items"])


@rule(GROUND, "items")
def done_since(attempt: TransitionContext) -> bool:
    """完成日期不能早于督查日期，整改是督查以后做的。"""
    since = attempt.case.facts["inspected_on"]
    return all(item["done_on"] >= since for item in attempt.words["items"])


@rule(RECHECKED, "verdicts")
def one_verdict_each(attempt: TransitionContext) -> bool:
    """每个问题都要有结论：通过、说明属实或不通过。"""
    return len(attempt.words["verdicts"]) == len(facts.findings(attempt))


@rule(RECHECKED, "verdicts")
def none_fails(attempt: TransitionContext) -> bool:
    """还有问题不通过，不能销号，请退回再改。"""
    return "not" not in attempt.words["verdicts"]


@rule(RECHECKED, "verdicts")
def some_fail(attempt: TransitionContext) -> bool:
    """没有不通过的问题，请直接销号。"""
    return "not" in attempt.words["verdicts"]


@rule(LIMIT, "until")
def later_workday(attempt: TransitionContext) -> bool:
    """延期要延到原期限之后的工作日。"""
    until = attempt.words["until"]
    return until > max(attempt.case.due_on, attempt.today) and attempt.calendar.is_workday(until)


@rule(HEARD)
def not_answered_before(attempt: TransitionContext) -> bool:
    """异议只提一次；对答复不服的，请提请上一级复查。"""
    return not attempt.case.facts.get("objection")


@rule(HEARD)
def answered_once(attempt: TransitionContext) -> bool:
    """还没有答复过的异议，或已经复查过的，不能再提请复查。"""
    return (attempt.case.facts.get("objection") or {}).get("reviewed") == "answer_objection"


@rule(HEARD)
def has_above(attempt: TransitionContext) -> bool:
    """下达单位已是最高一级，没有上一级可以复查。"""
    return units.has_above(attempt)


@rule(STUDY)
def overdue(attempt: TransitionContext) -> bool:
    """整改还没有到期，不能提请研究。"""
    return attempt.case.due_on < attempt.today


LIVE = (DRAFT, SIGNED_OFF, ISSUED, FIXING, RECHECK, EXTENSION, OBJECTED, REVIEW)
SENT = (ISSUED, FIXING, RECHECK, EXTENSION, OBJECTED)
# fmt: off
WORKFLOW = Workflow(
    "rectification", N_("整改"), version=7, opens=DRAFT, opened_by=INSPECTOR, short=N_("整改"), facts=FACTS,
    open_if=(has_findings, clauses_bind, facts.ground_fits, already_inspected, *facts.VISITED),
    outsiders=facts.OUTSIDERS, on_open=(facts.set_issuer,), inherits=True,
    begins=N_("起草"), icon="late", tells=(Tell(SUPERIOR, "有一份整改通知书待签发。"),),
    moves=(
        Move("sign_off", "签发", DRAFT, SIGNED_OFF, by=SUPERIOR, under=SIGNED, asks=(TO_BE_DONE, NOTE), decides=True,
             only_if=(another_person, *facts.SIGNED_TERM),
             does=(facts.note_signed,), tells=(Tell(INSPECTOR, "整改通知书已签发，待定期限印发。"),)),
        Move("drop", "不予签发", (DRAFT, SIGNED_OFF), DROPPED, by=SUPERIOR, under=SIGNED, asks=(WHY,), decides=True,
             only_if=(another_person,), tone="negative", tells=(Tell(INSPECTOR, "整改通知书没有签发。"),)),
        Move("issue", "编号印发", SIGNED_OFF, ISSUED, by=ISSUER, under=GROUND,
             asks=(Field("due_on", "date", "整改期限"),),
             only_if=(facts.as_signed, workday_ahead, after_receipt, sensible_term), does=(facts.issue_signed,),
             letter=facts.signed_or_drafted),
        Move("acknowledge", "签收", ISSUED, FIXING, by=BRANCH, under=SERVED),
        Move("report", "报送整改报告", FIXING, RECHECK, by=BRANCH, under=GROUND,
             asks=(Field("items", "list", "逐条整改情况", items=MEASURE),), only_if=(one_item_each, really_done, done_since),
             does=(facts.note_report,), place="page"),
        Move("accept", "复核并销号", RECHECK, CLOSED, by=SUPERIOR, under=GROUND, asks=JUDGED, decides=True,
             only_if=(another_person, one_verdict_each, none_fails), does=(facts.close,),
             consequence=N_("全部通过或说明属实即销号，并印发整改销号通知"),
             place="page", tells=(Tell(BRANCH, "整改已通过复核，予以销号。"), Tell(INSPECTOR, "整改已销号。"),),
             letter=orders.closing),
        Move("send_back", "退回再改", RECHECK, FIXING, by=SUPERIOR, under=GROUND, asks=JUDGED, decides=True,
             only_if=(another_person, one_verdict_each, some_fail), does=(facts.another_round,),
             place="page", tone="back", tells=(Tell(BRANCH, "整改没有通过复核，退回再改。"),)),
        Move("ask_extension", "申请延期", FIXING, EXTENSION, by=BRANCH, under=LIMIT,
             asks=(Field("until", "date", "延到哪天"), WHY), only_if=(later_workday, not_extended_before, within_ten_days),
             does=(facts.note_extension, facts.note_overdue),
             place="aside"),
        Move("grant", "同意延期", EXTENSION, FIXING, by=SUPERIOR, under=LIMIT, asks=(NOTE,), decides=True,
             only_if=(another_person,), does=(facts.issue_extension, facts.extend), tells=(Tell(BRANCH, "延期申请已获同意。"),)),
        Move("deny", "不同意延期", EXTENSION, FIXING, by=SUPERIOR, under=LIMIT, asks=(NOTE,), decides=True,
             only_if=(another_person,), does=(facts.issue_no_extension,), tone="negative",
             tells=(Tell(BRANCH, "延期申请没有获得同意，按原期限整改。"),)),
        Move("object", "提出异议", (ISSUED, FIXING), OBJECTED, by=BRANCH, under=HEARD, asks=(WHY,),
             only_if=(not_answered_before,), does=(facts.note_objection, facts.note_overdue), place="aside"),
        Move("answer_objection", "答复异议", OBJECTED, FIXING, by=SUPERIOR, under=HEARD, asks=ANSWERS, decides=True,
             only_if=(another_person,), does=(facts.issue_heard, facts.note_answer),
             tells=(Tell(BRANCH, "异议已有答复，整改期限继续计算。"),)),
        Move("ask_higher_review", "提请上一级复查", FIXING, REVIEW, by=BRANCH, under=HEARD,
             asks=(Field("reason", "text", "理由", required=False),), only_if=(answered_once, has_above),
             does=(facts.note_overdue,), place="aside"),
        Move("answer_review", "复查答复", REVIEW, FIXING, by=ABOVE, under=HEARD, asks=ANSWERS, decides=True,
             only_if=(another_person,), does=(facts.issue_heard, facts.note_answer),
             tells=(Tell(BRANCH, "复查已有答复，整改期限继续计算。"),)),
        Move("review_unanswered", "上级未答复，恢复整改", REVIEW, FIXING, by=TIMER, under=HEARD,
             on=lambda attempt: attempt.case.due_on + timedelta(days=1),
             tells=(Tell(BRANCH, "上一级到期没有答复复查，整改期限继续计算。"), Tell(ISSUER, "上一级到期没有答复复查。"),)),
        Move("recall", "收回", SENT, RECALLED, by=SUPERIOR, under=RECALLED_RULE, asks=(WHY,),
             does=(facts.void_order,), place="aside"),
        Move("reissue", "另行下达", RECALLED, REISSUED, by=ISSUER, under=RECALLED_RULE,
             asks=(Field("unit", "text", "应整改的支部", required=False),), does=(facts.order_again,)),
        Move("close_recalled", "不再下达", RECALLED, ENDED, by=OVERSEER, under=RECALLED_RULE, asks=(NOTE,)),
        Move("refer", "提请研究", FIXING, INTERNAL, by=OVERSEER, under=STUDY, asks=(WHY,), only_if=(overdue,),
             does=(facts.note_referral,)),
        *common_moves(*LIVE, RECALLED, undo=(facts.void_order,)),
    ),
)
# fmt: on

EARLIER = earlier(WORKFLOW)
