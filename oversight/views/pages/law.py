"""The law for readers: each definition as a table and a picture, and the clauses with their exact
words.
"""

from __future__ import annotations

import re
from collections import Counter

from flask import Blueprint, render_template, request
from flask_login import login_required
from markupsafe import Markup

from oversight import workflows
from oversight.base import grams, paging, typed
from oversight.base.refusals import NotFound
from oversight.base.sentences import say
from oversight.law import printing
from oversight.law.clauses import register
from oversight.law.definition import INTERNAL, Move, Workflow
from oversight.views import session

bp = Blueprint("law", __name__)
PAGE, LONGEST = 50, 80
WIDE = 1100  # from which on a picture is drawn smaller, and may be looked at in its own size


def rows(workflow: Workflow) -> list[tuple[Move, list[str], list[str]]]:
    """Return the moves as lines of a table: those that differ only in where they start are one."""
    found: dict[tuple, tuple[Move, list[str], list[str]]] = {}
    for move in workflow.moves:
        key = (
            move.name,
            move.label,
            str(move.enters),
            move.asks,
            move.only_if,
            move.does,
            move.under,
        )
        line = found.setdefault(key, (move, [], []))
        line[1].extend(state.label for state in move.from_states)
        if move.by.label not in line[2]:
            line[2].append(move.by.label)
    return list(found.values())


@bp.get("/law")
@login_required
def index():
    return render_template("law_index.html", definitions=workflows.offered(session.settings()))


@bp.get("/law/<name>")
@login_required
def show(name):
    workflow = workflows.current(name)
    picture = printing.svg(workflow, values=session.settings())
    [width] = re.findall(r'<svg[^>]* width="(\d+)"', picture) or ["0"]
    return render_template(
        "law.html",
        workflow=workflow,
        terms=session.settings(),
        picture=Markup(picture),
        wide=int(width) > WIDE,
        rows=rows(workflow),
        stay=INTERNAL,
    )


@bp.get("/clauses")
@login_required
def clauses():
    """List the documents, or the clauses of all of them in which something is looked for."""
    text = typed.line(request.args.get("q", ""))[:LONGEST]
    found = [key for key in register() if text and _said(text, register()[key])]
    shown, following = paging.part(found, request.args.get("cursor", ""), PAGE)
    return render_template(
        "clauses.html",
        text=text,
        count=len(found),
        found=[register()[key] for key in shown],
        next=following,
        sizes=Counter(entry["doc"] for entry in register().values()),
    )


def _said(text: str, entry: dict) -> bool:
    """True where a clause has words, or its number or section."""
    whole = " ".join((entry["id"], entry["section"], entry["quote"]))
    return grams.plain(text) in grams.plain(whole)


@bp.get("/clauses/<any(G, R, O, P, S):letter>")
@login_required
def document(letter):
    """Show the clauses of one document."""
    entries = [entry for entry in register().values() if entry["doc"] == letter]
    return render_template("clause_document.html", letter=letter, entries=entries)


@bp.get("/clauses/<number>")
@login_required
def one_clause(number):
    """Show one clause, and what the program rests on it."""
    entry = register().get(number)
    if entry is None:
        raise NotFound(say("没有编号为“%(number)s”的条款。", number=number[:20]))
    offered = workflows.offered(session.settings())
    return render_template(
        "clause.html", entry=entry, uses=[(one, *_resting(one, number)) for one in offered]
    )


def _resting(workflow: Workflow, number: str) -> tuple[list[str], list[str]]:
    """Return which steps of a definition, and which terms in it, rest on a clause."""
    grounds = {
        move: {move.under.id, *(rule.source.id for rule in move.only_if)} for move in workflow.moves
    }
    steps = [move.label for move, ids in grounds.items() if number in ids]
    terms = [
        state.label for state in workflow.states if state.due and state.due.source.id == number
    ]
    return list(dict.fromkeys(steps)), terms
