"""The appraisal as version 6 had it: a no to a request about members was answered without a paper."""

from __future__ import annotations

from dataclasses import replace

from oversight.law.definition import Workflow

from . import consents


def unwritten(workflow: Workflow) -> Workflow:
    """Return the definition without the papers of a no."""
    later = (consents.deny_leaving_out, consents.deny_excuse)
    moves = (
        replace(move, does=tuple(one for one in move.does if one not in later))
        for move in workflow.moves
    )
    return replace(workflow, version=6, moves=tuple(moves))
