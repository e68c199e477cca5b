"""组织生活会 as the guidance wants it: which terms of a year ask for one, whether it is a must, and what
was held.

Records a meeting for the branch and for the appraisal alike; who may is decided elsewhere.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from oversight.base.clock import Moment
from oversight.base.db import insert_once, new_id
from oversight.base.rows import grouped
from oversight.base.sentences import N_
from oversight.calendar.party_days import entry_due
from oversight.law.binding import in_own_words
from oversight.law.clauses import Source, clause, register
from oversight.models import Activity, Case, LifeMeeting, Unit, chains
from oversight.models.organizations import RULE_SETS
from oversight.organization.actor import AuthorityBasis

from .campaign import deployed, had_deployed, span_of
from .context import TransitionContext

LABELS = {"first": N_("上半年"), "second": N_("下半年"), "fourth": N_("第四季度")}
MONTHS = {
    "first": (1, 6, 30),
    "second": (7, 12, 31),
    "fourth": (10, 12, 31),
}  # first month, last month, its last day


@dataclass(frozen=True)
class Term:
    """A half-year, or the fourth quarter in which the zone deploys a meeting, as it binds a
    category of branches.
    """

    year: int
    name: str
    category: str = "rural"

    @property
    def begin(self) -> date:
        return date(self.year, MONTHS[self.name][0], 1)

    @property
    def end(self) -> date:
        return date(self.year, *MONTHS[self.name][1:])

    @property
    def source(self) -> Source:
        """Return the clause that asks for a meeting. Source: G-3.1.6b, O-3.1.6b, G-3.1.6d"""
        return in_own_words(
            clause("G-3.1.6d" if self.name == "fourth" else "G-3.1.6b"), self.category
        )

    @property
    def must(self) -> bool:
        """True where the clause does not say 一般: organs each half-year, all others in the fourth
        quarter.
        """
        return register()[self.source.id]["kind"] == "must"

    @property
    def silent(self) -> bool:
        """True where the branch's own document has no such sentence:

        organs on the fourth quarter.
        """
        return RULE_SETS[self.category] in register()[self.source.id].get("silent_in", ())


def terms(unit: Unit, year: int) -> list[Term]:
    """Return the half-years and, where it is asked for, the fourth quarter of a branch's year."""
    return [term for name in LABELS if not (term := Term(year, name, unit.category)).silent]


def owed(unit: Unit, term: Term) -> bool:
    """True where the branch answers for the term: accountable before its end, and there until its
    last day, for until then it might have held one."""
    return unit.accountable_from <= term.end and (unit.ended_on is None or unit.ended_on > term.end)


def put_off(session: Session, zone_id: str, year: int) -> date | None:
    """Return the day in the next year until which the zone has the fourth quarter's meeting held, by
    its deployment; None where it is to be held within the year. House rule: the clause stays open,
    with this said.
    """
    return _beyond(deployed(session, zone_id, year), year)


def _beyond(deployed: tuple[date, date] | None, year: int) -> date | None:
    return deployed[1] if deployed and deployed[1] > date(year, 12, 31) else None


@dataclass(frozen=True)
class Met:
    """By branch on which days it met, in order, when that was noted where it was no transcript, and by
    year the day to which its last meeting was put off.
    """

    days: dict[str, list[date]]
    noted: dict[tuple[str, date], datetime]
    until: dict[int, date]


def met(
    session: Session, ids: list[str], zone_id: str, years: tuple[int, ...], now: datetime
) -> Met:
    """Return what branches met in these years and the one after, and to when meetings were put off, both
    as they stood at a moment, in one statement.
    """
    begin, end = date(years[0], 1, 1), date(years[-1] + 1, 12, 31)
    held_on = sa.select(
        LifeMeeting.unit_id,
        LifeMeeting.held_on,
        sa.cast(sa.null(), Case.facts.type).label("facts"),
        LifeMeeting.noted_at.label("at"),
        LifeMeeting.source,
    ).where(
        LifeMeeting.unit_id.in_(ids),
        LifeMeeting.held_on.between(begin, end),
        LifeMeeting.noted_at <= now,
        sa.or_(LifeMeeting.withdrawn_at.is_(None), LifeMeeting.withdrawn_at > now),
    )
    notices = sa.select(Case.unit_id, sa.null(), Case.facts, Case.opened_at, sa.null()).where(
        *had_deployed(zone_id, years, now)
    )
    rows = sorted(session.execute(held_on.union_all(notices)).all(), key=lambda row: row.at)
    spans = {int(row.facts["year"]): span_of(row.facts) for row in rows if row.facts}
    until = {year: last for year, span in spans.items() if (last := _beyond(span, year))}
    held = [row for row in rows if row.held_on]
    noted = {(row.unit_id, row.held_on): row.at for row in held if not row.source}
    return Met(grouped((row.unit_id, row.held_on) for row in held), noted, until)


def noted_late(session: Session, zone_id: str, on: date, noted_on: date) -> bool:
    """True where a meeting was noted after the term in which what was held is entered (补录)."""
    return noted_on > entry_due(session, zone_id, on)


def waits(term: Term, until: date | None, held_on: Iterable[date], today: date) -> bool:
    """True where a branch without the meeting of a term does as the zone has deployed: the day to
    which it was put off has not passed, or it has met by then. A half-year that binds an organ is
    not the zone's to put off.
    """
    if until is None or term.end.month != 12 or (term.must and term.name != "fourth"):
        return False
    return today <= until or any(term.end < on <= until for on in held_on)


def held(session: Session, unit_id: str, begin: date, end: date) -> list[LifeMeeting]:
    """Return the meetings of a branch from a day to a day, both included, without those taken back."""
    return list(
        session.scalars(
            sa.select(LifeMeeting)
            .where(
                LifeMeeting.unit_id == unit_id,
                LifeMeeting.held_on.between(begin, end),
                LifeMeeting.withdrawn_at.is_(None),
            )
            .order_by(LifeMeeting.held_on)
        )
    )


def record(
    session: Session,
    unit: Unit,
    day: date,
    by: str,
    at: Moment,
    case_id: str | None = None,
    stand: AuthorityBasis | None = None,
    **marks: str | None,
) -> bool:
    """Record the meeting of a day beside the party day that it was combined with; returns whether
    it is new. `marks` say how the entry came in: `source`, `entered_for`.

    Does not commit. Source: G-3.1.6a, G-3.1.6c (any other day will do as well)
    """
    combined = session.scalar(
        sa.select(Activity.id)
        .where(
            Activity.unit_id == unit.id,
            Activity.kind == "party_day",
            Activity.excused_by.is_(None),
            sa.func.coalesce(Activity.held_on, Activity.day) == day,
        )
        .limit(1)
    )
    meeting_id = new_id()
    made = insert_once(
        session,
        LifeMeeting,
        id=meeting_id,
        zone_id=unit.zone_id,
        unit_id=unit.id,
        held_on=day,
        activity_id=combined,
        case_id=case_id,
        noted_by=by,
        noted_at=at.now,
        **marks,
    )
    if made:
        told = {"case": case_id, **marks}
        result = {"held_on": day.isoformat(), **{key: one for key, one in told.items() if one}}
        chain(session, unit.zone_id, meeting_id, "note", at, by, stand, result=result)
    return made


def chain(session: Session, zone_id: str, meeting_id: str, name: str, at, by, stand, **more):
    """Let the chain of a meeting take an act. Does not commit."""
    state = "withdrawn" if name == "withdraw" else "held"
    act = chains.Act(zone_id, meeting_id, "life_meeting", name, state, at.now, by, stand, **more)
    chains.add(session, act)


def record_for(attempt: TransitionContext, day: date) -> None:
    """Record the meeting that an appraisal held, or name the appraisal on the one that is noted
    already.
    """
    by, basis, case_id = attempt.actor.id, attempt.basis, attempt.case.id
    if record(attempt.session, attempt.unit, day, by, attempt.at, case_id, basis):
        return
    named = attempt.session.scalars(
        sa.update(LifeMeeting)
        .where(
            LifeMeeting.unit_id == attempt.unit.id,
            LifeMeeting.held_on == day,
            LifeMeeting.withdrawn_at.is_(None),
            LifeMeeting.case_id.is_(None),
        )
        .values(case_id=case_id)
        .returning(LifeMeeting.id)
    ).all()
    for meeting_id in named:
        told = {"result": {"case": case_id}}
        zone_id = attempt.case.zone_id
        chain(attempt.session, zone_id, meeting_id, "appraise", attempt.at, by, basis, **told)
