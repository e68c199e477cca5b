"""A notice that the zone office drafts and somebody else of its committee signs: states and moves,
written once.

What signing does, and whether it can be revoked, each definition says for itself.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from datetime import date, datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from oversight.base.sentences import N_
from oversight.law.clauses import Source, house_rule
from oversight.law.definition import Due, Field, Move, Rule, State, Tell
from oversight.law.roles import BRANCH, TIMER, ZONE_OFFICE, ZONE_SIGNER, Role
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
    """Send a copy of what was decided to every branch of the zone."""
    branches = sa.select(Unit.id).where(
        Unit.zone_id == attempt.case.zone_id, Unit.kind == "branch", Unit.ended_on.is_(None)
    )
    attempt.copies += [(branch, "branch") for branch in attempt.session.scalars(branches)]


def drafting(agreed: Source, *ready: Rule, under: Source) -> tuple[Move, Move]:
    """Return the drafter's moves: send it to be signed once it is `ready`, or withdraw it."""
    return (
        Move("propose", "送签", DRAFT, PROPOSED, by=ZONE_OFFICE, under=under, only_if=ready),
        Move(
            "withdraw",
            "撤稿",
            (DRAFT, PROPOSED),
            WITHDRAWN,
            by=ZONE_OFFICE,
            under=agreed,
            place="aside",
        ),
    )


def sending_back(agreed: Source) -> Move:
    """Return the signer's move that gives the draft back."""
    return Move(
        "return",
        "退回修改",
        PROPOSED,
        DRAFT,
        by=ZONE_SIGNER,
        under=agreed,
        asks=(WHY,),
        decides=True,
        only_if=(another_person,),
        tone="back",
        tells=(Tell(ZONE_OFFICE, "稿件退回修改。"),),
    )


def lapsing(on: Callable) -> Move:
    """Return the clock's move that ends what nobody signed in time."""
    return Move(
        "lapse",
        "到期未签发",
        (DRAFT, PROPOSED),
        EXPIRED,
        by=TIMER,
        under=QUICK,
        on=on,
        tells=(Tell(ZONE_OFFICE, "到期没有签发，稿件失效。"),),
    )
