"""Facts about an order: its issuer, findings, deadline, rounds and verdicts, and the papers it
leads to.
"""

from __future__ import annotations

from datetime import date, timedelta

from oversight.base import terms
from oversight.base.rows import ids_of
from oversight.base.sentences import N_
from oversight.calendar.workdays import add_workdays
from oversight.law.binding import binds
from oversight.law.clauses import clause, house_rule
from oversight.law.definition import Field, effect, issuing, rule
from oversight.organization.units import superiors
from oversight.papers import orders
from oversight.papers.letter import chinese_day, seat
from oversight.papers.numbers import issue, reply_series, void

from .context import TransitionContext

METHODS = (
    ("random", N_("随机抽查")),
    ("fixed_point", N_("定点监测")),
    ("on_site", N_("现场观摩")),
    ("online", N_("网上微督查")),
    ("desk_review", N_("查阅记录")),
)
FOUND = (
    Field("clause", "text", "依据条款"),
    Field("fact", "text", "事实"),
    Field("demand", "text", "整改要求"),
)
FINDING = (*FOUND, Field("ground", "choice", "认定", required=False, choices=orders.GROUNDS))


OF_LATE = house_rule("依据 180 天以内的督查下达整改通知书。")
MICRO = clause("S-4.4b")
LATELY = timedelta(days=180)


TEXT = house_rule("签发人看到并签发的文本和期限，就是印发的文本和期限。")
SERVED = house_rule("整改通知书送达后 %(term_receipt)s 个工作日内签收。")
LIMIT = house_rule("整改期限由签发时确定，一般 %(term_rectify)s 个工作日；延期须申请并经同意。")
TERM = house_rule(
    "整改期限最长 90 个工作日，延期%(term_extensions)s，最多 %(term_extension)s 个工作日。"
)
LONGEST, TO_ISSUE = 90, 2  # working days


def findings(attempt: TransitionContext) -> list[dict]:
    return attempt.case.facts.get("findings") or []


def binding(attempt: TransitionContext, finding: dict) -> bool:
    """True where the clause of a finding binds the branch, as a duty of its own."""
    found = binds(finding["clause"], attempt.unit.category)
    return found is not None and found.own_duty


@rule(clause("G-4.4f"), "findings")
def ground_fits(attempt: TransitionContext) -> bool:
    """“走过场”只对国有企业党支部认定，这个支部请认定为“组织不力”。"""
    found = attempt.words.get("findings") or findings(attempt)
    return attempt.unit.category == "soe" or all(
        one.get("ground") != orders.HOLLOW for one in found
    )


@rule(OF_LATE)
def of_late(attempt: TransitionContext):
    """督查已过去 180 天以上，情况可能已有变化，请重新督查后再下达。"""
    return attempt.today - attempt.fact_day("inspected_on") <= LATELY


@rule(MICRO)
def micro_of_firms(attempt: TransitionContext):
    """网上微督查由国有企业党组织对所属党支部开展，请选其他督查方式。"""
    return attempt.case.facts["method"] != "online" or attempt.unit.category == "soe"


OUTSIDERS = house_rule(
    "督查、拟稿、签发、复核的人不能是被督查支部的党员；本级没有其他人的，由上一级办理。"
)
VISITED = (of_late, micro_of_firms)  # how a branch is visited, and how long it is a ground


def order_due(attempt: TransitionContext) -> date | None:
    return attempt.fact_day("due_on")


def _signed_day(attempt: TransitionContext) -> date:
    """Return the deadline that is signed; a day that always does where the issuer shall set it."""
    return attempt.words["due_on"] or add_workdays(
        attempt.calendar, attempt.today, attempt.term(terms.RECTIFY)
    )


def to_receive(attempt: TransitionContext) -> int:
    """Return how many working days a branch has to acknowledge, in the version of the case."""
    return attempt.days(attempt.workflow.state("issued").due)


@rule(SERVED, "due_on")
def signed_after_receipt(attempt: TransitionContext) -> bool:
    """整改期限要在签收期限之后，给支部留出整改的时间。"""
    served = TO_ISSUE + to_receive(attempt)
    return _signed_day(attempt) > add_workdays(attempt.calendar, attempt.today, served)


@rule(TERM, "due_on")
def signed_sensible_term(attempt: TransitionContext) -> bool:
    """整改期限超过 90 个工作日，请核对日期；确需更长的，到期前由支部申请延期。"""
    return _signed_day(attempt) <= add_workdays(attempt.calendar, attempt.today, LONGEST)


@rule(LIMIT, "due_on")
def signed_workday(attempt: TransitionContext) -> bool:
    """整改期限要定在今天之后的工作日。"""
    return attempt.calendar.is_workday(_signed_day(attempt))


SIGNED_TERM = (signed_workday, signed_after_receipt, signed_sensible_term)


@rule(TEXT, "due_on")
def as_signed(attempt: TransitionContext) -> bool:
    """整改期限签发时已经定下，印发时不能改；要改的，先不予签发，另行拟稿。"""
    signed = attempt.case.facts.get("signed") and attempt.fact_day("due_on")
    return not signed or attempt.words["due_on"] == signed


@effect
def set_issuer(attempt: TransitionContext) -> None:
    """下达单位是督查人所在的一级。"""
    above = ids_of(superiors(attempt.session, attempt.unit))
    attempt.set(escalation_level=above.index(attempt.basis.unit_id))
    attempt.set_facts(issuer=attempt.basis.unit_id, author=attempt.actor.id, round=1)


@effect
def note_signed(attempt: TransitionContext) -> None:
    """签发的文本就此定下，印发时一字不改。"""
    due_on = attempt.raw.get("due_on")
    if due_on:
        attempt.set_facts(due_on=due_on)
        attempt.set_facts(signed=orders.order(attempt))


@effect
def issue_order(attempt: TransitionContext) -> None:
    """整改通知书编文号印发，从印发起计时。"""
    attempt.set_facts(due_on=attempt.raw["due_on"])
    issue(attempt, orders.issuer(attempt), "order", orders.SERIES, orders.order(attempt))


@effect
def issue_signed(attempt: TransitionContext) -> None:
    """整改通知书按签发的文本编文号印发，从印发起计时；签发时没有定期限的，写入印发时定的期限。"""
    if not attempt.case.facts.get("signed"):
        issue_order(attempt)
        return
    issue(attempt, orders.issuer(attempt), "order", orders.SERIES, signed_or_drafted(attempt))


def signed_or_drafted(attempt: TransitionContext) -> dict:
    """Return the text of an order as it was signed, else as it would be issued now."""
    signed = attempt.case.facts.get("signed")
    return {**signed, "date": chinese_day(attempt.today)} if signed else orders.order(attempt)


@effect
def note_report(attempt: TransitionContext) -> None:
    """整改报告逐条记入案卷。"""
    attempt.set_facts(
        report=attempt.raw["items"],
        reporter=attempt.actor.id,
        reported_on=attempt.today.isoformat(),
    )


def _note_verdicts(attempt: TransitionContext) -> None:
    """逐条结论记入案卷。"""
    rounds = [
        *(attempt.case.facts.get("rounds") or []),
        {
            "round": attempt.case.facts["round"],
            "report": attempt.case.facts["report"],
            "verdicts": attempt.raw["verdicts"],
            "opinion": attempt.raw["opinion"],
            "by": attempt.actor.id,
            "on": attempt.today.isoformat(),
        },
    ]
    attempt.set_facts(verdicts=attempt.raw["verdicts"], rounds=rounds)


@effect
def new_round(attempt: TransitionContext) -> None:
    """整件退回，重新给 5 个工作日。"""
    _begin_round(attempt, add_workdays(attempt.calendar, attempt.today, 5))


@effect
def another_round(attempt: TransitionContext) -> None:
    """整件退回，重新给 5 个工作日；原来给的期限更晚的，仍按原期限。"""
    _begin_round(
        attempt, max(add_workdays(attempt.calendar, attempt.today, 5), attempt.fact_day("due_on"))
    )


def _begin_round(attempt: TransitionContext, again: date) -> None:
    _note_verdicts(attempt)
    attempt.set_facts(round=attempt.case.facts["round"] + 1, due_on=again.isoformat(), report=None)
    attempt.restart_clock = True


@effect
def close(attempt: TransitionContext) -> None:
    """销号，印发整改销号通知；下一次主题党日向党员通报。"""
    _note_verdicts(attempt)
    body = orders.closing(attempt)
    issue(attempt, seat(attempt), "closing", orders.CLOSING, body, standing=False)


def extensions(attempt: TransitionContext) -> int:
    """Return how often the deadline of an order was put off."""
    facts = attempt.case.facts
    return facts.get("extensions") or (1 if facts.get("extended_on") else 0)


@effect
def extend(attempt: TransitionContext) -> None:
    """整改期限延至申请的日期。"""
    attempt.set_facts(
        due_on=attempt.case.facts["extension"]["until"],
        extended_on=attempt.today.isoformat(),
        extensions=extensions(attempt) + 1,
    )
    attempt.restart_clock = True


@effect
def note_extension(attempt: TransitionContext) -> None:
    """延期申请记入案卷。"""
    attempt.set_facts(
        extension={
            "until": attempt.raw["until"],
            "reason": attempt.raw["reason"],
            "before": attempt.case.facts["due_on"],
        }
    )


@effect
def note_objection(attempt: TransitionContext) -> None:
    """异议记入案卷，期限暂停。"""
    attempt.set_facts(objection={"reason": attempt.raw["reason"], "on": attempt.today.isoformat()})


@effect
def note_overdue(attempt: TransitionContext) -> None:
    """提出时已经逾期的，逾期照记，答复以后仍按原来的期限。"""
    if attempt.case.due_on < attempt.today:
        late = {"state": attempt.state, "due_on": attempt.case.due_on.isoformat()}
        attempt.set_facts(overdue=[*(attempt.case.facts.get("overdue") or []), late])


@effect
def note_answer(attempt: TransitionContext) -> None:
    """答复逐条记入案卷，期限继续。"""
    found = attempt.case.facts["objection"]
    said = {name: attempt.raw.get(name) for name in ("answers", "opinion")}
    answer = said if attempt.move.name == "answer_objection" else {"review": said}
    attempt.set_facts(objection={**found, **answer, "reviewed": attempt.move.name})


@issuing(orders.extended)
def issue_extension(attempt: TransitionContext) -> None:
    """同意延期的批复编文号印发。"""
    _reply(attempt, orders.extended(attempt))


@issuing(orders.not_extended)
def issue_no_extension(attempt: TransitionContext) -> None:
    """不同意延期的批复编文号印发。"""
    _reply(attempt, orders.not_extended(attempt))


@issuing(orders.heard)
def issue_heard(attempt: TransitionContext) -> None:
    """答复编文号印发。"""
    _reply(attempt, orders.heard(attempt))


def _reply(attempt: TransitionContext, body: dict) -> None:
    issue(attempt, seat(attempt), "reply", reply_series(attempt), body, standing=False)


@effect
def note_referral(attempt: TransitionContext) -> None:
    """记下提请研究；是否问责由上级党组织按规定另行研究，本系统不作结论。"""
    attempt.set_facts(
        referred={
            "on": attempt.today.isoformat(),
            "reason": attempt.raw["reason"],
            "by": attempt.actor.id,
        }
    )


@effect
def void_order(attempt: TransitionContext) -> None:
    """通知书作废，编号保留，统计更正。"""
    void(attempt, attempt.words["reason"])


@effect
def order_again(attempt: TransitionContext) -> None:
    """向应整改的支部另立一件。"""
    facts = attempt.case.facts
    attempt.opens.append(
        (
            "rectification",
            attempt.words.get("unit") or attempt.case.unit_id,
            {name: facts[name] for name in ("method", "inspected_on", "findings")},
        )
    )
