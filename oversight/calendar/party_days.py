"""Party days as rows: planning a year, moving a day by consent, excusing a month, and saying how it
stands.
"""

from __future__ import annotations

import calendar as months
from collections.abc import Iterable
from datetime import date, datetime
from functools import lru_cache
from typing import TYPE_CHECKING, Any, NamedTuple

import sqlalchemy as sa
from sqlalchemy.orm import Session
from sqlalchemy.orm.exc import StaleDataError

from oversight.base.clock import Moment
from oversight.base.db import columns, insert_all, insert_once, known, new_id, settle
from oversight.base.kept import Kept, plain
from oversight.base.prepared import Prepared
from oversight.base.sentences import N_
from oversight.base.terms import FILING, TRIAL
from oversight.law.binding import own_id
from oversight.law.definition import effect
from oversight.models import Activity, ActivityChange, Case, Unit, chains, images
from oversight.organization.actor import AuthorityBasis

from .workdays import months_after
from .zone import (
    apart_july,
    has_rule_day,
    july_day,
    rule_for,
    term_on,
    workday_after,
    zone_settings,
)

if TYPE_CHECKING:
    from oversight.rules.context import TransitionContext

STATUS_LABELS = {
    "provisional": N_("预排"),
    "planned": N_("已安排"),
    "moved": N_("经批复变更"),
    "held": N_("已开展"),
    "late": N_("未按期"),
    "missed": N_("未开展"),
    "unrecorded": N_("待登记"),
    "excused": N_("同意暂缓，未开展"),
    "unplanned": N_("待定日"),
    "not_owed": N_("不在考核期"),
}
HANDBOOK = "handbook"  # where an entry was copied from
BEFORE, COPIED = N_("启用前，以纸质手册为准"), N_("转录（来源：手册）")


# What a correction may have made better, as it was before. Source: G-2.1.1b, G-3.2.1a
BETTER = {"late": N_("未按期"), "absent": N_("缺席"), "leave": N_("请假")}


def entry_due(session: Session, zone_id: str, on: date) -> date:
    """Return the last day on which an entry about a day is in time, also beyond the month."""
    days = term_on(session, zone_id, FILING, on)
    return workday_after(session, zone_id, on, days)


def entered_late(session: Session, row: Activity) -> bool:
    """True where an activity that was held was entered after its term (补录)."""
    if row.held_on is None or row.entered_on is None or row.source:
        return False
    return row.entered_on > entry_due(session, row.zone_id, row.held_on)


NAMES = {"july": N_("“七一”活动"), "extra": N_("另一次活动")}


def span(row: Activity) -> tuple[date, date]:
    """Return the first and last day on which an activity counts for what it is."""
    first = date(row.year, row.month, 1)
    last = month_end(row.year, row.month)
    if row.month == 7 and row.day is not None:  # 七一 may be kept on its eve
        first = min(first, row.day)
    if row.moved_by and row.day is not None:  # accepted by the superior after the month's end
        last = max(last, row.day)
    return first, last


def is_near(year: int, month: int, today: date) -> bool:
    """True from the month before on: nobody can say earlier that it cannot be held."""
    return year * 12 + month <= today.year * 12 + today.month + 1


def month_end(year: int, month: int) -> date:
    return date(year, month, months.monthrange(year, month)[1])


def entry_open(session: Session, row: Activity, today: date) -> bool:
    """True where the last day on which a month's activity could be held can still be entered."""
    last = row.day or month_end(row.year, row.month)
    return today <= entry_due(session, row.zone_id, last)


def status(
    activity: Activity, today: date, provisional: bool = False, entering: bool = False
) -> str:
    """Say how a party day stands; computed, never stored. Source: G-2.1.1b

    Held on another day than the one in force is "late" and stays so: it is flagged, not hidden.
    `entering`: it can still be entered in time, also when the month is over.
    """
    if activity.held_on:
        return "held" if activity.held_on == activity.day or not activity.rule_day else "late"
    if activity.excused_by:
        return "excused"
    over = month_end(activity.year, activity.month) < today
    if activity.day is None:
        return ("unrecorded" if entering else "missed") if over else "unplanned"
    if activity.day < today:
        return "missed" if over and not entering else "unrecorded"
    if provisional:
        return "provisional"
    return "moved" if activity.moved_by else "planned"


def moved_how(session: Session, rows: Iterable[Activity]) -> dict[str, str]:
    """Say by activity how its day was moved: "approved" beforehand, or "late_report" accepted
    afterwards.
    """
    movers = {row.id: row.moved_by for row in rows if row.moved_by}
    late = set(
        session.scalars(
            sa.select(Case.id).where(
                Case.id.in_(movers.values()), Case.state.in_(("accepted_late", "accepted"))
            )
        )
    )
    return {
        row_id: "late_report" if case_id in late else "approved"
        for row_id, case_id in movers.items()
    }


def lock_units(session: Session, unit_ids: Iterable[str]) -> None:
    """Lock these units, in the order of their ids, which avoids deadlocks."""
    session.execute(
        sa.select(Unit.id)
        .where(Unit.id.in_(list(unit_ids)))
        .order_by(Unit.id)
        .with_for_update(key_share=True)
    )


def activity_for(session: Session, unit: Unit, year: int, month: int) -> Activity:
    """Return the branch's party day of a month, planning it where nobody has yet.

    Does not commit.
    """
    wanted = {"unit_id": unit.id, "year": year, "month": month, "kind": "party_day"}
    found = _read(session, _OF_MONTH, **wanted)
    if found is None:
        insert_once(session, Activity, **plan(session, unit, year, month))
        found = _read(session, _OF_MONTH, **wanted)
    return found


def activity(session: Session, activity_id: str) -> Activity | None:
    return _read(session, _BY_ID, id=activity_id)


def _read(session: Session, statement: Prepared, **wanted) -> Activity | None:
    """Return a row as it was read before in this transaction, or read it."""
    kept, key = _rows.of(session), tuple(wanted.values())
    if key not in kept:
        found = statement.first(session, **{f"of_{name}": one for name, one in wanted.items()})
        if found is None:
            return None
        keep(session, [known(session, Activity, found._asdict())])
    return kept[key]


def keep(session: Session, rows: Iterable[Activity]) -> None:
    """Let these rows be found by `activity` and `activity_for` without being read again."""
    kept = _rows.of(session)
    for row in rows:
        kept[row.id,] = kept[row.unit_id, row.year, row.month, row.kind] = row


def _prepared(*names: str) -> Prepared:
    """Return what selects activities by these columns; their values are named `of_`."""
    table = Activity.__table__.c
    return Prepared(
        sa.select(*columns(Activity)).where(
            *(table[name] == sa.bindparam(f"of_{name}") for name in names)
        )
    )


_rows = Kept("activities")
_PLANNED = ("id", "zone_id", "unit_id", "year", "month", "kind", "rule_day", "day", "version")
_PLAN = Prepared(sa.insert(Activity.__table__), _PLANNED)
_OF_MONTH, _BY_ID = _prepared("unit_id", "year", "month", "kind"), _prepared("id")


def plan(session: Session, unit: Unit, year: int, month: int) -> dict:
    """Return the row of a party day as the rule yields it."""
    return _row(unit, year, month, _rule_day(session, unit, year, month))


def _rule_day(session: Session, unit: Unit, year: int, month: int) -> date | None:
    return rule_for(session, unit, year, month).on if has_rule_day(session, unit, month) else None


def _row(unit: Unit, year: int, month: int, day: date | None) -> dict:
    return {
        "id": new_id(),
        "zone_id": unit.zone_id,
        "unit_id": unit.id,
        "year": year,
        "month": month,
        "kind": "party_day",
        "rule_day": day,
        "day": day,
        "version": 1,
    }


class Planned(NamedTuple):
    """How many party days were made, and how many followed the rule."""

    made: int
    followed: int


def plan_year(session: Session, units: list[Unit], year: int, at: Moment) -> Planned:
    """Plan a year for many branches and follow a changed calendar where nothing has happened yet.

    A day that is held, excused or past is left alone; where it was moved by consent only what the
    rule yields is kept up. Does not commit.
    """
    session = plain(session)
    lock_units(session, [unit.id for unit in units])
    rows = session.scalars(
        sa.select(Activity).where(
            Activity.unit_id.in_([unit.id for unit in units]),
            Activity.year == year,
            Activity.kind == "party_day",
        )
    )
    have = {(row.unit_id, row.month): row for row in rows}
    owing = [(unit, month) for unit in units for month in range(1, 13) if owed(unit, year, month)]
    followed = [
        follow_rule(session, unit, have[unit.id, month], at)
        for unit, month in owing
        if (unit.id, month) in have
    ]
    missing = [(unit, month) for unit, month in owing if (unit.id, month) not in have]
    fresh = _fresh(session, missing, year)
    july, moved = _plan_july(session, [unit for unit, month in owing if month == 7], year, at)
    fresh += july
    if fresh:
        session.flush()
        _PLAN.write_all(session, fresh)
    return Planned(len(fresh), sum(followed) + moved)


def _fresh(session: Session, missing: list[tuple[Unit, int]], year: int) -> list[dict]:
    """Return the rows of months that nobody has planned. Branches under one rule set meet on the
    same days: the rule is asked once for all of them.
    """
    under = {(unit.zone_id, unit.rule_set, month): unit for unit, month in missing}
    days = {key: _rule_day(session, unit, year, key[2]) for key, unit in under.items()}
    return [
        _row(unit, year, month, days[unit.zone_id, unit.rule_set, month]) for unit, month in missing
    ]


def _plan_july(
    session: Session, units: list[Unit], year: int, at: Moment
) -> tuple[list[dict], int]:
    """Return the rows of 七一 apart from July's party day that are missing, and how many of those
    that are planned followed its day. Source: G-2.1.3
    """
    apart = [unit for unit in units if apart_july(zone_settings(session, unit.zone_id))]
    if not apart:
        return [], 0
    rows = session.scalars(
        sa.select(Activity).where(
            Activity.unit_id.in_([unit.id for unit in apart]),
            Activity.year == year,
            Activity.kind == "july",
        )
    )
    have, moved = {row.unit_id: row for row in rows}, 0
    for unit in apart:
        row, day = have.get(unit.id), july_day(zone_settings(session, unit.zone_id), year)
        if row and row.day != day and not row.held_on and row.day > at.today:
            why = N_("“七一”活动日变动，自动重排")
            change(session, row, at, why, act="replan", rule_day=day, day=day)
            moved += 1
    return [
        {
            **_row(unit, year, 7, july_day(zone_settings(session, unit.zone_id), year)),
            "kind": "july",
        }
        for unit in apart
        if unit.id not in have
    ], moved


def within_month(unit: Unit) -> str:
    """Return the clause by which an activity lies in its month: a fixed day, or one a month."""
    return own_id("G-2.1.1a" if unit.fixed_day else "G-2.1.2b", unit.category)


def before_start(unit: Unit, end: date) -> bool:
    """True where a time that ended on a day was over before the unit began to use the program."""
    return end < unit.accountable_from


def trial_end(session: Session, unit: Unit) -> date:
    """Return the first day after the trial that follows a unit's beginning."""
    start = unit.accountable_from
    return months_after(start, term_on(session, unit.zone_id, TRIAL, start))


def in_trial(session: Session, unit: Unit, begin: date, end: date) -> bool:
    """True where a time begins within the trial after the unit began to use the program."""
    return not before_start(unit, end) and begin < trial_end(session, unit)


def owed(unit: Unit, year: int, month: int) -> bool:
    """True where the branch answers for the month: it existed and was accountable."""
    if month_end(year, month) < unit.accountable_from:
        return False
    return unit.ended_on is None or unit.ended_on > date(year, month, 1)


def follow_rule(session: Session, unit: Unit, row: Activity, at: Moment) -> bool:
    """Re-plan one day after the calendar changed; returns whether it moved."""
    settled = row.held_on or row.excused_by or (row.day and row.day <= at.today)
    if settled or not has_rule_day(session, unit, row.month):
        return False
    day = rule_for(session, unit, row.year, row.month).on
    wanted: dict[str, Any] = {"rule_day": day} if row.moved_by else {"rule_day": day, "day": day}
    if all(getattr(row, name) == value for name, value in wanted.items()):
        return False
    change(session, row, at, N_("放假安排或全区通知变动，自动重排"), act="replan", **wanted)
    return True


def change(
    session: Session,
    row: Activity,
    at: Moment,
    why: str,
    *,
    act: str,
    by: str | None = None,
    stand: AuthorityBasis | None = None,
    case_id: str | None = None,
    noted: dict | None = None,
    told: dict | None = None,
    **values,
) -> None:
    """Set fields of an activity and keep what they were, also in its chain, where `act` names it.

    `noted`: what changed beside it; `told`: what the chain says beyond that. Does not commit.
    """
    what = {name: [_plain(getattr(row, name)), _plain(value)] for name, value in values.items()}
    what |= noted or {}
    session.flush()
    kept_as = {"zone_id": row.zone_id, "activity_id": row.id, "what": what, "why": why}
    insert_all(session, ActivityChange, [kept_as | {"case_id": case_id, "by_id": by, "at": at.now}])
    _write(session, row, values)
    result = {**what, **({"case": case_id} if case_id else {}), **(told or {})}
    far = stage(row, act)
    image = images.of(Activity, row)
    chains.add(
        session,
        chains.Act(
            row.zone_id, row.id, "party_day", act, far, at.now, by, stand, why, result, image
        ),
    )


def _write(session: Session, row: Activity, values: dict) -> None:
    """Write columns of an activity, as a new version also where only what lies beside it has
    changed. Raises StaleDataError.
    """
    values = values | {"version": row.version + 1}
    given = {f"to_{name}": value for name, value in values.items()}
    if _save(tuple(values)).write(session, of_row=row.id, was=row.version, **given) != 1:
        raise StaleDataError()
    settle(row, values)


@lru_cache(maxsize=64)
def _save(names: tuple[str, ...]) -> Prepared:
    table = Activity.__table__
    at = table.c.id == sa.bindparam("of_row"), table.c.version == sa.bindparam("was")
    values = {name: sa.bindparam(f"to_{name}", type_=table.c[name].type) for name in names}
    return Prepared(sa.update(table).where(*at).values(values))


def stage(row: Activity, act: str) -> str:
    """Say how far a party day has come."""
    if act == "correct":
        return "corrected"
    if row.confirmed_at:
        return "filed"
    if row.held_on:
        return "held"
    if row.excused_by:
        return "excused"
    return "prepared" if row.host_id or row.mode else "planned"


def _plain(value):
    return value.isoformat() if isinstance(value, date | datetime) else value


# Effects -----------------------------------------------------------------------------------------


def _joined(attempt: TransitionContext) -> list[Activity]:
    """Return the activities that a request is about: the branch's own, and its partners' of that
    month.
    """
    own = attempt.session.get(Activity, attempt.case.business_key)
    partners = attempt.case.facts.get("with") or []
    units = [attempt.session.get(Unit, unit_id) for unit_id in partners]
    return [own, *(activity_for(attempt.session, unit, own.year, own.month) for unit in units)]


def _move(attempt: TransitionContext, act: str, why: str) -> None:
    new_day = attempt.fact_day("new_day")
    for row in _joined(attempt):
        change(
            attempt.session,
            row,
            attempt.at,
            why,
            act=act,
            case_id=attempt.case.id,
            by=attempt.actor.id if attempt.actor else None,
            stand=attempt.basis,
            day=new_day,
            moved_by=attempt.case.id,
        )
        attempt.result.setdefault("moved", []).append(row.id)


@effect
def move_activity(attempt: TransitionContext) -> None:
    """党日改为请示的日期。"""
    _move(attempt, "move", N_("经批复变更"))


@effect
def apply_late(attempt: TransitionContext) -> None:
    """认可补报；补报写明了实际日期的，党日按该日期算。"""
    if attempt.case.facts.get("new_day"):
        _move(attempt, "accept_late", N_("事后补报获认可"))


@effect
def take_back(attempt: TransitionContext) -> None:
    """已变更的党日恢复原定日期。"""
    if attempt.today >= min(
        attempt.fact_day("day"), attempt.fact_day("new_day") or attempt.fact_day("day")
    ):
        return  # one of the two days has come: the change is in force, whatever becomes of the paper
    for row in _joined(attempt):
        if row.moved_by == attempt.case.id and not row.held_on:
            day, moved_by = _before(attempt, row)
            change(
                attempt.session,
                row,
                attempt.at,
                attempt.move.label,
                act="restore",
                case_id=attempt.case.id,
                by=attempt.actor.id if attempt.actor else None,
                stand=attempt.basis,
                day=day,
                moved_by=moved_by,
            )


def _before(attempt: TransitionContext, row: Activity) -> tuple[date | None, str | None]:
    """Return day and mover as they were before this case moved the activity, once or again."""
    changes = attempt.session.scalars(
        sa.select(ActivityChange)
        .where(ActivityChange.activity_id == row.id, ActivityChange.case_id == attempt.case.id)
        .order_by(ActivityChange.id.desc())
    )
    moves = (
        entry.what for entry in changes if entry.what.get("moved_by", [0, 0])[1] == attempt.case.id
    )
    what = next(entry for entry in moves if entry["moved_by"][0] != attempt.case.id)
    moved_by = what["moved_by"][0]
    by_rule = (
        row.rule_day if moved_by is None else None
    )  # the rule's day may have changed meanwhile
    was = what["day"][0]  # none: a branch that chooses its own day had not chosen yet
    return by_rule or (date.fromisoformat(was) if was else None), moved_by


@effect
def excuse_month(attempt: TransitionContext) -> None:
    """当月缓开，单独统计，不算未开展。"""
    for row in _joined(attempt):
        change(
            attempt.session,
            row,
            attempt.at,
            N_("同意缓开"),
            act="excuse",
            case_id=attempt.case.id,
            by=attempt.actor.id,
            stand=attempt.basis,
            excused_by=attempt.case.id,
        )
