"""The appraisal as version 7 had it: a review changed a rating without a word, and past the share of 优秀."""

from __future__ import annotations

from dataclasses import replace

from oversight.law.definition import Field, Move, Workflow

from . import outcome
from .words import CHANGED, NOTE

SINCE_8 = (outcome.changed_is_heard, outcome.change_keeps_share)
WHO_AND_GRADE: tuple[Field, ...] = CHANGED[:2]


def unheard(workflow: Workflow) -> Workflow:
    """Return the definition without what a change by review has asked since."""
    return replace(workflow, version=7, moves=tuple(map(_move, workflow.moves)))


def _move(move: Move) -> Move:
    if move.name != "change_rating":
        return move
    kept = tuple(guard for guard in move.only_if if guard not in SINCE_8)
    return replace(
        move, asks=(*WHO_AND_GRADE, NOTE), warns=(), does=(outcome.change,), only_if=kept
    )
