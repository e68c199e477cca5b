"""One desk act on many cases: what may be chosen, and the result of each. Each goes through its own
door.
"""

from __future__ import annotations

from flask import Blueprint, render_template, request
from flask_babel import gettext as _
from flask_login import login_required

from oversight.base.db import db
from oversight.base.refusals import DomainError
from oversight.engine import desk_acts, inbox
from oversight.models import Case
from oversight.views import session

from . import desk, desk_act_forms

bp = Blueprint("many", __name__)


@bp.get("/desk/many")
@login_required
def choose():
    return _list(request.args.get("box", "mine"))


def _list(box: str, wrong: str = "") -> str:
    box = box if box in ("mine", "waiting", "units", "copied") else "mine"
    who, at = session.actor(), session.moment()
    page = inbox.cases(
        db.session,
        who,
        box,
        at.today,
        cursor=request.args.get("cursor") or None,
        limit=desk.BULK_MOST,
    )
    told_of = inbox.told_of(db.session, page.items)
    acts = [
        (name, desk_acts.ACTS[name])
        for name in {"mine": ("claim", "release"), "copied": ("read",)}.get(box, ("nudge",))
    ]
    return render_template(
        "many.html",
        page=page,
        box=box,
        acts=acts,
        wrong=wrong,
        told_of=told_of,
        every=bool(request.args.get("all")),
    )


@bp.post("/desk/many/<act>")
@login_required
def send(act):
    """Do one act on each case chosen, each in a transaction of its own; one that fails stops no
    other.
    """
    ids = list(dict.fromkeys(request.form.getlist("case")))[: desk.BULK_MOST]
    if act not in desk_acts.IN_BULK or not ids:
        return _list(request.form.get("box", "mine"), _("请先勾选要办的事项。")), 422
    results = [_one(case.id, act) for case in desk.seen(ids, session.actor())]
    return render_template(
        "many_done.html",
        results=results,
        done=sum(refusal is None for *_x, refusal in results),
        label=desk_acts.ACTS[act],
        box=request.form.get("box", "mine"),
    )


def _one(case_id: str, act: str) -> tuple[Case, str, DomainError | None]:
    try:
        case = desk_acts.submit(db.session, case_id, act, session.actor(), session.moment())
        return case, desk_act_forms.told(case) if act != "read" else "", None
    except DomainError as refusal:
        return db.session.get(Case, case_id), "", refusal
