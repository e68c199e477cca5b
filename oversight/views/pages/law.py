"""The law for readers: each definition as a table and a picture, and the clauses with their exact
words.
"""

from __future__ import annotations

from flask import Blueprint, render_template
from flask_login import login_required
from markupsafe import Markup

from oversight import workflows
from oversight.law import printing
from oversight.law.clauses import DOCUMENTS, register
from oversight.law.definition import INTERNAL, Move, Workflow
from oversight.views import session

bp = Blueprint("law", __name__)


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
    return render_template(
        "law.html",
        workflow=workflow,
        terms=session.settings(),
        picture=Markup(printing.svg(workflow, values=session.settings())),
        rows=rows(workflow),
        stay=INTERNAL,
    )


@bp.get("/clauses")
@login_required
def clauses():
    """Show the register by document and section."""
    entries = register().values()
    found = {letter: [entry for entry in entries if entry["doc"] == letter] for letter in DOCUMENTS}
    return render_template("clauses.html", found=found)
