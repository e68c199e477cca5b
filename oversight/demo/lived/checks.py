"""What must hold at the end of a lived year, whatever was drawn; and the digest by which two runs of one seed
are told to be the same.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

import sqlalchemy as sa
from sqlalchemy.orm import Session

from oversight.base.clock import Moment
from oversight.base.sentences import N_
from oversight.engine import authority, journal
from oversight.law import duties as law
from oversight.ledger import obligations, overview
from oversight.ledger.tally import total
from oversight.models import (
    Activity,
    Attendance,
    Case,
    DutyRecord,
    JournalRow,
    SweepFault,
    Unit,
    WorkItem,
)

from .people import Cast

if TYPE_CHECKING:
    from .days import Life

SHOWN = 5
ENDED = ("corrected", "void", "terminated")  # an absence that is none, or is told of elsewhere
COUNTED = (Case, JournalRow, Activity, Attendance, DutyRecord, WorkItem)


@dataclass(frozen=True)
class Check:
    """What must hold, and the first cases in which it does not."""

    name: str
    wrong: list[str]

    @property
    def holds(self) -> bool:
        return not self.wrong


def hold(session: Session, life: Life, offices: list[overview.Office], at: Moment) -> list[Check]:
    """Check a lived year at its end; `offices` are its ledgers as they stand then."""
    found = {
        N_("日志逐条相连，各表与日志重放一致"): _journal(session),
        N_("每件未办结的事都有人办"): _holders(session, life, at),
        N_("每名缺席党员都有下文：已联系、通报、补课，或在办"): _nobody_dropped(session),
        N_("应办事项全部结清或说得清"): _explained(life, offices),
        N_("汇总数等于各支部之和"): _sums(session, life, at, offices),
        N_("到期的事全部办理，没有出错的"): _swept(session, at),
        N_("没有人多次被拒而无路可走"): _stuck(life, session),
    }
    session.close()
    return [Check(name, list(wrong)[:SHOWN]) for name, wrong in found.items()]


def _journal(session: Session) -> list[str]:
    return journal.Verifier().read(journal.told(session)).done().problems


def _holders(session: Session, life: Life, at: Moment) -> Iterator[str]:
    """Every open case that waits for people lies on somebody's desk."""
    items = session.scalars(
        sa.select(WorkItem).where(WorkItem.closed_at.is_(None), WorkItem.kind == "act")
    )
    held = {item.case_id for item in items if authority.desk_people(session, item, at.today)}
    open_ones = session.scalars(
        sa.select(Case).where(Case.closed_at.is_(None), Case.wake_on.is_(None))
    )
    for case in open_ones:
        if case.id not in held:
            yield f"{life.cast.keys[case.unit_id]} {case.workflow} {case.state}"


def _nobody_dropped(session: Session) -> Iterator[str]:
    """Each who was on leave or absent has one follow-up: open, or ended with contact, telling and lesson, or
    by the superior.
    """
    cases: dict[str, list[Case]] = {}
    for case in session.scalars(sa.select(Case).where(Case.workflow == "absence")):
        if case.state not in ENDED:
            cases.setdefault(case.business_key, []).append(case)
    rows = session.execute(
        sa.select(Attendance.activity_id, Attendance.person_id).where(
            Attendance.kind.in_(("leave", "absent"))
        )
    )
    for activity_id, person_id in rows:
        mine = cases.get(f"{activity_id}:{person_id}", [])
        if len(mine) != 1:
            yield f"{activity_id}:{person_id} × {len(mine)}"
        elif mine[0].state == "made_up" and not _complete(mine[0]):
            yield f"{mine[0].id} {sorted(mine[0].facts)}"


def _complete(case: Case) -> bool:
    tries = case.facts.get("tries") or []
    told = any(one["reached"] and one["told"] for one in tries)
    return told and bool(case.facts.get("lesson"))


def offices_at(session: Session, at: Moment) -> list[overview.Office]:
    """Reckon the ledgers of all superiors and their branches as of a moment."""
    top = session.scalars(sa.select(Unit).where(Unit.kind == "zone")).one()
    branches = obligations.branches_below(session, [top])
    return overview.reckon(session, overview.seats(session, top, branches), at)


def _explained(life: Life, offices: list[overview.Office]) -> Iterator[str]:
    """What is overdue was forgotten on purpose, and said so when it was."""
    for office in offices:
        for line in office.lines:
            branch = life.cast.keys[line.unit.id]
            known = {law.group_of(key) for key in life.left[branch]}
            for (month, kind, state), count in sorted(line.tally.items()):
                late = state == "overdue" and count and month not in life.waits[branch]
                if late and kind not in known:
                    yield f"{branch} {month} {kind} {count}"


def _sums(
    session: Session, life: Life, at: Moment, offices: list[overview.Office]
) -> Iterator[str]:
    whole = overview.Sums.total(office.sums for office in offices)
    if whole.below != total(line.tally for office in offices for line in office.lines):
        yield N_("合计")
    zone_id = offices[0].own.unit.zone_id
    life.clockwork.rebuild(session, zone_id, at)
    kept = life.clockwork.kept(session, zone_id, at.today).kept
    for office in offices:
        if kept[office.own.unit.id].sums.below != office.sums.below:
            yield office.own.unit.name


def _swept(session: Session, at: Moment) -> Iterator[str]:
    for fault in session.scalars(sa.select(SweepFault)):
        yield f"{fault.step} {fault.subject} {fault.error}"
    late = sa.select(Case.workflow, Case.state).where(
        Case.closed_at.is_(None), Case.wake_on < at.today
    )
    for workflow, state in session.execute(late):
        yield f"{workflow} {state}"


def _stuck(life: Life, session: Session) -> Iterator[str]:
    ids = [key for key, turn in life.turns.items() if turn.refused >= 3]
    for start in range(0, len(ids), 500):
        rows = session.execute(
            sa.select(Case.workflow, Case.state, Case.unit_id)
            .join(WorkItem, WorkItem.case_id == Case.id)
            .where(WorkItem.id.in_(ids[start : start + 500]), WorkItem.closed_at.is_(None))
        )
        for workflow, state, unit_id in rows:
            yield f"{life.cast.keys[unit_id]} {workflow} {state}"


def counts(session: Session) -> dict[str, int]:
    """Count the rows of the year by table."""
    return {
        model.__tablename__: session.scalar(sa.select(sa.func.count()).select_from(model))
        for model in COUNTED
    }


def digest(session: Session, cast: Cast) -> str:
    """Return what the year's records come to, without the ids, which are drawn anew each time."""
    told: Counter[tuple] = Counter()
    rows = session.execute(
        sa.select(Case.unit_id, Case.workflow, JournalRow.at, JournalRow.move, JournalRow.to_state)
        .join(Case, Case.id == JournalRow.case_id)
        .execution_options(yield_per=5000)
    )
    for unit_id, *what in rows:
        told[(cast.keys[unit_id], *map(str, what))] += 1
    classes = session.execute(
        sa.select(Activity.unit_id, Activity.month, Attendance.kind, sa.func.count())
        .join(Activity, Activity.id == Attendance.activity_id)
        .group_by(Activity.unit_id, Activity.month, Attendance.kind)
    )
    for unit_id, *what in classes:
        told[(cast.keys[unit_id], *map(str, what))] += 1
    session.close()
    text = "\n".join(f"{key} {count}" for key, count in sorted(told.items()))
    return hashlib.sha256(text.encode()).hexdigest()
