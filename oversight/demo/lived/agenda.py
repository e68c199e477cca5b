"""What a lived year puts down for its days: party days chosen, moved, held and entered late, members who fall
ill or move, visits, notices, the year's end. What is forgotten is noted as `left`.
"""

from __future__ import annotations

import random
from datetime import date, timedelta
from functools import partial
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from oversight.calendar.workdays import add_workdays, months_after
from oversight.calendar.zone import has_rule_day
from oversight.engine.use_case import use_case
from oversight.law import duties as law
from oversight.ledger import attendance, charter, duty_records, life_meetings, own_days, registers
from oversight.ledger.duty_records import Done
from oversight.models import Activity, Appraised, Case, Person, Unit, WorkItem
from oversight.organization.members import branch_of
from oversight.register import members as people

from .habits import WORDS, other_day

if TYPE_CHECKING:
    from .days import Life

MEETS = {3: "H1", 10: "H2"}
# How often, of a hundred.
MOVES_DAY, REPORTS_LATE, FORGETS_SHEET, CORRECTS = 12, 2, 3, 3
ON_LEAVE, ABSENT, ILL, MOVES_HOUSE, CARES, FORGETS_ITEM = 4, 2, 2, 2, 5, 2
LATE = ((0, 1, 2, 4, 8), (55, 25, 12, 5, 3))  # days until the sheet is entered, and how often
VISITS = {"spring": (2, 10), "july": (7, 1)}
KEEPS_TRYING = 40  # days
AREA = 8  # branches that one zone inspector's visits of a month are for


def of_month(life: Life) -> None:
    """Put down what a month brings, on its first day."""
    month, year = life.day.month, life.day.year
    _notices(life)
    for branch in life.cast.branches:
        rng = life.rng("month", branch, month)
        life.on(_some(rng, year, month, 1, 5), _choose_day, branch, rng.randint(7, 26))
        if month in MEETS:
            life.on(_some(rng, year, month, 10, 27), _meet, branch, rng.random())
        life.on(_some(rng, year, month, 10, 25), _year_sheet, branch, f"{branch}.secretary")
        for kind in (one for one, when in VISITS.items() if when[0] == month):
            life.on(date(year, *VISITS[kind]), _visit_members, branch, kind, rng.random())
        if rng.random() * 100 < CARES:
            life.on(
                _some(rng, year, month, 2, 20), _care, branch, rng.choice(list(registers.KINDS))
            )
        if life.rng("visited", branch).randint(1, 12) == month:
            by = f"{life.cast.branches[branch]}.inspector"
            life.on(_some(rng, year, month, 3, 25), _visit, branch, by)
        _people(life, branch, rng)
        if month == 10:
            life.on(date(year, 10, 20) + timedelta(days=rng.randint(0, 25)), _appraise, branch)
    for row in life.activities(
        Activity.year == year, Activity.month == month, Activity.day.is_not(None)
    ):
        _move_day(life, row)


def _some(rng: random.Random, year: int, month: int, first: int, last: int) -> date:
    return date(year, month, rng.randint(first, last))


def _notices(life: Life) -> None:
    """The zone's theme of next month, bulletin of the last, deployment, year sheets and own visits."""
    day = life.day
    for unit, officer in [
        ("zone", "zone.office"),
        *((one, f"{one}.officer") for one in life.cast.towns),
    ]:
        life.on(day.replace(day=15), _year_sheet, unit, officer)
    if day.month == 1:
        life.on(day, _theme, day)
    if day.month < 12:
        life.on(day.replace(day=20), _theme, months_after(day, 1))
    life.on(day.replace(day=3), _bulletin, months_after(day, -1))
    if day.month == 10:
        life.on(day.replace(day=8), _campaign)
    rng, branches = life.rng("zone visits", day.month), list(life.cast.branches)
    for branch in rng.sample(branches, max(1, len(branches) // AREA // 12)):
        life.on(_some(rng, day.year, day.month, 5, 25), _visit, branch, "zone.inspector")


def _theme(life: Life, month: date) -> None:
    words = {
        "month": month.isoformat()[:7],
        "theme": "学习贯彻党的创新理论",
        "actions": "重温入党誓词",
    }
    life.open("theme", "zone.office", "zone", words, "propose")


def _bulletin(life: Life, month: date) -> None:
    if month.year == life.day.year:
        words = {"month": month.isoformat()[:7], "comment": "多数支部按期开展。"}
        life.open("bulletin", "zone.office", "zone", words, "propose")


def _campaign(life: Life) -> None:
    year = life.day.year
    words = {"year": year, "from_on": f"{year}-10-09", "until": f"{year}-12-31"}
    life.open("campaign", "zone.office", "zone", words, "propose")


# The party day


def _choose_day(life: Life, branch: str, number: int) -> None:
    """A branch without a fixed day chooses one."""
    unit = life.session.get(Unit, life.cast.units[branch])
    given = has_rule_day(life.session, unit, life.day.month)
    life.session.close()
    if given:
        return

    def choose(who, at):
        with use_case(life.session, who, at, "own_day"):
            unit = life.session.get(Unit, life.cast.units[branch])
            day = at.today.replace(day=number)
            return own_days.set_own_day(life.session, unit, day.year, day.month, day, who, at).id

    life.request("own_day", f"{branch}.secretary", choose)


def _move_day(life: Life, row: sa.Row) -> None:
    """Now and then ask for another day, or report afterwards that it could not be held."""
    branch = life.cast.keys[row.unit_id]
    rng, draw = (
        life.rng("moves", branch, row.month),
        life.rng("moved", branch, row.month).random() * 100,
    )
    if row.month == 7 or not _fixed(life, row.unit_id):
        return
    if draw < MOVES_DAY:
        on = add_workdays(life.calendar, row.day, -rng.randint(2, 9))
        life.on(on, _ask, branch, row.day, rng)
    elif draw < MOVES_DAY + REPORTS_LATE:
        on = add_workdays(life.calendar, row.day, rng.randint(1, 3))
        life.held_back[branch, row.month] = on
        life.on(on, _report, branch, row.day, rng)


def _fixed(life: Life, unit_id: str) -> bool:
    fixed = life.session.get(Unit, unit_id).fixed_day
    life.session.close()
    return fixed


def _ask(life: Life, branch: str, day: date, rng: random.Random) -> None:
    new = other_day(life.calendar, day, life.day + timedelta(days=2), rng)
    if new:
        why = "镇里当天召开现场会，多数党员参加服务保障。"
        words = {"new_day": new.isoformat(), "reason": why}
        facts = {"day": day.isoformat()}
        life.open("date_change", f"{branch}.secretary", branch, facts, "ask", **words)


def _report(life: Life, branch: str, day: date, rng: random.Random) -> None:
    new = other_day(life.calendar, day, life.day, rng)
    words = {"reason": "凌晨突降暴雨，道路中断，来不及请示。", "recovered_on": life.day.isoformat()}
    if new:
        words["new_day"] = new.isoformat()
    facts = {"day": day.isoformat()}
    life.open("date_change", f"{branch}.secretary", branch, facts, "report_late", **words)


def of_day(life: Life) -> None:
    """Enter the sheets whose day has come."""
    since = life.day - timedelta(days=KEEPS_TRYING)
    open_ones = (
        Activity.year == life.day.year,
        Activity.confirmed_at.is_(None),
        Activity.excused_by.is_(None),
        Activity.day.between(since, life.day),
    )
    for row in life.activities(*open_ones):
        branch = life.cast.keys[row.unit_id]
        rng = life.rng("sheet", branch, row.month)
        life.waits[branch].add(row.month)
        if rng.random() * 100 < FORGETS_SHEET:
            life.left[branch].update(law.duties())
            continue
        if life.day <= life.held_back.get((branch, row.month), date.min):
            continue
        late = rng.choices(*LATE)[0]
        if life.day >= row.day + timedelta(days=late) and not _waits(life, row):
            _enter(life, branch, row, rng)


def _waits(life: Life, row: sa.Row) -> bool:
    """True while a late report about the day is not answered."""
    wanted = sa.select(Case.id).where(
        Case.business_key == row.id, Case.workflow == "date_change", Case.closed_at.is_(None)
    )
    found = life.session.scalar(wanted)
    life.session.close()
    return found is not None


def _enter(life: Life, branch: str, row: sa.Row, rng: random.Random) -> None:
    sheet, missed = _sheet(life, branch, row, rng)
    life.left[branch].update(missed)

    def send(who, at):
        return attendance.submit(life.session, row.id, sheet, who, at).activity.id

    if not life.request("sheet", f"{branch}.secretary", send):
        life.left[branch].update(law.duties())
        return
    life.waits[branch].discard(row.month)
    if rng.random() * 100 < CORRECTS:
        life.on(life.day + timedelta(days=2), _correct, branch, row, sheet)


def _sheet(
    life: Life, branch: str, row: sa.Row, rng: random.Random
) -> tuple[attendance.Sheet, set[str]]:
    """Fill in a sheet; returns also what of it was not done."""
    activity = life.session.get(Activity, row.id)
    own = attendance.roster(life.session, activity, row.day)
    unit, leader = activity.unit, life.cast.people[f"{branch}.secretary"]
    entries = {one.id: _entry(life, one, row.day, unit) for one in own}
    entries[leader] = ("present", None, None) if leader in entries else entries.get(leader)
    entries = {person: entry for person, entry in entries.items() if entry}
    keys = [item.duty.key for item in duty_records.items(life.session, activity, own)]
    life.session.close()
    able = [key for key in duty_records.LECTURES if key in keys]
    chosen = {able[row.month % len(able)]} if able else set()
    missed = {key for key in keys if rng.random() * 100 < FORGETS_ITEM} - chosen
    wanted = [key for key in keys if key not in missed and (key not in able or key in chosen)]
    chapter = charter.PARTS[row.month - 1]
    done = {key: Done(chapter if key == "CHARTER.FULL_YEARLY" else "学习讨论") for key in wanted}
    return attendance.Sheet(entries, held_on=row.day, done=done), missed | _no_oath(
        own, entries, row
    )


def _no_oath(own: list, entries: dict, row: sa.Row) -> set[str]:
    """Return the oath where who joined in this month stayed away."""
    joined = {one.id for one in own if one.joined_on and one.joined_on.month == row.month}
    away = {one for one in joined & entries.keys() if entries[one][0] in attendance.MISSING}
    return {duty_records.JOINED} if away else set()


def _entry(life: Life, one: Person, day: date, unit: Unit) -> tuple[str, str | None, str | None]:
    key = life.cast.keys[one.id]
    rng, ill = life.rng("there", key, day.month), _ill(life, key)
    if ill and ill[0] <= day <= ill[1]:
        return "leave", None, "身体"
    draw, leads = rng.random() * 100, unit.rule_set == "organ" and one.leading
    if draw < ON_LEAVE:
        return "leave", None, rng.choice(("因公", "外出", "家事"))
    if draw < ON_LEAVE + ABSENT:
        return "absent", None, None
    forms = [form for form in attendance.fitting(one) if form not in attendance.ONLY_TOLD]
    if forms and not leads and (one.mobile or draw > 70):
        return "other_form", forms[0], None
    return "present", None, None


def _correct(life: Life, branch: str, row: sa.Row, sheet: attendance.Sheet) -> None:
    """Put right that somebody was entered as missing."""
    missing = [person for person, entry in sheet.entries.items() if entry[0] in attendance.MISSING]
    if not missing:
        return
    person = min(missing, key=life.cast.keys.__getitem__)
    entries = {**sheet.entries, person: ("present", None, None)}
    better = attendance.Sheet(entries, held_on=row.day, why="签到表漏登，现予更正。")

    def send(who, at):
        return attendance.submit(life.session, row.id, better, who, at).activity.id

    life.request("correction", f"{branch}.secretary", send)


# People


def _ill(life: Life, key: str) -> tuple[date, date] | None:
    """Return from when until when somebody is ill in the year."""
    rng, year = life.rng("ill", key), life.day.year
    if rng.random() * 100 >= ILL or key.endswith(("secretary", "organizer")):
        return None
    begin = date(year, rng.randint(1, 10), rng.randint(1, 28))
    return begin, begin + timedelta(days=rng.randint(40, 150))


def _people(life: Life, branch: str, _rng: random.Random) -> None:
    """Put down who falls ill this month and asks to be excused, and who moves."""
    for number in range(6, life.cast.members[branch] - 1):
        key = f"{branch}.member{number:02d}"
        ill, rng = _ill(life, key), life.rng("house", key)
        if ill and (ill[0].month, ill[0].year) == (life.day.month, life.day.year):
            life.on(ill[0], _wish, key, ill)
        if rng.random() * 100 < MOVES_HOUSE and rng.randint(1, 12) == life.day.month:
            day = _some(rng, life.day.year, life.day.month, 2, 27)
            life.on(day, _move_house, key, rng.choice(_neighbours(life, branch)))


def _neighbours(life: Life, branch: str) -> list[str]:
    """Return the branches of the same town: its officer moves members between them."""
    town = life.cast.branches[branch]
    return [one for one, above in life.cast.branches.items() if above == town]


def _branch_of(life: Life, key: str) -> str | None:
    unit = branch_of(life.session, life.session.get(Person, life.cast.people[key]), life.day)
    found = life.cast.keys.get(unit.id) if unit else None
    life.session.close()
    return found


def _wish(life: Life, key: str, ill: tuple[date, date]) -> None:
    facts = {
        "member": life.cast.people[key],
        "reason": "年老体弱",
        "from_on": max(ill[0], life.day).isoformat(),
        "until": ill[1].isoformat(),
    }
    life.open("exemption", key, _branch_of(life, key), facts)


def _move_house(life: Life, key: str, to: str) -> None:
    if _branch_of(life, key) == to:
        return
    town = life.cast.branches[to]

    def move(who, at):
        with use_case(life.session, who, at, "transfer"):
            person = life.session.get(Person, life.cast.people[key])
            unit = life.session.get(Unit, life.cast.units[to])
            people.transfer(life.session, person, unit, at.today, who, at, sure=True)
        return True

    life.request("transfer", f"{town}.officer", move)


# The year


def _meet(life: Life, branch: str, draw: float) -> None:
    if draw < 0.05:
        life.left[branch].update(key for key in law.duties() if key.startswith("ORGLIFE"))
        return
    unit, day = life.cast.units[branch], life.day.isoformat()
    note = partial(life_meetings.note, life.session, unit, day)
    life.request("life_meeting", f"{branch}.secretary", lambda who, at: note(who, at).id)


def _year_sheet(life: Life, key: str, who: str) -> None:
    """Enter what the unit's year sheet lists for the time that begins with this month."""
    unit = life.session.get(Unit, life.cast.units[key])
    owed = [duty for duty in law.duties().values() if duty_records.owes_yearly(duty, unit)]
    life.session.close()
    for duty in owed:
        if (life.day.month - 1) % law.SPANS[duty.period]:
            continue
        if "branch" in key and life.rng("year", key, duty.key, life.day.month).randint(1, 15) == 1:
            life.left[key].add(duty.key)
            continue
        enter = partial(
            duty_records.enter,
            life.session,
            life.cast.units[key],
            duty.key,
            life.day.isoformat(),
            "已办",
        )
        life.request("year_sheet", who, enter)


def _care(life: Life, branch: str, kind: str) -> None:
    """Enter something that came up, and some days later that it was dealt with."""
    about, day = registers.KINDS[kind], life.day.isoformat()
    person = life.cast.people[f"{branch}.member01"] if life.cast.members[branch] > 2 else None
    words = {"kind": kind, "on": day, "what": "" if about.register == registers.BREACH else "登记"}
    if person:
        words["person"] = person
    note = partial(registers.note, life.session, life.cast.units[branch], words)
    found = life.request("register", f"{branch}.secretary", lambda who, at: note(who, at).id)
    if found:
        days = life.rng("care", branch, day).randint(1, 12)
        life.on(life.day + timedelta(days=days), _cared, branch, found)


def _visit_members(life: Life, branch: str, kind: str, draw: float) -> None:
    """Visit a member on the feast, as every branch owes it; some forget."""
    if draw < 0.05:
        life.left[branch].add(registers.KINDS[kind].key)
    else:
        _care(life, branch, kind)


def _cared(life: Life, branch: str, entry: str) -> None:
    words = {"on": life.day.isoformat(), "note": "已办"}
    settle = partial(registers.settle, life.session, entry, words)
    life.request("register_done", f"{branch}.secretary", lambda who, at: settle(who, at).id)


def _visit(life: Life, branch: str, by: str) -> None:
    method = life.rng("method", branch, life.day).choice(("random", "fixed_point", "on_site"))
    words = {"method": method, "inspected_on": life.day.isoformat()}
    life.open("inspection", by, branch, words)


def _appraise(life: Life, branch: str) -> None:
    life.open("appraisal", f"{branch}.secretary", branch, {"year": life.day.year})


# What follows from a move, aside from whose turn it is


def follows(life: Life, workflow: str, state: str, move: str, case_id: str, place: tuple) -> None:
    """Put down what others do after a move: object, take back, help out."""
    rng, branch = life.rng("follows", move, *place), place[0]
    soon = add_workdays(life.calendar, life.day, rng.randint(1, 3))
    if move == "find_unexcused" and rng.random() < 0.4:
        life.on(soon, _object, case_id)
    elif (workflow, state, move) == ("date_change", "asked", "approve"):
        _after_approval(life, case_id, branch, rng)
    elif move == "open_self_assessment":
        life.on(add_workdays(life.calendar, life.day, 8), _file_for, case_id, branch)


def _object(life: Life, case_id: str) -> None:
    case = life.session.get(Case, case_id)
    able = case.state in (
        *("to_contact", "to_make_up", "to_confirm", "to_archive", "open_to_objection"),
    )
    who = life.cast.keys[case.data_subject_id]
    life.session.close()
    if able:
        life.move("absence", case_id, "object", who, {"reason": "已口头请假。"})


def _after_approval(life: Life, case_id: str, branch: str, rng: random.Random) -> None:
    draw, day = rng.random() * 100, life.day + timedelta(days=1)
    town = f"{life.cast.branches[branch]}.officer"
    if draw < 5:
        life.on(day, _aside, case_id, "ask_cancel", f"{branch}.secretary", {"reason": "原因消失。"})
    elif draw < 8:
        life.on(day, _aside, case_id, "revoke", town, {"reason": "全镇另有安排。"})


def _aside(life: Life, case_id: str, move: str, who: str, words: dict[str, Any]) -> None:
    case = life.session.get(Case, case_id)
    ahead = min(date.fromisoformat(case.facts[word]) for word in ("day", "new_day")) > life.day
    able = case.state == "approved" and ahead
    life.session.close()
    if able:
        life.move("date_change", case_id, move, who, words)


def _file_for(life: Life, case_id: str, branch: str) -> None:
    """The branch writes for those who have not written."""
    wanted = (
        sa.select(WorkItem.person_id)
        .join(
            Appraised, (Appraised.case_id == case_id) & (Appraised.person_id == WorkItem.person_id)
        )
        .where(WorkItem.case_id == case_id, WorkItem.closed_at.is_(None), WorkItem.kind == "act")
    )
    left = sorted(life.session.scalars(wanted), key=lambda one: life.cast.keys[one])
    open_ = life.session.get(Case, case_id).state == "self_assessment"
    life.session.close()
    if left and open_:
        selves = [{"member": one, "text": WORDS[0], "grade": "qualified"} for one in left]
        life.move(
            "appraisal", case_id, "file_for_several", f"{branch}.secretary", {"selves": selves}
        )
