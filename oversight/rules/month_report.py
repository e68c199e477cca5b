"""Facts of a month that is reported afterwards or put off: which activity, in time or not."""

from __future__ import annotations

import re
from datetime import date

import sqlalchemy as sa

from oversight.base.sentences import N_
from oversight.calendar.party_days import (
    activity_for,
    change,
    entry_due,
    is_near,
    month_end,
    owed,
    status,
)
from oversight.calendar.workdays import add_workdays
from oversight.calendar.zone import unified_july
from oversight.law.definition import effect
from oversight.models import Activity

from .context import TransitionContext

ASKS = (("late_report", N_("事后补报")), ("excuse", N_("暂缓开展")))
NEXT_MONTH = 10  # working days into the next month on which a late activity is accepted
UNANSWERED = 10  # working days after which a silent superior's matter lapses


def is_late(attempt: TransitionContext) -> bool:
    return attempt.case.facts["asks"] == "late_report"


def activity(attempt: TransitionContext) -> Activity | None:
    """Return the activity that the case is about; None where the branch owes none such."""
    found = re.fullmatch(r"(20\d\d)-(0[1-9]|1[0-2])", attempt.case.facts["month"], re.ASCII)
    if found is None or attempt.unit.kind != "branch":
        return None
    year, month = int(found[1]), int(found[2])
    if not owed(attempt.unit, year, month):
        return None
    if attempt.case.facts.get("july") and not unified_july(attempt.settings, month):
        return attempt.session.scalar(
            sa.select(Activity).where(
                Activity.unit_id == attempt.case.unit_id,
                Activity.year == year,
                Activity.month == month,
                Activity.kind == "july",
            )
        )
    return activity_for(attempt.session, attempt.unit, year, month)


def business_key(attempt: TransitionContext) -> str:
    """Return what it is about: one open report an activity."""
    return activity(attempt).id


def beyond_requests(attempt: TransitionContext) -> bool:
    """True where no request for another day is open to the branch, or is any more."""
    late = status(activity(attempt), attempt.today) == "late"
    return is_july(attempt) or not attempt.unit.fixed_day or late


def is_july(attempt: TransitionContext) -> bool:
    """True where it is the activity that all branches of the zone hold on 七一."""
    row = activity(attempt)
    return row.kind == "july" or unified_july(attempt.settings, row.month)


def near(attempt: TransitionContext) -> bool:
    """True where the month that is reported is near."""
    row = activity(attempt)
    return is_near(row.year, row.month, attempt.today)


def still_asked(attempt: TransitionContext) -> bool:
    """True within the term after the end of the month."""
    row = activity(attempt)
    last = month_end(row.year, row.month)
    return attempt.today <= entry_due(attempt.session, row.zone_id, last)


def held_on(attempt: TransitionContext) -> date | None:
    """Return on which day the activity really took place, as recorded or as told."""
    return activity(attempt).held_on or attempt.fact_day("held_on")


def day_fits(attempt: TransitionContext) -> bool:
    """True where the day is known, has come, and lies in the month or soon after it."""
    row, day = activity(attempt), held_on(attempt)
    last = add_workdays(attempt.calendar, month_end(row.year, row.month), NEXT_MONTH)
    return day is not None and date(row.year, row.month, 1) <= day <= min(attempt.today, last)


def reported_in_time(attempt: TransitionContext) -> bool:
    """True within the term after the activity."""
    due = entry_due(attempt.session, attempt.case.zone_id, held_on(attempt))
    return attempt.today <= due


def lapses_on(attempt: TransitionContext) -> date:
    return add_workdays(attempt.calendar, attempt.case.entered_at.date(), UNANSWERED)


def _change(attempt: TransitionContext, act: str, why: str, **values) -> None:
    change(
        attempt.session,
        activity(attempt),
        attempt.at,
        why,
        act=act,
        case_id=attempt.case.id,
        by=attempt.actor.id,
        stand=attempt.basis,
        **values,
    )


@effect
def accept(attempt: TransitionContext) -> None:
    """认可补报，活动按实际开展的日期算，长期注明经补报认可。"""
    _change(
        attempt, "accept_late", N_("事后补报获认可"), day=held_on(attempt), moved_by=attempt.case.id
    )


@effect
def put_off(attempt: TransitionContext) -> None:
    """当月同意暂缓，单独注明，不算开展。"""
    _change(attempt, "excuse", N_("同意暂缓开展"), excused_by=attempt.case.id)
