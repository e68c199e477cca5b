"""Desk acts on pages: their forms on a case, and what rows of a list tell of them. Decides nothing."""

from __future__ import annotations

from dataclasses import dataclass

import sqlalchemy as sa
from flask_babel import gettext as _

from .. import colleagues, desk_acts, queues
from ..db import db
from ..errors import NotYours
from ..models import Case, Desk, FollowUp, JournalRow, Person, Unit
from ..rules.organization import superiors
from . import forms


@dataclass(frozen=True)
class Hand:
    """One desk act as a form: its fields, and by field whom or what it may name."""

    name: str
    label: str
    form: object
    options: dict[str, list]


def offered(file) -> list[Hand]:
    """Return the acts that the reader may do and that ask for something, or need saying twice."""
    named = [(name, label) for name, label in file.acts if name not in ("claim", "release")]
    return [_hand(file, name, label) for name, label in named]


def _hand(file, name: str, label: str) -> Hand:
    mine = file.bound if file.bound and file.bound.move == name else None
    kept = {"follow_up": {"day": _own_day(file)}}.get(name, {})
    form = forms.form_for(desk_acts.ASKS[name], f"d-{name}", mine.words if mine else kept, mine.wrong if mine else None)
    return Hand(name, label, form, _options(file, name))


def _own_day(file):
    row = db.session.get(FollowUp, (file.case.id, file.who.id))
    return row.day if row else None


def _options(file, name: str) -> dict[str, list]:
    """Return by field the people or units that an act may name."""
    if name == "copy":
        line = [file.case.unit, *superiors(db.session, file.case.unit)]
        units = line if file.case.concerns_id else [*line, *_offices(file.case)]
        return {"unit": list({unit.id: unit for unit in units}.values())}
    try:
        row, _standing = desk_acts.my_desk(db.session, file.case, file.who)
    except NotYours:
        return {}
    asked = {"hand_over": lambda: colleagues.entitled(db.session, file.case, row, file.at.today),
             "delegate": lambda: colleagues.helpers(db.session, file.case, row, file.who),
             "add_signer": lambda: colleagues.advisers(db.session, file.case, row, file.who)}
    return {"person": _people(asked[name]())} if name in asked else {}


def _offices(case: Case) -> list[Unit]:
    """Return the towns and departments of the zone."""
    return list(db.session.scalars(sa.select(Unit).where(
        Unit.zone_id == case.zone_id, Unit.kind.in_(("town", "department")), Unit.ended_on.is_(None))
        .order_by(Unit.sort, Unit.id)))


def _people(found: dict[str, str]) -> list[Person]:
    return list(db.session.scalars(sa.select(Person).where(Person.id.in_(found)).order_by(Person.name, Person.id)))


def told(case: Case) -> str:
    """Say what came of the last act on a case."""
    row = db.session.scalar(sa.select(JournalRow).where(JournalRow.case_id == case.id).order_by(
        JournalRow.seq.desc()).limit(1))
    to = "、".join(row.result.get("to", ()))
    label = _(desk_acts.LABELS.get(row.move, row.move))
    return _("已办“%(act)s”：%(who)s", act=label, who=to) if to else _("已办“%(act)s”", act=label)


# For lists ---------------------------------------------------------------------------------------


def marks(case_ids: list[str], person_id: str) -> dict[str, list[str]]:
    """Return by case what its row tells: to whom it was handed or delegated, and the reader's own date."""
    found: dict[str, list[str]] = {}
    for row in db.session.scalars(sa.select(Desk).where(
            Desk.case_id.in_(case_ids), Desk.closed_at.is_(None),
            sa.or_(Desk.handed_to.is_not(None), Desk.kind.in_(("help", "sign"))))):
        found.setdefault(row.case_id, []).append(_mark(row))
    for row in db.session.scalars(sa.select(FollowUp).where(
            FollowUp.case_id.in_(case_ids), FollowUp.person_id == person_id)):
        found.setdefault(row.case_id, []).append(_("跟进 %(day)s", day=f"{row.day.month}月{row.day.day}日"))
    return found


def _mark(row: Desk) -> str:
    name = queues.person_name(db.session, row.handed_to or row.person_id)
    if row.kind == "help":
        return _("委派给 %(who)s", who=name)
    return _("征求 %(who)s 意见", who=name) if row.kind == "sign" else _("转办给 %(who)s", who=name)
