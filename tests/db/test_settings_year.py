"""Every value of every setting over a whole year: each offers only what works. From issue part 6, 2."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from functools import partial

import pytest
import sqlalchemy as sa

from oversight.base.refusals import InvalidInput, RuleViolation
from oversight.base.settings import ON, ZONE_SETTINGS
from oversight.calendar.party_days import activity_for, entered_late, plan_year, status
from oversight.calendar.workdays import add_workdays, months_after
from oversight.calendar.zone import zone_calendar
from oversight.law.binding import binds
from oversight.law.clauses import register
from oversight.ledger import attendance, course, life_meetings, month, own_days, table
from oversight.models import Activity, Case
from oversight.organization.members import CARE_REASONS
from oversight.register import zone_settings
from oversight.time import sweep
from tests.db.test_appraisal_walk import Appraising
from tests.db.test_attendance import sheet
from tests.support.actors import Play
from tests.support.pairs import pairwise
from tests.support.slices import drawn
from tests.support.world import World, at

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
JULY_DAYS = ("06-20", "06-30", "07-01", "07-17", "07-31")
CATEGORIES = {  # the branch of the small world that stands for one, and what is above it
    **{"rural": ("village", "town1"), "community": ("community", "town1")},
    **{"organ": ("organ", "town1"), "school": ("school", "dept1")},
    **{"hospital": ("school", "dept1"), "soe": ("soe", "town1")},
    **{"private": ("firm", "town1"), "social": ("firm", "town1")},
}


def values(setting) -> tuple[str, ...]:
    """Return the values of a setting that are tried: every one of a choice, of a number the least,
    the usual and the most, of a day the first, the usual and the last.
    """
    if setting.choices:
        return tuple(key for key, _label in setting.choices)
    if setting.most:
        return tuple(dict.fromkeys((str(setting.least), setting.default, str(setting.most))))
    return ("06-20", "07-01", "07-31") if setting.name == "july_day" else (setting.default,)


FACTORS = {"category": tuple(CATEGORIES)} | {
    name: values(setting) for name, setting in ZONE_SETTINGS.items()
}
YEAR = 2026


def set_to(session, world, **values):
    for name, value in values.items():
        zone_settings.change(session, world.zone.id, name, value, None, at("2026-01-02"))
    session.commit()


def plan(session, world, *names):
    units = [world.units[name] for name in names]
    plan_year(session, units, YEAR, at("2026-01-02"))
    session.commit()
    return units


@dataclass
class Branch:
    """A branch through its year, and who answers it, under a row of settings."""

    session: object
    world: World
    chosen: dict[str, str]

    def __post_init__(self):
        self.name, self.above = CATEGORIES[self.chosen["category"]]
        self.unit = self.world.units[self.name]
        self.unit.category = self.chosen["category"]
        self.play = Play(self.session, self.world)
        self.session.commit()

    def term(self, name: str) -> int:
        return int(self.chosen[f"term_{name}"])

    def workday(self, day: date, days: int) -> date:
        return add_workdays(zone_calendar(self.session, self.unit.zone_id), day, days)

    def move(self, case: Case, who: str, name: str, on: str, **words) -> Case:
        """Make a move on a day, as a person of the branch or of what is above it."""
        case = self.session.get(Case, case.id, populate_existing=True)
        actor = f"{self.above}.{who[1:]}" if who[0] == "^" else f"{self.name}.{who}"
        case = self.play.on(on).say(case, actor, name, words)
        if case.due_on and case.open:
            calendar = zone_calendar(self.session, self.unit.zone_id)
            assert case.due_on >= date.fromisoformat(on), "nobody is late as it begins"
            assert name == "report_late" or calendar.is_workday(case.due_on), (name, case.due_on)
        return case

    # What happens in the year

    def asks_for_another_day(self) -> None:
        """November's party day is moved with consent, where the day is given."""
        if not self.unit.fixed_day:
            return
        row = activity_for(self.session, self.unit, YEAR, 11)
        day, begin = row.day, "2026-11-02"
        case = self.play.on(begin).open(f"{self.name}.secretary", self.name, day.isoformat())
        words = {"new_day": "2026-11-13", "reason": "镇里当天组织换届选举"}
        case = self.move(case, "secretary", "ask", begin, **words)
        before = self.workday(day, -1)
        assert case.due_on == min(self.workday(date(2026, 11, 2), self.term("reply")), before)
        self.move(case, "^officer", "approve", "2026-11-03", opinion="同意")

    def misses_one(self, row: Activity) -> None:
        """In March one is absent: contacted, taught, confirmed or archived where that is asked."""
        case = self.session.scalars(sa.select(Case).where(Case.workflow == "absence")).one()
        assert case.due_on == self.workday(row.held_on, self.term("contact"))
        on = self.workday(row.held_on, 1).isoformat()
        call = {"reached": True, "told": True, "way": "phone", "reason": "外出"}
        case = self.move(case, "organizer", "record_contact", on, **call)
        if self.chosen["term_lesson"] != "next":
            term = int(self.chosen["term_lesson"])
            assert case.due_on == self.workday(date.fromisoformat(on), term)
        lesson = {"form": "visit", "held_on": on, "note": "学习党章"}
        case = self.move(case, "organizer", "record_lesson", on, **lesson)
        if self.chosen["makeup_confirmation"] == ON:
            case = self.move(case, "secretary", "confirm", on)
        if self.unit.rule_set == "organ":
            case = self.move(case, "organizer", "archive", on, archive_no="机-2026-03")
        assert case.state == "made_up"

    def is_noted(self, row: Activity) -> None:
        """What an enterprise files is taken note of above it."""
        filed = sa.select(Case).where(Case.workflow == "record_note", Case.closed_at.is_(None))
        for case in self.session.scalars(filed).all():
            assert self.unit.rule_set == "soe"
            on = self.workday(row.held_on, 1).isoformat()
            self.move(case, "^officer", "take_note", on)

    def is_put_right(self) -> None:
        """An order of September is received, put off as far as it goes, reported and checked."""
        clause = next(one for one in register() if _own(one, self.unit.category))
        finding = {"clause": clause, "fact": "8月学习记录不全", "demand": "如实说明，今后按次记录"}
        facts = {"method": "random", "inspected_on": "2026-09-01", "findings": [finding]}
        case = self.play.on("2026-09-01").open(
            f"{self.above}.inspector", self.name, workflow="rectification", **facts
        )
        case = self.move(case, "^secretary", "sign_off", "2026-09-02")
        due = self.workday(date(2026, 9, 3), self.term("rectify"))
        case = self.move(case, "^officer", "issue", "2026-09-03", due_on=due.isoformat())
        assert case.due_on == self.workday(date(2026, 9, 3), self.term("receipt"))
        case = self.move(case, "secretary", "acknowledge", "2026-09-04")
        assert case.due_on == due
        for _time in range(int(self.chosen["term_extensions"])):
            due = self.workday(due, self.term("extension"))
            words = {"until": due.isoformat(), "reason": "材料还没有备齐"}
            self.move(case, "secretary", "ask_extension", "2026-09-04", **words)
            case = self.move(case, "^officer", "grant", "2026-09-07")
            assert case.due_on == due
        with pytest.raises(RuleViolation):
            self.move(case, "secretary", "ask_extension", "2026-09-08", **words)
        items = [{"measure": "已经说明", "done_on": "2026-09-08"}]
        case = self.move(case, "secretary", "report", "2026-09-08", items=items)
        assert case.due_on == self.workday(date(2026, 9, 8), self.term("recheck"))
        judged = {"verdicts": ["accepted"], "opinion": "属实"}
        assert self.move(case, "^officer", "accept", "2026-09-09", **judged).state == "closed"

    def lets_one_stay_away(self) -> None:
        """A member is exempt as long as the zone lets him be, from the first of December."""
        begin, words = date(2026, 12, 1), {"member": self.world.people[f"{self.name}.member3"].id}
        words |= {"reason": CARE_REASONS[0][0], "from_on": begin.isoformat()}
        last = months_after(begin, self.term("exemption"))
        open_ = partial(
            self.play.on("2026-11-20").open, f"{self.name}.member3", self.name, workflow="exemption"
        )
        with pytest.raises(RuleViolation):
            open_(until=(last + timedelta(days=1)).isoformat(), **words)
        case = open_(until=last.isoformat(), **words)
        case = self.move(case, "secretary", "support", "2026-11-23")
        assert self.move(case, "^officer", "approve", "2026-11-24").state == "in_force"

    def appraises(self) -> None:
        """The year's appraisal, until the grades are decided as the zone has it."""
        own = Appraising(self.session, self.world, self.name)
        own.begin()
        own.assess()
        own.review_peers()
        own.vote(scrutineer=self.world.people[f"{self.above}.deputy"].id)
        own.lead("propose", ratings=own.ratings())
        if self.chosen["appraisal_final_step"] == "approve":
            assert own.case.state == "deciding"
            return
        own.lead("tell")
        own.lead("file")
        assert own.case.state == "filed"

    def whole_year(self) -> list[Activity]:
        """Hold and record every activity of the year on its day."""
        wanted = sa.select(Activity).where(Activity.unit_id == self.unit.id)
        rows = self.session.scalars(wanted.order_by(Activity.month, Activity.kind)).all()
        for row in rows:
            day = row.day or date(YEAR, row.month, 15)
            missing = ("member1",) if row.month == 3 else ()
            filled = sheet(self.world, self.name, absent=missing, held_on=day.isoformat())
            if row.month == 12:  # who is exempt by then stands on no list
                gone = self.world.people[f"{self.name}.member3"].id
                filled["present"].remove(gone)
            who = self.world.actor(f"{self.name}.secretary", day)
            read = attendance.read_sheet(filled)
            attendance.record(self.session, row.id, read, who, at(day.isoformat(), 20))
            self.session.commit()
            if missing:
                self.misses_one(row)
            self.is_noted(row)
        return rows


def _own(clause: str, category: str) -> bool:
    found = binds(clause, category)
    return found is not None and found.own_duty


# Any two values of any two settings in `make assure`; here a third of these rows.
@pytest.mark.parametrize(
    "number, chosen", [row for row in enumerate(pairwise(FACTORS)) if drawn(row[0], share=0.34)]
)
def test_every_pair_of_settings_lives_a_year(session, world, number, chosen):
    """A branch of each category lives 2026 under every value of every setting.

    All combinations would be some billions: the rows are such that any two values of any two
    settings, and any value and any category, meet in at least one of them (`support/pairs.py`).
    Numbers are tried at their least, their usual and their most.
    """
    set_to(session, world, **{name: one for name, one in chosen.items() if name != "category"})
    branch = Branch(session, world, chosen)
    [unit] = plan(session, world, branch.name)
    branch.is_put_right()
    branch.asks_for_another_day()
    branch.lets_one_stay_away()
    rows = branch.whole_year()
    life_meetings.note(
        session,
        unit.id,
        "2026-03-20",
        branch.play.who(f"{branch.name}.secretary"),
        at("2026-03-20"),
    )
    branch.appraises()
    end = date(YEAR, 12, 31)
    assert [row.month for row in rows if row.kind == "party_day"] == list(range(1, 13))
    assert {status(row, end) for row in rows} == {"held"}
    assert any(row.kind == "july" for row in rows) is (chosen["july_mode"] == "separate")
    assert not any(entered_late(session, row) for row in rows)
    [found] = table.read(session, [unit], YEAR, end)
    words = {str(word) for cell in (*found.months, *found.life) for _kind, word in cell.words}
    assert words <= {"已开展", "“七一”已开展", "上半年已召开", "下半年已召开", "第四季度已召开"}
    sweep.sweep(session, at("2026-12-31"))
    assert not session.scalars(
        sa.select(Case).where(
            Case.due_on < end, Case.closed_at.is_(None), Case.workflow != "appraisal"
        )
    ).all()


@pytest.mark.parametrize("day", JULY_DAYS)
@pytest.mark.parametrize("mode", ["combined", "separate"])
def test_the_first_of_july_is_never_abolished(session, world, mode, day):
    set_to(session, world, july_mode=mode, july_day=day)
    plan(session, world, "village", "firm")
    kind = "party_day" if mode == "combined" else "july"
    for unit in ("village", "firm"):
        row = session.scalar(
            sa.select(Activity).where(
                Activity.unit_id == world.units[unit].id, Activity.kind == kind, Activity.month == 7
            )
        )
        assert row.day == date.fromisoformat(f"{YEAR}-{day}") and row.rule_day == row.day


def test_what_is_held_apart_follows_the_zone_s_day_and_says_so(session, world):
    """G-2.1.3: 每年“七一”全区统一开展; a day that is over stays what it was."""
    set_to(session, world, july_mode="separate")
    [unit] = plan(session, world, "village")
    set_to(session, world, july_day="07-03")
    row = session.scalar(sa.select(Activity).where(Activity.kind == "july"))
    assert (row.day, row.rule_day) == (date(YEAR, 7, 3), date(YEAR, 7, 3))
    assert course.of(session, [row.id])[row.id][0].label == "自动重排"
    zone_settings.change(session, world.zone.id, "july_day", "07-10", None, at("2026-07-03"))
    assert plan_year(session, [unit], YEAR, at("2026-07-03")).followed == 0
    assert row.day == date(YEAR, 7, 3)


@pytest.mark.parametrize("value", ["06-19", "08-01", "06-31", "07-32", "7-1", "", "01-07"])
def test_a_day_that_is_not_about_the_first_of_july_is_refused(session, world, value):
    with pytest.raises(InvalidInput):
        zone_settings.change(session, world.zone.id, "july_day", value, None, at("2026-01-02"))


def held(session, world, row, day: str, unit="village"):
    raw = attendance.read_sheet(sheet(world, unit, held_on=day))
    who = world.actor(f"{unit}.secretary", at(day).today)
    attendance.record(session, row.id, raw, who, at(day, 20))
    session.commit()
    return row


def july(session, world, unit="village") -> Activity:
    wanted = sa.select(Activity).where(Activity.unit_id == world.units[unit].id)
    return session.scalar(wanted.where(Activity.kind == "july"))


def test_the_first_of_july_is_settled_by_its_own_activity_alone(session, world):
    set_to(session, world, july_mode="separate")
    [village] = plan(session, world, "village")
    held(session, world, activity_for(session, village, YEAR, 7), "2026-07-03")
    later = date(YEAR, 8, 20)
    assert status(july(session, world), later) == "missed"
    cell = table.read(session, [village], YEAR, later)[0].months[6]
    assert [str(word) for _kind, word in cell.words] == ["已开展", "“七一”未开展"]
    held(session, world, july(session, world), "2026-07-10")
    assert status(july(session, world), later) == "late", "it is the zone's day, never the branch's"


def test_going_back_to_one_activity_asks_for_no_second(session, world):
    set_to(session, world, july_mode="separate")
    [village] = plan(session, world, "village")
    set_to(session, world, july_mode="combined")
    found = month.of_year(session, village, YEAR, date(YEAR, 8, 20), month.Month)
    assert found[6].row.day == date(YEAR, 7, 1) and found[6].others == []


# Two activities in a month ------------------------------------------------------------------------


def another(session, world, day: str, unit="village"):
    at_ = at("2026-11-24")
    who = world.actor(f"{unit}.secretary", at_.today)
    on = date.fromisoformat(day)
    row = own_days.another(session, world.units[unit], on.year, on.month, on, who, at_)
    session.commit()
    return row


def test_a_second_activity_stands_beside_the_month(session, world):
    [village] = plan(session, world, "village")
    row = held(session, world, another(session, world, "2026-11-18"), "2026-11-18")
    found = month.of_year(session, village, YEAR, at("2026-11-24").today, month.Month)
    assert [one.row.id for one in found[10].others] == [row.id]
    assert found[10].status == "unrecorded", "on another day without consent it settles nothing"
    assert found[10].others[0].status == "held" and found[10].others[0].took_part == 5


@pytest.mark.parametrize("day, said", [("2026-11-06", "已有活动"), ("2026-10-07", None)])
def test_one_activity_a_day(session, world, day, said):
    plan(session, world, "village")
    if said:
        with pytest.raises(RuleViolation, match=said):
            another(session, world, day)
    else:
        another(session, world, day)
        with pytest.raises(RuleViolation, match="另外登记过一次"):
            another(session, world, "2026-10-20")
