"""The JSON API: who asks, queue, cases, their moves and desk acts, the law. Changes go by the
engine.
"""

from __future__ import annotations

from dataclasses import replace
from typing import cast

from flask import url_for

from oversight import views, workflows
from oversight.base.db import db
from oversight.base.refusals import DomainError, InvalidInput, NotFound, VersionMissing
from oversight.base.sentences import N_
from oversight.casework import rectification
from oversight.engine import authority, bell, desk_acts, inbox, repeats, transitions
from oversight.engine.repeats import Answer
from oversight.engine.use_case import use_case
from oversight.law.definition import Workflow, as_table
from oversight.models import Case
from oversight.views.session import account, actor, moment, settings

from . import http, openapi, reading, shapes
from . import messages as m
from .http import bp as bp
from .route import route
from .units import unit_in_reach


@route("GET", "/me", "Who I am, my posts, my units", m.Me)
def me() -> m.Me:
    return shapes.myself(account(), actor())


@route(
    "GET",
    "/queue",
    "Cases by due date, and how many of each workflow",
    m.Queue,
    query=m.InQueue,
    refuses=(404,),
)
def queue(asked: m.InQueue) -> m.Queue:
    who, today, box, narrowed = actor(), moment().today, asked["box"], _filters(asked)
    after, size = asked.get("cursor"), asked["limit"]
    found = inbox.cases(db.session, who, box, today, narrowed, after, size)
    return {
        "items": shapes.summaries(db.session, found.items, moment()),
        "next": found.next,
        "counts": inbox.counts(db.session, who, box, today, narrowed),
    }


def _filters(asked: m.InQueue) -> inbox.Filters:
    """Return what the queue is narrowed to. Raises InvalidInput, NotFound."""
    workflow, unit = asked.get("workflow"), asked.get("unit")
    if workflow and workflow not in {known.name for known in workflows.every()}:
        raise InvalidInput({"workflow": N_("没有这种业务。")})
    path = unit_in_reach(unit).path if unit else None
    return inbox.Filters(workflow or None, asked.get("due") or None, path)


# Cases -------------------------------------------------------------------------------------------


@route("GET", "/cases/<uuid:case_id>", "One case", m.Case, headers=("ETag",))
def case(case_id):
    return _case_answer(_of(_seen(case_id)))


def _of(found: Case, status: int = 200) -> Answer:
    return Answer(status, dict(shapes.whole(db.session, found, actor(), moment())))


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
    return authority.seen(db.session, actor(), case_id)


@route(
    "POST",
    "/cases",
    "Open a case",
    m.Case,
    sends=m.Opening,
    key="optional",
    status=201,
    headers=("ETag", "Location"),
)
def open_case(sent: m.Opening, key: str | None):
    facts = sent.get("facts", {})
    return _once(
        key,
        201,
        lambda: transitions.submit_opening(
            db.session, sent["workflow"], sent["unit"], facts, actor(), moment()
        ),
    )


@route(
    "POST",
    "/cases/<uuid:case_id>/seen",
    "Note that I have seen a case: what I was told of it, and an order to my branch",
    m.Case,
    sends=m.Nothing,
    needs=False,
    headers=("ETag",),
)
def seen(case_id, sent: m.Nothing):
    """Note that the caller has seen what he was told of, and an order; a GET never writes."""
    found = _seen(case_id)
    bell.opened(db.session, actor(), found.id, moment())
    with use_case(db.session, actor(), moment(), "seen", case_id=found.id):
        rectification.see(db.session, found, actor(), moment())
    return _case_answer(_of(found))


@route(
    "POST",
    "/cases/<uuid:case_id>/told",
    "Note at which party day the members were told of a met order",
    m.Case,
    sends=m.Told,
    headers=("ETag",),
)
def told(case_id, sent: m.Told):
    activity = sent["activity"]
    found = rectification.tell_members(db.session, case_id, activity, actor(), moment())
    return _case_answer(_of(found))


@route(
    "POST",
    "/cases/<uuid:case_id>/moves/<name>",
    "Make a move",
    m.Case,
    sends=m.Words,
    needs=False,
    key="required",
    if_match=True,
    headers=("ETag",),
    refuses=(428,),
)
def move(case_id, name, sent: m.Words, stated: int | None, key: str | None):
    name, words = http.verb(name), sent.get("words", {})
    if key is None:
        _version(case_id, name, stated)  # says first what is missing of the version

    def make() -> Case:
        version = _version(case_id, name, stated)
        found = transitions.submit(
            db.session, case_id, name, actor(), words, version=version, at=moment()
        )
        rectification.see(db.session, found, actor(), moment())
        return found

    return _once(http.needed(key), 200, make)


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
        workflow = workflows.of(found)
    except NotFound:
        return None
    leaving = workflow.move(workflow.state(found.state), name)
    those = [leaving] if leaving else [move for move in workflow.moves if move.name == name]
    if not all(move.unversioned for move in those):
        raise VersionMissing('缺少 If-Match：请写上您看到的版本号，例如 If-Match: "3"。')
    return None


def _acts() -> str:
    """Name every desk act with its words."""
    return ", ".join(
        f"{name} ({', '.join(ask.name for ask in asks)})" if asks else name
        for name, asks in desk_acts.ASKS.items()
    )


@route(
    "POST",
    "/cases/<uuid:case_id>/desk/<name>",
    f"An act on the desk, never a move; words bare or in `words`: {_acts()}",
    m.Case,
    sends=m.BareWords,
    needs=False,
    key="optional",
    headers=("ETag",),
)
def desk(case_id, name, sent: m.BareWords, key: str | None):
    bare = sent and "words" not in sent
    words = sent if bare else reading.read(m.Words, sent).get("words", {})
    return _once(
        key, 200, lambda: desk_acts.submit(db.session, case_id, name, actor(), moment(), words)
    )


# Many at once ------------------------------------------------------------------------------------


@route(
    "POST",
    "/moves",
    "Make one move in many cases, each in a transaction of its own",
    m.Outcomes,
    sends=m.Many,
    key="required",
    never=(404, 409),  # those are told of each case; so is 403, but to a token to read
)
def moves(sent: m.Many, key: str | None):
    name, words, items = sent["move"], sent.get("words", {}), _items(sent["items"])
    if not http.is_verb(name):
        raise InvalidInput({"move": N_("“move”应是一步的名称，例如 approve。")})
    key, asked = http.needed(key), http.asked()
    before = repeats.given(db.session, account(), key, asked)
    if before:
        again = [_told_again(item) for item in before.body["items"]]
        return http.given(replace(before, body={"items": again}))
    done = [_one(case_id, version, name, words, key, asked) for case_id, version in items]
    repeats.once(db.session, account(), key, asked, moment(), lambda: Answer(200, {"items": done}))
    return {"items": done}


def _told_again(item: dict) -> dict:
    """Return the result of one item of a batch as far as the caller may see it today."""
    try:
        _seen(item["case"])
    except NotFound as gone:
        return _refused(item["case"], gone)
    return item


def _refused(case_id: str, refusal: DomainError) -> dict:
    return {"case": case_id, "status": refusal.status, "problem": views.problem(refusal).get_json()}


def _items(sent: list[m.Item]) -> list[tuple[str, int | None]]:
    """Return which cases to move, and at which version each. Raises InvalidInput."""
    found = {item["case"]: item.get("version") for item in sent}
    if len(found) < len(sent):
        raise InvalidInput({"items": N_("“items”里有重复的案卷，每件只列一次。")})
    return list(found.items())


def _one(case_id: str, version: int | None, name: str, words: dict, key: str, asked: str) -> dict:
    """Move one of many in a transaction of its own;

    a repeated request finds what was done already.
    """

    def make() -> Answer:
        stated = _version(case_id, name, version)
        found = transitions.submit(
            db.session, case_id, name, actor(), words, version=stated, at=moment()
        )
        return Answer(200, dict(_moved(found)))

    own = f"{key} {case_id}"
    try:
        return repeats.once(db.session, account(), own, asked, moment(), make).body
    except DomainError as refusal:
        return _refused(case_id, refusal)


def _moved(found: Case) -> m.Outcome:
    return {
        "case": found.id,
        "status": 200,
        "state": found.state,
        "version": found.version,
        "number": found.number,
    }


# The law -----------------------------------------------------------------------------------------


def _law(workflow: Workflow) -> m.Workflow:
    return cast(m.Workflow, as_table(workflow, settings()))


@route(
    "GET",
    "/workflows",
    "The law: every workflow as data",
    m.Workflows,
    query=m.ByName,
    name="workflows",
)
def list_workflows(asked: m.ByName):
    after = asked.get("cursor", "")
    rows = [one for one in workflows.offered(settings()) if one.name > after]
    return http.page(rows, asked["limit"], _law, mark=lambda workflow: workflow.name)


@route("GET", "/workflows/<name>", "One workflow", m.Workflow, name="workflow")
def show_workflow(name):
    return _law(workflows.current(name))


@route("GET", "/openapi.json", "This document", m.Document, public=True, name="openapi")
def document():
    return openapi.document()
