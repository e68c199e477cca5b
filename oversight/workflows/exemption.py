"""Exemption: a member who is old, ill or long away asks to be excused from party days, for a dated
time.

The branch supports, the superior decides; it ends by itself after its last day, and may be asked for
again before. Who is exempt stands outside 应到.
"""

from dataclasses import replace
from datetime import timedelta

from oversight.base.sentences import N_
from oversight.base.terms import EXEMPTION
from oversight.calendar.workdays import months_after
from oversight.law.clauses import clause, house_rule
from oversight.law.definition import Bulk, Due, Field, Move, State, Tell, Workflow, effect, rule
from oversight.law.roles import BRANCH, MEMBER, SUPERIOR, TIMER
from oversight.organization import members
from oversight.papers.consents import issue_consent, issue_refusal
from oversight.papers.numbers import void_papers
from oversight.rules import exemption as facts
from oversight.rules.common import another_person, common_moves
from oversight.rules.context import TransitionContext

CARE = clause("G-4.2c")
ASKED_FOR = facts.ASKED_FOR
PROMPT = house_rule("支部和上级各 5 个工作日内答复。")

WHY, NOTE = Field("reason", "text", "理由"), Field("opinion", "text", "意见", required=False)

ASKED = State(
    "asked", "待支部研究", waits_on=BRANCH, due=Due(5, PROMPT, escalate_to=SUPERIOR), act=N_("研究")
)
SUPPORTED = State("supported", "待上级批准", waits_on=SUPERIOR, due=Due(5, PROMPT), act=N_("批复"))
IN_FORCE = State("in_force", "免予参加中", waits_on=TIMER, granted=True)
ENDED = State("ended", "期满恢复", granted=True)
NOT_SUPPORTED = State("not_supported", "支部不同意")
REFUSED = State("refused", "上级不同意")
WITHDRAWN = State("withdrawn", "已撤回")
RESUMED = State("resumed", "提前恢复参加", granted=True)


@rule(ASKED_FOR)
def within_term(attempt: TransitionContext) -> bool:
    """起止日期要写清楚：截止日期不早于开始日期和今天，最长 %(term_exemption)s 个月。"""
    begin, end = attempt.fact_day("from_on"), attempt.fact_day("until")
    longest = months_after(begin, attempt.term(EXEMPTION, attempt.case.opened_at))
    return begin <= end <= longest and end >= attempt.today


@rule(ASKED_FOR)
def not_for_the_past(attempt: TransitionContext) -> bool:
    """不能从已经过去的日子起免予参加。"""
    return attempt.fact_day("from_on") >= attempt.today


@rule(ASKED_FOR)
def of_this_branch(attempt: TransitionContext) -> bool:
    """这名党员不在本支部。"""
    return members.belongs(attempt)


@rule(ASKED_FOR)
def one_at_a_time(attempt: TransitionContext) -> bool:
    """这名党员已有一件免予参加申请在办，请等答复。"""
    return not facts.asked_already(attempt)


@rule(ASKED_FOR)
def follows_on(attempt: TransitionContext) -> bool:
    """这名党员正在免予参加期间，续办的要从原截止日期的次日起。"""
    last = facts.last_day(attempt)
    return last is None or attempt.fact_day("from_on") == last + timedelta(days=1)


@effect
def exempt(attempt: TransitionContext) -> None:
    """起止日期内不计入应到，最早从批准之日起。"""
    facts.grant(attempt)


@effect
def resume(attempt: TransitionContext) -> None:
    """已批准的，从今天起恢复计入应到。"""
    if attempt.state == IN_FORCE.name:
        facts.take_back(attempt)


# fmt: off
WORKFLOW = Workflow(
    "exemption", N_("免予参加活动申请"), version=5, opens=ASKED, opened_by=MEMBER, short=N_("免予参加"),
    facts=(Field("member", "person", "党员"), Field("reason", "choice", "原因", choices=members.CARE_REASONS),
           Field("from_on", "date", "从哪天起"), Field("until", "date", "到哪天止")),
    open_if=(of_this_branch, within_term, not_for_the_past, one_at_a_time, follows_on),
    business_key=facts.business_key, data_subject="member",
    tells=(Tell(BRANCH, "有党员申请免予参加活动。"),),
    moves=(
        Move("support", "支部同意上报", ASKED, SUPPORTED, by=BRANCH, under=ASKED_FOR, asks=(NOTE,)),
        Move("not_support", "支部不同意", ASKED, NOT_SUPPORTED, by=BRANCH, under=ASKED_FOR, asks=(WHY,),
             tone="negative"),
        Move("withdraw", "撤回", (ASKED, SUPPORTED), WITHDRAWN, by=MEMBER, under=ASKED_FOR, place="aside"),
        Move("approve", "批准", SUPPORTED, IN_FORCE, by=SUPERIOR, under=CARE, asks=(NOTE,), decides=True,
             only_if=(another_person, within_term), does=(exempt, issue_consent), consequence=N_("批准即印发批复并编文号"),
             tells=(Tell(MEMBER, "免予参加活动已获批准。"), Tell(BRANCH, "这名党员免予参加活动已获批准。"),),
             bulk=Bulk(N_("意见（写进每一件）"), N_("同意。"), N_("批准后起止日期内不计入应到，到期自动恢复。"))),
        Move("refuse", "不批准", SUPPORTED, REFUSED, by=SUPERIOR, under=ASKED_FOR, asks=(WHY,), decides=True,
             only_if=(another_person,), does=(issue_refusal,),
             tone="negative", tells=(Tell(MEMBER, "免予参加活动没有获得批准。"), Tell(BRANCH, "这名党员免予参加活动没有获得批准。"),)),
        Move("resume", "提前恢复", IN_FORCE, RESUMED, by=MEMBER, under=CARE, does=(resume,)),
        Move("end", "期满", IN_FORCE, ENDED, by=TIMER, under=ASKED_FOR, on=facts.day_after,
             tells=(Tell(MEMBER, "免予参加活动已期满，恢复计入应到。"),)),
        *common_moves(ASKED, SUPPORTED, IN_FORCE, undo=(resume, void_papers)),
    ),
)
# fmt: on


@rule(ASKED_FOR)
def dated(attempt: TransitionContext) -> bool:
    """起止日期要写清楚：截止日期不早于开始日期和今天，最长一年。"""
    begin, end = attempt.fact_day("from_on"), attempt.fact_day("until")
    return 0 <= (end - begin).days <= 366 and end >= attempt.today


def _third(move: Move) -> Move:
    """Return a move as version 3 had it: a year at most, whatever the zone has set."""
    only_if = tuple(dated if guard is within_term else guard for guard in move.only_if)
    return replace(move, only_if=only_if)


def _second(move: Move) -> Move:
    """Return a move as version 2 had it: over on its last day already, and two days at least."""
    only_if = tuple(facts.dated if guard is dated else guard for guard in move.only_if)
    on = (lambda attempt: attempt.fact_day("until")) if move.name == "end" else move.on
    return replace(move, only_if=only_if, on=on)


def _unnumbered(move: Move) -> Move:
    """Return a move as version 1 had it: the consent was no paper."""
    kept = tuple(effect for effect in move.does if effect not in (issue_consent, void_papers))
    return replace(move, does=kept)


# Version 4: a no was answered without a paper.
VERSION_4 = replace(
    WORKFLOW,
    version=4,
    moves=tuple(
        replace(move, does=tuple(one for one in move.does if one is not issue_refusal))
        for move in WORKFLOW.moves
    ),
)
VERSION_3 = replace(
    VERSION_4,
    version=3,
    open_if=tuple(dated if one is within_term else one for one in VERSION_4.open_if),
    moves=tuple(_third(move) for move in VERSION_4.moves),
)
VERSION_2 = replace(
    VERSION_3,
    version=2,
    open_if=(of_this_branch, facts.dated, not_for_the_past),
    moves=tuple(_second(move) for move in VERSION_3.moves),
)
EARLIER = (
    VERSION_4,
    VERSION_3,
    VERSION_2,
    replace(VERSION_2, version=1, moves=tuple(_unnumbered(move) for move in VERSION_2.moves)),
)
