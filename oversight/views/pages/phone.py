"""A member's telephone number: masked in lists, in full only by a POST that says who looked. For
people and the API.
"""

from __future__ import annotations

from flask import Blueprint, current_app, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_login import login_required

from oversight.base import phone_numbers
from oversight.base.db import db
from oversight.base.refusals import DomainError, InvalidInput
from oversight.engine import authority
from oversight.models import Case, Person
from oversight.register import telephones
from oversight.views.api import messages as m
from oversight.views.api.route import route
from oversight.views.session import acting, actor, moment

bp = Blueprint("phone", __name__)


def secret() -> str:
    return current_app.config["SECRET_KEY"]


def masked(person: Person) -> str:
    """Return a number as lists show it; whoever calls knows that the reader has business in the
    branch.
    """
    return phone_numbers.masked(phone_numbers.unseal(secret(), person.id, person.phone_sealed))


def of_case(case: Case) -> str:
    """Return the masked number of the member that a case is about, for those with business in the
    branch.
    """
    if case.data_subject_id is None or not any(case.unit.within(path) for path in actor().business):
        return ""
    return masked(db.session.get(Person, case.data_subject_id))


# Pages -------------------------------------------------------------------------------------------


@bp.get("/people/<uuid:person_id>/phone")
@login_required
def show(person_id):
    return _page(telephones.of_business(db.session, str(person_id), actor()))


def _page(person: Person, number: str = "", refusal: DomainError | None = None):
    branch = telephones.branch_of(db.session, person.id, actor())
    return render_template(
        "phone.html",
        person=person,
        number=number,
        masked=masked(person),
        refusal=refusal,
        keeps=authority.is_led_by(db.session, branch, actor()),
        looks=telephones.looks(db.session, person.id),
        typed=request.form.get("number", ""),
    ), refusal.status if refusal else 200


@bp.post("/people/<uuid:person_id>/phone")
@login_required
def look(person_id):
    with acting("phone"):
        number = telephones.show(db.session, secret(), str(person_id), actor(), moment())
    return _page(db.session.get(Person, str(person_id)), number or "")


@bp.post("/people/<uuid:person_id>/phone/keep")
@login_required
def keep(person_id):
    try:
        with acting("phone_keep"):
            number = request.form.get("number", "")
            telephones.keep(db.session, secret(), str(person_id), number, actor(), moment())
    except InvalidInput as refusal:
        return _page(telephones.of_business(db.session, str(person_id), actor()), refusal=refusal)
    flash(_("电话号码已保存，列表里只显示前三位和后四位。"), "ok")
    return redirect(url_for("phone.show", person_id=person_id))


# API ---------------------------------------------------------------------------------------------


@route(
    "POST",
    "/people/<uuid:person_id>/phone",
    "A member's number in full; who asked is noted",
    m.Phone,
    sends=m.Nothing,
    needs=False,
)
def look_up(person_id, sent: m.Nothing) -> m.Phone:
    with acting("phone"):
        number = telephones.show(db.session, secret(), person_id, actor(), moment())
    return {"number": number}


@route(
    "PUT",
    "/people/<uuid:person_id>/phone",
    "Keep a member's number, or none where it is empty; answers it masked",
    m.Phone,
    sends=m.Number,
)
def put(person_id, sent: m.Number) -> m.Phone:
    number = sent["number"]
    with acting("phone_keep"):
        telephones.keep(db.session, secret(), person_id, number, actor(), moment())
    kept = phone_numbers.masked(phone_numbers.read(number)) if number.strip() else None
    return {"number": kept}
