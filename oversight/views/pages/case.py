"""One case: its page, the moves and desk acts on it. The engine decides, this only shows."""

from __future__ import annotations

from typing import Any
from urllib.parse import parse_qsl, urlsplit

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_login import login_required

from oversight.base.db import db, reading
from oversight.base.refusals import DomainError, InvalidInput, NotFound, RuleViolation
from oversight.base.rows import ids_of
from oversight.base.sentences import N_
from oversight.casework import appraisal, rectification
from oversight.engine import authority, bell, desk_acts, inbox, transitions
from oversight.law.definition import Move
from oversight.models import Case
from oversight.views import forms, present, session

from . import appraise, checklist, desk, desk_act_forms, opening
from .casefile import CaseFile

FROM_DESK: dict[str, Any] = {"from": "desk"}  # a word of Python, hence not by name
bp = Blueprint("case", __name__)


def seen(case_id) -> Case:
    """Return a case in the reader's sight. Raises NotFound."""
    case = authority.seen(db.session, session.actor(), str(case_id))
    if request.method == "POST":
        _note(case)  # also where no script has told us
    return case


def asked(case_id, name: str) -> Case:
    """Return a case that somebody wants to act on; an attempt at a foreign one is kept. Raises
    NotFound.
    """
    with session.keeping(name, str(case_id)):
        return seen(case_id)


def _note(case: Case) -> None:
    """Note that the reader has seen what he was told of, and an order. Commits."""
    bell.opened(db.session, session.actor(), case.id, session.moment())
    if rectification.unseen(db.session, case, session.actor()):
        with session.acting("seen", case_id=case.id):
            rectification.see(db.session, case, session.actor(), session.moment())


@bp.post("/cases/<uuid:case_id>/seen")
@login_required
def note_seen(case_id):
    """Note that an order was read, as reported by the page's script; a GET never writes."""
    seen(case_id)
    return "", 204


@bp.post("/cases/<uuid:case_id>/told")
@login_required
def tell_members(case_id):
    """Note at which party day the members were told of a met order."""
    case = seen(case_id)
    try:
        rectification.tell_members(
            db.session, case.id, request.form.get("activity", ""), session.actor(), session.moment()
        )
    except (InvalidInput, RuleViolation) as refusal:
        return page(seen(case_id), forms.Bound.of("tell_members", {}, refusal)), refusal.status
    flash(_("已登记：本支部党员已听取整改情况通报。"), "ok")
    return redirect(
        session.own_path(request.form.get("next")) or url_for("case.show", case_id=case_id)
    )


@bp.get("/cases/<uuid:case_id>")
@login_required
def show(case_id):
    return page(seen(case_id))


def page(case: Case, bound: forms.Bound = forms.NO_FORM) -> str:
    file = CaseFile(case, session.actor(), session.moment(), bound)
    return render_template(
        "case.html", file=file, case=case, sheet=opening.Sheet.of(file), next_url=_onward(case)
    )


def _onward(case: Case) -> str:
    """Return where a decision leads:

    back to this page, or to the next on the desk one came from.
    """
    came = request.values.get("from")
    if came != "desk":
        return session.own_path(request.form.get("next")) or url_for("case.show", case_id=case.id)
    rows = ids_of(inbox.cases(db.session, session.actor(), "mine", session.moment().today).items)
    at = rows.index(case.id) if case.id in rows else -1
    after = (rows[at + 1 :] + rows[: max(at, 0)][-1:])[:1]
    return url_for("case.show", case_id=after[0], **FROM_DESK) if after else url_for("desk.queue")


@bp.post("/cases/<uuid:case_id>/moves/<name>")
@login_required
def make(case_id, name):
    case = asked(case_id, name)
    move, version = _named(case, name), forms.version_from(request.form)
    words = forms.words_from(request.form, move.asks)
    if request.form.get("then") == forms.FIND:
        return _again(str(case_id), forms.Bound(name, words))
    try:
        words = _words(case, move)
        case = _made(case, name, words, version)
    except (InvalidInput, RuleViolation) as refusal:
        return _again(str(case_id), forms.Bound.of(name, words, refusal)), refusal.status
    except NotFound:
        raise
    except DomainError as refusal:
        return conflict(refusal, seen(case_id), move, words), refusal.status
    with reading():
        return redirect(_after(_tell(case, move)))


def _made(case: Case, name: str, words: dict, version: int | None) -> Case:
    """Make the move, or for each of several people one of his own."""
    who, at = session.actor(), session.moment()
    if "each" in request.form and name == "tell":
        return appraisal.tell_each(db.session, case.id, words, who, version, at)
    return transitions.submit(db.session, case.id, name, who, words, version=version, at=at)


def _after(file: CaseFile) -> str:
    """Return where a step leads: to the next on the desk, or the same case again where the reader's
    own step comes next.
    """
    onward = session.own_path(request.form.get("next")) or ""
    case_id, desk_url = file.case.id, url_for("desk.queue")
    if onward and not (file.waiting.yours and (file.answers or file.steps_open)):
        return onward
    if request.form.get("from") == "pane":
        return session.own_path(request.form.get("at")) or desk_url
    from_desk = "from=desk" in onward or urlsplit(onward).path == desk_url
    return url_for("case.show", case_id=case_id, **(FROM_DESK if from_desk else {}))


def _named(case: Case, name: str) -> Move:
    """Return the move of a name, also where it does not leave the present state."""
    workflow = present.definition(case)
    named = [move for move in workflow.moves if move.name == name]
    if not named:
        refusal = NotFound("没有这一步。")
        session.journal(refusal, name, case.id)
        raise refusal
    return workflow.move(workflow.state(case.state), name) or named[0]


def _words(case: Case, move: Move) -> dict:
    """Take the words from the form; an answer given without a word reads as its definition says."""
    _no_file_left()
    if "checklist" in request.form:
        return checklist.words(request.form, move)
    words = forms.words_from(request.form, move.asks)
    _as_shown(words)
    if appraise.BY_NAME in request.form:
        return appraise.read_names(case, words)
    if not words and forms.SAY in request.form and forms.one_text([move]) and move.unsaid:
        return {move.asks[0].name: move.unsaid}
    return words


def _no_file_left() -> None:
    """Refuse an answer beside which a file was chosen: only its name comes. Raises InvalidInput."""
    if any(request.form.getlist("file")):
        raise InvalidInput({"file": N_("您选的照片还没有上传。请重新选择，点“上传”，再提交。")})


def _as_shown(words: dict) -> None:
    """Refuse to sign a paper with another term than was shown. Raises InvalidInput."""
    if request.form.get("shown", words.get("due_on", "")) != words.get("due_on", ""):
        raise InvalidInput(
            {"due_on": N_("期限改了，下面的通知书已按新的期限写好。请看过，再点一次。")}
        )


def _again(case_id: str, bound: forms.Bound) -> str:
    """Show the page that the form came from, with what was written and what is wrong."""
    if request.form.get("from") == "pane":
        place = urlsplit(session.own_path(request.form.get("at")) or "")
        return desk.page(desk.View.of({**dict(parse_qsl(place.query)), "case": case_id}), bound)
    return page(seen(case_id), bound)


def conflict(refusal: DomainError, case: Case | None, move: Move, words: dict) -> str:
    """Say who was first, what he did and when, and keep what the reader wrote."""
    said = [(ask, present.plain(words[ask.name], ask)) for ask in move.asks if ask.name in words]
    return render_template(
        "conflict.html",
        refusal=refusal,
        case=case,
        move=move,
        said=said,
        next_url=session.own_path(request.form.get("next")),
    )


def _tell(case: Case, move: Move) -> CaseFile:
    """Show the result on the next page, with a link to the case; returns the case as it is now."""
    file = CaseFile(case, session.actor(), session.moment())
    present.toast(
        str(present.part(case, "done", file=file, move=move)),
        _("查看"),
        url_for("case.show", case_id=case.id),
    )
    return file


@bp.post("/cases/<uuid:case_id>/desk/<act>")
@login_required
def act(case_id, act):
    """Do a desk act;

    one transaction, no state changed. What was typed stays where it is refused.
    """
    case = asked(case_id, act)
    words = forms.words_from(request.form, desk_acts.ASKS.get(act, ()))
    try:
        case = desk_acts.submit(db.session, case.id, act, session.actor(), session.moment(), words)
    except NotFound:
        raise
    except DomainError as refusal:
        return page(seen(case_id), forms.Bound.of(act, words, refusal)), refusal.status
    if act == "read":
        present.toast(_("已标为已阅，不再列在“抄送我”里"))
    elif act not in ("claim", "release"):
        present.toast(desk_act_forms.told(case), _("查看"), url_for("case.show", case_id=case.id))
    return redirect(
        session.own_path(request.form.get("next")) or url_for("case.show", case_id=case.id)
    )
