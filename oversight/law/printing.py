"""A definition as officials read it: a plain table, a picture, Mermaid text, data.

Reads `definition` only; the text depends on nothing but the definition, so that it can be kept as a
snapshot.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from unicodedata import east_asian_width

from oversight.base.sentences import N_
from oversight.base.terms import DEFAULTS, fill

from .clauses import Source
from .definition import INTERNAL, Committee, Field, Move, State, Workflow, as_table
from .diagram import Arrow, Box, draw, marked

KIND_LABELS = {
    "text": N_("文字"),
    "date": N_("日期"),
    "number": N_("数字"),
    "choice": N_("选项"),
    "yes_no": N_("是否"),
    "person": N_("人员"),
    "unit": N_("单位"),
    "file": N_("附件"),
    "list": N_("名单"),
}
ANY = "any"


# The table ---------------------------------------------------------------------------------------


def table(workflow: Workflow) -> str:
    """Print a definition so that an official can check it against the guidance."""
    grounds: dict[Source, str] = {}
    body = [
        f"{workflow.title}（{workflow.name}）第 {workflow.version} 版",
        f"由{workflow.opened_by.label}提出，提出后为“{workflow.opens.label}”。",
        "",
        N_("一、提出"),
        *_opening(workflow, grounds),
        "",
        N_("二、状态"),
        *_states(workflow, grounds),
        "",
        N_("三、办理"),
    ]
    for number, moves in enumerate(_grouped(workflow), 1):
        body += ["", *_move(number, moves, grounds)]
    return "\n".join([*body, "", N_("四、依据"), *_grounds(grounds)]) + "\n"


def _opening(workflow: Workflow, grounds: dict) -> list[str]:
    return [
        *_lines(N_("填写"), [_ask(ask) for ask in workflow.facts]),
        *_lines(
            N_("办理条件"),
            [f"{fill(guard.sentence)}{_cite(guard.source, grounds)}" for guard in workflow.open_if],
        ),
        *_lines(N_("回避"), [workflow.outsiders.text] if workflow.outsiders else []),
    ]


def _states(workflow: Workflow, grounds: dict) -> list[str]:
    states = sorted(workflow.states, key=workflow.final)
    rows = [
        (state.label, state.name, _waits(workflow, state), _due(state, grounds)) for state in states
    ]
    widths = [max(_width(row[column]) for row in rows) for column in range(3)]
    return [
        "  " + "  ".join([*(_pad(row[i], widths[i]) for i in range(3)), row[3]]).rstrip()
        for row in rows
    ]


def _waits(workflow: Workflow, state: State) -> str:
    if workflow.final(state):
        return N_("办结")
    return f"等{state.waits_on.label}" if state.waits_on.human else state.waits_on.label


def _due(state: State, grounds: dict) -> str:
    if state.due is None:
        return ""
    days = f"{state.due.days()} 个工作日{'，另有最晚日期' if state.due.before else ''}"
    return f"{days}{_cite(state.due.source, grounds)}"


def _grouped(workflow: Workflow) -> list[list[Move]]:
    """Put moves together that differ only in where they start and who makes them."""
    found: dict[tuple, list[Move]] = {}
    for move in workflow.moves:
        key = (
            move.name,
            move.label,
            move.enters is INTERNAL or move.enters.name,
            move.asks,
            move.only_if,
            move.does,
            move.under,
            move.per_participant,
        )
        found.setdefault(key, []).append(move)
    return list(found.values())


def _move(number: int, moves: list[Move], grounds: dict) -> list[str]:
    move = moves[0]
    enters = N_("状态不变") if move.enters is INTERNAL else move.enters.label
    return [
        f"{number}. {move.label}（{move.name}）",
        *_lines(N_("办理"), [f"{_starts(one)} → {enters}：{_maker(one)}" for one in moves]),
        *_lines(N_("填写"), [_ask(ask) for ask in move.asks]),
        *_lines(
            N_("办理条件"),
            [f"{fill(guard.sentence)}{_cite(guard.source, grounds)}" for guard in move.only_if],
        ),
        *_lines(N_("结果"), [fill(effect.sentence) for effect in move.does]),
        *_lines(N_("依据"), [_cite(move.under, grounds)[1:-1]]),
    ]


def _starts(move: Move) -> str:
    return "、".join(state.label for state in move.from_states)


def _maker(move: Move) -> str:
    if not move.per_participant:
        return move.by.label
    if isinstance(move.by, Committee):
        return move.by.label + N_("，各委员表决")
    return move.by.label if move.by.personal else f"{move.by.label}分别答复"


def _ask(ask: Field) -> str:
    choices = "：" + "／".join(label for _value, label in ask.choices) if ask.choices else ""
    return f"{ask.label}（{ask.name}，{KIND_LABELS[ask.kind]}{choices}{'' if ask.required else '，可不填'}）"


def _cite(source: Source, grounds: dict[Source, str]) -> str:
    """Mark a ground: a clause by section and number, a house rule by its place in the list at the
    end.
    """
    if source not in grounds:
        agreed = sum(not known.is_clause for known in grounds) + 1
        grounds[source] = (
            f"{source.section}，{source.id}" if source.is_clause else f"本区约定{agreed}"
        )
    return f"〔{grounds[source]}〕"


def _grounds(grounds: dict[Source, str]) -> list[str]:
    clauses = sorted(
        (source for source in grounds if source.is_clause), key=lambda source: source.id
    )
    agreed = [source for source in grounds if not source.is_clause]
    return [
        *(f"  {source.id}  {source.cite}：“{source.text}”" for source in clauses),
        *(f"  {grounds[source]}  {fill(source.text)}" for source in agreed),
    ]


def _lines(label: str, texts: list[str]) -> list[str]:
    return [
        f"    {label if not index else '　' * len(label)}  {text}"
        for index, text in enumerate(texts)
    ]


def _width(text: str) -> int:
    return sum(2 if east_asian_width(c) in "WFA" else 1 for c in text)


def _pad(text: str, width: int) -> str:
    return text + " " * (width - _width(text))


# Data and pictures -------------------------------------------------------------------------------


def as_json(workflow: Workflow) -> str:
    """Return the definition as the API shows it."""
    return json.dumps(as_table(workflow), ensure_ascii=False, indent=2) + "\n"


def mermaid(workflow: Workflow) -> str:
    """Return the definition as a Mermaid state diagram."""
    names = [f'    state "{state.label}" as {state.name}' for state in workflow.states]
    ways = [
        f"    {source.name} --> {target.name}: {move.label}"
        for source, target, move in _ways(workflow)
    ]
    ends = [f"    {state.name} --> [*]" for state in workflow.states if workflow.final(state)]
    return (
        "\n".join(
            [
                "stateDiagram-v2",
                "    direction LR",
                *names,
                f"    [*] --> {workflow.opens.name}",
                *ways,
                *ends,
            ]
        )
        + "\n"
    )


def _ways(workflow: Workflow) -> list[tuple[State, State, Move]]:
    return [
        (state, move.target(state), move) for move in workflow.moves for state in move.from_states
    ]


def svg(
    workflow: Workflow, current: str | None = None, values: Mapping[str, str] = DEFAULTS
) -> str:
    """Draw a definition; `current` is the state in which a case stands, `values` the zone's terms.

    What leaves the state as it is stands in the box; what every unfinished state has is drawn once.
    """
    open_states = {state.name for state in workflow.states if not workflow.final(state)}
    common = [
        move
        for move in workflow.moves
        if move.enters is not INTERNAL
        and {state.name for state in move.from_states} == open_states
        and len(open_states) > 1
    ]
    boxes = [_state_box(workflow, state, values) for state in workflow.states]
    arrows = [
        Arrow(source.name, target.name, move.label)
        for source, target, move in _ways(workflow)
        if move.enters is not INTERNAL and move not in common
    ]
    if common:
        boxes.append(Box(ANY, N_("任一在办状态"), dashed=True))
        arrows += [Arrow(ANY, move.enters.name, move.label) for move in common]
    return draw(
        f"law-{workflow.name}",
        f"{workflow.title}的流程图",
        _about(workflow, current),
        marked(boxes, current),
        arrows,
    )


def _state_box(workflow: Workflow, state: State, values: Mapping[str, str]) -> Box:
    if workflow.final(state):
        return Box(state.name, state.label, final=True)
    due = (f"{state.due.days(values)} 个工作日内",) if state.due else ()
    stay = "、".join(move.label for move in workflow.leaving(state) if move.enters is INTERNAL)
    return Box(
        state.name, state.label, (_waits(workflow, state), *due, *((f"可{stay}",) if stay else ()))
    )


def _about(workflow: Workflow, current: str | None) -> str:
    """Say the picture in words, for those who do not see it."""
    ways = [
        f"{source.label}，{move.label}，到{target.label}"
        for source, target, move in _ways(workflow)
        if move.enters is not INTERNAL
    ]
    here = f"现在是“{workflow.state(current).label}”。" if current else ""
    return f"{here}从“{workflow.opens.label}”开始。{'；'.join(ways)}。"


FORMATS = {"table": table, "mermaid": mermaid, "svg": svg, "json": as_json}
