"""What is compiled of a year from the records: the handbook of a branch, that of a member, and the facts on which
a secretary reports. Pages to read and to print; nothing is entered here.
"""

from __future__ import annotations

from flask import Blueprint, redirect, render_template, request, url_for
from flask_login import login_required

from oversight.base.db import db
from oversight.base.refusals import NotFound
from oversight.base.rows import grouped_by, ids_of
from oversight.engine import inbox
from oversight.law.binding import in_own_words
from oversight.law.clauses import clause
from oversight.ledger import handbooks, obligations, reporting
from oversight.models import Unit
from oversight.organization.members import members
from oversight.organization.units import page_of
from oversight.views import excel, session
from oversight.views.written import books

from . import listed

bp = Blueprint("handbooks", __name__)
FIRST, LAST = 2000, 2100


def _unit(unit_id, year: int) -> Unit:
    """Return a unit whose ledger the reader may read. Raises NotFound, Forbidden."""
    if not FIRST <= year <= LAST:
        raise NotFound()
    return obligations.readable(db.session, str(unit_id), session.actor())


@bp.get("/units/<uuid:unit_id>/handbook/<int:year>")
@login_required
def branch(unit_id, year):
    unit = _unit(unit_id, year)
    if unit.kind != "branch":
        raise NotFound()
    who, at = session.actor(), session.moment()
    book = handbooks.of_branch(db.session, unit, year, who, at)
    return render_template(
        "handbook.html",
        content=books.branch_content(db.session, book, at.today),
        year=year,
        unit=unit,
        people=members(db.session, unit.id, at.today),
        leads=any(unit_id == unit.id for _person, unit_id in who.led),
    )


@bp.get("/me/handbook")
@login_required
def mine():
    """Lead to the reader's own of this year."""
    who = session.actor()
    return redirect(url_for("handbooks.member", person_id=who.id, year=who.on.year))


@bp.get("/people/<uuid:person_id>/handbook/<int:year>")
@login_required
def member(person_id, year):
    if not FIRST <= year <= LAST:
        raise NotFound()
    who, at = session.actor(), session.moment()
    book = handbooks.of_member(db.session, str(person_id), year, who, at)
    content = books.member_content(book)
    return render_template("member_handbook.html", book=book, content=content)


# 述职评议 -----------------------------------------------------------------------------------------


@bp.get("/units/<uuid:unit_id>/reporting/<int:year>")
@login_required
def report(unit_id, year):
    """Show the facts on which the secretary of a branch reports; above branches lead to each."""
    unit = _unit(unit_id, year)
    ground = in_own_words(clause("G-4.1b"), unit.category)
    if unit.kind != "branch":
        return _list(unit, year, ground)
    if excel.wanted():
        facts = reporting.of_branch(db.session, unit, year, session.moment())
        return excel.answer(*listed.facts(unit, year, facts))
    return render_template(
        "reporting.html",
        unit=unit,
        year=year,
        ground=ground,
        facts=reporting.of_branch(db.session, unit, year, session.moment()),
        posts=reporting.secretaries(db.session, unit, year),
    )


def _list(unit: Unit, year: int, ground):
    found = inbox.branches_in_sight(db.session, session.actor(), "")
    below = [row for row in found if row.path.startswith(unit.path)]
    if excel.wanted():
        return excel.answer(*listed.reporting(unit, year, ids_of(below)))
    page = page_of(db.session, ids_of(below), request.args.get("cursor", ""))
    groups = grouped_by(page.rows, "parent_id")
    return render_template(
        "reporting_list.html",
        unit=unit,
        year=year,
        ground=ground,
        page=page,
        groups=[(page.above[key], rows) for key, rows in groups.items()],
    )
