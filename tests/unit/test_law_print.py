"""A definition on paper and as a picture: what an official reads says what the engine does."""

from __future__ import annotations

import json
import re
from xml.etree import ElementTree

import pytest

from oversight import workflows
from oversight.base.terms import fill
from oversight.law import diagram, printing
from oversight.law.clauses import house_rule
from oversight.law.definition import INTERNAL, Move, State, Workflow, as_table
from oversight.law.roles import BRANCH, TIMER

SVG = "{http://www.w3.org/2000/svg}"


@pytest.fixture(params=["date_change", "zone_shift"])
def workflow(request):
    return workflows.current(request.param)


def small(label: str = "提交", sentence: str = "到期自动办结") -> Workflow:
    agreed = house_rule(sentence)
    draft, sent, done = (
        State("draft", "草稿", BRANCH),
        State("sent", "已提交", TIMER),
        State("done", "办结"),
    )
    return Workflow(
        "small",
        "小流程",
        1,
        draft,
        BRANCH,
        (
            Move("send", label, draft, sent, by=BRANCH, under=agreed),
            Move(
                "end", "到期", sent, done, by=TIMER, under=agreed, on=lambda attempt: attempt.today
            ),
        ),
    )


def test_table_names_every_state_move_word_guard_effect_and_ground(workflow):
    text = printing.table(workflow)
    for state in workflow.states:
        assert re.search(rf"^  {state.label} +{state.name} ", text, re.M), state.name
    for move in workflow.moves:
        assert f" {move.label}（{move.name}）" in text
        assert f"〔{move.under.section}，{move.under.id}〕" in text or fill(move.under.text) in text
        for ask in move.asks:
            assert f"{ask.label}（{ask.name}，" in text
        for guard in move.only_if:
            assert fill(guard.sentence) in text
            ground = (
                f"〔{guard.source.section}，{guard.source.id}〕"
                if guard.source.is_clause
                else "〔本区约定"
            )
            assert f"{fill(guard.sentence)}{ground}" in text
        for effect in move.does:
            assert fill(effect.sentence) in text


def test_table_quotes_each_ground_once(workflow):
    text = printing.table(workflow)
    grounds = text.split("四、依据\n")[1].splitlines()
    assert len(grounds) == len(set(grounds))
    cited = set(re.findall(r"〔(?:[^〔〕]*，)?([GROPS]-[\d.]+[a-z]?|本区约定\d+)〕", text))
    cited |= set(re.findall(r"依据  (?:.*，)?(\S+)$", text, re.M))
    assert cited == {line.split()[0] for line in grounds}


def test_table_is_plain_and_does_not_depend_on_a_terminal(workflow, monkeypatch):
    first = printing.table(workflow)
    monkeypatch.setenv("COLUMNS", "40")
    assert printing.table(workflow) == first
    assert all(line == line.rstrip() for line in first.splitlines())
    assert "\x1b" not in first and first.endswith("\n")


def test_table_says_who_makes_a_move_from_where():
    assert (
        "1. 提交（send）\n    办理  草稿 → 已提交：党支部\n    依据  本区约定1"
        in printing.table(small())
    )


def test_moves_that_differ_only_in_their_place_are_printed_once(workflow):
    text = printing.table(workflow)
    assert text.count("回避（recuse）") == 1
    assert "→ 状态不变" in text


def test_json_is_what_the_api_shows(workflow):
    assert json.loads(printing.as_json(workflow)) == json.loads(json.dumps(as_table(workflow)))


def test_mermaid_has_every_way_and_every_end(workflow):
    lines = printing.mermaid(workflow).splitlines()
    assert lines[0] == "stateDiagram-v2"
    assert f"    [*] --> {workflow.opens.name}" in lines
    for move in workflow.moves:
        for state in move.from_states:
            assert f"    {state.name} --> {move.target(state).name}: {move.label}" in lines
    assert {
        f"    {state.name} --> [*]" for state in workflow.states if workflow.final(state)
    } <= set(lines)


def test_picture_is_well_formed_and_carries_no_style_and_no_script(workflow):
    text = printing.svg(workflow)
    root = ElementTree.fromstring(text)
    assert root.find(f"{SVG}title").text == f"{workflow.title}的流程图"
    assert workflow.opens.label in root.find(f"{SVG}desc").text
    assert not re.search(r"style=|<style|<script|\son\w+=|href", text)


def test_picture_boxes_states_doubles_ends_and_labels_ways(workflow):
    root = ElementTree.fromstring(printing.svg(workflow))
    boxes = {box.get("data-state"): len(box.findall(f"{SVG}rect")) for box in root.iter(f"{SVG}g")}
    assert {state.name: 1 + workflow.final(state) for state in workflow.states} == {
        name: count for name, count in boxes.items() if name != printing.ANY
    }
    labels = "、".join(text.text for text in root.iter(f"{SVG}text"))
    assert all(move.label in labels for move in workflow.moves)


def test_picture_draws_once_what_every_open_state_has(workflow):
    """误立 is open as long as a case is: one way from one box, not one from each state."""
    root = ElementTree.fromstring(printing.svg(workflow))
    labels = [text.text for text in root.iter(f"{SVG}text") if text.get("class") == "lw-label"]
    unfinished = {state.name for state in workflow.states if not workflow.final(state)}
    anywhere = [
        move.label
        for move in workflow.moves
        if {state.name for state in move.from_states} == unfinished and len(unfinished) > 1
    ]
    assert [labels.count(label) for label in anywhere] == [1] * len(anywhere)
    boxes = [box.get("data-state") for box in root.iter(f"{SVG}g")]
    assert boxes.count(printing.ANY) == bool(anywhere)


def test_picture_marks_where_a_case_stands(workflow):
    state = workflow.states[1]
    root = ElementTree.fromstring(printing.svg(workflow, state.name))
    boxes = [
        box.get("data-state") for box in root.iter(f"{SVG}g") if box.get("aria-current") == "step"
    ]
    assert boxes == [state.name]
    assert f"现在是“{state.label}”" in printing.svg(workflow, state.name)
    assert "aria-current" not in printing.svg(workflow)


def test_boxes_and_labels_do_not_lie_on_each_other(workflow):
    root = ElementTree.fromstring(printing.svg(workflow))
    boxes = [
        tuple(float(box.find(f"{SVG}rect").get(name)) for name in ("x", "y", "width", "height"))
        for box in root.iter(f"{SVG}g")
    ]
    labels = [_extent(text) for text in root.iter(f"{SVG}text") if text.get("class") == "lw-label"]
    for shapes in (boxes, labels, [*boxes, *labels]):
        assert [(a, b) for i, a in enumerate(shapes) for b in shapes[:i] if _overlap(a, b)] == []


def test_boxes_lie_within_the_picture(workflow):
    root = ElementTree.fromstring(printing.svg(workflow))
    _x, _y, width, height = map(float, root.get("viewBox").split())
    for rect in root.iter(f"{SVG}rect"):
        x, y, w, h = (float(rect.get(name)) for name in ("x", "y", "width", "height"))
        assert x >= 0 and y >= 0 and x + w <= width and y + h <= height


def test_picture_escapes_what_a_definition_says():
    labels = [
        text.text
        for text in ElementTree.fromstring(printing.svg(small("a<b&c"))).iter(f"{SVG}text")
    ]
    assert "a<b&c" in labels


def test_a_way_back_points_back():
    boxes = [diagram.Box("a", "甲"), diagram.Box("b", "乙")]
    text = diagram.draw(
        "x", "图", "说明", boxes, [diagram.Arrow("a", "b", "去"), diagram.Arrow("b", "a", "回")]
    )
    assert text.count("marker-end") == 1 and text.count("marker-start") == 1


def test_moves_that_stay_are_told_in_the_box(workflow):
    root = ElementTree.fromstring(printing.svg(workflow))
    arrows = {text.text for text in root.iter(f"{SVG}text") if text.get("class") == "lw-label"}
    stays = {move.label for move in workflow.moves if move.enters is INTERNAL}
    leaves = {move.label for move in workflow.moves if move.enters is not INTERNAL}
    assert not arrows & (stays - leaves)


def _extent(text) -> tuple[float, float, float, float]:
    width, size = (
        diagram.text_width(text.text, float(text.get("font-size"))),
        float(text.get("font-size")),
    )
    x = float(text.get("x")) - (width if text.get("text-anchor") == "end" else 0)
    return x, float(text.get("y")) - size, width, size


def _overlap(a, b) -> bool:
    return (
        a[0] < b[0] + b[2] - 0.5
        and b[0] < a[0] + a[2] - 0.5
        and a[1] < b[1] + b[3] - 0.5
        and b[1] < a[1] + a[3] - 0.5
    )
