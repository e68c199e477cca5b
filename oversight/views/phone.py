"""A member's telephone number: masked in lists, in full only by a POST that says who looked. For
people and the API.
"""

from __future__ import annotations

from flask import Blueprint, current_app, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_login import login_required

from .. import authority, phones
from ..db import db
from ..errors import No, WordsWrong
from ..models import Case, Person
from ..operations import contacts
from . import api_http
from .access import actor, by_token, moment
from .api_http import answer

bp = Blueprint("phone", __name__)


def secret() -> str:
    return current_app.config["SECRET_KEY"]


def masked(person: Person) -> str:
    """Return a number as lists show it; whoever calls knows that the reader has business in the
    branch.
    """
    return phones.masked(phones.unseal(secret(), person.id, person.phone_sealed))


def of_case(case: Case) -> str:
    """Return the masked number of the member that a case is about, for those with business in the
    branch.
    """
    if case.concerns_id is None or not any(case.unit.within(path) for path in actor().business):
        return ""
    return masked(db.session.get(Person, case.concerns_id))


# Pages -------------------------------------------------------------------------------------------


@bp.get("/people/<uuid:person_id>/phone")
@login_required
def show(person_id):
    return _page(contacts.of_business(db.session, str(person_id), actor()))


def _page(person: Person, number: str = "", no: No | None = None):
    try:
        authority.leads(db.session, contacts.branch_of(db.session, person.id, actor()), actor())
        keeps = True
    except No:
        keeps = False
    return render_template(
        "phone.html",
        person=person,
        number=number,
        masked=masked(person),
        no=no,
        keeps=keeps,
        looks=contacts.looks(db.session, person.id),
        typed=request.form.get("number", ""),
    ), no.status if no else 200


@bp.post("/people/<uuid:person_id>/phone")
@login_required
def look(person_id):
    number = contacts.show(db.session, secret(), str(person_id), actor(), moment())
    db.session.commit()
    return _page(db.session.get(Person, str(person_id)), number or "")


@bp.post("/people/<uuid:person_id>/phone/keep")
@login_required
def keep(person_id):
    try:
        contacts.keep(
            db.session, secret(), str(person_id), request.form.get("number", ""), actor(), moment()
        )
    except WordsWrong as no:
        db.session.rollback()
        return _page(contacts.of_business(db.session, str(person_id), actor()), no=no)
    db.session.commit()
    flash(_("电话号码已保存，列表里只显示前三位和后四位。"), "ok")
    return redirect(url_for("phone.show", person_id=person_id))


# API ---------------------------------------------------------------------------------------------


@api_http.bp.post("/people/<uuid:person_id>/phone")
@by_token
def look_up(person_id):
    api_http.body()
    number = contacts.show(db.session, secret(), str(person_id), actor(), moment())
    db.session.commit()
    return answer({"number": number})


@api_http.bp.put("/people/<uuid:person_id>/phone")
@by_token
def put(person_id):
    sent = api_http.body(number=str)
    contacts.keep(db.session, secret(), str(person_id), sent["number"], actor(), moment())
    db.session.commit()
    return answer(
        {"number": phones.masked(phones.read(sent["number"])) if sent["number"].strip() else None}
    )
