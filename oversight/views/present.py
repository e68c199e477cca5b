"""How values are shown: dates, due chips, icons, a workflow's own template. Decides and writes
nothing.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any

from flask import Flask, current_app, flash, g, request
from flask_login import current_user
from jinja2 import Template, TemplateNotFound, TemplateRuntimeError
from jinja2.ext import Extension
from markupsafe import Markup, escape

from oversight import workflows
from oversight.base import typed
from oversight.base.db import db, find
from oversight.base.lazy import cached_property
from oversight.base.sentences import N_, Sentence
from oversight.base.terms import DEFAULTS, fill
from oversight.calendar.party_days import BETTER
from oversight.calendar.workdays import add_workdays
from oversight.calendar.zone import workdays_from, zone_calendar
from oversight.engine import inbox
from oversight.law.binding import in_own_words
from oversight.law.clauses import DOCUMENTS, Source, clause
from oversight.law.clauses import register as register_of_clauses
from oversight.law.definition import Field, Workflow
from oversight.law.roles import ADMINISTRATORS, OFFICES
from oversight.models import Activity, Case, Person, Unit, Zone
from oversight.organization import members, names
from oversight.organization.units import by_id, others_of_zone, successor_of, superiors
from oversight.papers import layout
from oversight.register import audit_log
from oversight.register.zone_settings import READERS
from oversight.rules.absence import FOLLOW_UP

from . import help, session
from .forms import Choice
from .pages import checklist, phone
from .said import english, url_for
from .said import gettext as _

WEEKDAYS = N_("一二三四五六日")
BROKEN = N_("（这件事的数据有误，这里显示不出来，请告诉系统管理员）")
UNREADABLE = (LookupError, TypeError, ValueError, AttributeError, TemplateRuntimeError)
ABOVE = ("zone", "town", "department")
SOON = 3  # working days within which a due day is named by its weekday

# Path data of the icons, in a 24 by 24 grid; a page carries only those that it uses.
ICONS = {
    "inbox": '<path d="M3 13l3-8h12l3 8v6H3zM3 13h5l1.5 3h5L16 13h5"/>',
    "cal": '<path d="M4 6h16v14H4zM4 10h16M8 3v4M16 3v4"/>',
    "late": '<path d="M12 4l9 16H3zM12 10v4M12 17.2v.1"/>',
    "clock": '<circle cx="12" cy="12" r="9"/><path d="M12 7v5l3 2"/>',
    "ok": '<path d="M5 12.5l4.5 4.5L19 7.5"/>',
    "x": '<path d="M6 6l12 12M18 6L6 18"/>',
    "task": '<path d="M7 5H5v16h14V5h-2M9 3h6v4H9zM9 14l2 2 4-4"/>',
    "people": '<circle cx="9" cy="8" r="3.5"/><path d="M2.5 20c0-4 3-6 6.5-6s6.5 2 6.5 6M16 5a3.2 3.2 0 010 '
    '6.3M18 14.5c2.2.8 3.5 2.7 3.5 5.5"/>',
    "doc": '<path d="M6 3h8l4 4v14H6zM14 3v4h4M9 12h6M9 16h6"/>',
    "camera": '<path d="M4 8h4l2-3h4l2 3h4v11H4z"/><circle cx="12" cy="13" r="3.5"/>',
    "chart": '<path d="M4 20V4M4 20h16M8 16v-5M12.500 16V8M17 16v-7"/>',
    "book": '<path d="M5 4h11a3 3 0 013 3v13H8a3 3 0 01-3-3zM5 17a3 3 0 013-3h11"/>',
    "flow": '<path d="M4 4h6v5H4zM14 15h6v5h-6zM7 9v8.5h7M10 6.5h7V15"/>',
    "bell": '<path d="M6 17V11a6 6 0 0112 0v6l1.5 2h-15zM10 21h4"/>',
    "plus": '<path d="M12 5v14M5 12h14"/>',
    "me": '<circle cx="12" cy="8" r="4"/><path d="M4 21c0-5 3.5-7 8-7s8 2 8 7"/>',
    "left": '<path d="M15 5l-7 7 7 7"/>',
    "right": '<path d="M9 5l7 7-7 7"/>',
    "arrow": '<path d="M4 12h15M13 6l6 6-6 6"/>',
    "phone": '<path d="M5 4h4l2 5-2.500 1.500a11 11 0 005 5L15 13l5 2v4a1 1 0 01-1 1A15 15 0 014 5a1 1 0 011-1z"/>',
    "print": '<path d="M7 9V3h10v6M7 17H4V9h16v8h-3M7 14h10v7H7z"/>',
    "lock": '<path d="M6 11h12v9H6zM8.5 11V8a3.5 3.5 0 017 0v3"/>',
    "search": '<circle cx="11" cy="11" r="6.500"/><path d="M16 16l5 5"/>',
    "hand": '<path d="M8 12V6a1.5 1.5 0 013 0v5-7a1.5 1.5 0 013 0v7-5a1.5 1.5 0 013 0v8c0 4-2 7-6 7-3 '
    '0-4-1-6-4l-2-3.5a1.4 1.4 0 012.300-1.500z"/>',
}


MANY = 50  # units from which on they are looked for


@dataclass(frozen=True)
class Picks:
    """What may be chosen: of much only a part, which was looked for; `count` is how much that is."""

    rows: list[Choice]
    find: str
    count: int
    many: bool


@dataclass(frozen=True)
class Chip:
    """A word in a coloured frame; the kind is late, warn, ok, info or empty."""

    kind: str
    text: str
    icon: str = ""


class Shell:
    """What the frame of every page shows of the reader; asked only where a page has a frame."""

    @cached_property
    def who(self):
        return session.actor()

    @cached_property
    def zone(self) -> str:
        return db.session.get(Zone, self.who.zone_id).name

    @cached_property
    def counts(self) -> dict[str, int]:
        """Return what lies on the reader's desk, by kind of business."""
        return session.waiting()

    @property
    def waiting(self) -> int:
        return sum(self.counts.values())

    @property
    def menu(self) -> list[tuple[Workflow, int]]:
        """Return the business that has a line in the menu while some of it lies on the desk."""
        found = [(one, self.counts.get(one.name, 0)) for one in workflows.every() if one.icon]
        return [(one, n) for one, n in found if n and not (self.leads and one.name == FOLLOW_UP)]

    @property
    def followed(self) -> int:
        """Return how many absentees of his branch wait for the reader."""
        return self.counts.get(FOLLOW_UP, 0)

    @property
    def sets_zone(self) -> bool:
        """True where the reader may look at the zone's settings."""
        return any(post.unit.kind == "zone" and post.office in READERS for post in self.who.posts)

    @property
    def oversees(self) -> bool:
        """True where the reader stands above branches: 总览 is on his menu."""
        return any(
            post.unit.kind in ABOVE and post.unit.path in self.who.business
            for post in self.who.posts
        )

    @property
    def leads(self) -> bool:
        """True where the branch that he turns to first is one that he leads."""
        return self.branch is not None and any(
            post.unit_id == self.branch.id for post in self.who.posts
        )

    @property
    def keeper(self) -> bool:
        """True where the reader administers the zone or stands above branches: 管理 is on his menu."""
        return any(
            post.office in ADMINISTRATORS
            or post.unit.kind not in ("branch", "group")
            and post.office in ("officer", "secretary")
            for post in self.who.posts
        )

    @cached_property
    def stand_ins(self) -> list:
        """Return in whose place the reader acts, and who acts in his, today."""
        return [*self.who.acting, *self.who.replaced_by]

    @cached_property
    def unread(self) -> int:
        return session.unread()

    @cached_property
    def branch(self) -> Unit | None:
        """Return the branch whose year the reader turns to first."""
        led = [post.unit for post in self.who.posts if post.unit.kind == "branch"]
        above = [post for post in self.who.posts if post.unit.kind != "branch"]
        return led[0] if led else None if above else self.who.branch


class Unindented(Extension):
    """Sends lines of a template without their indentation, a tenth of a page's weight.

    Not for texts that keep their blanks: those are values, never written in a template. A blank is
    left where the line's own break is trimmed: two attributes may stand on either side.
    """

    def preprocess(self, source: str, name: str | None, filename: str | None = None) -> str:
        return re.sub(r"(?<![%#]\})\n[ \t]+", "\n", re.sub(r"(?<=[%#]\}\n)[ \t]+", " ", source))


def in_own_words_of(source: Source | None, unit: Unit) -> Source | None:
    """Return a ground in the words of a unit's own document, where it is a branch that has one."""
    return source and in_own_words(source, unit.category)


def ground_of(number: str, unit: Unit) -> Source:
    """Return a clause that was cited about a branch, in the words of its own document."""
    return in_own_words(clause(number), unit.category)


def apart(people) -> dict[str, str]:
    """Return by id how people are called where they stand together on a page."""
    return members.called(db.session, people, session.moment().today)


def units_apart(units, above: dict | None = None) -> dict[str, str]:
    """Return by id how units are called where they stand together on a page; `above` are their
    superiors by id, where they were read already.
    """
    listed = list(units)
    if len({one.name for one in listed}) == len(listed):
        return {one.id: one.name for one in listed}
    if above is None:
        above = by_id(db.session, {one.parent_id for one in listed if one.parent_id})
    named = {one.id: above[one.parent_id].name for one in listed if one.parent_id in above}
    return names.units_apart(listed, named)


def register(app: Flask) -> None:
    """Register filters and globals on the application's templates."""
    app.jinja_env.add_extension(Unindented)
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True
    _register_filters(app)
    _register_globals(app)
    app.context_processor(_frame)


def _register_filters(app: Flask) -> None:
    app.jinja_env.filters.update(
        agent=agent,
        day=day,
        dayw=dayw,
        ymd=ymd,
        weekday=weekday,
        when=when,
        zh_day=zh_day,
        zh_ymd=zh_ymd,
        plain=plain,
        places=places,
        own=in_own_words_of,
        ground=ground_of,
        t=translated,
        as_day=as_day,
        said=said_day,
        local_day=local_day,
        instant=datetime.fromisoformat,
    )


def _register_globals(app: Flask) -> None:
    app.jinja_env.globals.update(
        icon=icon,
        sprite=sprite,
        part=part,
        due_chip=due_chip,
        until_chip=until_chip,
        shift=shift,
        clause_url=clause_url,
        clause_at=clause_at,
        definition=definition,
        ask_named=ask_named,
        superior=superior,
        field_ids=field_ids,
        offices=OFFICES,
        audit_words=audit_log.WORDS,
        sections=checklist.sections,
        clauses=register_of_clauses,
        workdays_on=workdays_on,
        term=term,
        member_name=member_name,
        person_name=lambda person: inbox.person_name(db.session, person),
        people_named=people_named,
        office_name=inbox.office_label,
        phone_of=phone.of_case,
        masked=phone.masked,
        activity_day=activity_day,
        party_day_of=party_day_of,
        was_better=was_better,
        source_of=clause,
        lesson_form=lesson_form,
        unit_name=unit_name,
        successor=successor,
        formerly=formerly,
        branches=branches,
        named_units=named_units,
        documents=DOCUMENTS,
        apart=apart,
        units_apart=units_apart,
        help_line=help.line,
        help_keys=help.keys,
        as_letter=layout.letter,
        title_lines=layout.title_lines,
        signed_by=layout.signed_by,
        cols=layout.shares,
        today=lambda: session.moment().today,
    )


def _frame() -> dict:
    """Give every page the reader's language and text size, and the frame's own facts."""
    if not current_user.is_authenticated:
        return {"lang": "zh-CN"}
    account = current_user.account
    lang = "en" if account.locale.startswith("en") else "zh-CN"
    return {"lang": lang, "large": account.large_text, "shell": Shell()}


# Dates -------------------------------------------------------------------------------------------


def as_day(value: date | str) -> date:
    return date.fromisoformat(value) if isinstance(value, str) else value


def said_day(value) -> str:
    """Write what a record keeps: a day as people read it, everything else as it is."""
    found = str(value)
    return ymd(found) if re.fullmatch(r"\d{4}-\d\d-\d\d", found) else translated(found)


def zh_day(value: date | str) -> str:
    """Write a date as official letters do, whatever the reader's language."""
    found = as_day(value)
    return f"{found.month}月{found.day}日"


def day(value: date | str) -> str:
    """Write a date as people say it: 1月8日."""
    found = as_day(value)
    return f"{found.day} {found:%b}" if english() else zh_day(found)


def weekday(value: date | str, prefix: str = N_("星期")) -> str:
    found = as_day(value)
    return f"{found:%a}" if english() else prefix + WEEKDAYS[found.weekday()]


def dayw(value: date | str) -> str:
    return f"{weekday(value)} {day(value)}" if english() else f"{day(value)} {weekday(value)}"


def zh_ymd(value: date | str) -> str:
    return f"{as_day(value).year}年{zh_day(value)}"


def ymd(value: date | str) -> str:
    return f"{day(value)} {as_day(value).year}" if english() else zh_ymd(value)


def when(value: datetime) -> str:
    """Write an instant in the zone's time, with its year where it is not this one."""
    local = value.astimezone(current_app.extensions["clock"].zone)
    write = day if local.year == session.moment().today.year else ymd
    return f"{write(local.date())} {local:%H:%M}"


def local_day(value: datetime) -> date:
    return value.astimezone(current_app.extensions["clock"].zone).date()


# What a browser calls itself, by the first word that is found in it.
BROWSERS = {"MicroMessenger": N_("微信"), "Edg": "Edge", "Firefox": "Firefox", "Chrome": "Chrome"}
BROWSERS |= {"Safari": "Safari", "curl": "curl", "python": "Python"}
SYSTEMS = {"Windows": "Windows", "Harmony": N_("鸿蒙"), "Android": N_("安卓"), "iPhone": "iPhone"}
SYSTEMS |= {"iPad": "iPad", "Mac OS": "Mac", "Linux": "Linux"}


def agent(said: str) -> str:
    """Say a browser and its system in a few words; what is neither is shown cut."""
    found = [
        next((name for word, name in words.items() if word in said), "")
        for words in (BROWSERS, SYSTEMS)
    ]
    return " · ".join(translated(name) for name in found if name) or said[:40]


def shift(before: date | str, after: date | str) -> str:
    """Say how far a day moves: 提前 or 推迟 N 天."""
    days = (as_day(after) - as_day(before)).days
    return _("推迟 %(n)s 天", n=days) if days > 0 else _("提前 %(n)s 天", n=-days)


def due_chip(case: Case, long: bool = False) -> Chip | None:
    """Show a deadline: a date, its weekday when it is near, 今天, or 超期 N 个工作日."""
    if case.closed_at or case.due_on is None:
        return None
    return until_chip(case.due_on, case.zone_id, long)


def until_chip(due_on: date, zone_id: str, long: bool = False, today: date | None = None) -> Chip:
    """Show a last day as `due_chip` does, as it stood on another day where one is shown."""
    today = today or session.moment().today
    if due_on < today:
        late = workdays_from(db.session, zone_id, due_on, today)
        return Chip("late", _("超期 %(n)s 个工作日", n=late) if late else _("已超期"), "late")
    if due_on == today:
        return Chip("warn", _("今天到期") if long else _("今天"), "clock")
    left = workdays_from(db.session, zone_id, today, due_on)
    said = _("%(day)s到期", day=day(due_on)) if long else None
    if left <= SOON:
        return Chip("", said or weekday(due_on, N_("周")), "clock")
    return Chip("", said or day(due_on), "cal")


def plain(value, ask=None) -> str:
    """Write a word that somebody gave as a reader expects it."""
    if value in (None, ""):
        return ""
    ask = ask or FREE
    write = _BY_KIND.get(ask.kind) or _BY_TYPE.get(type(value), _as_text)
    return write(value, ask)


def _as_text(value, ask) -> str:
    month = re.fullmatch(r"(\d{4})-(0[1-9]|1[0-2])", str(value))
    return _("%(y)s年%(m)s月", y=month[1], m=int(month[2])) if month else str(value)


def places(text: str) -> Markup:
    """Keep what is to be filled in by hand on one line with its name."""
    return Markup(_PLACE.sub(r'<span class="fill">\g<0></span>', str(escape(text))))


def _listed(value: list, ask) -> str:
    if ask.choices and not ask.items:
        return "、".join(dict(ask.choices).get(entry, entry) for entry in value)
    if ask.items:
        return "；".join(_numbered(ask, number, entry) for number, entry in enumerate(value, 1))
    return "、".join(_item(entry) for entry in value)


def _chosen(value, ask) -> str:
    return dict(ask.choices).get(value, value)


FREE = Field("", "text", "")  # what no form has asked for
_PLACE = re.compile(r"[^\s，。；：（）]+：　{2,}(?:年　+月　+日)?[）。]?")
_BY_KIND: dict[str, Callable] = {
    "choice": _chosen,
    "unit": lambda value, _ask: unit_name(value),
    "person": lambda value, _ask: inbox.person_name(db.session, value),
    "date": lambda value, _ask: ymd(value),
}
_BY_TYPE: dict[type, Callable] = {
    bool: lambda value, _ask: _("是") if value else _("否"),
    list: _listed,
}


def _numbered(ask, number: int, entry) -> str:
    """Write an entry of a list with its number, in the words of the form."""
    return f"{number}. " + "，".join(
        f"{item.label}：{_part(entry[item.name], item)}"
        for item in ask.items
        if entry.get(item.name)
    )


def _part(value, item) -> str:
    """Write one word of an entry; a clause is named as people cite it."""
    known = register_of_clauses().get(value) if item.name == "clause" else None
    return known["section"] if known else plain(value, item).rstrip("。")


def _item(entry) -> str:
    """Write one entry of a list; an id becomes the name of the unit or person."""
    if isinstance(entry, dict):
        return "，".join(_item(value) for value in entry.values())
    found = find(db.session, Unit, entry) or find(db.session, Person, entry)
    return found.name if found else str(entry)


def _terms() -> Mapping[str, str]:
    return session.settings() if current_user.is_authenticated else DEFAULTS


def term(name: str) -> int:
    """Return one of the terms of the reader's zone."""
    return int(_terms()[f"term_{name}"])


def translated(text: str) -> str:
    """Say a sentence or a label of a definition in the reader's language, with his zone's terms."""
    text = fill(text, _terms()) if text and "%(term_" in text else text
    return text.translated(_) if isinstance(text, Sentence) else _(text) if text else ""


# Icons, clauses, a workflow's own template --------------------------------------------------------


def icon(name: str, css: str = "") -> Markup:
    g.setdefault("icons", set()).add(name)
    css = f"i {css}".strip()
    return Markup(f'<svg class="{css}" aria-hidden="true"><use href="#i-{name}"/></svg>')


def sprite() -> Markup:
    """Return the drawings of the icons that this page has used so far; the page's last element."""
    used = "".join(
        f'<symbol id="i-{name}" viewBox="0 0 24 24">{ICONS[name]}</symbol>'
        for name in sorted(g.get("icons", ()))
    )
    return Markup(f'<svg class="sr" aria-hidden="true" focusable="false">{used}</svg>')


def clause_url(source: Source) -> str:
    return clause_at(source.id)


def clause_at(number: str) -> str:
    """Return the address of a clause in its document."""
    return url_for("law.document", letter=register_of_clauses()[number]["doc"], _anchor=number)


def workdays_on(case: Case, days: int) -> date:
    """Return the day so many working days from today."""
    return add_workdays(zone_calendar(db.session, case.zone_id), session.moment().today, days)


def rectify_by(case: Case) -> date:
    """Return the day by which an order is usually to be met, as of today."""
    return workdays_on(case, term("rectify"))


def people_named(ids: list[str]) -> str:
    """Name people by their ids, in this order."""
    found = members.by_name(db.session, ids)
    called = apart(found)
    return "、".join(called.get(one) or inbox.person_name(db.session, one) for one in ids)


def member_name(case: Case) -> str:
    """Name the member whose own case it is, also where the case does not exist yet."""
    return inbox.called(
        db.session, case.data_subject_id or case.facts.get(definition(case).data_subject)
    )


def activity_day(case: Case) -> date | None:
    """Return the day of the party day that a case is about."""
    row = db.session.get(Activity, case.facts.get("activity"))
    return (row.held_on or row.day) if row else None


def party_day_of(case: Case) -> Activity:
    """Return the party day of whose record a case tells."""
    return db.session.get(Activity, case.facts["record"])


def was_better(said: list[str]) -> str:
    """Say what stood in a record before it was corrected."""
    return _("更正前为%(was)s", was="、".join(translated(BETTER[key]) for key in said))


def lesson_form(case: Case) -> str:
    return plain(case.facts["lesson"]["form"], ask_named(definition(case), "form"))


def unit_name(unit_id: str) -> str:
    return db.session.get(Unit, unit_id).name


def picks(found: list[Choice], chosen: str | None = "") -> Picks:
    """Return what may be chosen: where it is much, what was looked for, and what is chosen already."""
    find = typed.line(request.values.get("find", ""))[:60]
    named = [one for one in found if find in one.name or find in one.under]
    shown = named[:MANY]
    kept = [one for one in found if one.id == chosen and one not in shown]
    return Picks([*kept, *shown], find, len(named), len(found) > MANY)


def branches(chosen: str | None = "") -> Picks:
    """Return the branches in the reader's sight that still exist."""
    seen = inbox.units_in_sight(db.session, session.actor())
    found = [unit for unit in seen if unit.kind == "branch" and unit.ended_on is None]
    return picks(_under_superiors(choices_of(found), found, seen), chosen)


def _under_superiors(named: list[Choice], found: list[Unit], seen: list[Unit]) -> list[Choice]:
    """Return choices under the superiors that the reader sees, where they have several."""
    above = {unit.id: unit.name for unit in seen if unit.kind != "branch"}
    places = {unit.id: unit.parent_id for unit in found}
    if len(set(places.values()) & set(above)) < 2:
        return named
    order = list(above)
    put = [replace(one, under=above.get(places[one.id] or "", "")) for one in named]
    return sorted(put, key=lambda one: order.index(places[one.id]) if one.under else -1)


def choices_of(units: list[Unit]) -> list[Choice]:
    """Return units as they are called where they stand together."""
    called = units_apart(units)
    return [Choice(unit.id, called[unit.id]) for unit in units]


def named_units(unit: Unit, chosen: str | None = "") -> Picks:
    """Return what a word may name beside a unit, each under its own superior."""
    return picks([Choice(*row) for row in others_of_zone(db.session, unit)], chosen)


def superior(unit: Unit) -> Unit:
    """Return whom a unit writes to."""
    return superiors(db.session, unit)[0]


def successor(unit: Unit) -> Unit | None:
    """Return the branch that stands in for a merged one."""
    return successor_of(db.session, unit) if unit.successor_id else None


def formerly(case: Case) -> str:
    """Name whose case it was, of one that passed to another branch: that may have its own beside it."""
    first = case.facts.get("came_from")
    return _("（原%(unit)s）", unit=unit_name(first)) if first else ""


def definition(case: Case):
    return workflows.reading(case)


def ask_named(workflow, name: str):
    """Return the ask that a fact of this name answered."""
    asks = [*workflow.facts, *(ask for move in workflow.moves for ask in move.asks)]
    return next((ask for ask in asks if ask.name == name), None)


def field_ids(*forms) -> dict[str, str]:
    """Return by name the id of each field, for the links of an error summary."""
    return {field.short_name: field.id for form in forms for field in form}


def toast(text: str, label: str = "", href: str = "") -> None:
    """Say something on the next page for a moment, with a link where one is given."""
    said: Any = {"text": text, "label": label, "href": href}  # a session keeps more than text
    flash(said, "toast")


def part(case: Case, name: str, **shown) -> Markup:
    """Render one block of the workflow's template, or of the generic one where it has none. What the
    data of a case does not let be written, written past the program, takes nothing else away.

    A template without any block is the `facts` as a whole.
    """
    base, own = _templates_of(case.workflow)
    workflow = definition(case)
    if (
        not workflow.moves
    ):  # a version that is not known here: nothing of its own template may be relied on
        own = base
    shown = {"case": case, "workflow": workflow, **shown}
    holder = own if name in own.blocks else base
    try:
        if name == "facts" and not own.blocks:
            return Markup(own.render(shown))
        return Markup("".join(holder.blocks[name](holder.new_context(shown))).strip())
    except UNREADABLE:
        current_app.logger.exception("a part of a case cannot be written: %s", name)
        return escape(_(BROKEN))


def _templates_of(workflow: str) -> tuple[Template, Template]:
    """Return the generic template, and a workflow's own or else the generic one again."""
    env = current_app.jinja_env
    known = current_app.extensions.setdefault("templates_of", {})
    if workflow not in known or env.auto_reload:
        base = env.get_template("cases/any.html")
        try:
            known[workflow] = base, env.get_template(f"cases/{workflow}.html")
        except TemplateNotFound:
            known[workflow] = base, base
    return known[workflow]
