"""Facts about a date-change request that its guards and clocks ask for."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from typing import NamedTuple

import sqlalchemy as sa
from sqlalchemy.orm import Session

from oversight.base.db import is_id
from oversight.base.kept import Kept
from oversight.base.prepared import Prepared
from oversight.calendar.party_days import activity, activity_for, lock_units, owed
from oversight.calendar.workdays import add_workdays
from oversight.calendar.zone import unified_july
from oversight.law.clauses import clause, house_rule
from oversight.law.definition import effect, rule
from oversight.models import Activity, Case, Unit
from oversight.organization.units import superiors

from .context import TransitionContext

FORCE_MAJEURE = house_rule("遇灾情等来不及书面请示的，可先电话请示，恢复后 3 个工作日内补报。")


def activity_in_force(attempt: TransitionContext) -> Activity | None:
    """Return the branch's party day that is in force on the day named, if there is one."""
    day = attempt.fact_day("day")
    if not owed(attempt.unit, day.year, day.month):
        return None
    if (
        attempt.move is None and attempt.basis is not None
    ):  # an opening may plan months: one at a time
        lock_units(attempt.session, [unit.id for unit in _taking_part(attempt)])
    found = activity_for(attempt.session, attempt.unit, day.year, day.month)
    return found if found.day == day else None


def business_key(attempt: TransitionContext) -> str | None:
    """Return what the request is about: one open request per party day."""
    found = activity_in_force(attempt)
    return found.id if found else None


def _activity(attempt: TransitionContext) -> Activity | None:
    if attempt.case.business_key:
        return activity(attempt.session, attempt.case.business_key)
    return activity_in_force(attempt)


def already_held(attempt: TransitionContext) -> bool:
    """True where the branch, or a partner of a joint request, has met already."""
    found = _activity(attempt)
    if found is None:
        return False
    rows = [
        found,
        *(
            activity_for(attempt.session, unit, found.year, found.month)
            for unit in _partner_units(attempt)
        ),
    ]
    return any(row.held_on for row in rows)


def _taking_part(attempt: TransitionContext) -> list[Unit]:
    return [
        unit
        for unit in (attempt.unit, *_partner_units(attempt))
        if unit.zone_id == attempt.case.zone_id
    ]


def _partner_units(attempt: TransitionContext) -> list[Unit]:
    ids = [value for value in partners(attempt) if is_id(value)]
    return list(attempt.session.scalars(sa.select(Unit).where(Unit.id.in_(ids)))) if ids else []


def is_unified_july(attempt: TransitionContext) -> bool:
    return unified_july(attempt.settings, attempt.fact_day("day").month)


def first_day(attempt: TransitionContext) -> date:
    """Return the earlier of the two days: consent must come before it. Source: G-2.1.1c"""
    day = attempt.fact_day("day")
    asked = attempt.fact_day("new_day") if attempt.case.state not in ("draft", "returned") else None
    return min(day, asked or day)


def day_before_effect(attempt: TransitionContext) -> date:
    """Return the last working day before the earlier of the two days."""
    return add_workdays(attempt.calendar, first_day(attempt), -1)


def three_days_after(attempt: TransitionContext, day: date) -> date:
    return add_workdays(attempt.calendar, day, 3)


def reported_in_time(attempt: TransitionContext, recovered: date | None) -> bool:
    """True where a late report comes within three working days after a day, or no day was told."""
    return recovered is None or recovered <= attempt.today <= three_days_after(attempt, recovered)


def taken(attempt: TransitionContext, day: date) -> bool:
    """True where the branch has another activity on that day, planned or held."""
    case, near = attempt.case, _near.of(attempt.session).get(attempt.case.unit_id)
    if near is not None and near.begin <= day <= near.end:
        others = (row for row in near.rows if row.id != case.business_key)
        return case.business_key is not None and any(
            day in (row.day, row.held_on) for row in others
        )
    found = _TAKEN.first(attempt.session, of_unit=case.unit_id, own=case.business_key, on=day)
    return found is not None


_activities = Activity.__table__.c
_TAKEN = Prepared(
    sa.select(_activities.id).where(
        _activities.unit_id == sa.bindparam("of_unit"),
        _activities.id != sa.bindparam("own"),
        sa.or_(_activities.day == sa.bindparam("on"), _activities.held_on == sa.bindparam("on")),
    )
)


class _Near(NamedTuple):
    """The activities of a branch from one day to another: id, day and day held."""

    begin: date
    end: date
    rows: list[sa.Row]


_near = Kept("activities")


def read_days(session: Session, unit_ids: Iterable[str], begin: date, end: date) -> None:
    """Read which days of these branches are taken, for those who ask about several."""
    found: dict[str, _Near] = {unit_id: _Near(begin, end, []) for unit_id in unit_ids}
    columns = (Activity.id, Activity.day, Activity.held_on, Activity.unit_id)
    within = sa.or_(Activity.day.between(begin, end), Activity.held_on.between(begin, end))
    for row in session.execute(sa.select(*columns).where(Activity.unit_id.in_(found), within)):
        found[row.unit_id].rows.append(row)
    _near.of(session).update(found)


def partners(attempt: TransitionContext) -> list[str]:
    return attempt.case.facts.get("with") or []


def joint_superiors(attempt: TransitionContext) -> list[str]:
    """Return the superiors of all branches with a fixed day that take part, each once."""
    units = [attempt.unit, *_partner_units(attempt)]
    above = [superiors(attempt.session, unit)[0].id for unit in units if unit.fixed_day]
    return list(dict.fromkeys(above))


@rule(clause("G-2.5.1b"))
def alone(attempt: TransitionContext) -> bool:
    """这是多个支部联合开展的活动，请提交联合请示。"""
    return not partners(attempt)


@rule(clause("G-2.5.1b"))
def together(attempt: TransitionContext) -> bool:
    """没有写明联合开展的支部，请单独请示。"""
    return bool(partners(attempt))


@rule(clause("G-2.5.1b"))
def partners_known(attempt: TransitionContext) -> bool:
    """联合开展的支部填写有误：须是本区其他按固定日期开展的支部，且当月没有另外的变更请示在办。"""
    ids = partners(attempt)
    if not ids:
        return True
    if not all(is_id(value) for value in ids):
        return False
    units = list(
        attempt.session.scalars(
            sa.select(Unit).where(
                Unit.id.in_(ids),
                Unit.zone_id == attempt.case.zone_id,
                Unit.kind == "branch",
                Unit.ended_on.is_(None),
                Unit.id != attempt.case.unit_id,
            )
        )
    )
    fixed = [
        unit for unit in units if unit.fixed_day
    ]  # others choose their own day, nobody moves it for them
    return len(fixed) == len(set(ids)) == len(ids) and not _busy(attempt, units)


@rule(clause("G-2.1.1c"))
def not_in_another(attempt: TransitionContext) -> bool:
    """本支部当月党日已列入另一件联合请示，请等那件办结。"""
    if attempt.basis is not None:
        _hold_party_days(attempt)
    return not _asked_elsewhere(attempt, {attempt.case.unit_id})


def _hold_party_days(attempt: TransitionContext) -> None:
    """Lock every party day that is asked about, so that of two concurrent openings the second sees
    the first.

    Not where a page only asks whether it could be opened.
    """
    day = attempt.fact_day("day")
    units = _taking_part(attempt)
    rows = [activity_for(attempt.session, unit, day.year, day.month) for unit in units]
    attempt.session.execute(
        sa.select(Activity.id)
        .where(Activity.id.in_([row.id for row in rows]))
        .order_by(Activity.id)
        .with_for_update()
    )


def _busy(attempt: TransitionContext, units: list[Unit]) -> bool:
    """True where a partner's party day of that month is held already or asked to be moved in
    another case.
    """
    day = attempt.fact_day("day")
    rows = [activity_for(attempt.session, unit, day.year, day.month) for unit in units]
    return any(row.held_on for row in rows) or _asked_elsewhere(
        attempt, {unit.id for unit in units}, own=True
    )


def _asked_elsewhere(attempt: TransitionContext, units: set[str], *, own: bool = False) -> bool:
    """True where one of the units takes part in another open request about the same month."""
    month = attempt.case.facts["day"][:7]
    others = attempt.session.execute(
        sa.select(Case.unit_id, Case.facts).where(
            Case.zone_id == attempt.case.zone_id,
            Case.workflow == "date_change",
            Case.closed_at.is_(None),
            Case.id != attempt.case.id,
        )
    ).all()
    return any(
        units & ({unit_id} if own else set()) or units & set(facts.get("with") or [])
        for unit_id, facts in others
        if facts["day"][:7] == month
    )


@effect
def write_down(attempt: TransitionContext) -> None:
    """请示的内容记入案卷。"""
    attempt.set_facts(**{name: value for name, value in attempt.raw.items() if value is not None})


@effect
def note_difference(attempt: TransitionContext) -> None:
    """原批复作废，案卷记下改动前后的内容。"""
    attempt.result["before"] = {
        name: attempt.case.facts.get(name) for name in ("new_day", "reason")
    }


@effect
def copy_partners(attempt: TransitionContext) -> None:
    """联合开展的支部收到抄送。"""
    attempt.copies += [(unit_id, "branch") for unit_id in partners(attempt)]


@rule(FORCE_MAJEURE, "recovered_on")
def within_three_days(attempt: TransitionContext) -> bool:
    """补报应在情况恢复后 3 个工作日内提出。"""
    return reported_in_time(attempt, attempt.words.get("recovered_on"))


@rule(FORCE_MAJEURE, "recovered_on")
def recovery_told(attempt: TransitionContext) -> bool:
    """没有写情况恢复的日期，且已超过原定日期后 3 个工作日，请上级核实。"""
    told = attempt.words.get("recovered_on")
    return told is not None or reported_in_time(attempt, attempt.fact_day("day"))
