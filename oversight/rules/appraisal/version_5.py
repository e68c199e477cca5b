"""The appraisal as version 5 had it: 不计入 stood for 不计入应到会人数."""

from __future__ import annotations

from dataclasses import replace

from oversight.base.sentences import N_
from oversight.law.definition import Workflow

LABELS = {"ask_not_counted": N_("请示不计入"), "consent_not_counted": N_("同意不计入")}
STATES = {
    "not_counted_asked": N_("待上级同意不计入"),
    "not_counted_asked_later": N_("待上级同意不计入（互评后）"),
}


def in_short(workflow: Workflow) -> Workflow:
    """Return the definition with the labels of version 5."""
    states = [replace(s, label=STATES[s.name]) for s in workflow.states if s.name in STATES]
    moves = (replace(move, label=LABELS.get(move.name, move.label)) for move in workflow.moves)
    return replace(workflow, moves=tuple(moves)).with_states(5, *states)
