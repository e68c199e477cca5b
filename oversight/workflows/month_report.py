"""Month report: what no request beforehand can cover. A branch that chooses its own day, 七一, and who
has recorded a wrong day already: reported afterwards (事后补报), or put off with consent (暂缓开展).

Never a move of 七一 beforehand, nor is it put off. Consent to put off is shown as such; the month stays
unheld.
"""

from dataclasses import replace

from oversight.base.sentences import N_
from oversight.base.terms import REPLY
from oversight.law.clauses import clause, house_rule
from oversight.law.definition import Bulk, Due, Field, Move, State, Tell, Workflow, rule, without
from oversight.law.roles import ABOVE, BRANCH, SUPERIOR, TIMER
from oversight.papers import month_reports as papers
from oversight.rules import month_report as facts
from oversight.rules.common import another_person, common_moves
from oversight.rules.context import TransitionContext

PUT_OFF = house_rule(
    "当月确实无法开展的，报上级书面同意暂缓；最迟在月末后 %(term_filing)s 个工作日内提出。同意暂缓只作说明，不算开展。"
)
LATE = house_rule(
    "没有按期开展的，在活动后 %(term_filing)s 个工作日内向上级补报；在次月开展的，最迟在月末后 10 个工作日内开展。"
)
PROMPT = house_rule(
    "上级 %(term_reply)s 个工作日内答复；不答复不等于同意，10 个工作日没有答复的失效。"
)
MONTHLY, CONSENT, JULY = clause("G-2.1.2b"), clause("G-2.1.1c"), clause("G-2.1.3")

WHY, NOTE = Field("reason", "text", "理由"), Field("opinion", "text", "意见", required=False)

BY_REQUEST = N_(
    "按固定日期开展的支部要暂缓的，在“变更活动时间请示”里写明情况，上级答复时可以同意暂缓开展。"
)
ASKED = State("asked", "待上级答复", waits_on=SUPERIOR, due=Due(REPLY, PROMPT), act=N_("答复"))
ACCEPTED = State("accepted", "认可补报", granted=True)
EXCUSED = State("excused", "同意暂缓开展", granted=True)
REFUSED = State("refused", "不同意")
WITHDRAWN = State("withdrawn", "已撤回")
LAPSED = State("lapsed", "到期未答复")


@rule(MONTHLY)
def of_an_owed_month(attempt: TransitionContext) -> bool:
    """月份要写成 2026-11 这样，并且是支部应当开展活动的月份。"""
    return facts.activity(attempt) is not None


@rule(CONSENT)
def no_request_would_do(attempt: TransitionContext) -> bool:
    """按固定日期开展的支部，请用“变更活动时间请示”（来不及的在那里补报）；已经登记在别的日期的，才在这里补报。"""
    return facts.beyond_requests(attempt)


@rule(PUT_OFF)
def not_held(attempt: TransitionContext) -> bool:
    """这次活动已经登记开展，不用暂缓。"""
    return facts.is_late(attempt) or facts.activity(attempt).held_on is None


@rule(PUT_OFF)
def put_off_in_time(attempt: TransitionContext) -> bool:
    """月末后 %(term_filing)s 个工作日已过，不能再申请暂缓；这个月如实留为未开展。"""
    return facts.is_late(attempt) or facts.still_asked(attempt)


@rule(JULY)
def july_is_held(attempt: TransitionContext) -> bool:
    """“七一”活动全区统一开展，不能暂缓，日期只能由区里调整；没有按期开展的，请事后补报。"""
    return facts.is_late(attempt) or not facts.is_july(attempt)


@rule(house_rule("暂缓按月申请，最早在上个月提出：还没有到的月份，不能先定为无法开展。"))
def month_is_near(attempt: TransitionContext) -> bool:
    """当月确实无法开展的才申请暂缓，最早在上个月提出。"""
    return facts.is_late(attempt) or facts.near(attempt)


@rule(LATE)
def held_on_known(attempt: TransitionContext) -> bool:
    """补报要写明实际开展的日期：不在今天以后，不早于当月，最迟在月末后 10 个工作日内。"""
    return not facts.is_late(attempt) or facts.day_fits(attempt)


@rule(LATE)
def reported_in_time(attempt: TransitionContext) -> bool:
    """活动后 %(term_filing)s 个工作日已过，不能再补报。"""
    return not facts.is_late(attempt) or facts.reported_in_time(attempt)


@rule(LATE)
def late_was_asked(attempt: TransitionContext) -> bool:
    """支部申请的是暂缓开展，请同意暂缓或不同意。"""
    return facts.is_late(attempt)


@rule(PUT_OFF)
def putting_off_was_asked(attempt: TransitionContext) -> bool:
    """支部报的是事后补报，请认可或不同意。"""
    return not facts.is_late(attempt)


# fmt: off
WORKFLOW = Workflow(
    "month_report", N_("补报和暂缓开展"), version=3, opens=ASKED, opened_by=BRANCH, short=N_("补报暂缓"),
    facts=(Field("asks", "choice", "报什么", choices=facts.ASKS, hint=BY_REQUEST),
           Field("month", "text", "哪个月的活动", hint=N_("写成 2026-11 这样")),
           Field("july", "yes_no", "是不是“七一”活动", required=False),
           Field("held_on", "date", "实际开展日期", required=False, hint=N_("补报的填写；已经登记的可以不填")),
           Field("reason", "text", "什么情况")),
    open_if=(of_an_owed_month, july_is_held, no_request_would_do, not_held, month_is_near, put_off_in_time,
             held_on_known, reported_in_time),
    business_key=facts.business_key, recorded=("open",), tells=(Tell(SUPERIOR, "有支部补报或申请暂缓开展。"),),
    moves=(
        Move("accept_late", "认可补报", ASKED, ACCEPTED, by=SUPERIOR, under=LATE, asks=(NOTE,), decides=True,
             only_if=(another_person, late_was_asked), does=(facts.accept, papers.issue_acceptance),
             unsaid=N_("认可。"), consequence=N_("认可即印发批复并编文号"),
             tells=(Tell(BRANCH, "补报已获认可。"),)),
        Move("excuse_month", "同意暂缓开展", ASKED, EXCUSED, by=SUPERIOR, under=PUT_OFF, asks=(NOTE,), decides=True,
             only_if=(another_person, putting_off_was_asked, july_is_held, not_held),
             does=(facts.put_off, papers.issue_deferral),
             unsaid=N_("同意。"), tells=(Tell(BRANCH, "已同意暂缓开展。"),),
             consequence=N_("即印发批复；只作说明，这个月仍记为没有开展"),
             bulk=Bulk(N_("意见（写进每一件）"), N_("同意。"), N_("只作说明，这些月份仍记为没有开展。"))),
        Move("refuse", "不同意", ASKED, REFUSED, by=SUPERIOR, under=PROMPT, asks=(WHY,), decides=True, tone="negative",
             only_if=(another_person,), does=(papers.issue_refusal,),
             tells=(Tell(BRANCH, "补报或暂缓开展没有获得同意。"),)),
        Move("withdraw", "撤回", ASKED, WITHDRAWN, by=BRANCH, under=PROMPT, place="aside"),
        Move("lapse", "到期未答复", ASKED, LAPSED, by=TIMER, under=PROMPT, on=facts.lapses_on,
             tells=(Tell(BRANCH, "上级到期没有答复，已失效。"), Tell(ABOVE, "下一级到期没有答复补报或暂缓。"))),
        *common_moves(ASKED),
    ),
)
# fmt: on

# Version 2: 七一 could be put off, and any month ahead.
VERSION_2 = without(WORKFLOW, 2, july_is_held, month_is_near)
# Version 1: a no was answered without a paper.
VERSION_1 = replace(
    VERSION_2,
    version=1,
    moves=tuple(
        replace(move, does=()) if move.name == "refuse" else move for move in VERSION_2.moves
    ),
)
EARLIER = (VERSION_2, VERSION_1)
