"""A party day's record: every member of the roster in one of four classes, and what follows from it.

Recording confirms and files; make-ups follow as its supplement. A correction is a new version with its reason,
and the follow-ups of those concerned come and go with it.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from datetime import date

import sqlalchemy as sa
from sqlalchemy.orm import Session

from .. import authority, engine
from ..authority import Actor
from ..clock import Moment
from ..errors import NotInSight, RuleSaysNo, WordsWrong
from ..models import Activity, Attendance, Case, Person
from ..models.attendance import CATEGORIES, FORMS
from ..rules.activities import change, month_end
from ..rules.people import expected
from ..sentences import say

MISSING = ("leave", "absent")


@dataclass(frozen=True)
class Sheet:
    """An attendance sheet: `entries` maps a person's id to (class, form, category)."""

    entries: dict[str, tuple[str, str | None, str | None]]
    held_on: date | None = None
    host: str | None = None
    host_why: str | None = None
    why: str | None = None
    twice: tuple[str, ...] = field(default=())


def read_sheet(raw: dict) -> Sheet:
    """Read a sheet as the API and the page send it. Raises WordsWrong."""
    listed: list[tuple[str, tuple[str, str | None, str | None]]] = []
    listed += [(person, ("present", None, None)) for person in _ids(raw, "present")]
    listed += [(person, ("other_form", _form(value), None)) for person, value in _pairs(raw, "other_form")]
    listed += [(person, ("leave", None, _category(value))) for person, value in _pairs(raw, "leave")]
    listed += [(person, ("absent", None, None)) for person in _ids(raw, "absent")]
    counted = Counter(person for person, _ in listed)
    return Sheet(dict(listed), _day(raw.get("held_on")), raw.get("host") or None, _text(raw, "host_why"),
                 _text(raw, "why"), tuple(person for person, count in counted.items() if count > 1))


def _ids(raw: dict, name: str) -> list[str]:
    value = raw.get(name) or []
    if not isinstance(value, list) or not all(isinstance(entry, str) for entry in value):
        raise WordsWrong({name: "应是党员编号的列表。"})
    return value


def _pairs(raw: dict, name: str) -> list[tuple[str, str]]:
    value = raw.get(name) or {}
    if not isinstance(value, dict):
        raise WordsWrong({name: "应是党员编号到内容的对照。"})
    return list(value.items())


def _text(raw: dict, name: str) -> str | None:
    value = raw.get(name)
    return str(value).strip()[:200] or None if value else None


def _form(value) -> str:
    found = next((key for key, label in FORMS.items() if value in (key, label)), None)
    if found is None:
        raise WordsWrong({"other_form": say("其他方式请从{forms}中选择。", forms="、".join(FORMS.values()))})
    return found


def _category(value) -> str:
    if value not in CATEGORIES:
        raise WordsWrong({"leave": say("请假原因请从{categories}中选择。", categories="、".join(CATEGORIES))})
    return value


def _day(value) -> date | None:
    try:
        return date.fromisoformat(value) if value else None
    except (TypeError, ValueError):
        raise WordsWrong({"held_on": "开展日期要写成 2026-01-09 这样的日期。"}) from None


def record(session: Session, activity_id: str, sheet: Sheet, who: Actor, at: Moment) -> Activity:
    """Record or correct who took part, file it, and open or close the follow-ups. Does not commit.

    Raises NotInSight, NotYours, WordsWrong, RuleSaysNo. Source: G-3.2.1a
    """
    activity = session.get(Activity, activity_id, with_for_update=True)
    if activity is None:
        raise NotInSight()
    standing = authority.leads(session, activity.unit, who)
    held_on = _held_on(activity, sheet, at)
    before = {row.person_id: row for row in session.scalars(
        sa.select(Attendance).where(Attendance.activity_id == activity.id))}
    roster = list(before) or [person.id for person in expected(session, activity.unit_id, held_on)]
    _must_add_up(session, roster, sheet)
    what = _changed(before, sheet)
    if not what and activity.confirmed_at and held_on == activity.held_on:
        return activity
    if before and not sheet.why:
        raise RuleSaysNo("更正已确认的考勤要写明原因。", field="why", house_rule="更正是新的一版，写明何人、何事、为何。")
    _write(session, activity, before, sheet)
    _note(session, activity, sheet, held_on, what, who, at)
    _follow_up(session, activity, sheet, who, at, standing)
    return activity


def _held_on(activity: Activity, sheet: Sheet, at: Moment) -> date:
    held_on = sheet.held_on or activity.held_on or activity.day
    if held_on is None:
        raise RuleSaysNo("这个月还没有定活动日，请写明开展日期。", field="held_on")
    if held_on > at.today:
        raise RuleSaysNo("活动还没有开展，不能先登记考勤。", field="held_on", clause="G-3.2.1a")
    if not date(activity.year, activity.month, 1) <= held_on <= month_end(activity.year, activity.month):
        raise RuleSaysNo(say("开展日期必须在 {month} 月之内。", month=activity.month), field="held_on",
                         clause="G-2.1.2b")
    return held_on


def _must_add_up(session: Session, roster: list[str], sheet: Sheet) -> None:
    """Everyone expected once and nobody else. Raises WordsWrong naming who."""
    problems = {}
    for name, people, sentence in (
            ("twice", sheet.twice, "有人登记了两次：{names}。"),
            ("missing", set(roster) - set(sheet.entries), "有人没有登记：{names}。"),
            ("strange", set(sheet.entries) - set(roster), "不在这次应到名单里：{names}。")):
        if people:
            problems[name] = say(sentence, names=_names(session, people))
    if problems:
        raise WordsWrong(problems)


def _names(session: Session, people) -> str:
    known = {}
    for person_id in sorted(people)[:20]:
        try:
            person = session.get(Person, person_id)
        except (ValueError, sa.exc.StatementError):
            person = None
        known[person_id] = person.name if person else str(person_id)[:40]
    return "、".join(known.values())


def _changed(before: dict[str, Attendance], sheet: Sheet) -> dict:
    old = {person: [row.kind, row.form, row.category] for person, row in before.items()}
    return {person: [old.get(person), list(entry)] for person, entry in sheet.entries.items()
            if old.get(person) != list(entry)}


def _write(session: Session, activity: Activity, before: dict[str, Attendance], sheet: Sheet) -> None:
    for person, (kind, form, category) in sheet.entries.items():
        row = before.get(person) or Attendance(activity_id=activity.id, person_id=person,
                                               zone_id=activity.zone_id)
        row.kind, row.form, row.category = kind, form, category
        session.add(row)
    session.flush()


def _note(session: Session, activity: Activity, sheet: Sheet, held_on: date, what: dict, who: Actor,
          at: Moment) -> None:
    """File the record, with everything it replaced."""
    change(session, activity, at, sheet.why or "登记考勤", by=who.id, attendance=what, held_on=held_on,
           held_entered_at=activity.held_entered_at or at.now, confirmed_at=at.now, confirmed_by=who.id,
           host_id=sheet.host or activity.host_id, host_why=sheet.host_why or activity.host_why)


def _follow_up(session: Session, activity: Activity, sheet: Sheet, who: Actor, at: Moment, standing) -> None:
    """Open a follow-up for each on leave or absent; end those whose member is so no longer."""
    subjects = {f"{activity.id}:{person}": person for person in sheet.entries}
    have = {case.subject: case for case in session.scalars(sa.select(Case).where(
        Case.workflow == "absence", Case.subject.in_(list(subjects)), Case.state.not_in(("void", "corrected"))))}
    for subject, person in subjects.items():
        missing = sheet.entries[person][0] in MISSING
        if missing and subject not in have:
            engine.open_case(session, "absence", activity.unit_id,
                             {"activity": activity.id, "member": person}, who, at, standing=standing)
        elif not missing and subject in have and have[subject].open:
            engine.recount(session, have[subject].id, at)


def balance(session: Session, activity: Activity) -> dict[str, int]:
    """Count the roster by class, and the missing by how each ended; every member counted once."""
    classes = Counter(session.scalars(sa.select(Attendance.kind).where(Attendance.activity_id == activity.id)))
    ends = Counter(state if closed else "open" for state, closed in session.execute(
        sa.select(Case.state, Case.closed_at).where(
            Case.workflow == "absence", Case.subject.startswith(f"{activity.id}:"),
            Case.state.not_in(("void", "corrected")))))
    return {**classes, "expected": sum(classes.values()), **{f"end_{name}": n for name, n in ends.items()}}
