"""The three small registers of a branch as one page: enter what came up, that it was dealt with, take back."""

from __future__ import annotations

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_login import login_required

from oversight.base.db import db
from oversight.base.lazy import cached_property
from oversight.base.refusals import InvalidInput, InvalidTransition, NotFound, RuleViolation
from oversight.base.rows import grouped
from oversight.engine import authority
from oversight.ledger import registers
from oversight.models import Person, RegisterEntry, Unit
from oversight.organization.members import members
from oversight.views import excel, forms, session

from . import listed

bp = Blueprint("registers", __name__)


class Book:
    """The registers of one branch for one reader; `bound` is a form that came back with its refusal."""

    kinds, names = registers.KINDS, registers.REGISTERS

    def __init__(self, unit: Unit, bound: forms.Bound = forms.NO_FORM):
        self.unit, self.bound, self.today = unit, bound, session.moment().today
        self.writes = authority.may_enter(db.session, unit, session.actor())
        self.leads = authority.is_led_by(db.session, unit, session.actor())

    @cached_property
    def found(self) -> dict[str, list[RegisterEntry]]:
        rows = registers.of_unit(db.session, self.unit, session.actor())
        return grouped((registers.KINDS[row.kind].register, row) for row in rows)

    @property
    def shown(self) -> list[str]:
        """Return the registers that the reader may see: care for the branch's own leaders."""
        return [name for name in self.names if self.leads or name != registers.CARE]

    @cached_property
    def people(self) -> list[Person]:
        return members(db.session, self.unit.id, self.today)

    @cached_property
    def talkers(self) -> list[Person]:
        return registers.talkers(db.session, self.unit, self.today)

    def kinds_of(self, register: str) -> dict[str, registers.Kind]:
        return {name: kind for name, kind in self.kinds.items() if kind.register == register}


def _unit(unit_id) -> Unit:
    unit = db.session.get(Unit, str(unit_id))
    if unit is None:
        raise NotFound()
    registers.may_read(db.session, unit, session.actor())
    return unit


@bp.get("/units/<uuid:unit_id>/registers")
@login_required
def show(unit_id):
    book = Book(_unit(unit_id))
    if excel.wanted():
        rows = registers.of_unit(db.session, book.unit, session.actor())
        return excel.answer(*listed.entries(book.unit, rows))
    return render_template("registers.html", book=book)


@bp.post("/units/<uuid:unit_id>/registers")
@login_required
def write(unit_id):
    """Enter what came up, or with `entry` that it was dealt with, or take it back."""
    unit, posted = _unit(unit_id), request.form
    try:
        _do(unit, posted)
    except (InvalidInput, RuleViolation, InvalidTransition) as refusal:
        bound = forms.Bound.of("", dict(posted), refusal)
        return render_template("registers.html", book=Book(_unit(unit_id), bound)), refusal.status
    flash(_("已登记"), "ok")
    return redirect(url_for("registers.show", unit_id=unit.id))


def _do(unit: Unit, posted) -> None:
    who, at = session.actor(), session.moment()
    words, entry = dict(posted.items()), posted.get("entry", "")
    if not entry:
        registers.note(db.session, unit.id, words, who, at)
    elif "back" in words:
        registers.take_back(db.session, entry, words.get("reason", ""), who, at)
    else:
        registers.settle(db.session, entry, words, who, at)
