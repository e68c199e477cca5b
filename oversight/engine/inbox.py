"""The read side: who works on a case, what is overdue, and what the reader may see.

Visibility is in the WHERE of every list and count; nothing here writes.
"""

from __future__ import annotations

import uuid
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from functools import partial

import sqlalchemy as sa
from sqlalchemy.orm import Session, aliased

from oversight import workflows
from oversight.base import kept
from oversight.base.db import Id, by_ids, columns, find, known
from oversight.base.paging import First
from oversight.base.prepared import Prepared, among
from oversight.base.refusals import InvalidInput
from oversight.base.rows import grouped
from oversight.base.sentences import N_, say
from oversight.law.roles import OFFICES
from oversight.models import Activity, Case, FollowUp, Person, Unit, WorkItem
from oversight.models.cases import NEVER
from oversight.organization import standing
from oversight.organization.names import told_apart
from oversight.organization.units import outlines
from oversight.rules import parties

from . import boxes, outbox
from .built import asked
from .sight import followed, on_my_desk

SPARE = 25  # rows taken beyond a page, since some may be kept from the reader
Place = tuple[date, str]
_other = aliased(Case)
BOXES = ("mine", "waiting", "units", "copied", "done", "follow_up")


@dataclass(frozen=True)
class Filters:
    """What a reader narrows a box to; `due` is overdue, today or week."""

    workflow: str | None = None
    due: str | None = None
    unit_path: str | None = None


@dataclass(frozen=True)
class Page:
    items: list[Case]
    next: str | None


_CALLED = "called"


def person_name(session: Session, person_id: str | None) -> str:
    person = find(session, Person, person_id)
    return person.name if person else N_("系统")


def office_label(office: str) -> str:
    return OFFICES.get(office, {"member": N_("党员"), "recorder": N_("代录")}.get(office, office))


def lying_with(session: Session, case_ids: list[str]) -> dict[str, list[str]]:
    """Return by case the names of the units that have an open work item."""
    rows = session.execute(
        sa.select(WorkItem.case_id, Unit.name)
        .join(Unit, Unit.id == WorkItem.unit_id)
        .where(WorkItem.case_id.in_(case_ids), WorkItem.kind == "act", WorkItem.closed_at.is_(None))
        .order_by(WorkItem.id)
    )
    return grouped((case_id, name) for case_id, name in rows)


# What a row tells -------------------------------------------------------------------------------


@dataclass(frozen=True)
class Lying:
    """Who works on some cases: their open work items in order, with the unit's name and the people
    they name.
    """

    rows: dict[str, list[tuple[WorkItem, str]]]
    people: dict[str, Person]

    def waits(self, case_id: str) -> str:
        """Name the units that a case waits for."""
        units = [unit for row, unit in self.rows.get(case_id, ()) if row.kind == "act"]
        return "、".join(dict.fromkeys(units))

    def holder(self, case_id: str, today: date) -> str:
        """Name who has claimed a case for today."""
        held = [
            row.claimed_by for row, _unit in self.rows.get(case_id, ()) if row.claimed_on == today
        ]
        return self.people[held[-1]].name if held and held[-1] else ""


def lying(session: Session, case_ids: list[str]) -> Lying:
    """Return who works on cases, and the people whom their work items name, in two statements."""
    rows: dict[str, list[tuple[WorkItem, str]]] = {}
    if not case_ids:
        return Lying(rows, {})
    kept.write_out(session)
    for values in _LYING.dicts(session, cases=case_ids):
        unit = values.pop("unit_name")
        row = known(session, WorkItem, values)
        rows.setdefault(row.case_id, []).append((row, unit))
    for case_id in case_ids:
        parties.keep_items(session, case_id, (row for row, _unit in rows.get(case_id, ())))
    named = {
        person
        for found in rows.values()
        for row, _unit in found
        for person in (row.claimed_by, row.handed_to, row.person_id)
    }
    return Lying(rows, by_ids(session, Person, named))


# Asked for every page of a list: built once.
_items = WorkItem.__table__.c
_LYING = Prepared(
    lambda dialect: (
        sa.select(*columns(WorkItem), Unit.name.label("unit_name"))
        .join(Unit, Unit.id == _items.unit_id)
        .where(among(_items.case_id, "cases", dialect), _items.closed_at.is_(None))
        .order_by(_items.id)
    )
)


def told_of(session: Session, found: Iterable[Case]) -> list:
    """Load the people, party days and successors that the lines of cases tell of, in a statement
    each.

    As long as they are kept the session finds them by their ids without asking again.
    """
    found = list(found)
    people = {one for case in found for one in (case.data_subject_id, case.facts.get("member"))}
    days = {case.facts.get("activity") for case in found}
    heirs = {case.unit.successor_id for case in found}
    wanted = ((Person, people), (Activity, days), (Unit, heirs))
    rows = [row for model, ids in wanted for row in by_ids(session, model, ids).values()]
    listed = [row for row in rows if isinstance(row, Person)]
    apart = told_apart(listed)
    marked = {one.id: apart[one.id] for one in listed if apart[one.id] != one.name}
    session.info[_CALLED] = session.info.get(_CALLED, {}) | marked
    return rows


def called(session: Session, person_id: str | None) -> str:
    """Return how a person is called among those of the lists that were read: namesakes are told
    apart.
    """
    return session.info.get(_CALLED, {}).get(person_id or "") or person_name(session, person_id)


# Lists -------------------------------------------------------------------------------------------


def _within(filters: Filters, today: date):
    """Yield what narrows a list. Raises InvalidInput."""
    if filters.workflow:
        yield Case.workflow == filters.workflow
    if filters.unit_path:
        yield Case.unit_id.in_(boxes.below([filters.unit_path]))
    if filters.due:
        yield _due(filters.due, today)


def _due(limit: str, today: date):
    """Return the condition of a filter by deadlines. Raises InvalidInput."""
    limits = {
        "overdue": Case.due_on < today,
        "today": Case.due_on == today,
        "week": sa.and_(
            Case.due_on >= today, Case.due_on <= today + timedelta(days=7 - today.isoweekday())
        ),
    }
    if limit not in limits:
        raise InvalidInput({"due": say("没有这个筛选：%(due)s。", due=limit[:20])})
    return limits[limit]


def cases(
    session: Session,
    who,
    box: str,
    today: date,
    filters: Filters = Filters(),  # noqa: B008
    cursor: str | None = None,
    limit: int = 25,
) -> Page:
    """Return a page of a box, the next due (or to be followed up) first; `cursor` is the last row's
    day and id.
    """
    _known(box)
    after = _read(cursor) if cursor else None
    narrowed = list(_within(filters, today))
    rows = _LISTS.get(box, _sorted)(session, who, box, narrowed, after, limit + 1)
    return Page(
        _loaded(session, [case_id for _day, case_id in rows[:limit]]),
        _cursor(*rows[limit - 1]) if len(rows) > limit else None,
    )


def _known(box: str) -> None:
    if box not in BOXES:
        raise InvalidInput({"box": say("没有这个分类：%(box)s。", box=box[:20])})


def _loaded(session: Session, ids: list[str]) -> list[Case]:
    """Return cases with their units, in the order of their ids."""
    found = by_ids(session, Case, ids)
    standing.place(session, found.values())
    return [found[case_id] for case_id in ids]


def _sorted(session: Session, who, box: str, narrowed: list, after: Place | None, n: int):
    """Return the next days and ids of a box whose candidates are few."""
    make = partial(_sorted_rows, who, box, narrowed, after, n)
    first = after is None and not narrowed
    return asked(session, who, (box, n), make) if first else session.execute(make()).all()


def _sorted_rows(who, box: str, narrowed: list, after: Place | None, n: int):
    day = _day_of(who, box)
    order: tuple = (day, Case.id)
    follows = sa.true() if after is None else _later(day, Case.id, after)
    if box == "done":
        order = (Case.closed_at.desc(), Case.id.desc())
        follows = sa.true() if after is None else _done_before(after[1])
    statement = sa.select(day, Case.id).where(
        boxes.among(who, box), boxes.box(who, box), *narrowed, follows
    )
    return statement.order_by(*order).limit(n)


def _done_before(case_id: str):
    """Return the condition that a case was done before another one."""
    last = sa.select(_other.closed_at).where(_other.id == case_id).scalar_subquery()
    return sa.tuple_(Case.closed_at, Case.id) < sa.tuple_(last, sa.literal(case_id, Id))


def _under(session: Session, who, _box: str, narrowed: list, after: Place | None, n: int):
    """Return the next days and ids of what is open in sight: first what is due, then the rest."""
    if not boxes.over_zone(who):
        return _sorted(session, who, "units", narrowed, after, n)
    base = sa.select(sa.func.coalesce(Case.due_on, NEVER).label("day"), Case.id).where(
        boxes.among(who, "units"), boxes.box(who, "units"), *narrowed
    )
    due = base.where(Case.due_on.is_not(None)).order_by(Case.due_on, Case.id).limit(n)
    rest = base.where(Case.due_on.is_(None)).order_by(Case.due_on, Case.id).limit(n)
    if after is not None:
        due = due.where(_later(Case.due_on, Case.id, after))
        rest = rest.where(Case.id > after[1]) if after[0] == NEVER else rest
    both = sa.union_all(*(sa.select(part.subquery()) for part in (due, rest))).subquery()
    return session.execute(sa.select(both).order_by(both.c.day, both.c.id).limit(n)).all()


def _at_seats(session: Session, who, _box: str, narrowed: list, after: Place | None, n: int):
    """Return the next days and ids of what waits for the reader.

    The next rows of every seat are taken together and judged; where too few are his, those after
    them.
    """
    found: dict[str, tuple[date, str]] = {}
    take, whole = n + SPARE, False
    while len(found) < n and not whole:
        make = partial(_next_rows, who, narrowed, after, take)
        first = after is None and not narrowed
        rows = asked(session, who, ("next", take), make) if first else session.execute(make()).all()
        found |= {row.case_id: (row.day, row.case_id) for row in rows if row.his}
        whole = len(rows) < take
        after = (rows[-1].day, rows[-1].case_id) if rows else None
    return list(found.values())[:n]


def _next_rows(who, narrowed: list, after: Place | None, take: int):
    """Return the statement for the next rows at the reader's seats, and whether each is his to act
    on.
    """
    next_ones = sa.union_all(
        *(
            sa.select(_cut(part, narrowed, after, take, own=place == 0).subquery())
            for place, part in enumerate(boxes.rows(who, boxes.TO_DO))
        )
    ).subquery()
    return (
        sa.select(next_ones.c.day, next_ones.c.case_id, on_my_desk(who, boxes.TO_DO).label("his"))
        .join(WorkItem, WorkItem.id == next_ones.c.id)
        .join(Case, Case.id == next_ones.c.case_id)
        .order_by(next_ones.c.day, next_ones.c.case_id)
        .limit(take)
    )


def _cut(part, narrowed: list, after: Place | None, take: int, own: bool):
    """Return the next rows of one seat, in the order of its index.

    A row that names a person may have an older day than its case; a seat's has the day of its case.
    """
    day = sa.func.coalesce(Case.due_on, NEVER) if own else WorkItem.due_on
    follows = [] if after is None else [_later(day, WorkItem.case_id, after)]
    return (
        part.with_only_columns(WorkItem.id, day.label("day"), WorkItem.case_id)
        .join(Case, Case.id == WorkItem.case_id)
        .where(Case.closed_at.is_(None), *narrowed, *follows)
        .order_by(day, WorkItem.case_id)
        .limit(take)
    )


_LISTS: dict[str, Callable] = {"mine": _at_seats, "units": _under}


def _day_of(who, box: str):
    """Return by which day the cases of a box are ordered: the reader's own date, or the deadline."""
    if box == "follow_up":
        return sa.select(FollowUp.day).where(followed(who)).correlate(Case).scalar_subquery()
    return sa.func.coalesce(Case.due_on, NEVER)


def _later(day, case_id, after: Place):
    """Return the condition that a row comes after a place in the order of a list."""
    return sa.tuple_(day, case_id) > sa.tuple_(
        sa.literal(after[0], sa.Date), sa.literal(after[1], Id)
    )


def come(
    session: Session, who, today: date, filters: Filters = Filters(), limit: int = 25
) -> First:  # noqa: B008
    """Return the cases that the reader wanted to follow up by today, the earliest first."""
    narrowed = [*_within(filters, today), _day_of(who, "follow_up") <= today]
    rows = _sorted(session, who, "follow_up", narrowed, None, limit + 1)
    return First(_loaded(session, [case_id for _day, case_id in rows]), limit)


def _cursor(day: date, case_id: str) -> str:
    return f"{day.isoformat()}_{case_id}"


def _read(cursor: str) -> Place:
    """Return the place at which a page begins. Raises InvalidInput."""
    try:
        day, case_id = cursor.split("_")
        return date.fromisoformat(day), str(uuid.UUID(case_id))
    except ValueError:
        raise InvalidInput({"cursor": N_("翻页标记无效，请从第一页开始。")}) from None


# Counts ------------------------------------------------------------------------------------------


def counts(session: Session, who, box: str, today: date, filters: Filters = Filters()) -> dict:  # noqa: B008
    """Count a box by workflow."""
    _known(box)
    if box == "mine" and not (filters.due or filters.unit_path):
        found, _unread = waiting(session, who)
        return {name: n for name, n in found.items() if filters.workflow in (None, name)}
    statement = (
        sa.select(Case.workflow, sa.func.count())
        .where(boxes.among(who, box), boxes.box(who, box), *_within(filters, today))
        .group_by(Case.workflow)
    )
    return dict(session.execute(statement).all())


def waiting(session: Session, who) -> tuple[dict[str, int], int]:
    """Count what waits for the reader, by workflow, and the lines in his bell, in one statement.

    All that lies at his offices is counted from an index alone; what is doubtful is judged. Business
    that superiors open is looked for among all that he ever opened only where such lies there.
    """
    openers = {workflow.name: workflow.opened_by for workflow in workflows.every()}
    known = frozenset(one.name for one in openers.values() if one.candidate_group in boxes.BELOW)
    counts = _waiting(session, who, known)
    if more := {openers[name].name for name in counts if name in openers} - known:
        counts = _waiting(session, who, known | more)
    unread = counts.pop("")
    return {name: n for name, n in counts.items() if n}, unread


def _waiting(session: Session, who, openers: frozenset[str]) -> dict[str, int]:
    """Return the counts by workflow, also where they come to nothing, and without a name the bell's."""
    counts: Counter[str] = Counter()
    name = ("waiting", openers)
    for workflow, n in asked(session, who, name, lambda: _all_waiting(who, openers)):
        counts[workflow or ""] += int(n)  # PostgreSQL sums decimals
    return dict(counts)


def _all_waiting(who, openers: frozenset[str]):
    bell = outbox.unread_of(who.id).scalar_subquery()
    return sa.union_all(_lying_at(who), _less(who, openers), sa.select(sa.null(), bell))


def _lying_at(who):
    """Return the statement that counts the rows at the reader's offices by workflow; of the rows that
    name him only the workflows, since they are judged.
    """
    own, *seats = boxes.rows(who, boxes.TO_DO)
    rows = [
        part.with_only_columns(WorkItem.workflow, n.label("n")).group_by(WorkItem.workflow)
        for part, n in ((own, sa.literal(0)), *((seat, sa.func.count()) for seat in seats))
    ]
    lying = sa.union_all(*rows).subquery()
    return sa.select(lying.c.workflow, sa.func.sum(lying.c.n)).group_by(lying.c.workflow)


def _less(who, openers: frozenset[str]):
    """Return the statement that says by workflow how many cases are the reader's of those that are
    doubtful, less the rows that were counted of them.
    """
    rows = sa.select(sa.func.count()).where(WorkItem.case_id == Case.id, boxes.at_offices(who))
    his = sa.case((boxes.box(who, "mine"), 1), else_=0)
    more = sa.func.sum(his - rows.correlate(Case).scalar_subquery())
    return (
        sa.select(Case.workflow, more)
        .where(Case.id.in_(boxes.doubtful(who, openers)))
        .group_by(Case.workflow)
    )


def box_count(session: Session, who, box: str) -> int:
    """Count a box."""
    _known(box)
    if box == "mine":
        return sum(waiting(session, who)[0].values())
    return box_counts(session, who, box)[box]


def box_counts(session: Session, who, *names: str) -> dict[str, int]:
    """Count other boxes than what waits for the reader and, as `unread`, the unread notices, in one
    statement.
    """
    [found] = asked(session, who, names, lambda: _counts_of(who, names))
    return found._asdict()


def _counts_of(who, names: tuple[str, ...]):
    counts = {box: _counted(who, box) for box in names} | {"unread": outbox.unread_of(who.id)}
    return sa.select(*(one.scalar_subquery().label(name) for name, one in counts.items()))


def _counted(who, box: str):
    found = sa.select(sa.func.count()).select_from(Case)
    if box in boxes.OPEN_ONLY:  # most of what somebody did is closed: not looked up in full
        found = found.with_hint(Case, "INDEXED BY ix_cases_open_id", "sqlite")
    return found.where(boxes.among(who, box), boxes.box(who, box))


def open_of(session: Session, workflow: str, unit_id: str, matters: Iterable[str]) -> list[Case]:
    """Return what a unit has open in one kind of business, of these matters where there are any."""
    wanted = sa.select(Case).where(Case.workflow == workflow, Case.unit_id == unit_id)
    if keys := list(matters):
        wanted = wanted.where(Case.business_key.in_(keys))
    return list(session.scalars(wanted.where(Case.closed_at.is_(None))))


def units_in_sight(session: Session, who) -> list[Unit]:
    """Return the reader's units, own unit first, then by place in the tree."""
    paths = [Unit.path.startswith(prefix, autoescape=True) for prefix in who.sight]
    rows = session.scalars(
        sa.select(Unit).where(
            Unit.zone_id == who.zone_id, Unit.kind != "group", sa.or_(sa.false(), *paths)
        )
    )
    own = {post.unit_id for post in who.posts} | ({who.branch.id} if who.branch else set())
    return sorted(
        rows, key=lambda unit: (unit.id not in own, unit.path.count("/"), unit.sort, unit.id)
    )


def branches_in_sight(
    session: Session, who, name: str = "", since: date | None = None
) -> list[sa.Row]:
    """Return the outlines of the branches in the reader's sight that still exist, or were there after
    a day, town by town in the fixed order of organizations, whoever reads; `name` is a part of theirs.
    """

    def seen(**there) -> sa.Select:
        paths = [Unit.path.startswith(prefix, autoescape=True) for prefix in who.sight]
        return outlines(who.zone_id, Unit.kind == "branch", sa.or_(sa.false(), *paths), **there)

    called = Unit.name.contains(name, autoescape=True)
    rows = (
        asked(session, who, "branches", seen) if not name else session.execute(seen().where(called))
    )
    rows = [*rows]
    if since is not None:
        rows += session.execute(seen(there=sa.and_(Unit.ended_on > since, called)))
    above = {row.parent_id for row in rows}
    towns = {one.id: (one.sort, one.id) for one in standing.rows(session, who.zone_id, [*above])}
    return sorted(rows, key=lambda row: (*towns[row.parent_id], row.sort, row.id))
