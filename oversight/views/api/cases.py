"""The JSON API: who asks, queue, cases, their moves and desk acts, the law. Changes go by the
engine.
"""

from __future__ import annotations

from dataclasses import replace

from flask import request, url_for

from oversight import views, workflows
from oversight.base.db import db
from oversight.base.refusals import DomainError, InvalidInput, NotFound, VersionMissing
from oversight.base.sentences import say
from oversight.casework import rectification
from oversight.engine import authority, desk_acts, inbox, repeats, transitions
from oversight.engine.repeats import Answer
from oversight.engine.use_case import use_case
from oversight.law.definition import as_table
from oversight.models import Case
from oversight.views.session import account, actor, by_token, moment, settings

from . import http, openapi, shapes
from .http import BULK, answer, bp
from .units import unit_in_reach


@bp.get("/me")
@by_token
def me():
    return answer(shapes.myself(account(), actor()))


@bp.get("/queue")
@by_token
def queue():
    who, today, box, size = (actor(), moment().today, request.args.get("box", "mine"), http.limit())
    narrowed = _filters()
    found = inbox.cases(db.session, who, box, today, narrowed, request.args.get("cursor"), size)
    return answer(
        {
            "items": shapes.summaries(db.session, found.items, moment()),
            "next": found.next,
            "counts": inbox.counts(db.session, who, box, today, narrowed),
        }
    )


def _filters() -> inbox.Filters:
    """Read what the queue is narrowed to. Raises WordsWrong, NotInSight."""
    workflow, unit = request.args.get("workflow"), request.args.get("unit")
    if workflow and workflow not in {known.name for known in workflows.every()}:
        raise InvalidInput({"workflow": "没有这种业务。"})
    path = unit_in_reach(http.as_id(unit, "unit")).path if unit else None
    return inbox.Filters(workflow or None, request.args.get("due") or None, path)


# Cases -------------------------------------------------------------------------------------------


@bp.get("/cases/<uuid:case_id>")
@by_token
def case(case_id):
    return _case_answer(_of(_seen(str(case_id))))


def _of(found: Case, status: int = 200) -> Answer:
    return Answer(status, shapes.whole(db.session, found, actor(), moment()))


def _case_answer(found: Answer):
    """Write a case, with its version as ETag; a new one with its address."""
    headers = {"ETag": f'"{found.body["version"]}"'}
    if found.status == 201:
        headers["Location"] = url_for("api.case", case_id=found.body["id"])
    return http.given(found, **headers)


def _once(key: str | None, status: int, make):
    """Answer with the case that `make` returns, once for a key."""
    return _case_answer(
        http.once(key, status, lambda: _of(make()).body, lambda body: _seen(body["id"]))
    )


def _seen(case_id: str) -> Case:
    """Return a case in the caller's sight. Raises NotFound."""
    found = db.session.get(Case, case_id)
    if found is None:
        raise NotFound()
    authority.see(db.session, actor(), found)
    return found


@bp.post("/cases")
@by_token
def open_case():
    sent = http.body(workflow=str, unit=str, facts=dict)
    unit_id = http.as_id(sent["unit"], "unit")
    return _once(
        http.key(required=False),
        201,
        lambda: transitions.submit_opening(
            db.session, sent["workflow"], unit_id, sent["facts"], actor(), moment()
        ),
    )


@bp.post("/cases/<uuid:case_id>/seen")
@by_token
def seen(case_id):
    """Note that the caller has seen an order; a GET never writes."""
    http.body()
    found = _seen(str(case_id))
    with use_case(db.session, actor(), moment(), "seen", case_id=found.id):
        rectification.see(db.session, found, actor(), moment())
    return _case_answer(_of(found))


@bp.post("/cases/<uuid:case_id>/told")
@by_token
def told(case_id):
    sent = http.body(activity=str)
    return _case_answer(
        _of(
            rectification.tell_members(
                db.session, str(case_id), sent["activity"], actor(), moment()
            )
        )
    )


@bp.post("/cases/<uuid:case_id>/moves/<name>")
@by_token
def move(case_id, name):
    case_id, name, words = str(case_id), http.verb(name), http.body(words=dict)["words"]
    stated, key = http.stated_version(), http.key(required=False)
    if key is None:
        _version(case_id, name, stated)  # says first what is missing of the version
        http.key(required=True)

    def make() -> Case:
        version = _version(case_id, name, stated)
        found = transitions.submit(
            db.session, case_id, name, actor(), words, version=version, at=moment()
        )
        rectification.see(db.session, found, actor(), moment())
        return found

    return _once(key, 200, make)


def _version(case_id: str, name: str, stated: int | None) -> int | None:
    """Return the version that the client has read; only a `many` move goes without. Raises
    VersionMissing.

    What the client may not see, or what is no move at all, is left for the engine to refuse.
    """
    if stated is not None:
        return stated
    try:
        found = transitions.lock(db.session, case_id)
        authority.see(db.session, actor(), found)
        workflow = workflows.get(found.workflow, found.definition_version)
    except NotFound:
        return None
    leaving = workflow.move(workflow.state(found.state), name)
    those = [leaving] if leaving else [move for move in workflow.moves if move.name == name]
    if not all(move.unversioned for move in those):
        raise VersionMissing('缺少 If-Match：请写上您看到的版本号，例如 If-Match: "3"。')
    return None


@bp.post("/cases/<uuid:case_id>/desk/<name>")
@by_token
def desk(case_id, name):
    sent = http.sent()
    words = sent if sent and "words" not in sent else http.body(words=dict)["words"]
    return _once(
        http.key(required=False),
        200,
        lambda: desk_acts.submit(db.session, str(case_id), name, actor(), moment(), words),
    )


# Many at once ------------------------------------------------------------------------------------


@bp.post("/moves")
@by_token
def moves():
    sent = http.body(items=list, move=str, words=dict)
    name, items = sent["move"], _items(sent["items"])
    if not http.is_verb(name):
        raise InvalidInput({"move": "“move”应是一步的名称，例如 approve。"})
    key, asked = http.key(required=True), http.asked()
    before = repeats.given(db.session, account(), key, asked)
    if before:
        items = [_told_again(item) for item in before.body["items"]]
        return http.given(replace(before, body={"items": items}))
    done = [_one(case_id, version, name, sent["words"], key, asked) for case_id, version in items]
    repeats.once(db.session, account(), key, asked, moment(), lambda: Answer(200, {"items": done}))
    return answer({"items": done})


def _told_again(item: dict) -> dict:
    """Return what became of one of many as the caller may know it today."""
    try:
        _seen(item["case"])
    except NotFound as gone:
        return _refused(item["case"], gone)
    return item


def _refused(case_id: str, refusal: DomainError) -> dict:
    return {"case": case_id, "status": refusal.status, "problem": views.problem(refusal).get_json()}


def _items(sent: list) -> list[tuple[str, int | None]]:
    """Read which cases to move, and at which version each. Raises WordsWrong."""
    if not 1 <= len(sent) <= BULK:
        raise InvalidInput({"items": say("“items”应有 1 到 {most} 件。", most=BULK)})
    if not all(
        isinstance(item, dict)
        and set(item) <= {"case", "version"}
        and _whole(item.get("version", 0))
        for item in sent
    ):
        raise InvalidInput({"items": '“items”的每一件写成 {"case": id, "version": 版本号}。'})
    found = {http.as_id(item.get("case"), "case"): item.get("version") for item in sent}
    if len(found) < len(sent):
        raise InvalidInput({"items": "“items”里有重复的案卷，每件只列一次。"})
    return list(found.items())


def _whole(number) -> bool:
    return isinstance(number, int) and not isinstance(number, bool) and 0 <= number < 10**9


def _one(case_id: str, version: int | None, name: str, words: dict, key: str, asked: str) -> dict:
    """Move one of many in a transaction of its own;

    a repeated request finds what was done already.
    """

    def make() -> Answer:
        stated = _version(case_id, name, version)
        found = transitions.submit(
            db.session, case_id, name, actor(), words, version=stated, at=moment()
        )
        return Answer(200, _moved(found))

    own = f"{key} {case_id}"
    try:
        return repeats.once(db.session, account(), own, asked, moment(), make).body
    except DomainError as refusal:
        return _refused(case_id, refusal)


def _moved(found: Case) -> dict:
    return {
        "case": found.id,
        "status": 200,
        "state": found.state,
        "version": found.version,
        "number": found.number,
    }


# The law -----------------------------------------------------------------------------------------


@bp.get("/workflows")
@by_token
def list_workflows():
    after, size = request.args.get("cursor", ""), http.limit()
    rows = [one for one in workflows.offered(settings()) if one.name > after]
    return http.page(rows, size, as_table, mark=lambda workflow: workflow.name)


@bp.get("/workflows/<name>")
@by_token
def show_workflow(name):
    return answer(as_table(workflows.current(name)))


@bp.get("/openapi.json")
def document():
    return answer(openapi.document())
