"""Facts about a date-change request that its guards and clocks ask for."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, timedelta
from typing import NamedTuple

import sqlalchemy as sa
from sqlalchemy.orm import Session

from oversight.base.db import by_ids, is_id
from oversight.base.kept import Kept, only_writer
from oversight.base.prepared import Prepared, among
from oversight.base.terms import RECOVERED, REPLY
from oversight.calendar.party_days import activity, activity_for, lock_units, owed
from oversight.calendar.workdays import add_workdays
from oversight.calendar.zone import term_on, unified_july
from oversight.law.clauses import clause, house_rule
from oversight.law.definition import effect, rule
from oversight.models import Activity, Case, Unit
from oversight.models.cases import JOINT
from oversight.organization.units import superiors
from oversight.papers import replies

from ..context import TransitionContext

AWAITING = ("asked", "asked_joint", "amend_asked")  # an answer, until the activity if it is urgent
AMENDED = ("amended_day", "amended_reason")
FORCE_MAJEURE = house_rule(
    "遇灾情等来不及书面请示的，可先电话请示，恢复后 %(term_late_report)s 个工作日内补报。"
)


def activity_in_force(attempt: TransitionContext) -> Activity | None:
    """Return the branch's party day that is in force on the day named, if there is one."""
    day = attempt.fact_day("day")
    if not owed(attempt.unit, day.year, day.month):
        return None
    if (
        attempt.move is None and attempt.basis is not None
    ):  # an opening may plan months: one at a time
        lock_units(attempt.session, [unit.id for unit in taking_part(attempt)])
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
            for unit in partner_units(attempt)
        ),
    ]
    return any(row.held_on for row in rows)


def taking_part(attempt: TransitionContext) -> list[Unit]:
    return [
        unit
        for unit in (attempt.unit, *partner_units(attempt))
        if unit.zone_id == attempt.case.zone_id
    ]


def partner_units(attempt: TransitionContext) -> list[Unit]:
    return list(by_ids(attempt.session, Unit, partners(attempt)).values())


def is_unified_july(attempt: TransitionContext) -> bool:
    return unified_july(attempt.settings, attempt.fact_day("day").month)


def first_day(attempt: TransitionContext) -> date:
    """Return the earliest of the days in force and asked for: consent must come before it.

    Source: G-2.1.1c
    """
    day = attempt.fact_day("day")
    if attempt.case.state in ("draft", "returned"):
        return day
    asked = (attempt.fact_day(name) for name in ("new_day", "amended_day"))
    return min(day, *filter(None, asked))


def day_now(attempt: TransitionContext, *, anew: bool = False) -> date:
    """Return the day that is asked about: while the branch still writes, or `anew`, the one in
    force today, to which the zone may have moved it.
    """
    key = attempt.case.business_key  # a month that nobody has planned yet is not planned by asking
    writes = anew or attempt.case.state in ("draft", "returned")
    row = activity(attempt.session, key) if key and writes else None
    return row.day if row and row.day else attempt.fact_day("day")


def leaves_workday(attempt: TransitionContext, begin: date, day: date) -> bool:
    """True where a working day lies between the two days."""
    return add_workdays(attempt.calendar, begin, 1) < day


def urgent(attempt: TransitionContext) -> bool:
    """True where no working day was left for an answer when the request came: 紧急请示."""
    begin = attempt.case.running_since or attempt.today
    return not leaves_workday(attempt, begin, first_day(attempt))


def hurried(attempt: TransitionContext) -> bool:
    """True where a request that is sent today would be urgent."""
    first = min(day_now(attempt), first_day(attempt))
    return not leaves_workday(attempt, attempt.today, first)


def letter(attempt: TransitionContext) -> dict:
    """Compose a branch's request, as far as it has been written."""
    return replies.request(attempt, urgent=hurried(attempt))


def answer_by(attempt: TransitionContext) -> date:
    """Return the last day for an answer: the term of a reply, and a working day before the first day.

    Where none is left, the first of the days itself; never a rest day.
    """
    first = first_day(attempt)
    if leaves_workday(attempt, attempt.today, first):
        before = add_workdays(attempt.calendar, first, -1)
        return min(add_workdays(attempt.calendar, attempt.today, attempt.term(REPLY)), before)
    return add_workdays(attempt.calendar, max(first, attempt.today) - timedelta(days=1), 1)


def silent_on(attempt: TransitionContext) -> date | None:
    """Return the day on which silence ends a request, where somebody could have answered."""
    return None if urgent(attempt) else first_day(attempt)


def too_short_on(attempt: TransitionContext) -> date | None:
    """Return the day on which a request ends that left nobody a working day to answer."""
    return first_day(attempt) + timedelta(days=1) if urgent(attempt) else None


def day_before_effect(attempt: TransitionContext) -> date:
    """Return the last working day before the earlier of the two days."""
    return add_workdays(attempt.calendar, first_day(attempt), -1)


def last_for_report(attempt: TransitionContext, day: date) -> date:
    """Return the last day for a report about what was over on a day."""
    days = term_on(attempt.session, attempt.case.zone_id, RECOVERED, day)
    return add_workdays(attempt.calendar, day, days)


def reported_in_time(attempt: TransitionContext, recovered: date | None) -> bool:
    """True where a late report comes in time after a day, or no day was told."""
    return recovered is None or recovered <= attempt.today <= last_for_report(attempt, recovered)


def taken(attempt: TransitionContext, day: date) -> bool:
    """True where the branch has another activity on that day, planned or held."""
    case = attempt.case
    return _has_another(attempt.session, case.unit_id, case.business_key, day)


def meets_elsewhere(attempt: TransitionContext, unit: Unit) -> bool:
    """True where a branch has another activity than that of the month on the day asked for."""
    day, asked = attempt.fact_day("day"), attempt.fact_day("new_day")
    own = activity_for(attempt.session, unit, day.year, day.month).id
    return _has_another(attempt.session, unit.id, own, asked)


def _has_another(session: Session, unit_id: str, own: str | None, day: date) -> bool:
    """True where a branch has another activity than its own one on a day, as read before or now."""
    near = _near.of(session).get(unit_id)
    if near is None or day not in near.days:
        return _TAKEN.first(session, of_unit=unit_id, own=own, on=day) is not None
    others = (row for row in near.rows if row.id != own)
    return own is not None and any(day in (row.day, row.held_on) for row in others)


_activities = Activity.__table__.c
_TAKEN = Prepared(
    sa.select(_activities.id).where(
        _activities.unit_id == sa.bindparam("of_unit"),
        _activities.id != sa.bindparam("own"),
        sa.or_(_activities.day == sa.bindparam("on"), _activities.held_on == sa.bindparam("on")),
    )
)


class _Near(NamedTuple):
    """The activities of a branch on certain days: id, day and day held."""

    days: frozenset[date]
    rows: list[sa.Row]


_near = Kept("activities")


def read_days(session: Session, unit_ids: Iterable[str], days: Iterable[date]) -> None:
    """Read which of these days of these branches are taken, for those who ask about several."""
    asked, known = frozenset(days), _near.of(session)
    found: dict[str, _Near] = {unit_id: _Near(asked, []) for unit_id in unit_ids}
    for row in _NEAR.rows(session, units=found, days=asked):
        found[row.unit_id].rows.append(row)
    known.update(found)


_NEAR = Prepared(
    lambda dialect: sa.select(
        _activities.id, _activities.day, _activities.held_on, _activities.unit_id
    ).where(
        among(_activities.unit_id, "units", dialect),
        sa.or_(*(among(day, "days", dialect) for day in (_activities.day, _activities.held_on))),
    )
)


def partners(attempt: TransitionContext) -> list[str]:
    return attempt.case.facts.get("with") or []


def joint_superiors(attempt: TransitionContext) -> list[str]:
    """Return the superiors of all branches with a fixed day that take part, each once."""
    units = [attempt.unit, *partner_units(attempt)]
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
    """联合开展的支部填写有误：须是本区其他党支部，当月还没有开展活动，也没有另外的变更请示在办。"""
    ids = partners(attempt)
    if not ids:
        return True
    if not all(is_id(value) for value in ids):
        return False
    day = attempt.fact_day("day")
    units = [
        unit
        for unit in partner_units(attempt)
        if unit.zone_id == attempt.case.zone_id
        and unit.kind == "branch"
        and unit.id != attempt.case.unit_id
        and owed(unit, day.year, day.month)
    ]
    return len(units) == len(set(ids)) == len(ids) and not busy(attempt, units)


@rule(clause("G-2.1.1c"))
def not_in_another(attempt: TransitionContext) -> bool:
    """本支部当月党日已列入另一件请示，请等那件办结。"""
    if attempt.basis is not None:
        hold_party_days(attempt, taking_part(attempt))
    return not asked_elsewhere(attempt, {attempt.case.unit_id})


def hold_party_days(attempt: TransitionContext, units: list[Unit]) -> None:
    """Lock every party day that is asked about, so that of two concurrent requests the second sees
    the first.

    Not where a page only asks what could be done.
    """
    day = attempt.fact_day("day")
    rows = [activity_for(attempt.session, unit, day.year, day.month) for unit in units]
    for held in [] if only_writer(attempt.session) else sorted(row.id for row in rows):
        _HOLD.first(attempt.session, of_day=held)


def busy(attempt: TransitionContext, units: list[Unit]) -> bool:
    """True where the party day of that month of one of the branches is held already or asked about
    in another case.
    """
    day = attempt.fact_day("day")
    rows = [activity_for(attempt.session, unit, day.year, day.month) for unit in units]
    return any(row.held_on for row in rows) or asked_elsewhere(attempt, {unit.id for unit in units})


_joint = Kept("cases")
_HOLD = Prepared(
    sa.select(_activities.id).where(_activities.id == sa.bindparam("of_day")).with_for_update()
)


def asked_elsewhere(attempt: TransitionContext, units: set[str]) -> bool:
    """True where another request about the same month binds one of the branches.

    A branch's own second one its business key forbids.
    """
    month, others = attempt.case.facts["day"][:7], units - {attempt.case.unit_id}
    found = _joint_requests(attempt.session, attempt.case.zone_id)
    if others:
        found = [*found, *attempt.session.execute(_requests().where(Case.unit_id.in_(others)))]
    return any(
        units & bound(unit_id, version, facts)
        for unit_id, version, facts in found
        if facts["day"][:7] == month and unit_id != attempt.case.unit_id
    )


def _joint_requests(session: Session, zone_id: str) -> list[tuple]:
    """Return the joint requests of a zone that are open, read once a transaction."""
    known = _joint.of(session)
    if zone_id not in known:
        known[zone_id] = _JOINT.rows(session, of_zone=zone_id)
    return known[zone_id]


def _requests() -> sa.Select:
    return sa.select(Case.unit_id, Case.definition_version, Case.facts).where(
        Case.workflow == "date_change",
        Case.state != "draft",  # binds nobody: whom it names can't even see it
        Case.closed_at.is_(None),
    )


_JOINT = Prepared(
    lambda dialect: _requests().where(
        Case.zone_id == sa.bindparam("of_zone"), sa.text(JOINT[dialect])
    )
)


def bound(unit_id: str, version: int, facts: dict) -> set[str]:
    """Return the branches that a request binds: its own, and those that agreed to join it.

    Up to version 1 whoever it named.
    """
    return {unit_id, *((facts.get("joined") if version > 1 else facts.get("with")) or [])}


@effect
def write_down(attempt: TransitionContext) -> None:
    """请示的内容记入案卷。"""
    attempt.set_facts(**{name: value for name, value in attempt.raw.items() if value is not None})


@effect
def follow_day(attempt: TransitionContext) -> None:
    """全区另有调整的，原定日期按现在的党日写。"""
    day = day_now(attempt, anew=True).isoformat()
    if day != attempt.case.facts["day"]:
        attempt.set_facts(day=day)


@effect
def propose(attempt: TransitionContext) -> None:
    """新的日期报上级；上级批复以前，原批复有效。"""
    attempt.set_facts(amended_day=attempt.raw["new_day"], amended_reason=attempt.raw["reason"])


@effect
def drop_proposal(attempt: TransitionContext) -> None:
    """修改没有获得同意的，仍按原批复执行。"""
    facts = attempt.case.facts
    attempt.result["proposed"] = {name: facts.get(name) for name in AMENDED}
    attempt.set(facts={name: value for name, value in facts.items() if name not in AMENDED})


@effect
def adopt(attempt: TransitionContext) -> None:
    """原批复作废，案卷记下改动前后的内容。"""
    facts = attempt.case.facts
    attempt.result["before"] = {name: facts.get(name) for name in ("new_day", "reason")}
    kept = {name: value for name, value in facts.items() if name not in AMENDED}
    new = {"new_day": facts["amended_day"], "reason": facts["amended_reason"]}
    attempt.set(facts=kept | new)


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
    """补报应在情况恢复后 %(term_late_report)s 个工作日内提出。"""
    return reported_in_time(attempt, attempt.words.get("recovered_on"))


@rule(FORCE_MAJEURE, "recovered_on")
def recovery_told(attempt: TransitionContext) -> bool:
    """没有写情况恢复的日期，且已超过原定日期后 %(term_late_report)s 个工作日，请上级核实。"""
    told = attempt.words.get("recovered_on")
    return told is not None or reported_in_time(attempt, attempt.fact_day("day"))
