"""The attendance sheet as a page: everybody is present, only exceptions are touched. What a sheet
means is below.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from flask import Blueprint, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_login import login_required

from oversight import workflows
from oversight.base.db import db
from oversight.base.lazy import cached_property
from oversight.base.refusals import InvalidInput, RuleViolation, VersionConflict
from oversight.base.rows import keyed
from oversight.base.sentences import N_
from oversight.calendar.party_days import NAMES, before_start, month_end
from oversight.calendar.workdays import add_workdays
from oversight.calendar.zone import zone_calendar
from oversight.casework import follow_ups
from oversight.engine import authority
from oversight.law.binding import in_own_words
from oversight.law.clauses import Source, clause
from oversight.law.inputs import read_count, read_day
from oversight.law.roles import OFFICES
from oversight.ledger import attendance, course, leave, plans
from oversight.models import Activity, Attendance, Case, Person
from oversight.models.attendance import CATEGORIES, CLASSES, FORMS, INVITED_BY, INVITEES, MODES
from oversight.organization.members import groups_on
from oversight.views import forms, present, session
from oversight.views.forms import NO_FORM, Bound
from oversight.views.present import day as day_label
from oversight.views.present import translated

from . import sheet_items
from .sheet_items import Items

bp = Blueprint("attend", __name__)

OUT = ("other_form", "leave", "absent")
ABOUT = ("host", "host_why", "mode", "begins", "place", "theme")  # of the day itself
LIKELY = (
    ("mobile", "receiving_branch"),
    ("elderly", "visit"),
)  # the form that is offered first, by the member's flag


@dataclass(frozen=True)
class Tile:
    """One member on the sheet; `carried` is the month whose form is suggested, to be confirmed;
    `asked`: his own 请假 from before the day is suggested.
    """

    person: Person
    kind: str = "present"
    form: str = ""
    category: str = ""
    carried: int = 0
    asked: bool = False

    @property
    def offered(self) -> str:
        """Return the other form that stands chosen once 其他方式 is tapped."""
        return self.form or next((form for flag, form in LIKELY if getattr(self.person, flag)), "")

    @property
    def forms(self) -> dict[str, str]:
        """Return the forms that fit him, and the one that stands in the record."""
        fits = attendance.fitting(self.person)
        return {key: name for key, name in FORMS.items() if key in fits or key == self.form}


class Sheet:
    """The sheet of one party day for one reader; `posted` is a form that came back."""

    classes, out, forms, categories, modes = CLASSES, OUT, FORMS, CATEGORIES, MODES

    def __init__(self, activity: Activity, posted=None, bound: Bound = NO_FORM):
        self.activity, self.posted, self.bound = activity, posted, bound
        self.unit, self.at = activity.unit, session.moment()

    @cached_property
    def recorded(self) -> dict[str, Attendance]:
        return attendance.rows_of(db.session, self.activity)

    @property
    def name(self) -> str:
        """Return what the activity is called."""
        kind = NAMES.get(self.activity.kind)
        return translated(kind) if kind else _("%(m)s月主题党日", m=self.activity.month)

    @property
    def copies(self) -> bool:
        """True where the sheet is, or will be, a copy from the paper handbook of before."""
        month = self.activity.year, self.activity.month
        fresh = self.activity.held_on is None and before_start(self.unit, month_end(*month))
        return fresh or self.activity.source is not None

    @property
    def enters_for(self) -> bool:
        """True where the reader enters for the branch (代录)."""
        return self.writes and not authority.is_led_by(db.session, self.unit, session.actor())

    @cached_property
    def writes(self) -> bool:
        return authority.may_enter(db.session, self.unit, session.actor())

    # The day, the host, who was invited

    @cached_property
    def day(self) -> date:
        """Return the day whose roster is shown: the one written down, else the one in force."""
        return read_day(self.held_on) or self.activity.held_on or self.activity.day or self.at.today

    @property
    def held_on(self) -> str:
        """Return the day that stands in the form: never one that has not come."""
        if self.posted:
            return self.posted.get("held_on", "").strip()
        found = self.activity.held_on or self.activity.day
        return found.isoformat() if found and found <= self.at.today else ""

    @cached_property
    def hosts(self) -> list[tuple[Person, str]]:
        """Return who may host on that day, the secretary first. Source: G-2.4.2"""
        found = attendance.hosts(db.session, self.unit, self.day)
        joint = attendance.joint_hosts(db.session, self.activity, self.day)
        own = [
            (one, OFFICES.get(office) or _("党员"))
            for one, office in found
            if office != "member" or one.id in {tile.person.id for tile in self.tiles}
        ]
        return own + [(one, _("联合开展的牵头支部书记")) for one, _office in joint]

    @property
    def host(self) -> str:
        if self.posted:
            return self.posted.get("host", "")
        return self.activity.host_id or next(
            (person.id for person, office in self.hosts if office == OFFICES["secretary"]), ""
        )

    def said(self, name: str) -> str:
        """Return what stands in a field of the form."""
        return (
            self.posted.get(name, "") if self.posted else getattr(self.activity, name, None) or ""
        )

    @cached_property
    def invitees(self) -> list[tuple[str, str, object]]:
        """Return whom the branch's rule set lets it invite:

        kind, label, how many. Source: G-2.2.2
        """
        invited = attendance.invited(db.session, self.activity)
        kinds = [*INVITED_BY[self.unit.rule_set], *invited]
        return [
            (
                kind,
                INVITEES[kind],
                self.posted.get(f"invited-{kind}", "") if self.posted else invited.get(kind, ""),
            )
            for kind in dict.fromkeys(kinds)
        ]

    @property
    def invited_by(self) -> Source:
        return in_own_words(clause("G-2.2.2"), self.unit.category)

    # Who was there

    @cached_property
    def people(self) -> list[Person]:
        if self.recorded:
            late = attendance.late(db.session, self.activity) if self.writes else []
            return [*attendance.people(db.session, self.activity, self.at.today), *late]
        return attendance.roster(db.session, self.activity, self.day)

    @cached_property
    def asked(self) -> dict[str, str]:
        """Return who has said beforehand that he can't come, for who writes the sheet."""
        return leave.of(db.session, self.activity) if self.writes else {}

    @property
    def asking(self) -> list[tuple[Person, str]]:
        """Return those of the roster who can't come, each with why."""
        return [(one, self.asked[one.id]) for one in self.people if one.id in self.asked]

    @cached_property
    def exempt(self) -> int:
        """Count who stands outside 应到 on that day."""
        return len(self.exempted)

    @cached_property
    def exempted(self) -> list[tuple[Person, str]]:
        """Return who is exempt on that day, and what he was told of it."""
        posted = self.posted or {}
        found = attendance.free_lines(db.session, self.activity, self.day)
        return [(one, posted.get(f"told-{one.id}", told)) for one, told in found]

    def came(self, person: Person) -> bool:
        """True where an exempt member is down as present all the same."""
        if self.posted:
            return person.id in self.posted.getlist("who")
        return person.id in self.recorded

    @property
    def carried(self) -> list[Tile]:
        """Return whose form of last time is suggested and not confirmed yet."""
        return [tile for tile in self.tiles if tile.carried]

    @cached_property
    def before(self) -> tuple[int, dict[str, str]]:
        """Return the month of the record before this one, and who took part in which other form."""
        return attendance.forms_before(db.session, self.activity)

    @cached_property
    def tiles(self) -> list[Tile]:
        return [self._tile(person) for person in self.people]

    def _tile(self, person: Person) -> Tile:
        row = self.recorded.get(person.id)
        if self.posted:
            return posted_tile(person, self.posted)
        if row is not None:
            return Tile(person, row.kind, row.form or "", row.category or "")
        if person.id in self.asked:
            return Tile(person, "leave", category=self.asked[person.id], asked=True)
        month, usual = self.before
        usual = {key: form for key, form in usual.items() if form in FORMS}
        if usual.get(person.id) not in attendance.fitting(person):
            return Tile(person)
        return Tile(person, "", usual[person.id], carried=month)

    @cached_property
    def groups(self) -> list[tuple[str, list[Tile]]]:
        """Return the tiles by 党小组, in the order of the groups; those in none come last."""
        named = groups_on(db.session, self.unit.id, self.day)
        found: dict[str, list[Tile]] = {}
        for tile in self.tiles:
            group = named.get(tile.person.id)
            found.setdefault(group.id if group else "", []).append(tile)
        order = sorted(keyed(named.values()).values(), key=lambda unit: (unit.sort, unit.id))
        return [
            *((group.name, found[group.id]) for group in order if group.id in found),
            *((_("其他党员") if named else _("党员"), found[""]) for key in [""] if key in found),
        ]

    def of(self, kind: str) -> list[Tile]:
        return [tile for tile in self.tiles if tile.kind == kind]

    @property
    def papers(self) -> list[tuple[str, str]]:
        """Return what is printed of the day once it was held, each by its kind."""
        row = self.activity
        if not row.held_on:
            return []
        filed = self.unit.rule_set == "soe" and row.confirmed_at
        met = plans.of(db.session, row).met_on
        missing = self.cases and follow_ups.reads(db.session, self.unit, session.actor())
        return [
            ("activity", N_("活动记录表和签到表")),
            *([("committee", N_("支委会记录"))] if met else []),
            *([("filing", N_("备案表"))] if filed else []),
            *(
                [("contacts", N_("联系和补课登记表")), ("calls", N_("电话记录单"))]
                if missing
                else []
            ),
        ]

    @cached_property
    def course(self) -> list[course.Line]:
        """Return what was done about this day, the newest first."""
        return course.of(db.session, [self.activity.id]).get(self.activity.id, [])

    @cached_property
    def cases(self) -> dict[str, Case]:
        return attendance.missing_cases(db.session, self.activity)

    @cached_property
    def items(self) -> Items:
        """Return what was done of the branch's duties, as the form has it."""
        return Items(self.activity, self.people, self.posted)

    @property
    def contact_by(self) -> date:
        """Return by when those on leave or absent are contacted, if the sheet is saved today."""
        due = workflows.current("absence").opens.due
        return add_workdays(
            zone_calendar(db.session, self.unit.zone_id),
            self.at.today,
            due.days(session.settings()),
        )


def posted_tile(person: Person, posted) -> Tile:
    """Return a member as the posted form has him."""
    if person.id not in posted.getlist("out"):
        return Tile(person)
    return Tile(
        person,
        posted.get(f"kind-{person.id}", ""),
        posted.get(f"form-{person.id}", ""),
        posted.get(f"why-{person.id}", ""),
    )


# Pages -------------------------------------------------------------------------------------------


@bp.get("/activities/<uuid:activity_id>/attendance")
@login_required
def show(activity_id):
    return _page(Sheet(attendance.readable(db.session, str(activity_id), session.actor())))


def _page(sheet: Sheet, status: int = 200):
    return render_template(
        "attend.html", sheet=sheet, activity=sheet.activity, unit=sheet.unit
    ), status


@bp.get("/activities/<uuid:activity_id>/attendance/blank")
@login_required
def blank(activity_id):
    """Print an empty sheet: paper is an equal way."""
    sheet = Sheet(attendance.readable(db.session, str(activity_id), session.actor()))
    return render_template(
        "attend_blank.html", sheet=sheet, activity=sheet.activity, unit=sheet.unit
    )


def about(posted) -> dict[str, str]:
    return {name: posted.get(name, "").strip() for name in ABOUT}


@bp.post("/activities/<uuid:activity_id>/attendance")
@login_required
def save(activity_id):
    with session.keeping("attendance"):
        activity = attendance.readable(db.session, str(activity_id), session.actor())
    correction = activity.confirmed_at is not None
    try:
        with session.acting("attendance"):
            read = attendance.read_sheet(_raw(activity, request.form))
            done = attendance.submit(
                db.session, activity.id, read, session.actor(), session.moment()
            )
    except (InvalidInput, RuleViolation, VersionConflict) as refusal:
        activity = attendance.readable(db.session, str(activity_id), session.actor())
        bound = forms.Bound.of("", {}, _at_the_member(refusal))
        return _page(Sheet(activity, request.form, bound), refusal.status)
    return _saved(done, correction)


def _at_the_member(refusal):
    """Put what is said about leave at the first member on whose tile no reason stands."""
    if not isinstance(refusal, InvalidInput) or "leave" not in refusal.fields:
        return refusal
    bare = [
        person
        for person in request.form.getlist("out")
        if request.form.get(f"kind-{person}", "leave") == "leave"
        and not request.form.get(f"why-{person}")
    ]
    return InvalidInput({f"out-{bare[0]}": refusal.sentence}) if bare else refusal


def _saved(done: attendance.Recorded, correction: bool):
    """Show the result, and continue with the contacts where somebody was missing."""
    year = url_for(
        "year.show",
        unit_id=done.activity.unit_id,
        year=done.activity.year,
        _anchor=f"m{done.activity.month}",
    )
    filed = _("到会情况已登记")
    if done.activity.unit.rule_set == "soe":
        filed = _("到会情况已登记，已报上级备案")
    saved = _("考勤已更正，原来的记录留在经过里") if correction else filed
    if not done.opened:
        present.toast(saved)
        return redirect(year)
    present.toast(
        _(
            "%(saved)s。请假、缺席的人转入联系登记，%(day)s前联系",
            saved=saved,
            day=day_label(attendance.contact_by(db.session, done)),
        ),
        _("查看党日"),
        year,
    )
    return redirect(url_for("contact.show", unit_id=done.activity.unit_id))


def _raw(activity: Activity, posted) -> dict:
    """Take a sheet from the form, in the shape that the API sends. Raises InvalidInput."""
    out = list(dict.fromkeys(posted.getlist("out")))
    kinds = {person: _kind(posted, person) for person in out}
    unsaid = [person for person in out if not kinds[person]]
    if unsaid:
        raise InvalidInput({f"out-{unsaid[0]}": _("请确认这次怎样参加的：上次的方式只是建议。")})
    by = {kind: [person for person in out if kinds[person] == kind] for kind in OUT}
    return {
        "present": [person for person in posted.getlist("who") if person not in out],
        "other_form": {person: posted.get(f"form-{person}") for person in by["other_form"]},
        "leave": {person: posted.get(f"why-{person}") for person in by["leave"]},
        "absent": by["absent"],
        "invitees": invitees(activity, posted),
        "told": {
            name.removeprefix("told-"): said.strip()
            for name, said in posted.items()
            if name.startswith("told-")
        },
        "duties": sheet_items.read(Sheet(activity, posted).items),
        **about(posted),
        **{name: posted.get(name, "").strip() for name in ("held_on", "why", "version")},
    }


def _kind(posted, person: str) -> str:
    """Return how somebody took part: as said, or as last time where that was confirmed for all."""
    as_before = "other_form" if posted.get("as_before") and posted.get(f"form-{person}") else ""
    return posted.get(f"kind-{person}") or as_before


def invitees(activity: Activity, posted) -> dict[str, int]:
    """Read how many were invited; kinds that the page does not show stay as they were. Raises
    InvalidInput.
    """
    found = attendance.invited(db.session, activity)
    for kind, label in INVITEES.items():
        value = posted.get(f"invited-{kind}")
        if value is None:
            continue
        found[kind] = read_count(value) if value.strip() else 0
        if found[kind] is None:
            raise InvalidInput({f"invited-{kind}": _("“%(kind)s”请填人数。", kind=label)})
    return found
