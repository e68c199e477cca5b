"""Desk acts on pages:

their forms on a case, and what rows of a list tell of them. Decides nothing.
"""

from __future__ import annotations

from dataclasses import dataclass

from flask_babel import gettext as _

from oversight.base.db import db
from oversight.base.rows import keyed
from oversight.engine import colleagues, desk_acts, inbox, journal
from oversight.models import Case, FollowUp, Person, Unit, WorkItem
from oversight.organization.members import by_name, called
from oversight.organization.units import offices, superiors
from oversight.views import forms
from oversight.views.forms import Choice

AT_ONCE = ("claim", "release", "read")  # buttons of their own, which ask for nothing


@dataclass(frozen=True)
class Hand:
    """One desk act as a form: its fields, and by field whom or what it may name."""

    name: str
    label: str
    form: object
    options: dict[str, list[Choice]]


def offered(file) -> list[Hand]:
    """Return the acts that the reader may do and that ask for something, or need saying twice."""
    named = [(name, label) for name, label in file.acts if name not in AT_ONCE]
    among = {name: _among(file, name) for name, _label in named}
    people = by_name(db.session, {one for found in among.values() for one in found})
    return [_hand(file, name, label, among[name], people) for name, label in named]


def _hand(file, name: str, label: str, among: dict[str, str], people: list[Person]) -> Hand:
    mine = file.bound.of_move(name)
    kept = _own_date(file) if name == "follow_up" else {}
    form = forms.form_for(
        desk_acts.ASKS[name], f"d-{name}", mine.words if mine else kept, mine.wrong
    )
    names = called(db.session, people, file.who.on)
    named = [Choice(person.id, names[person.id]) for person in people if person.id in among]
    return Hand(name, label, form, _copied(file) if name == "copy" else {"person": named})


def _own_date(file) -> dict:
    row = desk_acts.follow_ups(db.session, [file.case.id], file.who.id).get(file.case.id)
    return {"day": row.day, "note": row.note} if row else {}


def _copied(file) -> dict[str, list[Choice]]:
    """Return the units and people that a copy may go to."""
    units = _reached(file.case)
    return {"unit": [Choice(unit.id, unit.name) for unit in units], "person": _readers(file, units)}


def _among(file, name: str) -> dict[str, str]:
    """Return whom an act may name, each with the unit for which he takes part."""
    asked = {
        "hand_over": lambda: colleagues.entitled(db.session, file.case, file.desk, file.at.today),
        "delegate": lambda: colleagues.helpers(db.session, file.case, file.desk, file.who),
        "add_signer": lambda: colleagues.advisers(db.session, file.case, file.desk, file.who),
    }
    return asked[name]() if name in asked and file.desk is not None else {}


def _reached(case: Case) -> list[Unit]:
    """Return the units that a copy may go to: those of the case's own line, and the offices unless
    it is personal.
    """
    line = [case.unit, *superiors(db.session, case.unit)]
    units = line if case.data_subject_id else [*line, *offices(db.session, case.zone_id)]
    return list(keyed(units).values())


def _readers(file, units: list[Unit]) -> list[Choice]:
    """Return the officers of these units but the reader himself, unit by unit: of the case's own
    line, and where he sees.
    """
    units = [unit for unit in units if colleagues.known(file.case, unit, file.who)]
    place = {unit.id: number for number, unit in enumerate(units)}
    found = colleagues.readers(db.session, units, file.at.today)
    found.sort(key=lambda one: (place[one[1].unit_id], one[0].name))
    return [
        Choice(person.id, f"{person.name}（{inbox.office_label(post.office)}）", post.unit.name)
        for person, post in found
        if person.id != file.who.id
    ]


def told(case: Case) -> str:
    """Describe the result of the last act on a case."""
    row = journal.last(db.session, case.id)
    to = "、".join(row.result.get("to", ()))
    label = _(desk_acts.LABELS.get(row.move, row.move))
    return _("已办“%(act)s”：%(who)s", act=label, who=to) if to else _("已办“%(act)s”", act=label)


# For lists ---------------------------------------------------------------------------------------


def follow_ups(case_ids: list[str], person_id: str) -> dict[str, FollowUp]:
    """Return by case the reader's own reminder."""
    return desk_acts.follow_ups(db.session, case_ids, person_id)


def marks(lying: inbox.Lying) -> dict[str, list[str]]:
    """Return by case what its rows tell: to whom it was handed or delegated, and whose opinion was
    asked.
    """
    return {
        case_id: [
            _mark(row, lying.people[row.handed_to or row.person_id].name)
            for row, _unit in rows
            if row.handed_to or row.kind in ("help", "sign")
        ]
        for case_id, rows in lying.rows.items()
    }


def _mark(row: WorkItem, name: str) -> str:
    if row.kind == "help":
        return _("委派给 %(who)s", who=name)
    return _("征求 %(who)s 意见", who=name) if row.kind == "sign" else _("转办给 %(who)s", who=name)
