"""Finding an absence 无故: by the committee after hearing the member, who may object once, and what must
follow before the file is closed.
"""

from __future__ import annotations

from datetime import date

import sqlalchemy as sa

from oversight.base.terms import APPEAL
from oversight.calendar.workdays import add_workdays
from oversight.calendar.zone import term_on
from oversight.law.clauses import clause, house_rule
from oversight.law.definition import effect, rule
from oversight.law.roles import BRANCH
from oversight.models import Case, Membership, Person, Post
from oversight.organization.standing import in_office, is_member
from oversight.organization.units import COMMITTEE_FROM

from .context import TransitionContext

EDUCATE = clause("G-4.4g")
FINDING = house_rule(
    "无故不参加由支委会听取本人说明后认定；没有支委会的，由书记和一名正式党员认定。认定后告知本人，本人可以提出一次异议。"
)
UNTIL = house_rule(
    "认定无故不参加的，本人在 %(term_appeal)s 个工作日内还可以提出异议，期满再归档；提出了的，答复以后归档。"
)
ASIDE = house_rule("无故不参加的认定由支委会撤回，或由上级答复异议时撤销，不因更正考勤自行失效。")
LEADERS = (*BRANCH.ranks[0], *BRANCH.ranks[1])


def _committee(attempt: TransitionContext) -> dict[str, str]:
    """Return who leads the branch today, with the office, the member concerned left out."""
    rows = attempt.session.execute(
        sa.select(Post.person_id, Post.office).where(
            Post.unit_id == attempt.case.unit_id, Post.office.in_(LEADERS), in_office(attempt.today)
        )
    )
    found = sorted(rows, key=lambda row: LEADERS.index(row.office), reverse=True)
    return {row.person_id: row.office for row in found if row.person_id != _subject(attempt)}


def _subject(attempt: TransitionContext) -> str:
    return attempt.case.facts["member"]


def _full(attempt: TransitionContext) -> set[str]:
    return set(
        attempt.session.scalars(
            sa.select(Membership.person_id)
            .join(Person, Person.id == Membership.person_id)
            .where(
                Membership.unit_id == attempt.case.unit_id,
                is_member(attempt.today),
                Person.probationary.is_(False),
                Person.left_on.is_(None),
            )
        )
    )


def finders(attempt: TransitionContext) -> list[str]:
    """Return who found it: those named, else the whole committee and who enters it."""
    named = [str(person) for person in attempt.words.get("by") or []]
    actor = [attempt.actor.id] if attempt.actor else []
    return list(dict.fromkeys(named or [*_committee(attempt), *actor]))


def stands(case: Case) -> bool:
    """True where an open case has a finding that is only set aside by a move: since version 4."""
    return case.open and case.definition_version >= 4 and bool(case.facts.get("unexcused"))


def objection_past_on(attempt: TransitionContext) -> date | None:
    """Return the first day on which the file no longer waits for an objection to the finding."""
    found = attempt.case.facts.get("unexcused")
    if not found or attempt.case.facts.get("objection"):
        return None
    day = date.fromisoformat(found["on"])
    days = term_on(attempt.session, attempt.case.zone_id, APPEAL, day)
    return add_workdays(attempt.calendar, add_workdays(attempt.calendar, day, days), 1)


# Guards ------------------------------------------------------------------------------------------


@rule(FINDING, "by")
def found_by_the_committee(attempt: TransitionContext) -> bool:
    """认定要由支委会过半数委员作出；没有支委会的，由书记和一名正式党员作出。请写明是谁，本人不能参加。"""
    body, full, by = _committee(attempt), _full(attempt), set(finders(attempt))
    if _subject(attempt) in by or not by <= full | set(body) or len(by) < 2:
        return False
    if len(full) >= COMMITTEE_FROM:
        return len(by & set(body)) * 2 > len(body)
    heads = {person for person, office in body.items() if office == "secretary"} or set(body)
    return not heads or bool(by & heads)


@rule(FINDING)
def not_overturned(attempt: TransitionContext) -> bool:
    """上级已经撤销过认定，不能再认定。"""
    return not attempt.case.facts.get("overturned_on")


@rule(FINDING)
def objects_once(attempt: TransitionContext) -> bool:
    """异议只能提一次。"""
    return not attempt.case.facts.get("objection")


@rule(EDUCATE)
def found_unexcused(attempt: TransitionContext) -> bool:
    """没有认定为无故不参加，不用谈话提醒或批评教育。"""
    return bool(attempt.case.facts.get("unexcused"))


@rule(EDUCATE)
def educated(attempt: TransitionContext) -> bool:
    """认定为无故不参加的，先谈话提醒或批评教育，再归档。"""
    facts = attempt.case.facts
    return not facts.get("unexcused") or bool(facts.get("education"))


@rule(FINDING)
def found_here(attempt: TransitionContext) -> bool:
    """这次没有认定为无故不参加，不用提出异议，也不用撤回。"""
    return bool(attempt.case.facts.get("unexcused"))


@rule(UNTIL)
def may_object(attempt: TransitionContext) -> bool:
    """没有认定为无故不参加，或异议期已满、已经提过异议。"""
    past = objection_past_on(attempt)
    return past is not None and attempt.today < past


@rule(UNTIL)
def past_objecting(attempt: TransitionContext) -> bool:
    """认定无故不参加以后，本人还在可以提出异议的期限内，期满再办结。"""
    return not may_object.test(attempt)


# Effects -----------------------------------------------------------------------------------------


@effect
def note_finding(attempt: TransitionContext) -> None:
    """记下何人何日认定、本人怎样说明；告知本人可以提出一次异议。"""
    attempt.set_facts(
        unexcused={
            "on": attempt.today.isoformat(),
            "heard": attempt.raw["heard"],
            "note": attempt.raw["note"],
            "by": attempt.actor.id,
            "found_by": finders(attempt),
        }
    )


@effect
def note_objection(attempt: TransitionContext) -> None:
    """异议记入案卷。"""
    attempt.set_facts(objection={"reason": attempt.raw["reason"], "on": attempt.today.isoformat()})


@effect
def overturn(attempt: TransitionContext) -> None:
    """撤销无故不参加的认定，不再认定。"""
    attempt.set_facts(unexcused=None, education=None, overturned_on=attempt.today.isoformat())


@effect
def set_aside(attempt: TransitionContext) -> None:
    """撤回无故不参加的认定，依据认定的谈话提醒、批评教育一并撤回；原来的认定留在案卷里。"""
    attempt.set_facts(
        unexcused=None,
        education=None,
        set_aside={
            "on": attempt.today.isoformat(),
            "reason": attempt.raw["reason"],
            "found_by": finders(attempt),
            "finding": attempt.case.facts["unexcused"],
        },
    )
