"""Who asks for power and who agrees to it; what then happens is done by the register.

The register stands above the law: it puts what it does under these names when it is imported.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta

import sqlalchemy as sa

from oversight.base.settings import ON
from oversight.law.clauses import house_rule
from oversight.law.definition import effect, rule
from oversight.law.roles import APPOINTER, COLLEAGUE, KEEPER, RELEASER, SUPERIOR, Role
from oversight.models import Account, Person, Slip

from .context import TransitionContext

__all__ = ["APPOINTER", "ASKER", "COLLEAGUE", "KEEPER", "RELEASER", "SIDE"]
DOES: dict[str, Callable] = {}
SIDE_FACT = "side"
ASKER = Role(
    "asker",
    "任职单位的上级",
    "superior",
    SUPERIOR.ranks,
    group_of=SUPERIOR.candidate_group,
    impartial=False,
)
SIDE = Role(
    "side",
    "任职人所在单位",
    "unit",
    SUPERIOR.ranks,
    group_of=SUPERIOR.candidate_group,
    fact=SIDE_FACT,
)
LAPSES = timedelta(days=30)
TWO = house_rule("镇（部门）以上的任职和重置决定事项的账号，由一名管理员提出，另一名管理员放行。")
FIRST = house_rule(
    "三名管理员都已激活以后，镇（部门）以上任职的第一张激活单也由一名管理员提出，另一名管理员放行；第一张不用再由同事确认。"
)


def lapses_on(attempt: TransitionContext) -> date:
    """Return the day on which nobody waits for an answer any more."""
    return attempt.case.opened_at.date() + LAPSES


def post_key(attempt: TransitionContext) -> str:
    """Return what is asked for once at a time: a person's post in a unit."""
    facts = attempt.case.facts
    return ":".join((facts["member"], attempt.case.unit_id, facts["office"])).replace("-", "")


def confirmed_by(attempt: TransitionContext) -> date:
    """Return the day from which an account that nobody confirmed is shut."""
    return attempt.case.entered_at.date() + LAPSES


@effect
def begin_post(attempt: TransitionContext) -> None:
    """从写明的日期起任职，本人和其他管理员得到通知。"""
    DOES["begin_post"](attempt)


# Resets -------------------------------------------------------------------------------------------


def owner(attempt: TransitionContext) -> str:
    """Return whose account is reset: once at a time."""
    return attempt.case.facts["member"]


def _person(attempt: TransitionContext) -> Person:
    return attempt.session.get(Person, attempt.case.facts["member"])


@rule(TWO)
def slip_issued(attempt: TransitionContext):
    """激活单还没有发。"""
    issued = (
        sa.select(Slip.id)
        .join(Account, Account.id == Slip.account_id)
        .where(
            Account.person_id == attempt.case.facts["member"],
            Slip.issued_at >= attempt.case.entered_at,
            Slip.ended_at.is_(None),
        )
    )
    return attempt.session.scalar(issued.limit(1)) is not None


@rule(TWO)
def to_be_confirmed(attempt: TransitionContext):
    """区里定了重置后不需要确认。"""
    return attempt.settings["reset_confirmation"] == ON


@rule(TWO)
def not_to_be_confirmed(attempt: TransitionContext):
    """区里定了重置后由同事或上级确认。"""
    return attempt.settings["reset_confirmation"] != ON


@rule(FIRST)
def reset_to_be_confirmed(attempt: TransitionContext):
    """第一张激活单，或者区里定了不需要确认。"""
    return not is_first(attempt) and attempt.settings["reset_confirmation"] == ON


@rule(FIRST)
def nobody_to_confirm(attempt: TransitionContext):
    """区里定了重置后由同事或上级确认。"""
    return is_first(attempt) or attempt.settings["reset_confirmation"] != ON


def is_first(attempt: TransitionContext) -> bool:
    """True where the account never had a password: nobody is known yet who would be confirmed."""
    return attempt.case.facts.get("first") is True


@effect
def hold(attempt: TransitionContext) -> None:
    """同事或上级确认以前，这个账号不能办理决定事项。"""
    _person(attempt).reset_at = attempt.at.now


@effect
def lift(attempt: TransitionContext) -> None:
    """这个账号又可以办理决定事项。"""
    _person(attempt).reset_at = None


@effect
def lock_account(attempt: TransitionContext) -> None:
    """账号锁定，登录、令牌和激活单都失效。"""
    DOES["lock_account"](attempt)
