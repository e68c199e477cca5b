"""What is to be done in each state, in the words of its definition."""

from __future__ import annotations

from oversight import workflows


def test_every_definition_says_what_is_to_be_done_in_each_state():
    for workflow in workflows.every():
        for state in workflow.states:
            if state.waits_on.human:
                said = workflow.act(state)
                assert 2 <= len(said) <= 8 and not said.startswith(("待", "退回")), (state, said)
