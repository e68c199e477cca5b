"""Who took part in the demo zone's past year: in bulk where all did, through the engine where
somebody was missing.

Also one member who is excused for a time. A roll is a scenario: it yields the moment at which it goes
on.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

import sqlalchemy as sa

from oversight.base.clock import Moment
from oversight.calendar.workdays import add_workdays
from oversight.engine import transitions
from oversight.ledger import attendance
from oversight.models import Activity, Attendance, Case, Membership, Person
from oversight.organization.members import exempt_on

from .date_changes import Plot, Scenario, Year, above

CALL: dict[str, Any] = {"reached": True, "told": True, "way": "phone"}
MISS: dict[str, Any] = {"reached": False, "told": False}
LESSON: dict[str, Any] = {"form": "visit", "note": "补学当月主题内容，领取学习资料"}
EXCUSED_FOR = timedelta(days=180)


@dataclass
class Roll(Scenario):
    """One party day's sheet and what follows from it; `missing` maps a member's short name to leave
    or absent.
    """

    missing: dict[str, str] = field(default_factory=dict)
    cases: dict[str, str] = field(default_factory=dict)

    def __post_init__(self):
        self.day = self.row.day

    def after(self, workdays: int, hour: int = 10) -> Moment:
        return self.year.moment(add_workdays(self.year.calendar, self.day, workdays), hour)

    def record(self, **more) -> None:
        """Hand in the sheet: the named are missing, mobile and some old members take part
        otherwise.
        """
        who = self.year.actor(f"{self.key}.secretary", self.at.today)
        names = {self.year.book.people[f"{self.key}.{name}"]: name for name in self.missing}
        raw = {
            "present": [],
            "absent": [],
            "other_form": {},
            "leave": {},
            "held_on": self.day.isoformat(),
            **more,
        }
        for person in attendance.roster(self.year.session, self.row, self.day):
            kind, value = entry(person, self.missing.get(names.get(person.id)))
            if value is None:
                raw[kind].append(person.id)
            else:
                raw[kind][person.id] = value
        done = attendance.record(
            self.year.session, self.row.id, attendance.read_sheet(raw), who, self.at
        )
        for case_id in done.opened:
            self.cases[names[self.year.session.get(Case, case_id).data_subject_id]] = case_id

    def note(self, move: str, opinion: str | None = None, **words) -> None:
        """Let the superior answer what a correction has laid on his desk."""
        about = Case.business_key.startswith(f"{self.row.id}:correction:")
        mine = Case.unit_id == self.row.unit_id, Case.workflow == "record_note"
        self.case_id = self.year.session.scalars(sa.select(Case.id).where(*mine, about)).one()
        self.superior(move, opinion, **words)

    def each(self, move: str, *names: str, by: str = "organizer", **words) -> None:
        """Make a move in the follow-ups of these members, or of all."""
        who = self.year.actor(by if "." in by else f"{self.key}.{by}", self.at.today)
        for name in names or self.cases:
            transitions.perform(
                self.year.session, self.cases[name], move, who, words, version=None, at=self.at
            )

    def call(self, *names: str) -> None:
        for number, name in enumerate(names or self.cases):
            reason = ("外出", "家事", "身体", "因公")[(self.turn + number) % 4]
            self.each("record_contact", name, reason=reason, **CALL)

    def teach(self, *names: str, ago: int = 0) -> None:
        held_on = max(self.at.today - timedelta(days=ago), self.day + timedelta(days=1))
        self.each("record_lesson", *names, held_on=held_on.isoformat(), **LESSON)

    def archive(self, *names: str) -> None:
        """File an organ's lessons under numbers; those of others are filed by themselves."""
        if self.year.unit(self.key).rule_set == "organ":
            for name in names or self.cases:
                self.each(
                    "archive",
                    name,
                    archive_no=f"补〔{self.day.year}〕{self.day.month:02d}-{name[-2:]}",
                )


def entry(person: Person, missing: str | None) -> tuple[str, str | None]:
    """Return a member's class and what goes with it."""
    if missing == "leave":
        return "leave", "外出"
    if missing == "absent":
        return "absent", None
    if person.mobile:
        return "other_form", "receiving_branch" if int(person.id[-1], 16) % 2 else "online"
    if person.elderly and int(person.id[-1], 16) % 3 == 0:
        return "other_form", "visit"
    return "present", None


# Tales -------------------------------------------------------------------------------------------


def made_up(t: Roll):
    """All called, taught and filed within the fortnight."""
    yield t.after(0, 17)
    t.record()
    yield t.after(1)
    t.call()
    yield t.after(5)
    t.teach()
    yield t.after(6)
    t.archive()


def just_held(t: Roll):
    """The sheet is in, nobody has been called yet."""
    yield t.after(0, 17)
    t.record()


def called(t: Roll):
    yield from just_held(t)
    yield t.after(1)
    t.call()


def taught(t: Roll):
    """Both are made up, the one a day ago."""
    yield from called(t)
    first, *others = t.cases
    yield t.after(4)
    t.teach(first)
    t.archive(first)
    yield t.ago(1)
    t.teach(*others, ago=1)


def to_file(t: Roll):
    """An organ's make-up that waits for its number."""
    yield from called(t)
    yield t.after(4)
    t.teach()


def unexcused(t: Roll):
    """Found 无故 after hearing the member, who was educated and made up all the same."""
    yield from found(t)
    yield t.after(7)
    t.each("educate", measure="谈话提醒")
    t.teach()
    yield t.after(9)
    for case_id in t.cases.values():
        transitions.tick(t.year.session, case_id, t.at)
    t.archive()


def found(t: Roll):
    yield from called(t)
    yield t.after(3)
    t.each(
        "find_unexcused",
        heard="本人称忘记了日期，没有提前说明。",
        note="支委会研究，认定为无故不参加。",
    )


def objected(t: Roll):
    yield from found(t)
    yield t.ago(1)
    for name in t.cases:
        t.each("object", name, by=name, reason="当天上午已向党小组长口头请假。")


def not_found(t: Roll):
    """Called in vain, three times by two ways, the receiving branch among them."""
    yield from just_held(t)
    for workdays, way in ((1, "phone"), (2, "phone"), (3, "receiving_branch")):
        yield t.after(workdays)
        t.each("record_contact", way=way, **MISS)


def unreached(t: Roll):
    yield from not_found(t)
    yield t.ago(2)
    t.each("search_lost")


def searching(t: Roll):
    yield from not_found(t)
    yield t.after(4)
    t.each("search_lost")
    yield t.after(6)
    t.each("begin_search", by=f"{above(t.key)}.officer", opinion="由镇组织办牵头查找，支部配合。")


def excused(t: Roll):
    yield from called(t)
    yield t.after(3)
    t.each(
        "excuse",
        by=f"{above(t.key)}.officer",
        reason="长期卧床，已由党小组长上门通报，同意不补课。",
    )


def corrected(t: Roll):
    """Entered wrong, and put right the next day with the reason."""
    yield from just_held(t)
    yield t.after(1)
    t.missing = {}
    t.record(why="当天在分会场参加，签到表漏登，现予更正。")


def noted(t: Roll):
    """The same, and the superior has taken note of it."""
    yield from corrected(t)
    yield t.after(3)
    t.note("take_note", "已阅，请按时核对签到。")


def note_voided(t: Roll):
    """The same, and the superior found that there was nothing to take note of."""
    yield from corrected(t)
    yield t.after(3)
    t.note("void", reason="与前一次更正重复，作废")


@dataclass
class Wish(Scenario):
    """One member who asks to be excused for half a year."""

    def __post_init__(self):
        pass

    def ask_to_be_excused(self, name: str) -> None:
        facts = {
            "member": self.year.book.people[name],
            "reason": "年老体弱",
            "from_on": self.at.today.isoformat(),
            "until": (self.at.today + EXCUSED_FOR).isoformat(),
        }
        case = transitions.open_case(
            self.year.session,
            "exemption",
            self.year.book.units[self.key],
            facts,
            self.year.actor(name, self.at.today),
            self.at,
        )
        self.case_id = case.id


def wished(t: Wish, name: str):
    """Asked for two days ago; the branch has still to answer."""
    yield t.ago(2)
    t.ask_to_be_excused(name)


def declined(t: Wish, name: str):
    """Supported by the branch, not granted above."""
    yield t.ago(20)
    t.ask_to_be_excused(name)
    yield t.ago(18)
    t.branch("support", opinion="支委会研究，同意上报。")
    yield t.ago(16)
    t.superior("refuse", reason="可以就近参加，先由党小组上门通知并接送。")


def granted(t: Wish, name: str):
    """Asked for, studied by the branch and granted a month ago; in force."""
    yield t.ago(30)
    t.ask_to_be_excused(name)
    yield t.ago(28)
    t.branch("support", opinion="支委会研究，情况属实，同意上报。")
    yield t.ago(26)
    t.superior("approve", "同意。请按月上门通报活动情况。")


# branch, which of its past days (0: the latest), scenario, who was missing
CAST = (
    ("branch01", 1, made_up, "member05 leave, member11 absent"),
    ("branch01", 2, made_up, "member08 leave"),
    ("branch01", 4, made_up, "member05 leave, member14 leave"),
    ("branch02", 2, made_up, "member06 leave"),
    ("branch03", 1, made_up, "member07 leave"),
    ("branch04", 4, made_up, "member05 leave"),
    ("branch08", 2, made_up, "member09 leave, member12 absent"),
    ("branch09", 1, made_up, "member04 leave"),
    ("branch10", 3, made_up, "member06 leave"),
    ("branch12", 3, made_up, "member03 leave"),
    ("branch15", 1, made_up, "member03 leave"),
    ("branch16", 2, made_up, "member05 leave"),
    ("branch02", 0, just_held, "member05 leave, member09 absent"),
    ("branch03", 0, called, "member06 leave, member10 absent"),
    ("branch08", 0, called, "member07 leave, member13 leave"),
    ("branch09", 0, just_held, "member08 absent"),
    ("branch10", 1, taught, "member05 leave, member08 absent"),
    ("branch05", 1, to_file, "member04 leave"),
    ("branch17", 2, unexcused, "member06 absent"),
    ("branch17", 1, unexcused, "member06 absent"),
    ("branch17", 0, found, "member06 absent"),
    ("branch11", 2, objected, "member05 absent"),
    ("branch09", 3, unreached, "member10 absent"),
    ("branch04", 2, searching, "member09 absent"),
    ("branch03", 4, excused, "member09 leave"),
    ("branch16", 0, corrected, "member04 absent"),
    ("branch10", 5, noted, "member05 absent"),
    ("branch15", 3, note_voided, "member03 absent"),
)


def told(year: Year) -> list[tuple[Scenario, Iterator[Moment]]]:
    """Return the rolls that are told through the engine, each as far as today reaches."""
    found: list[tuple[Scenario, Iterator[Moment]]] = []
    plot: Plot
    for turn, (key, index, plot, missing) in enumerate(CAST):
        past, _ahead = year.days(key)
        if index < len(past):
            roll = Roll(
                year,
                key,
                past[index],
                turn,
                missing=dict(part.split() for part in missing.split(", ")),
            )
            found.append((roll, until_now(year, plot(roll))))
    for key, plot in (("branch02", granted), ("branch03", declined), ("branch08", wished)):
        wish = Wish(year, key, None)
        found.append((wish, plot(wish, _old_member(year, key))))
    return found


def until_now(year: Year, plot: Iterator[Moment]) -> Iterator[Moment]:
    """Tell a scenario as long as its moments are past, and at least its beginning."""
    for moment in plot:
        if moment.now > year.at.now:
            return
        yield moment


def _old_member(year: Year, key: str) -> str:
    """Return the user name of an old member without office who is missing in no scenario."""
    named = {
        f"{branch}.{part.split()[0]}"
        for branch, _index, _plot, missing in CAST
        for part in missing.split(", ")
    }
    names = [
        name for name in year.book.people if name.startswith(f"{key}.member") and name not in named
    ]
    return next(
        (name for name in names if year.session.get(Person, year.book.people[name]).elderly),
        names[-1],
    )


# All the others ----------------------------------------------------------------------------------


def fill(year: Year, held: list[dict]) -> None:
    """Write the sheets of days on which everybody took part, in bulk: `held` are rows with row,
    held_on and at.

    The changes of such a day name the day only, not every member.
    """
    rolls = _rolls(year)
    leaders = {
        unit: year.book.people.get(f"{key}.secretary") for key, unit in year.book.units.items()
    }
    planned = sa.select(Activity.id, Activity.unit_id)
    found = year.session.execute(planned.where(Activity.zone_id == year.zone.zone_id))
    units = {day: unit for day, unit in found}
    rows = [row for day in held for row in _sheet(year, day, rolls.get(units[day["row"]], []))]
    year.session.execute(sa.insert(Attendance), rows)
    table = Activity.__table__
    year.session.execute(
        table.update()
        .where(table.c.id == sa.bindparam("row"))
        .values(confirmed_at=sa.bindparam("at"), confirmed_by=sa.bindparam("by")),
        [{"row": day["row"], "at": day["at"], "by": leaders[units[day["row"]]]} for day in held],
    )


def _rolls(year: Year) -> dict[str, list[tuple[date, Person]]]:
    """Return the members of each branch with the day from which they belong to it."""
    rows = year.session.execute(
        sa.select(Membership.unit_id, Membership.from_on, Person)
        .join(Person, Person.id == Membership.person_id)
        .where(Membership.zone_id == year.zone.zone_id)
    )
    found: dict[str, list[tuple[date, Person]]] = {}
    for unit, from_on, person in rows:
        found.setdefault(unit, []).append((from_on, person))
    return found


def _sheet(year: Year, day: dict, members: list[tuple[date, Person]]) -> Iterator[dict]:
    for from_on, person in members:
        if from_on <= day["held_on"] and not exempt_on(person, day["held_on"]):
            kind, form = entry(person, None)
            yield {
                "activity_id": day["row"],
                "person_id": person.id,
                "zone_id": year.zone.zone_id,
                "kind": kind,
                "form": form,
                "category": None,
            }
