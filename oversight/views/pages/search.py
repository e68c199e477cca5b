"""Looking for branches, people and cases in one's own sight: one page, grouped. Reads only."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from flask import Blueprint, render_template, request, url_for
from flask_babel import gettext as _
from flask_login import login_required

from oversight.base import grams, typed
from oversight.base.db import db, is_id
from oversight.base.lazy import cached_property
from oversight.base.refusals import InvalidInput, NotFound
from oversight.base.rows import ids_of
from oversight.engine import inbox, search
from oversight.models import Person, Unit
from oversight.organization import reach
from oversight.organization.units import UnitPage, page_of
from oversight.views import present, session

bp = Blueprint("search", __name__)
FEW = 5  # of each group where all are shown
PAGE = 20
GROUPS = ("units", "people", "cases")
LONGEST = 80


@dataclass(frozen=True)
class Found:
    """What is found for one reader; `group` is the one of which a page is shown, else a few of each."""

    text: str
    group: str = ""
    cursor: str = ""
    unit: str = ""

    @cached_property
    def who(self):
        return session.actor()

    @property
    def terms(self) -> list[str]:
        return grams.terms(self.text)

    @property
    def size(self) -> int:
        return PAGE if self.group else FEW

    def _shows(self, group: str) -> bool:
        return bool(self.terms) and self.group in ("", group)

    def _cursor(self, group: str) -> str | None:
        return self.cursor if self.group == group and self.cursor else None

    @cached_property
    def units(self) -> UnitPage | None:
        """Return the units that the reader may open."""
        if not self._shows("units"):
            return None
        ids = reach.units_called(db.session, self.who, self.text, self.top)
        return page_of(db.session, ids, self._cursor("units") or "", self.size)

    @cached_property
    def _people(self) -> list[Person]:
        """Return one person more than is shown, where there is one; for who holds a post."""
        if not (self.terms and self.group in ("", "people", "cases") and self.who.posts):
            return []
        size = PAGE if self.group == "people" else FEW
        cursor = self._cursor("people")
        return reach.people_called(db.session, self.who, self.text, cursor, size, self.top)

    @cached_property
    def people(self) -> list[tuple[Person, str, str]]:
        """Return the people found, where they belong, and the page on which they stand."""
        if not self._shows("people"):
            return []
        shown = self._people[: self.size]
        places = reach.places(db.session, self.who, ids_of(shown)) if shown else {}
        return [(one, *self._place(one, *places[one.id])) for one in shown if one.id in places]

    @property
    def more_people(self) -> str | None:
        """Return the mark of the next page of people."""
        return self._people[self.size - 1].id if len(self._people) > self.size else None

    def _place(self, one: Person, kind: str, unit: Unit) -> tuple[str, str]:
        """Return the unit of a person and the address of the page that tells of him."""
        if not self.keeps:
            return unit.name, url_for("year.this_year", unit_id=unit.id)
        if kind == "branch":
            return unit.name, url_for("admin.person", person_id=one.id)
        return unit.name, url_for("admin.post_list", unit_id=unit.id)

    @cached_property
    def keeps(self) -> bool:
        return present.Shell().keeper

    def unit_url(self, unit: Unit) -> str:
        if unit.kind == "branch" and self.who.sees(unit):
            return url_for("year.this_year", unit_id=unit.id)
        return url_for("admin.unit", unit_id=unit.id)

    @cached_property
    def cases(self) -> search.Hits:
        """Return the cases that the reader may open, their lines loaded."""
        if not self._shows("cases"):
            return search.Hits([], None)
        people, cursor = set(ids_of(self._people[:FEW])), self._cursor("cases")
        hits = search.cases(db.session, self.who, self.terms, people, cursor, self.size, self.top)
        self.__dict__["_lines"] = inbox.told_of(db.session, [hit.case for hit in hits.rows])
        return hits

    @cached_property
    def top(self) -> Unit | None:
        """Return the unit within which is looked; None where none in sight was named."""
        with suppress(NotFound):
            if is_id(self.unit):
                return reach.unit_in_reach(db.session, self.unit, self.who, reach.kept)
        return None

    @cached_property
    def tops(self) -> list[tuple[str, str]]:
        return reach.tops(db.session, self.who) if self.terms and self.who.posts else []

    @property
    def nothing(self) -> bool:
        return not (self.units and self.units.rows or self.people or self.cases.rows)

    def url(self, group: str = "", cursor: str = "") -> str:
        asked: dict[str, Any] = {"q": self.text, "in": group or None, "cursor": cursor or None}
        asked["unit"] = self.unit or None
        return url_for("search.show", **asked)


@bp.get("/search")
@login_required
def show():
    """Show what is found, a few of each kind, or a page of one kind."""
    group, text = request.args.get("in", ""), typed.line(request.args.get("q", ""))[:LONGEST]
    group, unit = group if group in GROUPS else "", request.args.get("unit", "")
    found = Found(text, group, request.args.get("cursor", ""), unit)
    try:
        return render_template("search.html", found=found, short=_short(found))
    except InvalidInput:  # a mark that somebody typed: begin at the beginning
        found = Found(text, group, unit=unit)
        return render_template("search.html", found=found, short=_short(found))


def _short(found: Found) -> str:
    """Say why nothing is looked for."""
    if found.text and not found.terms:
        return _("请至少输入两个字。")
    return ""
