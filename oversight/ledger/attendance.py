"""A party day's record: every member of the roster in one of four classes, and what follows from
it.

Recording confirms and files; make-ups follow as its supplement. A correction is a new version with
its reason, and the follow-ups of those concerned come and go with it.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import date

import sqlalchemy as sa
from sqlalchemy.orm import Session, joinedload

from oversight.base.clock import Moment
from oversight.base.db import by_ids, columns, insert_all, is_id, put
from oversight.base.kept import Kept, forget, plain, write_out
from oversight.base.prepared import Prepared, among
from oversight.base.refusals import Forbidden, InvalidInput, NotFound, RuleViolation
from oversight.base.rows import ids_of
from oversight.base.sentences import N_, say
from oversight.base.typed import line, says
from oversight.calendar.party_days import BETTER, change, owed, span, within_month
from oversight.calendar.zone import apart_july, zone_settings
from oversight.engine import authority, records, transitions
from oversight.engine.use_case import use_case
from oversight.law.binding import own_id
from oversight.law.inputs import read_count, read_day
from oversight.law.roles import BRANCH, OFFICES
from oversight.models import (
    Activity,
    Attendance,
    Case,
    Exempted,
    Invitee,
    Person,
    Post,
    Recusal,
    Unit,
    Zone,
    epochs,
)
from oversight.models.attendance import (
    CATEGORIES,
    CLASSES,
    FITS,
    FORMS,
    INVITED_BY,
    INVITEES,
    MODES,
    ONLY_TOLD,
)
from oversight.organization import standing
from oversight.organization.actor import Actor, AuthorityBasis
from oversight.organization.members import exempt_on, expected, listed, members
from oversight.organization.standing import in_office
from oversight.rules import unexcused
from oversight.rules.absence import keep

from . import duty_records, entries, notes
from .duty_records import JOINED, MISSING, Done

TOOK_PART = ("present", "other_form")
MOST_INVITED = 1000
TOLD = 100  # characters of what somebody exempt was told
ONE_LINE = 60  # characters of a place or a theme
HOUR = re.compile(r"([01]?\d|2[0-3]):([0-5]\d)", re.ASCII)
# How a form may be named: by key, by label with or without 参加, and as it was called before.
WORDS = {
    word: key for key, name in FORMS.items() for word in (key, name, name.removesuffix("参加"))
} | {"网络": "online", "网络参加": "online"}
NOT_KEPT = ("void", "corrected")  # follow-ups that do not stand for an absence
_recorded, _exempted = Kept("attendance"), Kept("exempted")


@dataclass(frozen=True)
class Sheet:
    """An attendance sheet: `entries` maps a person's id to (class, form, category).

    `about` are fields of the activity that the sheet states; `invitees` how many of each kind,
    None: as before. `told`: what those exempt were told, by person. `done`: what was done of the
    branch's duties, by rule key; None: as before. `version` is that of the record
    when it was read; None asks for none.
    """

    entries: dict[str, tuple[str, str | None, str | None]]
    held_on: date | None = None
    about: dict[str, str] = field(default_factory=dict)
    invitees: dict[str, int] | None = None
    why: str | None = None
    version: int | None = None
    told: dict[str, str] = field(default_factory=dict)
    done: dict[str, Done] | None = None
    twice: tuple[str, ...] = field(default=())


@dataclass(frozen=True)
class Recorded:
    """The result of a sheet: the activity, and the follow-ups opened for those on leave or absent."""

    activity: Activity
    opened: tuple[str, ...] = ()


def unrecorded(session: Session, unit_ids: Iterable[str], today: date) -> list[Activity]:
    """Return the party days of these branches that have come and of which no attendance was
    recorded.
    """
    rows = session.scalars(
        sa.select(Activity)
        .where(
            *without_record(session, list(unit_ids)),
            sa.or_(Activity.held_on.is_not(None), Activity.day <= today),
        )
        .order_by(Activity.year, Activity.month)
        .options(joinedload(Activity.unit))
    )
    return [row for row in rows if owed(row.unit, row.year, row.month)]


def without_record(session: Session, unit_ids: list[str]) -> tuple[sa.ColumnElement, ...]:
    """Return the conditions of the activities of these branches that are to have a record and have
    none.
    """
    return (
        Activity.unit_id.in_(unit_ids),
        sa.or_(Activity.kind != "july", _apart(session, unit_ids)),
        Activity.excused_by.is_(None),
        ~sa.exists().where(Attendance.activity_id == Activity.id),
    )


def _apart(session: Session, unit_ids: list[str]):
    """Return the condition that 七一 is asked for apart from July's party day."""
    unit = session.get(Unit, unit_ids[0]) if unit_ids else None
    return sa.literal(unit is not None and apart_july(zone_settings(session, unit.zone_id)))


def read_sheet(raw: dict) -> Sheet:
    """Read a sheet as the API and the page send it. Raises InvalidInput."""
    listed: list[tuple[str, tuple[str, str | None, str | None]]] = []
    listed += [(person, ("present", None, None)) for person in _ids(raw, "present")]
    listed += [
        (person, ("other_form", _form(value), None)) for person, value in _pairs(raw, "other_form")
    ]
    listed += [
        (person, ("leave", None, _category(value))) for person, value in _pairs(raw, "leave")
    ]
    listed += [(person, ("absent", None, None)) for person in _ids(raw, "absent")]
    counted = Counter(person for person, _ in listed)
    about = {
        "host_id": raw.get("host"),
        "host_why": _text(raw, "host_why"),
        "mode": _mode(raw.get("mode")),
        "begins": _hour(raw.get("begins")),
        "place": _short(raw, "place", N_("地点")),
        "theme": _short(raw, "theme", N_("主题")),
    }
    return Sheet(
        dict(listed),
        _day(raw.get("held_on")),
        {name: value for name, value in about.items() if value},
        _invitees(raw.get("invitees")),
        _text(raw, "why"),
        _version(raw.get("version")),
        {person: str(said).strip()[:TOLD] for person, said in _pairs(raw, "told")},
        None if raw.get("duties") is None else duty_records.read(raw["duties"]),
        tuple(person for person, count in counted.items() if count > 1),
    )


def _version(value) -> int | None:
    """Read the version of the record that was looked at. Raises InvalidInput."""
    if value in (None, ""):
        return None
    found = value if type(value) is int else read_count(str(value))
    if found is None:
        raise InvalidInput({"version": N_("版本号应是一个数。")})
    return found


def _ids(raw: dict, name: str) -> list[str]:
    value = raw.get(name) or []
    if not isinstance(value, list) or not all(isinstance(entry, str) for entry in value):
        raise InvalidInput({name: N_("应是党员编号的列表。")})
    return value


def _pairs(raw: dict, name: str) -> list[tuple[str, str]]:
    value = raw.get(name) or {}
    if not isinstance(value, dict):
        raise InvalidInput({name: N_("应是党员编号到内容的对照。")})
    return list(value.items())


def _text(raw: dict, name: str) -> str | None:
    value = str(raw.get(name) or "").strip()[:200]
    return value if says(value) else None


def _short(raw: dict, name: str, label: str) -> str | None:
    """Read one line that stands beside the day. Raises InvalidInput."""
    found = line(str(raw.get(name) or ""))
    if len(found) > ONE_LINE:
        said = say("“%(label)s”最多 %(n)s 个字。", label=label, n=ONE_LINE)
        raise InvalidInput({name: said})
    return found or None


def _hour(value) -> str | None:
    """Read at what hour a party day begins. Raises InvalidInput."""
    if not value:
        return None
    found = HOUR.fullmatch(str(value).strip().replace("：", ":"))
    if found is None:
        raise InvalidInput({"begins": N_("开始时间要写成 09:00 这样。")})
    return f"{int(found[1]):02d}:{found[2]}"


def _form(value) -> str:
    found = WORDS.get(value) if isinstance(value, str) else None
    if found is None:
        raise InvalidInput(
            {"other_form": say("其他方式请从%(forms)s中选择。", forms="、".join(FORMS.values()))}
        )
    return found


def _category(value) -> str | None:
    if value and value not in CATEGORIES:
        raise InvalidInput(
            {"leave": say("请假原因请从%(categories)s中选择。", categories="、".join(CATEGORIES))}
        )
    return value or None


def _mode(value) -> str | None:
    found = next((key for key, label in MODES.items() if value in (key, label)), None)
    if value and found is None:
        raise InvalidInput(
            {"mode": say("开展方式请从%(modes)s中选择。", modes="、".join(MODES.values()))}
        )
    return found


def _invitees(value) -> dict[str, int] | None:
    """Read how many of each kind were invited. Raises InvalidInput."""
    if value is None:
        return None
    if not isinstance(value, dict) or not all(
        kind in INVITEES and type(number) is int and 0 <= number <= MOST_INVITED
        for kind, number in value.items()
    ):
        raise InvalidInput(
            {
                "invitees": say(
                    "列席人员写成类别和人数，类别从%(kinds)s中选择。",
                    kinds="、".join(INVITEES.values()),
                )
            }
        )
    return {kind: number for kind, number in value.items() if number}


def _day(value) -> date | None:
    day = read_day(value)
    if value and day is None:
        raise InvalidInput({"held_on": N_("开展日期要写成 2026-01-09 这样。")})
    return day


def submit(session: Session, activity_id: str, sheet: Sheet, who: Actor, at: Moment) -> Recorded:
    """Record a sheet and commit; a refusal changes nothing but a row in `refusals`. Raises as
    `record`.
    """
    with use_case(session, who, at, "attendance"):
        return record(session, activity_id, sheet, who, at)


def record(session: Session, activity_id: str, sheet: Sheet, who: Actor, at: Moment) -> Recorded:
    """Record or correct who took part, file it, and open or close the follow-ups. Does not commit.

    Raises NotFound, Forbidden, InvalidInput, RuleViolation. Source: G-3.2.1a, G-3.2.1e (nobody is
    left out), S-4.4c
    """
    session = plain(session)
    activity = _lock(session, activity_id)
    basis = authority.enters(session, activity.unit, who)
    if sheet.version not in (None, activity.version):
        raise entries.changed(session, activity)
    held_on = _held_on(session, activity, sheet, at)
    before = rows_of(session, activity)
    fresh = not before and activity.confirmed_at is None
    wanted = [*before, *ids_of(late(session, activity))]
    wanted = wanted if before else _expected(session, activity, held_on)
    free = [one.id for one in listed(session, activity.unit_id, held_on) if exempt_on(one, held_on)]
    came = [one for one in free if sheet.entries.get(one, ("",))[0] in TOOK_PART]
    _must_add_up(session, list(dict.fromkeys([*wanted, *came])), sheet)
    _every_leave_has_a_reason(session, sheet)
    _somebody_came(activity, sheet)
    _host_was_there(session, activity, sheet)
    _forms_fit(session, activity, before, sheet)
    guests_fit(session, activity, sheet)
    must_be_host(session, activity, sheet, held_on)
    what, about = _changed(before, sheet), stated(session, activity, sheet, held_on=held_on)
    said = _said_anew(session, activity, sheet)
    if activity.confirmed_at and not what and not about and not said:
        _record_duties(session, activity, sheet, who, basis, at)
        return Recorded(activity)
    if before and (what or about) and not sheet.why:
        raise RuleViolation(
            "更正已确认的考勤要写明原因。",
            field="why",
            **records.newest(session, activity.id),
            house_rule=N_("更正是新的一版，写明何人、何事、为何。"),
        )
    have = {} if fresh else follow_ups(session, activity, sheet.entries)
    _findings_stand(session, sheet, have)
    sheet = _held_against(session, activity, before, sheet)
    _write(session, activity, before, sheet)
    _keep_exempt(session, activity, free, sheet)
    _file(session, activity, sheet, what, about, who, basis, at)
    _record_duties(session, activity, sheet, who, basis, at)
    return Recorded(activity, tuple(_follow_up(session, activity, sheet, have, who, at, basis)))


def _lock(session: Session, activity_id: str) -> Activity:
    """Load an activity under a row lock and as it is now, and what was written of it, if nothing
    was. Raises NotFound.
    """
    row = _LOCKED.first(session, of_row=activity_id) if is_id(activity_id) else None
    if row is None:
        raise NotFound()
    activity = put(session, Activity, row._asdict())
    forget(session)  # others may have written until the row was locked
    found = _BEGUN.first(session, of_row=activity.id, of_zone=activity.zone_id)
    epochs.see(session, activity.zone_id, found.epoch)
    if not found.begun:
        _recorded.of(session)[activity.id] = _exempted.of(session)[activity.id] = {}
    standing.place(session, [activity])
    return activity


_row: sa.BindParameter[str] = sa.bindparam("of_row")
_LOCKED = Prepared(
    sa.select(*columns(Activity)).where(Activity.__table__.c.id == _row).with_for_update()
)
_BEGUN = Prepared(
    sa.select(
        Zone.epoch,
        sa.or_(
            sa.exists().where(Attendance.__table__.c.activity_id == _row),
            sa.exists().where(Exempted.__table__.c.activity_id == _row),
        ).label("begun"),
    ).where(Zone.__table__.c.id == sa.bindparam("of_zone"))
)


def _expected(session: Session, activity: Activity, on: date) -> list[str]:
    """Return the ids of the same as `roster`."""
    on = max(on, activity.unit.accountable_from)
    return [one.id for one in listed(session, activity.unit_id, on) if not exempt_on(one, on)]


def _record_duties(session: Session, activity: Activity, sheet: Sheet, who, basis, at) -> None:
    """Record what the sheet says was done of the branch's duties. Source: G-3.1.1a, G-3.2.3a"""
    if sheet.done is not None:
        duty_records.record(session, activity, sheet.done, who, basis, at, sheet.why or "")


def _held_against(
    session: Session, activity: Activity, before: dict[str, Attendance], sheet: Sheet
) -> Sheet:
    """Return the sheet with what was done held against who was there: who is newly on leave or absent did not
    take his oath at it. Once he has, at his lesson say, the branch says so. Source: G-3.1.2a
    """
    now = {person for person, entry in sheet.entries.items() if entry[0] in MISSING}
    then = {person for person, row in before.items() if row.kind in MISSING}
    away, came, done = now - then, set(), sheet.done
    if done is None and before and now != then:  # who came is corrected alone
        stood = duty_records.of_sheets(session, [activity.id]).get(activity.id, {})
        done, came = {key: duty_records.stood_as(row) for key, row in stood.items()}, then - now
    if not done:
        return sheet
    if JOINED in done and (away or came):
        joined = sa.extract("month", Person.joined_on) == activity.month
        theirs = session.scalars(sa.select(Person.id).where(Person.id.in_(away), joined))
        without = {*done[JOINED].without, *theirs} - came
        done = done | {JOINED: replace(done[JOINED], without=tuple(sorted(without)))}
    return replace(sheet, done=done)


def rows_of(session: Session, activity: Activity) -> dict[str, Attendance]:
    """Return what is recorded of an activity, by person; read once a transaction."""
    store = _recorded.of(session)
    if activity.id not in store:
        wanted = sa.select(Attendance).where(Attendance.activity_id == activity.id)
        store[activity.id] = {row.person_id: row for row in session.scalars(wanted)}
    return store[activity.id]


def roster(session: Session, activity: Activity, on: date) -> list[Person]:
    """Return who is expected on a day, in the order of the roster. Source: G-2.2.1"""
    return expected(session, activity.unit_id, max(on, activity.unit.accountable_from))


def late(session: Session, activity: Activity) -> list[Person]:
    """Return who belonged to the branch on the day of a recorded sheet and is not on it, because
    that was entered later: the next correction takes him in.
    """
    rows = rows_of(session, activity)
    if not rows or activity.held_on is None:
        return []
    known = {*rows, *exempted(session, activity)}
    return [one for one in roster(session, activity, activity.held_on) if one.id not in known]


def _held_on(session: Session, activity: Activity, sheet: Sheet, at: Moment) -> date:
    held_on = sheet.held_on or activity.held_on or activity.day
    if held_on is None:
        raise RuleViolation("这个月还没有定活动日，请写明开展日期。", field="held_on")
    if held_on > at.today:
        raise RuleViolation(
            "活动还没有开展，不能先登记考勤。",
            field="held_on",
            clause=own_id("G-3.2.1a", activity.unit.category),
        )
    first, last = span(activity)
    if not first <= held_on <= last:
        raise RuleViolation(
            say("开展日期必须在 %(month)s 月之内。", month=activity.month),
            field="held_on",
            clause=within_month(activity.unit),
        )
    if activity.held_on and held_on > activity.held_on:
        _no_lesson_before(session, activity, held_on)
    return held_on


def _no_lesson_before(session: Session, activity: Activity, held_on: date) -> None:
    """A lesson makes up for what has been: the activity cannot move behind one. Raises
    RuleViolation.
    """
    cases = follow_ups(session, activity, rows_of(session, activity)).values()
    lessons = [case.facts["lesson"]["held_on"] for case in cases if case.facts.get("lesson")]
    if lessons and min(lessons) < held_on.isoformat():
        raise RuleViolation(
            say("已登记 %(day)s 的补课，开展日期不能改到补课之后。", day=min(lessons)),
            field="held_on",
            clause=own_id("G-3.2.1d", activity.unit.category),
        )


def _must_add_up(session: Session, wanted: list[str], sheet: Sheet) -> None:
    """Everyone expected once and nobody else. Raises InvalidInput naming who."""
    problems = {}
    for name, people, sentence in (
        ("twice", sheet.twice, N_("有人登记了两次：%(names)s。")),
        ("missing", set(wanted) - set(sheet.entries), N_("有人没有登记：%(names)s。")),
        ("strange", set(sheet.entries) - set(wanted), N_("不在这次应到名单里：%(names)s。")),
    ):
        if people:
            problems[name] = say(sentence, names=_names(session, people, wanted))
    if problems:
        raise InvalidInput(problems)


def _somebody_came(activity: Activity, sheet: Sheet) -> None:
    """An activity to which nobody came was not held. Raises RuleViolation."""
    came = ("present", None), ("other_form", "online")
    if not any(entry[:2] in came for entry in sheet.entries.values()):
        raise RuleViolation(
            "没有一个人到会，不算开展。当月没有开展的，如实留为未开展。",
            rule="somebody_came",
            house_rule=N_("到会的一个人也没有，不能登记为已开展。"),
        )


def _every_leave_has_a_reason(session: Session, sheet: Sheet) -> None:
    """Say who is on leave for no reason given. Raises InvalidInput."""
    bare = [
        person
        for person, (kind, _form, category) in sheet.entries.items()
        if kind == "leave" and not category
    ]
    if bare:
        raise InvalidInput(
            {"leave": say("请选请假事由：%(names)s。", names=_names(session, bare, bare))}
        )


def _forms_fit(
    session: Session, activity: Activity, before: dict[str, Attendance], sheet: Sheet
) -> None:
    """Other forms are for whom the clauses name, each for whom it fits; leaders of organs come.

    What stands in a record already stays. Raises RuleViolation. Source: G-4.2b, G-4.2c, O-2.2.1b
    """
    asked = {
        person: form
        for person, (kind, form, _category) in sheet.entries.items()
        if kind == "other_form" and not (person in before and before[person].form == form)
    }
    if not asked:
        return
    people = by_ids(session, Person, asked).values()
    for person in people:
        if activity.unit.rule_set == "organ" and person.leading:
            raise RuleViolation(
                say(
                    "%(name)s是领导班子成员，要以普通党员身份到会，不能用其他方式。",
                    name=person.name,
                ),
                rule="leaders_come",
                field=f"out-{person.id}",
                clause="O-2.2.1b",
            )
        if asked[person.id] not in fitting(person):
            raise RuleViolation(
                say(
                    "其他方式只用于流动、离退休、年老体弱党员，%(name)s不能用“%(form)s”；请先核对党员标记，或登记请假、缺席。",
                    name=person.name,
                    form=FORMS[asked[person.id]],
                ),
                rule="form_fits",
                field=f"out-{person.id}",
                clause=own_id("G-4.2c", activity.unit.category),
            )


def guests_fit(session: Session, activity: Activity, sheet: Sheet) -> None:
    """Guests are entered by the kinds that the branch's document names; what stands already stays.

    Raises RuleViolation. Source: G-2.2.2
    """
    kinds = INVITED_BY[activity.unit.rule_set]
    asked = [kind for kind in sheet.invitees or {} if kind not in kinds]
    strange = [kind for kind in asked if kind not in invited(session, activity)] if asked else []
    if strange:
        raise RuleViolation(
            say(
                "本类党支部的文件没有列“%(kind)s”，列席人员可以是：%(kinds)s。",
                kind=INVITEES[strange[0]],
                kinds="、".join(INVITEES[kind] for kind in kinds),
            ),
            rule="guests_fit",
            field=f"invited-{strange[0]}",
            house_rule=N_("列席人数按本类文件列出的人员登记；另外请的人不单独计数。"),
        )


def fitting(person: Person) -> list[str]:
    """Return the other forms that fit a member, by the flags that he has."""
    found = [form for flag, forms in FITS.items() if getattr(person, flag) for form in forms]
    return [form for form in FORMS if form in found]


def exempt_of(session: Session, activity: Activity, on: date) -> list[Person]:
    """Return who belongs to the branch on a day and stands outside 应到, in the roster's order."""
    return [one for one in members(session, activity.unit_id, on) if exempt_on(one, on)]


def exempted(session: Session, activity: Activity) -> dict[str, str]:
    """Return who was exempt when the sheet was written, and what each was told."""
    store = _exempted.of(session)
    if activity.id not in store:
        wanted = sa.select(Exempted.person_id, Exempted.told)
        rows = session.execute(wanted.where(Exempted.activity_id == activity.id))
        store[activity.id] = dict(rows.all())
    return store[activity.id]


def free_lines(session: Session, activity: Activity, on: date) -> list[tuple[Person, str]]:
    """Return who stands on the sheet as 免予参加 and what he was told: as it was written, else as of
    the day.
    """
    known = exempted(session, activity)
    if known:
        rows = by_ids(session, Person, known).values()
        return [(one, known[one.id]) for one in rows]
    taken = rows_of(session, activity)
    free = exempt_of(session, activity, on)
    return [(one, "") for one in free if one.id not in taken]


def _said_anew(session: Session, activity: Activity, sheet: Sheet) -> bool:
    """True where somebody exempt was told what does not stand there yet."""
    known = exempted(session, activity)
    return any(known.get(person) != said for person, said in sheet.told.items() if person in known)


def _keep_exempt(session: Session, activity: Activity, free: list[str], sheet: Sheet) -> None:
    """Keep who is exempt on the sheet, beside those who came although they need not."""
    known = exempted(session, activity)
    ids = list(known) if activity.confirmed_at else free
    if known:
        session.execute(sa.delete(Exempted).where(Exempted.activity_id == activity.id))
    session.add_all(
        Exempted(
            activity_id=activity.id,
            person_id=person,
            zone_id=activity.zone_id,
            told=sheet.told.get(person, known.get(person, "")),
        )
        for person in ids
        if person not in sheet.entries
    )


def _host_was_there(session: Session, activity: Activity, sheet: Sheet) -> None:
    """Who hosts is present himself. Raises InvalidInput. Source: G-2.4.2"""
    host = sheet.about.get("host_id") or activity.host_id
    kind, *_how = sheet.entries.get(host, ("present",))
    if kind != "present":
        name = _names(session, [host], [host])
        raise InvalidInput({"host": say("主持人%(name)s没有到会，请改选实际主持的人。", name=name)})


def _names(session: Session, people, wanted: list[str]) -> str:
    """Name people of the roster; of others say what was sent, ids are counted: no names leak."""
    known = {
        row.id: row.name
        for row in session.scalars(
            sa.select(Person).where(Person.id.in_(set(people) & set(wanted)))
        )
    }
    named = [known[person] for person in sorted(known)[:20]]
    others = sorted(set(map(str, people)) - known.keys())
    named += [one[:40] for one in others if not is_id(one)][:20]
    ids = sum(map(is_id, others))
    return "、".join([*named, *([say("名单以外的 %(n)s 人", n=ids)] if ids else [])])


def must_be_host(session: Session, activity: Activity, sheet: Sheet, held_on: date) -> None:
    """The secretary hosts, or an officer of the branch whom he asks, and why is written down.

    Where there is no committee, any full member may. Raises InvalidInput, RuleViolation. Source:
    G-2.4.2
    """
    host = sheet.about.get("host_id")
    if host is None or host == activity.host_id:
        return
    able = [*hosts(session, activity.unit, held_on), *joint_hosts(session, activity, held_on)]
    held = [(person.id, office) for person, office in able]
    if host not in {person for person, _ in held}:
        raise InvalidInput(
            {
                "host": N_(
                    "主持人应是支部书记，或书记委托的副书记、支部委员；没有支委会的，可以是其他正式党员。"
                )
            }
        )
    if (host, "secretary") not in held and not (sheet.about.get("host_why") or activity.host_why):
        raise RuleViolation(
            "书记不主持的，要写明委托他人主持的原因。",
            field="host_why",
            clause=own_id("G-2.4.2", activity.unit.category),
        )


def hosts(session: Session, unit: Unit, on: date) -> list[tuple[Person, str]]:
    """Return who may host on a day and as what: by office, the secretary first; then, where there
    is no committee, any full member. Source: G-2.4.2
    """
    on = max(on, _first_known(session, unit) or on)
    posts = session.execute(
        sa.select(Person, Post.office)
        .join(Person, Person.id == Post.person_id)
        .where(
            Post.unit_id == unit.id,
            Post.office.in_([*BRANCH.ranks[0], *BRANCH.ranks[1]]),
            in_office(on),
        )
    ).all()
    known = sorted(
        ((who, post) for who, post in posts), key=lambda pair: list(OFFICES).index(pair[1])
    )
    small = authority.small_branch(session, unit, on) - {person.id for person, _ in known}
    others = [one for one in members(session, unit.id, on) if one.id in small]
    return [*known, *((one, "member") for one in others)]


def _first_known(session: Session, unit: Unit) -> date | None:
    """Return since when anybody is known to serve in a branch: who hosted earlier was one of those."""
    return session.scalar(sa.select(sa.func.min(Post.from_on)).where(Post.unit_id == unit.id))


def joint_hosts(session: Session, activity: Activity, on: date) -> list[tuple[Person, str]]:
    """Return who hosts an activity for a branch that joined it: the leading branch's secretary.

    Source: G-2.5.1b
    """
    case = session.get(Case, activity.moved_by) if activity.moved_by else None
    if case is None or activity.unit_id not in (case.facts.get("with") or []):
        return []
    return [found for found in hosts(session, case.unit, on) if found[1] == "secretary"]


def _changed(before: dict[str, Attendance], sheet: Sheet) -> dict:
    old = {person: [row.kind, row.form, row.category] for person, row in before.items()}
    return {
        person: [old.get(person), list(entry)]
        for person, entry in sheet.entries.items()
        if old.get(person) != list(entry)
    }


def stated(session: Session, activity: Activity, sheet: Sheet, **more) -> dict:
    """Return what a sheet changes beside who came: the host, how it is held, who is invited; for an
    arrangement as for a record. `more` are further columns of the day.
    """
    found = {**more, **sheet.about}
    found = {name: value for name, value in found.items() if getattr(activity, name) != value}
    if sheet.invitees is not None and sheet.invitees != invited(session, activity):
        found["invitees"] = [invited(session, activity), sheet.invitees]
    return found


def write_stated(
    session: Session, activity: Activity, about: dict, sheet: Sheet, at: Moment
) -> dict:
    """Write what of it lies beside the day's own row, and take it out of `about`; returns what the
    record notes of it. Does not commit.
    """
    if "invitees" not in about:
        return {}
    write_invitees(session, activity, sheet, at)
    return {"invitees": about.pop("invitees")}


def invited(session: Session, activity: Activity) -> dict[str, int]:
    """Return how many of each kind were invited."""
    return dict(
        session.execute(
            sa.select(Invitee.kind, Invitee.number).where(Invitee.activity_id == activity.id)
        ).all()
    )


def _write(
    session: Session, activity: Activity, before: dict[str, Attendance], sheet: Sheet
) -> None:
    given = {
        person: dict(zip(("kind", "form", "category"), entry, strict=True))
        for person, entry in sheet.entries.items()
    }
    for person in given.keys() & before.keys():
        for name, value in given[person].items():
            setattr(before[person], name, value)
    keys = {"activity_id": activity.id, "zone_id": activity.zone_id}
    fresh = [keys | {"person_id": one} | given[one] for one in given if one not in before]
    insert_all(session, Attendance, fresh)
    session.flush()


def write_invitees(session: Session, activity: Activity, sheet: Sheet, at: Moment) -> None:
    """Write how many of each kind are invited, in place of what stood there. Does not commit."""
    session.execute(sa.delete(Invitee).where(Invitee.activity_id == activity.id))
    session.add_all(
        Invitee(
            zone_id=activity.zone_id,
            activity_id=activity.id,
            kind=kind,
            number=number,
            entered_at=at.now,
        )
        for kind, number in (sheet.invitees or {}).items()
    )


def _file(
    session: Session,
    activity: Activity,
    sheet: Sheet,
    what: dict,
    about: dict,
    who: Actor,
    basis: AuthorityBasis,
    at: Moment,
) -> None:
    """File the record, with everything it replaced."""
    noted = {"attendance": what, **write_stated(session, activity, about, sheet, at)}
    fresh, filed = activity.held_on is None, activity.confirmed_at is not None
    about |= entries.marks(activity.unit, activity, who, basis)
    better = notes.better(activity, what, about.get("held_on", activity.held_on)) if filed else {}
    if better:
        kept = [*(activity.bettered or "").split(","), *better]
        about["bettered"] = ",".join(key for key in BETTER if key in kept)
    change(
        session,
        activity,
        at,
        sheet.why or N_("登记考勤"),
        act="correct" if filed else "file",
        by=who.id,
        stand=basis,
        noted=noted,
        told={"better": better} if better else None,
        **about,
        held_entered_at=activity.held_entered_at or at.now,
        entered_on=activity.entered_on or at.today,
        confirmed_at=at.now,
        confirmed_by=who.id,
    )
    notes.tell(session, activity, who, basis, at, fresh=fresh, filed=not filed, better=better)
    entries.tell(session, activity, who, basis, at)


def follow_ups(session: Session, activity: Activity, people) -> dict[str, Case]:
    """Return the follow-ups that stand for these people's absence, by person."""
    subjects = {f"{activity.id}:{person}": person for person in people}
    return {
        subjects[case.business_key]: case
        for case in session.scalars(
            sa.select(Case).where(
                Case.workflow == "absence",
                Case.business_key.in_(list(subjects)),
                Case.state.not_in(NOT_KEPT),
            )
        )
    }


def _findings_stand(session: Session, sheet: Sheet, have: dict[str, Case]) -> None:
    """A finding of 无故 is set aside by the committee or the superior, and not by a correction of the
    record. Raises RuleViolation. Source: R-4.4e
    """
    found = [
        person
        for person, case in have.items()
        if unexcused.stands(case) and sheet.entries[person][0] != "absent"
    ]
    if found:
        raise RuleViolation(
            say(
                "%(names)s这次已认定无故不参加，请先由支委会撤回认定，已提出异议的等上级答复，再更正考勤。",
                names=_names(session, found, found),
            ),
            rule="finding_stands",
            field="why",
            house_rule=unexcused.ASIDE.text,
        )


def _follow_up(
    session: Session,
    activity: Activity,
    sheet: Sheet,
    have: dict[str, Case],
    who,
    at: Moment,
    basis,
):
    """Open a follow-up for each on leave or absent and yield its id; end those whose member is so
    no longer.
    """
    if activity.source:
        return
    for person, case in have.items():
        if case.open:
            _reclass(session, case, sheet.entries[person], who, at, basis)
            transitions.evaluate_automatic(session, case.id, at)
        else:
            _restate(session, case, sheet, person, who, at, basis)
    asked = [
        {"activity": activity.id, "member": person}
        for person, (kind, *_how) in sheet.entries.items()
        if kind in MISSING and person not in have
    ]
    if asked:
        keep(session, activity.id, sheet.entries, have)  # all that the openings ask of it
        opened = transitions.open_cases(
            session, "absence", activity.unit_id, asked, who, at, basis=basis
        )
        yield from ids_of(opened)
    for case_id in _parted(session, [case.id for case in have.values() if case.open], at):
        transitions.amend_facts(session, case_id, "part", {}, who, basis, at)
        transitions.reassign_case(session, case_id, at)


def _parted(session: Session, case_ids: list[str], at: Moment) -> list[str]:
    """Return which of these cases lost a leader who is down as missing himself since this sheet."""
    if not case_ids:
        return []
    parted = sa.select(Recusal.case_id).where(Recusal.case_id.in_(case_ids), Recusal.at == at.now)
    return list(session.scalars(parted.distinct()))


def _reclass(session: Session, case: Case, entry: tuple, who: Actor, at: Moment, basis) -> None:
    """Update an open follow-up to what the record says; for who was on leave a finding of 无故 falls."""
    kind, _form, category = entry
    if kind not in MISSING or kind == case.facts["kind"]:
        return
    facts = {"kind": kind, "reason": category or case.facts.get("reason")}
    if kind == "leave" and case.facts.get("unexcused"):
        facts |= {"unexcused": None, "education": None}
    transitions.amend_facts(session, case.id, "reclass", facts, who, basis, at)


def _restate(session: Session, case: Case, sheet: Sheet, person: str, who, at, basis) -> None:
    """Let a follow-up that has ended say what the record says now: a finding of 无故 that it kept
    falls with the absence, and stays readable. Source: G-3.2.1a
    """
    kind, finding = sheet.entries[person][0], case.facts.get("unexcused")
    if kind == case.facts["kind"]:
        return
    facts: dict = {"kind": kind}
    if finding and kind != "absent":
        aside = {"on": at.today.isoformat(), "reason": sheet.why, "finding": finding}
        facts |= {"unexcused": None, "education": None, "set_aside": aside}
    transitions.amend_facts(session, case.id, "reclass", facts, who, basis, at)


# Reading -----------------------------------------------------------------------------------------


def people(session: Session, activity: Activity, today: date) -> list[Person]:
    """Return who stands on the sheet: the snapshot once there is one, else who would be expected."""
    rows = rows_of(session, activity)
    on = activity.held_on or activity.day or today
    if not rows:
        return roster(session, activity, on)
    known = by_ids(session, Person, rows)
    order = [person.id for person in members(session, activity.unit_id, on) if person.id in known]
    return [known[person_id] for person_id in dict.fromkeys([*order, *known])]


def readable(session: Session, activity_id: str, who: Actor) -> Activity:
    """Return an activity whose sheet the actor may read: as branch leader or from above.

    Raises NotFound, and Forbidden for members without office.
    """
    activity = session.get(Activity, activity_id)
    if activity is None or activity.zone_id != who.zone_id or not who.sees(activity.unit):
        raise NotFound()
    above = any(activity.unit.within(path) for path in who.business)
    if not above and not authority.may_enter(session, activity.unit, who):
        raise Forbidden(
            say("考勤表由%(unit)s和上级党组织查看。", unit=activity.unit.name), rule="authority"
        )  # in a small branch any full member may keep the record
    return activity


def forms_before(session: Session, activity: Activity) -> tuple[int, dict[str, str]]:
    """Return the month of the record before this one, and who took part in which other form."""
    last = session.scalar(
        sa.select(Activity)
        .where(
            Activity.unit_id == activity.unit_id,
            Activity.kind == "party_day",
            Activity.confirmed_at.is_not(None),
            Activity.year * 12 + Activity.month < activity.year * 12 + activity.month,
        )
        .order_by(Activity.year.desc(), Activity.month.desc())
        .limit(1)
    )
    rows = rows_of(session, last).values() if last else ()
    return (last.month if last else 0), {row.person_id: row.form for row in rows if row.form}


def contact_by(session: Session, done: Recorded) -> date | None:
    """Return by when those of a record are contacted who were on leave or absent."""
    return session.scalar(sa.select(sa.func.min(Case.due_on)).where(Case.id.in_(done.opened)))


def balance(session: Session, activity: Activity) -> dict[str, int]:
    """Count the roster by class, and the missing by how each ended; every member counted once."""
    classes = Counter(
        session.scalars(sa.select(Attendance.kind).where(Attendance.activity_id == activity.id))
    )
    ends = Counter(
        case.state if case.closed_at else "open"
        for case in missing_cases(session, activity).values()
    )
    return {
        **classes,
        "expected": sum(classes.values()),
        **{f"end_{name}": n for name, n in ends.items()},
    }


def missing_cases(session: Session, activity: Activity) -> dict[str, Case]:
    """Return the follow-ups of those who are on leave or absent in the record as it stands, by
    person.
    """
    missing = [person for person, row in rows_of(session, activity).items() if row.kind in MISSING]
    return follow_ups(session, activity, missing)


@dataclass(frozen=True)
class Count:
    """How many of the roster took part in an activity by class, and how many follow-ups are open."""

    classes: dict[str, int]
    open: int
    told: int = 0

    @property
    def took_part(self) -> int:
        """Return how many took part; who was only told (寄送资料、通报情况) did not."""
        return self.classes["present"] + self.classes["other_form"] - self.told

    @property
    def missing(self) -> int:
        """Return how many were on leave or absent: each has a follow-up, the supplement of the
        record.
        """
        return sum(self.classes[kind] for kind in MISSING)


_CLASSES = Prepared(
    lambda dialect: (
        sa.select(
            Attendance.activity_id,
            Attendance.kind,
            sa.func.count().label("number"),
            sa.func.sum(sa.case((Attendance.form.in_(ONLY_TOLD), 1), else_=0)).label("told"),
        )
        .where(among(Attendance.__table__.c.activity_id, "activities", dialect))
        .group_by(Attendance.activity_id, Attendance.kind)
    )
)
_ABOUT = sa.func.substr(Case.business_key, 1, 36, type_=sa.String)
_WAITING = Prepared(
    lambda dialect: (
        sa.select(_ABOUT.label("about"), sa.func.count().label("number"))
        .where(
            Case.workflow == "absence",
            Case.closed_at.is_(None),
            among(_ABOUT, "activities", dialect),
        )
        .group_by(_ABOUT)
    )
)


def counts(session: Session, activity_ids: list[str]) -> dict[str, Count]:
    """Count recorded activities, each by class and with its open follow-ups; others are left out."""
    write_out(session)
    classes: dict[str, dict[str, int]] = {}
    told: Counter[str] = Counter()
    found = _CLASSES.rows(session, activities=activity_ids)
    for activity_id, kind, number, knew in found:
        classes.setdefault(activity_id, dict.fromkeys(CLASSES, 0))[kind] = number
        told[activity_id] += int(knew or 0)
    waiting = dict(_WAITING.rows(session, activities=classes)) if classes else {}
    return {
        activity_id: Count(
            {"expected": sum(found.values()), **found},
            waiting.get(activity_id, 0),
            told[activity_id],
        )
        for activity_id, found in classes.items()
    }
