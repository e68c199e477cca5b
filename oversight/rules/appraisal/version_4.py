"""The appraisal as version 4 had it: each opinion and each self-assessment entered alone, and of tied
grades the better one taken for the vote's.
"""

from __future__ import annotations

from dataclasses import replace

from oversight.law.definition import Workflow

from . import ratings, sheets

SINCE_5 = ("record_reviews", "file_for_several")
# How `file_for` stood on the page before there was a sheet for it.
PLACES = {"self_assessment": "", "excuse_asked": "aside"}


def before_sheets(workflow: Workflow) -> Workflow:
    """Return the definition without what version 5 added."""
    moves = [move for move in workflow.moves if move.name not in SINCE_5]
    return replace(workflow, version=4, moves=tuple(map(_move, moves)))


def _move(move):
    if move.name == "file_for":
        return replace(move, place=PLACES[move.from_states[0].name])
    if move.name != "propose":
        return move
    old = {sheets.departures_explained: ratings.departures_explained}
    return replace(move, only_if=tuple(old.get(guard, guard) for guard in move.only_if))
