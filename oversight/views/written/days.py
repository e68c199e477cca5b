"""The papers of a party day, filled from its sheet, its plan and the follow-ups of who was missing."""

from __future__ import annotations

from collections import Counter
from datetime import date

from sqlalchemy.orm import Session

from oversight.base.db import fetch
from oversight.base.refusals import NotFound
from oversight.base.rows import ids_of
from oversight.base.sentences import N_
from oversight.casework import follow_ups
from oversight.engine import authority
from oversight.law.duties import duties
from oversight.law.inputs import read_day
from oversight.ledger import attendance, duty_records, life_meetings, obligations, plans, registers
from oversight.models import (
    Activity,
    Attendance,
    Case,
    DutyRecord,
    LifeMeeting,
    Person,
    RegisterEntry,
    Unit,
)
from oversight.models.attendance import CLASSES, FORMS, INVITEES, MODES
from oversight.organization import members
from oversight.organization.then import names, unit_then, with_post
from oversight.papers import forms
from oversight.papers.layout import Content
from oversight.papers.letter import chinese_day, full_day
from oversight.rules import theme
from oversight.workflows import absence

from .asked import Ask, day_of

# In which box of the record a duty of the sheet is told: the first whose words its key begins with.
BOXES = {
    "own": (plans.OWN,),
    "discussed": ("STUDY.DISCUSS", "RIGHTS."),
    "disclosed": ("DISCLOSE.", "CARE.", "ISSUE."),
    "proof": ("RECORD.",),
    "required": ("DUES.", "OATH.", "CHARTER.", "STUDY.", "LECTURE.", "IMPL."),
}
LIFE = "life_meeting"  # the kind of issue that a life meeting finds
MISSING = ("leave", "absent")


def activity(ask: Ask, activity_id: str) -> Content:
    """Return the record of a party day with its sign-in sheet. Raises NotFound, Forbidden."""
    row = attendance.readable(ask.session, activity_id, ask.who)
    return forms.activity(_known(ask.session, row) | _done(ask.session, row), _roll(ask, row))


def filing(ask: Ask, activity_id: str) -> Content:
    """Return by which a branch of a state-owned enterprise filed a party day. Raises NotFound, Forbidden."""
    row = attendance.readable(ask.session, activity_id, ask.who)
    if row.unit.rule_set != "soe" or row.confirmed_at is None:
        raise NotFound("这次活动没有报上级备案。")
    on = row.confirmed_at.astimezone(ask.clock.zone).date()
    by = with_post(ask.session, row.unit, row.confirmed_by, on)
    said = _known(ask.session, row) | _done(ask.session, row)
    return forms.filing(said | {"filed": f"{chinese_day(on)}，{by}"})


def notice(ask: Ask, activity_id: str) -> Content:
    """Return the notice of a party day ahead with its sign-in sheet. Raises NotFound, Forbidden."""
    row = attendance.readable(ask.session, activity_id, ask.who)
    authority.enters(ask.session, row.unit, ask.who)
    settled = theme.of_month(ask.session, row.zone_id, row.year, row.month)
    plan, roll = plans.of(ask.session, row), _roll(ask, row)
    said = _known(ask.session, row)
    said |= {"month": str(row.month), "own": plan.own, "date": chinese_day(ask.at.today)}
    said |= {"expected": str(len(roll)), "host": said["host"].partition("；")[0]}
    if settled:
        said |= {"theme": settled.title, "actions": "；".join(settled.actions)}
    return forms.notice(said, roll)


def _on(row: Activity) -> date:
    """Return the day as of which people and units are named."""
    return row.held_on or row.day or date(row.year, row.month, 1)


def _known(session: Session, row: Activity) -> dict[str, str]:
    """Return what the head of a sheet says."""
    on, held = _on(row), row.held_on or row.day
    host = with_post(session, row.unit, row.host_id, on)
    mode = MODES.get(row.mode or "", "")
    return {
        "unit": unit_then(session, row.unit, on),
        "held": (full_day(held) if held else "") + (row.begins or ""),
        "place": row.place or "",
        "theme": row.theme or "",
        "host": "；".join(filter(None, [host, row.host_why and f"委托主持：{row.host_why}", mode])),
        "recorder": with_post(session, row.unit, row.confirmed_by, on),
        "guests": "、".join(
            f"{INVITEES.get(kind, kind)}{number}人"
            for kind, number in attendance.invited(session, row).items()
        ),
        **_counted(session, row),
    }


def _counted(session: Session, row: Activity) -> dict[str, str]:
    """Say how many came, and who was missing and why."""
    rows = attendance.rows_of(session, row)
    if not rows:
        return {}
    found = Counter(one.kind for one in rows.values())
    told = [f"{label}{found[kind]}人" for kind, label in CLASSES.items() if found[kind]]
    called = names(session, rows, _on(row))
    missing = [
        f"{called[person]}（{CLASSES[one.kind]}{'，' + one.category if one.category else ''}）"
        for person, one in rows.items()
        if one.kind in MISSING
    ]
    counts = "，".join((f"应到{len(rows)}人", *told))
    return {"counts": counts, "missing": "、".join(missing) or N_("无")}


def _done(session: Session, row: Activity) -> dict[str, str]:
    """Say what was done, box by box, in the order of the duties."""
    stands = duty_records.of_sheets(session, [row.id]).get(row.id, {})
    found: dict[str, list[str]] = {}
    for key in filter(stands.__contains__, duties()):
        if box := next((name for name, begins in BOXES.items() if key.startswith(begins)), ""):
            found.setdefault(box, []).append(done_line(stands[key]))
    return {box: "\n".join(lines) for box, lines in found.items()}


def done_line(row: DutyRecord) -> str:
    """Say what was done about a duty, in a line."""
    met, note, less = (row.facts.get(name) for name in ("met_on", "note", "except"))
    parts = [f"{day_of(met)}，{len(row.facts['came'])}人参加" if met else "", note or ""]
    text = "；".join(filter(None, parts))
    title = duties()[row.key].title
    return title + (f"：{text}" if text else "") + (f"（还差{len(less)}人）" if less else "")


def _roll(ask: Ask, row: Activity) -> list[tuple[str, ...]]:
    """Return who is on the sheet: who signed is told by the record, before it there is room to sign."""
    on, rows = _on(row), attendance.rows_of(ask.session, row)
    people = attendance.people(ask.session, row, ask.at.today)
    called = members.called(ask.session, people, on)
    then = names(ask.session, ids_of(people), on)
    said = {one.id: called[one.id].replace(one.name, then[one.id], 1) for one in people}
    return [(said[one.id], *_signed(rows.get(one.id))) for one in people]


def _signed(one: Attendance | None) -> tuple[str, str]:
    if one is None:
        return "", ""
    return CLASSES[one.kind], FORMS.get(one.form or "", "") or one.category or ""


# The committee before it --------------------------------------------------------------------------


def committee(ask: Ask, activity_id: str) -> Content:
    """Return the minutes of the committee before a party day. Raises NotFound, Forbidden."""
    row = attendance.readable(ask.session, activity_id, ask.who)
    stands = duty_records.of_sheets(ask.session, [row.id]).get(row.id, {})
    plan = plans.of(ask.session, row)
    met = read_day(plan.met_on)
    if met is None:
        raise NotFound("这次党日没有登记会前的支委会。")
    wanted = plans.who_meets(ask.session, row.unit, met)
    called = names(ask.session, [*ids_of(wanted), *plan.came], met)
    came, away = ([called[one] for one in ids] for ids in _parted(ids_of(wanted), plan.came))
    named = "、".join(came)
    hosts = attendance.hosts(ask.session, row.unit, met)
    leading = next((one.id for one, _office in hosts if one.id in plan.came), None)
    day = full_day(_on(row))
    decided = [
        f"{row.month}月主题党日于{day}{row.begins or ''}开展" + (f"，地点{row.place}" if row.place else ""),
        row.theme and f"主题：{row.theme}",
        plan.own and f"自选动作：{plan.own}",
    ]  # fmt: skip
    return forms.committee(
        {
            "unit": unit_then(ask.session, row.unit, met),
            "held": full_day(met),
            "host": with_post(ask.session, row.unit, leading, met),
            "recorder": with_post(ask.session, row.unit, stands[plans.MEETING].noted_by, met),
            "came": f"应到{len(came) + len(away)}人，实到{len(came)}人：{named}",
            "missing": "、".join(away) or N_("无"),
            "asked": plan.consulted,
            "items": f"研究{row.year}年{row.month}月主题党日活动的具体内容",
            "decided": "\n".join(filter(None, decided)),
        }
    )


def _parted(wanted: list[str], came: tuple[str, ...]) -> tuple[list[str], list[str]]:
    return list(came), [one for one in wanted if one not in came]


# Who was missing ----------------------------------------------------------------------------------


def contacts(ask: Ask, activity_id: str) -> Content:
    """Return how the absentees of a party day were told and made it up. Raises NotFound, Forbidden."""
    row, cases = _follow_ups(ask, activity_id)
    called = names(ask.session, _named(cases), _on(row))
    rows = [
        (called.get(person, ""), _why(case), _tried(case, called), _made_up(case, called), "")
        for person, case in cases.items()
    ]
    said = {"unit": unit_then(ask.session, row.unit, _on(row)), "held": full_day(_on(row))}
    return forms.contacts(said, rows)


def calls(ask: Ask, activity_id: str) -> Content:
    """Return the telephone calls to the absentees of a party day. Raises NotFound, Forbidden."""
    row, cases = _follow_ups(ask, activity_id)
    called = names(ask.session, _named(cases), _on(row))
    told, way = {True: "已通报活动情况", False: N_("没有通报")}, "phone"
    rows = [
        (
            called.get(person, ""),
            day_of(one["on"]),
            called.get(one["by"], ""),
            f"{row.month}月主题党日缺席联系",
            told[bool(one["told"])] if one["reached"] else N_("没有联系上"),
        )
        for person, case in cases.items()
        for one in case.facts.get("tries") or []
        if one["way"] == way
    ]
    return forms.calls(unit_then(ask.session, row.unit, _on(row)), rows)


def _follow_ups(ask: Ask, activity_id: str) -> tuple[Activity, dict[str, Case]]:
    """Return a party day and the cases of who was missing that the reader may open."""
    row = attendance.readable(ask.session, activity_id, ask.who)
    follow_ups.readable(ask.session, row.unit, ask.who)
    cases = attendance.missing_cases(ask.session, row)
    opened = authority.open_to(ask.session, ask.who, [case.id for case in cases.values()])
    return row, {person: case for person, case in cases.items() if case.id in opened}


def _named(cases: dict[str, Case]) -> list[str]:
    """Return whom the lines of these cases name."""
    by = [one["by"] for case in cases.values() for one in case.facts.get("tries") or []]
    lessons = [(case.facts.get("lesson") or {}).get("by") for case in cases.values()]
    return [*cases, *by, *filter(None, lessons)]


def _why(case: Case) -> str:
    return "，".join(filter(None, (CLASSES[case.facts["kind"]], case.facts.get("reason"))))


def _tried(case: Case, called: dict[str, str]) -> str:
    """Say who tried to reach a member, when and how, and whether he was told."""
    ways = dict(absence.WAYS)
    return "\n".join(
        f"{called.get(one['by'], '')}，{chinese_day(read_day(one['on']))}，{ways[one['way']]}，"
        + (("已通报" if one["told"] else N_("已联系")) if one["reached"] else N_("没有联系上"))
        for one in case.facts.get("tries") or []
    )


def _made_up(case: Case, called: dict[str, str]) -> str:
    """Say when and how a lesson was made up, and its number in an organ's file. Source: O-3.2.1e"""
    lesson, filed = case.facts.get("lesson"), case.facts.get("archive_no")
    if not lesson:
        return ""
    parts = (
        chinese_day(read_day(lesson["held_on"])),
        dict(absence.FORMS)[lesson["form"]],
        lesson.get("note"),
        filed and f"档案编号{filed}",
    )
    return "，".join(filter(None, parts))


# Life meetings ------------------------------------------------------------------------------------


def life(ask: Ask, meeting_id: str) -> Content:
    """Return the record of a life meeting with the issues that it found. Raises NotFound, Forbidden."""
    meeting = fetch(ask.session, LifeMeeting, meeting_id)
    unit = obligations.readable(ask.session, meeting.unit_id, ask.who)
    if meeting.withdrawn_at:
        raise NotFound("这次登记已经撤回。")
    on = meeting.held_on
    row = ask.session.get(Activity, meeting.activity_id) if meeting.activity_id else None
    said = _known(ask.session, row) if row else {"unit": unit_then(ask.session, unit, on)}
    said |= {"held": full_day(on), "recorder": with_post(ask.session, unit, meeting.noted_by, on)}
    said.setdefault("counts", "")
    return forms.life(said, [_issue(one) for one in _found_at(ask, unit, meeting)])


def _found_at(ask: Ask, unit: Unit, meeting: LifeMeeting) -> list[RegisterEntry]:
    """Return what was entered as found by a meeting: until the next one was held."""
    year = meeting.held_on.year
    held = [
        one.held_on
        for each in (year, year + 1)
        for one in life_meetings.of_year(ask.session, unit.id, each)
        if not one.withdrawn_at and one.held_on > meeting.held_on
    ]
    end = min(held, default=date.max)
    entries = registers.of_unit(ask.session, unit, ask.who)
    return [
        one
        for one in reversed(entries)
        if one.kind == LIFE and not one.withdrawn_at and meeting.held_on <= one.came_on < end
    ]


def _issue(entry: RegisterEntry) -> tuple[str, ...]:
    doer: Person | None = entry.doer
    return (
        entry.what,
        entry.done_note or "",
        doer.name if doer else "",
        chinese_day(entry.done_on or entry.due_on)
        + ("办结" if entry.done_on else N_("前（含当日）")),
    )
