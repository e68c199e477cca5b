"""The superior's month table: branches by months, each cell in words, with 组织生活会 and 民主评议 beside;
and the reminders that a superior sends from it. A page of it asks as much for forty branches as for one.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import date, timedelta
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from sqlalchemy.orm import Session

from oversight.base.clock import LOCAL, Moment, local_day
from oversight.base.db import by_ids, columns, objects
from oversight.base.prepared import Prepared, among
from oversight.base.refusals import Forbidden, InvalidInput, NotFound
from oversight.base.sentences import N_, Sentence, say
from oversight.calendar.party_days import (
    COPIED,
    activity_for,
    before_start,
    in_trial,
    month_end,
    owed,
    stage,
)
from oversight.calendar.zone import apart_july, urged_since, zone_settings
from oversight.engine import outbox
from oversight.engine.use_case import use_case
from oversight.models import Activity, Case, LifeMeeting, OutboxMessage, Unit, chains
from oversight.organization.actor import Actor, AuthorityBasis
from oversight.rules import life_meetings as life

from . import attendance
from .month import Month

SIZE = 40
MOST_URGED = 500
KINDS = {"held": "ok", "late": "late", "missed": "late", "unrecorded": "warn", "excused": "info"}
WORDS = {
    "held": N_("已开展"),
    "late": N_("未按期"),
    "missed": N_("未开展"),
    "unrecorded": N_("待登记"),
    "excused": N_("缓开"),
    "unplanned": N_("待定日"),
    "not_owed": N_("不在考核期"),
}
BEFORE_START = N_("启用前")
ON_TRIAL = ("info", N_("试运行"))
NOT_KEPT = ("void", "terminated", "unfinished")  # appraisals that are none


@dataclass(frozen=True)
class Cell:
    """What one place of the table says: (kind, word) each; `key` names what can be urged, or ""."""

    words: tuple[tuple[str, str | Sentence], ...]
    key: str = ""


@dataclass(frozen=True)
class Row:
    """A branch's year; of one that is gone nothing more is asked."""

    unit: Unit
    months: tuple[Cell, ...]
    life: tuple[Cell, ...]
    appraisal: Cell
    case: str | None = None


def read(
    session: Session, units: list[Unit], year: int, today: date, clock: ZoneInfo = LOCAL
) -> list[Row]:
    """Return the rows of these branches; `clock`: the time zone of their days."""
    ids = [unit.id for unit in units]
    days = _days(session, ids, year)
    counted = attendance.counts(session, [row.id for row in days.values()])
    until = life.put_off(session, units[0].zone_id, year) if units else None
    meetings, graded = _meetings(session, ids, year, until, clock), appraised(session, ids, year)
    found = []
    for unit in units:
        case = graded.get(unit.id)
        found.append(
            Row(
                unit,
                _months(session, unit, days, counted, year, today),
                tuple(
                    _term(session, unit, term, meetings.get(unit.id, {}), until, today)
                    for term in life.terms(unit, year)
                ),
                _appraisal(unit, case, year, until, today),
                case.id if case else None,
            )
        )
    return [_left(row) if row.unit.ended_on else row for row in found]


def _months(session, unit: Unit, days: dict, counted, year: int, today) -> tuple[Cell, ...]:
    """Say how each month of a branch stands; 七一 beside July where it is apart."""
    cells = [
        _month(session, unit, days.get((unit.id, n)), counted, year, n, today) for n in range(1, 13)
    ]
    cells[6] = _with_july(session, unit, days.get((unit.id, 0)), cells[6], today)
    return tuple(cells)


def _left(row: Row) -> Row:
    """Return the row of a branch that is gone: what was, and nothing to be urged."""
    months, life_ = (tuple(Cell(one.words) for one in cells) for cells in (row.months, row.life))
    return replace(
        row, months=months, life=life_, appraisal=row.appraisal if row.case else Cell(())
    )


_DAYS = Prepared(
    lambda dialect: sa.select(*columns(Activity)).where(
        among(Activity.__table__.c.unit_id, "units", dialect),
        Activity.year == sa.bindparam("of_year"),
        Activity.kind.in_(("party_day", "july")),
    )
)
_MEETINGS = Prepared(
    lambda dialect: sa.select(
        LifeMeeting.unit_id, LifeMeeting.held_on, LifeMeeting.noted_at, LifeMeeting.source
    ).where(
        among(LifeMeeting.__table__.c.unit_id, "units", dialect),
        LifeMeeting.held_on.between(
            sa.bindparam("since", type_=sa.Date), sa.bindparam("until", type_=sa.Date)
        ),
        LifeMeeting.withdrawn_at.is_(None),
    )
)
_APPRAISED = Prepared(
    lambda dialect: (
        sa.select(*columns(Case))
        .where(
            Case.workflow == "appraisal",
            among(Case.__table__.c.unit_id, "units", dialect),
            Case.state.not_in(NOT_KEPT),
        )
        .order_by(Case.id)
    )
)


def _days(session: Session, ids: list[str], year: int) -> dict[tuple[str, int], Activity]:
    rows = objects(session, Activity, _DAYS, units=ids, of_year=year)
    return {(row.unit_id, 0 if row.kind == "july" else row.month): row for row in rows}


def _month(session, unit: Unit, row: Activity | None, counted, year: int, n: int, today) -> Cell:
    """Say how a month stands; one that has not come says nothing."""
    if before_start(unit, month_end(year, n)):
        return Cell((("", COPIED if row is not None and row.source else BEFORE_START),))
    if row is None or not owed(unit, year, n):
        return Cell(())
    one = Month(session, unit, row, None, today, saved=True, counted=counted.get(row.id))
    words = _tried([*_how(one, date(year, n, 1)), *_recorded(one)], one.trial)
    return Cell(tuple(words), f"{unit.id}:m{n}" if _asks(one) else "")


def _how(one: Month, begin: date) -> Iterator[tuple[str, str | Sentence]]:
    """Yield how the day stands."""
    if one.stands in KINDS or one.stands == "unplanned" and begin <= one.today:
        yield KINDS.get(one.stands, ""), WORDS[one.stands]


def _recorded(one: Month) -> Iterator[tuple[str, str | Sentence]]:
    """Yield what is to be said of the record of a day."""
    if one.entry == "late":
        yield "warn", N_("补录")
    if one.bettered:
        yield "warn", N_("更正")
    if one.row.held_on and not one.counted:
        yield "warn", WORDS["unrecorded"]
    if one.counted and one.counted.open:
        yield "late", say("待补课 %(n)s", n=one.counted.open)


def _asks(one: Month) -> bool:
    """True where the branch has something left to do about a month."""
    if one.stands in ("held", "late"):
        return not one.counted or bool(one.counted.open)
    return one.stands in ("unrecorded", "missed")


def _tried(words: list, trial: bool) -> list:
    """Mark what stands in a time of trial: no breach, whatever it says."""
    late = any(kind == "late" for kind, _word in words)
    if not trial or not late:
        return words
    return [*(("info" if kind == "late" else kind, word) for kind, word in words), ON_TRIAL]


def _with_july(session, unit: Unit, row: Activity | None, cell: Cell, today) -> Cell:
    """Add how 七一 stands where it is apart from July's party day."""
    if row is None or not (row.held_on or apart_july(zone_settings(session, unit.zone_id))):
        return cell
    stands = Month(session, unit, row, None, today, saved=True).stands
    if stands not in KINDS:
        return cell
    said = say("“七一”%(word)s", word=WORDS[stands])
    return Cell((*cell.words, (KINDS[stands], said)), cell.key)


def _meetings(
    session: Session, ids: list[str], year: int, until: date | None, clock: ZoneInfo
) -> dict[str, dict[date, date | None]]:
    """Return the days of the meetings of a year, and until the day to which it was put off, by branch, each
    with the day on which it was noted; None: a transcript.
    """
    begin, end = date(year, 1, 1), until or date(year, 12, 31)
    found: dict[str, dict[date, date | None]] = {}
    for unit_id, on, at, source in _MEETINGS.rows(session, units=ids, since=begin, until=end):
        found.setdefault(unit_id, {})[on] = None if source else local_day(at, clock)
    return found


def _noted_late(session: Session, unit: Unit, on: date, held: dict[date, date | None]) -> bool:
    noted_on = held[on]
    return noted_on is not None and life.noted_late(session, unit.zone_id, on, noted_on)


def _term(
    session: Session,
    unit: Unit,
    term: life.Term,
    held: dict[date, date | None],
    until: date | None,
    today: date,
) -> Cell:
    """Say whether a half-year, or the fourth quarter, had its 组织生活会."""
    name = life.LABELS[term.name]
    if days := [on for on in held if term.begin <= on <= term.end]:
        done = "ok", say("%(term)s已召开", term=name)
        late = _noted_late(session, unit, min(days), held)
        return Cell((done, ("warn", N_("补录"))) if late else (done,))
    if before_start(unit, term.end):
        return Cell((("", BEFORE_START),))
    if not life.owed(unit, term) or term.begin > today:
        return Cell(())
    if until and life.waits(term, until, held, today):
        return Cell((("info", say("%(term)s按区部署延至%(m)s月", term=name, m=until.month)),))
    return Cell(tuple(_not_met(session, unit, term, today)), f"{unit.id}:l-{term.name}")


def _not_met(session: Session, unit: Unit, term: life.Term, today: date) -> list:
    name = life.LABELS[term.name]
    if term.end >= today:
        return [("warn", say("%(term)s还没有召开", term=name))]
    missed = ("late" if term.must else "warn", say("%(term)s没有召开", term=name))
    return _tried([missed], in_trial(session, unit, term.end, term.end))


def appraised(session: Session, ids: list[str], year: int) -> dict[str, Case]:
    """Return the newest appraisal of a year by branch."""
    rows = objects(session, Case, _APPRAISED, units=ids)
    return {case.unit_id: case for case in rows if case.facts.get("year") == year}


def _appraisal(unit: Unit, case: Case | None, year: int, until: date | None, today: date) -> Cell:
    """Say how far the year's 民主评议 has come; none at all is said too, once the year's end is near."""
    if case is not None:
        done = case.state in ("told", "filed", "closed")
        return Cell((("ok" if done else "info", N_("已评定") if done else N_("正在开展")),))
    if before_start(unit, date(year, 12, 31)):
        return Cell((("", BEFORE_START),))
    begun = today >= date(year, 1 if unit.rule_set == "organ" else 10, 1)
    if not begun:
        return Cell(())
    if until and today <= until and unit.rule_set != "organ":
        return Cell((("info", say("按区部署延至%(m)s月", m=until.month)),))
    over = today > date(year, 12, 31)
    kind, word = ("late", N_("没有开展")) if over else ("warn", N_("还没有开展"))
    return Cell(((kind, word),), f"{unit.id}:a")


# Urging ------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Urged:
    """How many things were urged, in how many branches, and how many had been lately."""

    things: int
    branches: int
    lately: int


def urge(session: Session, keys: list[str], year: int, who: Actor, at: Moment) -> Urged:
    """Remind branches of what their superior's table shows open, and commit.

    Raises NotFound, Forbidden, InvalidInput.
    """
    with use_case(session, who, at, "urge"):
        return _urge(session, list(dict.fromkeys(keys)), year, who, at)


def _urge(session: Session, keys: list[str], year: int, who: Actor, at: Moment) -> Urged:
    if not 0 < len(keys) <= MOST_URGED:
        raise InvalidInput({"cell": N_("请勾选要催办的事项，一次最多 500 项。")})
    wanted = {key.partition(":")[0] for key in keys}
    units = by_ids(session, Unit, wanted)
    stands = {unit_id: _superior(units.get(unit_id), who) for unit_id in wanted}
    shown = read(session, list(units.values()), year, at.today, at.zone)
    open_ = {cell.key for row in shown for cell in (*row.months, *row.life, row.appraisal)} - {""}
    due = [key for key in keys if key in open_]
    lately = _lately(session, due, year, who, at)
    fresh = [key for key in due if key not in lately]
    for key in fresh:
        unit, _, what = key.partition(":")
        _tell(session, units[unit], what, year, who, stands[unit], at)
    return Urged(len(fresh), len({key.partition(":")[0] for key in fresh}), len(lately))


def _superior(unit: Unit | None, who: Actor) -> AuthorityBasis:
    """Return the post by which somebody stands above a branch. Raises NotFound, Forbidden."""
    if unit is None or unit.kind != "branch" or not who.sees(unit):
        raise NotFound()
    above = [post for post in who.posts if post.unit_id != unit.id and unit.within(post.unit.path)]
    held = [post for post in above if post.unit.path in who.business]
    if not held:
        raise Forbidden(N_("催办由支部的上级党组织办理。"), rule="authority")
    return AuthorityBasis(held[0].unit_id, "superior", held[0].office)


def _key(key: str, year: int, day: date) -> str:
    return f"urge:{key}:{year}:{day.isoformat()}"


def _lately(session: Session, keys: list[str], year: int, who: Actor, at: Moment) -> set[str]:
    """Return what was urged within the last working days."""
    since = urged_since(session, who.zone_id, at.today)
    days = [since + timedelta(days=n) for n in range(1, (at.today - since).days + 1)]
    named = {_key(key, year, day): key for key in keys for day in days}
    found = session.scalars(
        sa.select(OutboxMessage.key).where(
            OutboxMessage.zone_id == who.zone_id, OutboxMessage.key.in_(list(named))
        )
    )
    return {named[one] for one in found}


def _tell(
    session: Session,
    unit: Unit,
    what: str,
    year: int,
    who: Actor,
    stand: AuthorityBasis,
    at: Moment,
) -> None:
    """Let the branch's leaders read it, and the day's own 经过 keep it."""
    payload = {"unit": unit.id, "text": _text(what, year), "ladders": ["branch"]}
    key = _key(f"{unit.id}:{what}", year, at.today)
    outbox.enqueue(session, unit.zone_id, key, "tell", payload, at.now)
    if what.startswith("m"):
        row = activity_for(session, unit, year, int(what[1:]))
        act = chains.Act(
            row.zone_id, row.id, "party_day", "urge", stage(row, "urge"), at.now, who.id, stand
        )
        chains.add(session, act)


def _text(what: str, year: int) -> str | Sentence:
    if what.startswith("m"):
        return say("上级催办：%(m)s月主题党日还有登记或补课没有办，请尽快办理。", m=what[1:])
    if what == "a":
        return say("上级催办：%(y)s年度民主评议党员还没有开展，请尽快安排。", y=year)
    term = life.LABELS[what.removeprefix("l-")]
    return say("上级催办：%(term)s组织生活会还没有登记，请尽快召开或登记。", term=term)


def may_urge(units: Iterable[Unit], who: Actor) -> bool:
    """True where the reader stands above one of these branches."""
    for unit in units:
        try:
            _superior(unit, who)
        except (NotFound, Forbidden):
            continue
        return True
    return False
