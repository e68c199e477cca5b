"""What a branch writes about its own party days: the day of a month that it chooses itself, and
when a day was held.
"""

from __future__ import annotations

from datetime import date
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from oversight.base.clock import Moment
from oversight.base.refusals import RuleViolation
from oversight.base.sentences import N_, say
from oversight.calendar.party_days import (
    activity_for,
    before_start,
    change,
    month_end,
    owed,
    plan,
    span,
    within_month,
)
from oversight.calendar.zone import has_rule_day
from oversight.engine import authority
from oversight.law.binding import own_id
from oversight.models import Activity, Case, Unit
from oversight.organization.actor import Actor

from . import entries, notes


def sheet_of(session: Session, unit: Unit, year: int, month: int, who: Actor) -> Activity:
    """Return the party day whose sheet is to be written, planning it where nobody has yet. Does not
    commit.

    Raises NotFound, Forbidden.
    """
    authority.enters(session, unit, who)
    return activity_for(session, unit, year, month)


def set_own_day(
    session: Session, unit: Unit, year: int, month: int, day: date, who: Actor, at: Moment
) -> Activity:
    """Let a branch without a fixed day choose the day of a month. Does not commit.

    Source: G-2.1.2a. Raises NotFound, Forbidden, RuleViolation.
    """
    stand = authority.enters(session, unit, who)
    if has_rule_day(session, unit, month):
        raise RuleViolation(
            "这个月的活动日由指导书或全区统一确定，不能自行选择。",
            clause=own_id("G-2.1.1b" if unit.fixed_day else "G-2.1.3", unit.category),
        )
    if (day.year, day.month) != (year, month):
        raise RuleViolation(
            say("活动日必须在 %(month)s 月之内。", month=month), clause=within_month(unit)
        )
    row = activity_for(session, unit, year, month)
    if row.held_on:
        raise RuleViolation("这次活动已经开展，不能再改日期。")
    if day < at.today:
        raise RuleViolation("不能选已经过去的日子。")
    why = N_("支部自定活动日")
    change(session, row, at, why, act="choose", by=who.id, stand=stand, day=day)
    return row


def record_held(session: Session, row: Activity, held_on: date, who: Actor, at: Moment) -> None:
    """Note once on which day the activity really took place; never ahead of time. Does not commit.

    Raises NotFound, Forbidden, RuleViolation.
    """
    stand = authority.enters(session, row.unit, who)
    before = before_start(row.unit, month_end(row.year, row.month))
    if row.held_on or not (before or owed(row.unit, row.year, row.month)):
        raise RuleViolation("这个月已经登记或不在考核期，不能再登记；要更正请在考勤里写明原因。")
    if held_on > at.today:
        raise RuleViolation("还没有到这一天，不能登记为已开展。")
    first, last = span(row)
    if not first <= held_on <= last:
        raise RuleViolation(
            say("开展日期必须在 %(month)s 月之内。", month=row.month), clause=within_month(row.unit)
        )
    report = _accepted_report(session, row) if held_on != row.day and not row.moved_by else None
    moved: dict[str, Any] = {"day": held_on, "moved_by": report.id} if report else {}
    change(
        session,
        row,
        at,
        N_("登记开展"),
        act="hold",
        by=who.id,
        stand=stand,
        held_on=held_on,
        held_entered_at=at.now,
        entered_on=at.today,
        **entries.marks(row.unit, row, who, stand),
        **moved,
    )
    notes.tell(session, row, who, stand, at, fresh=True)
    entries.tell(session, row, who, stand, at)


def another(
    session: Session, unit: Unit, year: int, month: int, day: date, who: Actor, at: Moment
) -> Activity:
    """Begin a second activity of a month (a joint one, say), beside the party day and never in its
    place: a month is settled by its party day, 七一 by its own activity. Does not commit.

    Raises NotFound, Forbidden, RuleViolation.
    """
    stand = authority.enters(session, unit, who)
    if (day.year, day.month) != (year, month):
        raise RuleViolation(
            say("活动日必须在 %(month)s 月之内。", month=month), clause=within_month(unit)
        )
    if not owed(unit, year, month):
        raise RuleViolation("这个月不在考核期，不用登记。")
    taken = session.scalars(
        sa.select(Activity).where(
            Activity.unit_id == unit.id,
            sa.or_(
                Activity.held_on == day,
                sa.and_(Activity.day == day, Activity.held_on.is_(None)),
                sa.and_(Activity.kind == "extra", Activity.year == year, Activity.month == month),
            ),
        )
    ).first()
    if taken is not None:
        raise RuleViolation(
            "这一天已有活动，或本月已另外登记过一次，请直接登记到会。",
            house_rule=N_("同一支部一天只安排一次活动，一个月可以另外登记一次。"),
        )
    values = plan(session, unit, year, month) | {"kind": "extra", "rule_day": None, "day": None}
    row = Activity(**values)
    session.add(row)
    session.flush()
    why = N_("另外开展一次活动")
    change(session, row, at, why, act="choose", by=who.id, stand=stand, day=day)
    return row


def _accepted_report(session: Session, row: Activity) -> Case | None:
    """Return the late report about a day that was accepted without naming another: held when it
    could be.
    """
    found = session.scalars(
        sa.select(Case).where(
            Case.workflow == "date_change",
            Case.business_key == row.id,
            Case.state == "accepted_late",
        )
    )
    return next((case for case in found if not case.facts.get("new_day")), None)
