"""What the model checker says of an appraisal from which a way out was taken: a story for each,
never silence.
"""

from __future__ import annotations

from dataclasses import replace

import pytest

from oversight.base.refusals import InvalidDefinition
from oversight.law import model_check
from oversight.law.definition import INTERNAL
from oversight.workflows import current

APPRAISAL = current("appraisal")
AT_THE_BRANCH = [
    state.label
    for move in APPRAISAL.moves
    if move.name == "close_unfinished"
    for state in move.from_states
    if state.name != "told"
]  # there the members may move it too
JUDGED = [
    state.label
    for move in APPRAISAL.moves
    if move.name == "take_over"
    for state in move.from_states
]
DECIDES = [
    (move.name, state.name)
    for move in APPRAISAL.moves
    if move.decides
    for state in move.from_states
]


def without(*names: str, workflow=APPRAISAL):
    """Take moves out of a definition."""
    return replace(workflow, moves=tuple(move for move in workflow.moves if move.name not in names))


def stories(workflow) -> str:
    return "\n".join(model_check.check(workflow))


@pytest.mark.parametrize("label", JUDGED)
def test_without_taking_over_each_judge_can_hold_it_up(label):
    told = [
        story for story in model_check.check(without("take_over")) if f"到了“{label}”。" in story
    ]
    assert len(told) == 1 and "一直不办" in told[0]


@pytest.mark.parametrize("label", AT_THE_BRANCH)
def test_without_an_end_from_above_each_step_of_the_branch_can_hold_it_up(label):
    told = [
        story
        for story in model_check.check(without("close_unfinished"))
        if f"到了“{label}”。" in story
    ]
    assert len(told) == 1 and "党支部一直不办" in told[0]


def test_without_writing_for_another_who_cannot_write_holds_all_up():
    alone = without("file_for", "file_for_several")
    assert "到了“个人自评”。党员本人的职务空缺时没有人接替" in stories(alone)


@pytest.mark.parametrize("name, state", DECIDES)
def test_without_the_other_person_each_answer_can_be_given_to_oneself(name, state):
    moves = tuple(
        replace(
            move, only_if=tuple(guard for guard in move.only_if if guard.name != "another_person")
        )
        if move.name == name and state in [at.name for at in move.from_states]
        else move
        for move in APPRAISAL.moves
    )
    assert "可以自己提出、自己" in stories(replace(APPRAISAL, moves=moves))


def changed(workflow, name: str, **change):
    """Say one move of a definition otherwise."""
    moves = (replace(move, **change) if move.name == name else move for move in workflow.moves)
    return replace(workflow, moves=tuple(moves))


@pytest.mark.parametrize(
    "workflow, name",
    [
        ("date_change", "approve"),
        ("date_change", "all_agreed"),
        ("date_change", "lapse"),
        ("date_change", "expire"),
        ("appraisal", "agreed"),
        ("appraisal", "refer_up"),
        ("exemption", "refuse"),
        ("rectification", "review_unanswered"),
        ("zone_shift", "return"),
    ],
)
def test_an_answer_or_a_lapse_of_which_nobody_hears_is_told(workflow, name):
    definition = current(workflow)
    label = next(move.label for move in definition.moves if move.name == name)
    told = model_check.check(changed(definition, name, tells=()))
    assert told and all(f"“{label}”以后，没有告诉任何人。" in story for story in told)


def test_an_opening_of_which_nobody_hears_is_told_but_not_a_draft():
    told = model_check.check(replace(current("exemption"), tells=()))
    assert told == ["免予参加活动申请：提出以后，没有告诉任何人。"]
    assert not current("date_change").tells and model_check.check(current("date_change")) == []


def test_a_clock_that_climbs_to_nobody_is_told():
    exemption = current("exemption")
    asked = replace(exemption.opens, due=replace(exemption.opens.due, escalate_to=None))
    moves = tuple(
        replace(move, leaves=tuple(asked if at.name == "asked" else at for at in move.from_states))
        for move in exemption.moves
    )
    told = model_check.check(replace(exemption, opens=asked, moves=moves))
    assert told == ["免予参加活动申请：到了“待支部研究”。到期没有办，没有人会知道。"]


@pytest.mark.parametrize("name", ["sign", "return"])
def test_nor_is_a_deployment_signed_by_who_drafted_it(name):
    campaign = current("campaign")
    moves = tuple(
        replace(move, only_if=()) if move.name == name else move for move in campaign.moves
    )
    assert "可以自己提出、自己" in stories(replace(campaign, moves=moves))


@pytest.mark.parametrize(
    "states",
    [
        ("deciding",),
        ("under_review",),
        ("not_counted_asked", "not_counted_asked_later"),
        ("excuse_asked",),
    ],
)
def test_who_answers_has_a_clock(states):
    """The grammar refuses it before anybody could ask the checker."""

    def timeless(state):
        return replace(state, due=None) if state is not INTERNAL and state.name in states else state

    seen = {state.name: timeless(state) for state in APPRAISAL.states}
    moves = tuple(
        replace(
            move,
            leaves=tuple(seen[at.name] for at in move.from_states),
            enters=move.enters if move.enters is INTERNAL else seen[move.enters.name],
        )
        for move in APPRAISAL.moves
    )
    with pytest.raises(InvalidDefinition):
        replace(APPRAISAL, opens=seen["preparing"], moves=moves)


@pytest.mark.parametrize(
    "names",
    [
        ("agreed", "some_returned", "not_agreed", "refer_up"),
        ("decide",),
        ("file_self_assessment",),
        ("tell", "strike_gone"),
        ("send_up", "branch_decided"),
        ("close",),
        ("all_reviewed",),
    ],
)
def test_a_step_that_is_missing_is_told_or_refused_at_import(names):
    try:
        told = model_check.check(without(*names))
    except InvalidDefinition:
        return
    assert told, names
