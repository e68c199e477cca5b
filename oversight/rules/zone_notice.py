"""A notice that an office drafts and somebody else of its committee signs, the zone's or that of a unit below
it: states and moves, written once.

What signing does, and whether it can be revoked, each definition says for itself.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from datetime import date, datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from oversight.base.sentences import N_
from oversight.law.clauses import Source, house_rule
from oversight.law.definition import Due, Field, Move, Rule, State, Tell
from oversight.law.roles import (
    BRANCH,
    OWN_OFFICE,
    OWN_SIGNER,
    TIMER,
    ZONE_OFFICE,
    ZONE_SIGNER,
    Role,
)
from oversight.models import Case, Paper, Unit

from .common import another_person
from .context import TransitionContext

MONTH = re.compile(r"(20\d\d)-(0[1-9]|1[0-2])", re.ASCII)
QUICK = house_rule("签发人 3 个工作日内签发或退回。")
OPINION, WHY = Field("opinion", "text", "意见", required=False), Field("reason", "text", "理由")

EVERY_BRANCH = Role(
    "every_branch", "各党支部", "branches", BRANCH.ranks, group_of=BRANCH.candidate_group
)

DRAFT = State("draft", "拟稿", waits_on=ZONE_OFFICE)
PROPOSED = State("proposed", "待签发", waits_on=ZONE_SIGNER, due=Due(3, QUICK), act=N_("签发"))
WITHDRAWN = State("withdrawn", "已撤稿")
EXPIRED = State("expired", "逾期失效")
REVOKED = State("revoked", "已撤销")


def first_of(text: object) -> date | None:
    """Return the first day of a month as it is written, 2026-12; None where it is none."""
    found = MONTH.fullmatch(str(text))
    return date(int(found[1]), int(found[2]), 1) if found else None


def issued(
    session: Session, keys: Iterable[tuple[str, str]], now: datetime
) -> set[tuple[str, str]]:
    """Return of which of these, workflow and what it is about, a notice had been issued, and not been
    revoked, by a moment.
    """
    workflows, about = zip(*keys, strict=True)
    rows = session.execute(
        sa.select(Case.workflow, Case.business_key)
        .join(Paper, Paper.case_id == Case.id)
        .where(
            Case.business_key.in_(about), Case.workflow.in_(sorted(set(workflows))), *in_force(now)
        )
    )
    return {(workflow, key) for workflow, key in rows}


def in_force(now: datetime) -> tuple[sa.ColumnElement, ...]:
    """Return the conditions that a paper had been issued, and not been voided, by a moment."""
    return Paper.issued_at <= now, sa.or_(Paper.void_at.is_(None), Paper.void_at > now)


def to_every_branch(attempt: TransitionContext) -> None:
    """Send a copy of what was decided to every branch below the unit that decided."""
    branches = sa.select(Unit.id).where(
        Unit.zone_id == attempt.case.zone_id,
        Unit.kind == "branch",
        Unit.ended_on.is_(None),
        Unit.path.startswith(attempt.unit.path, autoescape=True),
    )
    attempt.copies += [(branch, "branch") for branch in attempt.session.scalars(branches)]


@dataclass(frozen=True)
class Desk:
    """Where a notice is drafted and signed: the two roles, and the two states that wait on them."""

    office: Role
    signer: Role
    draft: State
    proposed: State


OF_THE_ZONE = Desk(ZONE_OFFICE, ZONE_SIGNER, DRAFT, PROPOSED)
OF_A_UNIT = Desk(
    OWN_OFFICE,
    OWN_SIGNER,
    replace(DRAFT, waits_on=OWN_OFFICE),
    replace(PROPOSED, waits_on=OWN_SIGNER),
)


def drafting(
    agreed: Source, *ready: Rule, under: Source, at: Desk = OF_THE_ZONE
) -> tuple[Move, Move]:
    """Return the drafter's moves: send it to be signed once it is `ready`, or withdraw it."""
    return (
        Move("propose", "送签", at.draft, at.proposed, by=at.office, under=under, only_if=ready),
        Move(
            "withdraw",
            "撤稿",
            (at.draft, at.proposed),
            WITHDRAWN,
            by=at.office,
            under=agreed,
            place="aside",
        ),
    )


def sending_back(agreed: Source, at: Desk = OF_THE_ZONE) -> Move:
    """Return the signer's move that gives the draft back."""
    return Move(
        "return",
        "退回修改",
        at.proposed,
        at.draft,
        by=at.signer,
        under=agreed,
        asks=(WHY,),
        decides=True,
        only_if=(another_person,),
        tone="back",
        tells=(Tell(at.office, "稿件退回修改。"),),
    )


def lapsing(on: Callable, at: Desk = OF_THE_ZONE) -> Move:
    """Return the clock's move that ends what nobody signed in time."""
    return Move(
        "lapse",
        "到期未签发",
        (at.draft, at.proposed),
        EXPIRED,
        by=TIMER,
        under=QUICK,
        on=on,
        tells=(Tell(at.office, "到期没有签发，稿件失效。"),),
    )
