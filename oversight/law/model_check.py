"""Model-checking a definition: every reachable state with every role, vacant or doubled, told as a
story.

Works on the definition alone; what `definition` refuses at import is not looked for again.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass

from oversight.base.sentences import N_

from .definition import COMMON, Committee, Move, State, Workflow
from .roles import AUTOMATIC, CANDIDATE_GROUPS, TIMER, Role


@dataclass(frozen=True)
class Visit:
    """A reachable state and the shortest way there."""

    state: State
    path: tuple[Move, ...]


def explore(workflow: Workflow) -> list[Visit]:
    """Return every reachable state with the shortest path to it, breadth first."""
    seen, edge, visits = {workflow.opens.name}, deque([Visit(workflow.opens, ())]), []
    while edge:
        visit = edge.popleft()
        visits.append(visit)
        for move in workflow.leaving(visit.state):
            target = move.target(visit.state)
            if target.name not in seen:
                seen.add(target.name)
                edge.append(Visit(target, (*visit.path, move)))
    return visits


def check(workflow: Workflow) -> list[str]:
    """Return counterexamples as short stories; empty where the definition is sound."""
    stories = [f"{workflow.title}：{said}" for said in _opened_in_silence(workflow)]
    for visit in explore(workflow):
        if workflow.final(visit.state):
            continue
        for question in (_stuck, _unable, _unowned, _clockless, _unwatched, _untold, _self_decided):
            answer = question(workflow, visit)
            if answer:
                stories.append(f"{_story(workflow, visit)}{answer}")
    return stories


def _story(workflow: Workflow, visit: Visit) -> str:
    steps = "，".join(f"{move.by.label}“{move.label}”" for move in visit.path)
    return f"{workflow.title}：{steps + '，' if steps else ''}到了“{visit.state.label}”。"


def _own_ways(workflow: Workflow, state: State) -> list[Move]:
    """Return the moves that really leave a state, other than being ended from above."""
    return [
        move
        for move in workflow.leaving(state)
        if move.name not in COMMON and move.target(state) is not state
    ]


def _stuck(workflow: Workflow, visit: Visit) -> str:
    """Could it get stuck? Where the one it waits for never acts, somebody else or the clock must."""
    makers = {move.by.name for move in _own_ways(workflow, visit.state)}
    waits = visit.state.waits_on
    escapes = makers - {waits.name, AUTOMATIC.name}
    escalates = any(move.name == "take_over" for move in workflow.leaving(visit.state))
    if escapes or escalates or waits in (TIMER, AUTOMATIC):
        return ""
    return f"{waits.label}一直不办，就没有别人能办，也没有期限到了自动了结。"


def _unable(workflow: Workflow, visit: Visit) -> str:
    """Has the one it waits for a step to take, other than to step aside?"""
    waits = visit.state.waits_on
    if not waits.human or any(
        move.by is waits and move.name != "recuse" for move in workflow.leaving(visit.state)
    ):
        return ""
    return f"等{waits.label}办理，{waits.label}却没有能办的一步。"


def _unowned(workflow: Workflow, visit: Visit) -> str:
    """Has it an owner, also where the first holders of the office are gone?"""
    waits = visit.state.waits_on
    if waits is TIMER:
        return (
            ""
            if any(m.by is TIMER for m in workflow.leaving(visit.state))
            else N_("只等时间，时间到了却没有事发生。")
        )
    if waits is AUTOMATIC or any(move.closes for move in workflow.leaving(visit.state)):
        return ""
    role = waits.role
    if len(CANDIDATE_GROUPS[role.candidate_group]) > 1 or role.seat in (
        "superior",
        "above",
        "unit",
    ):
        return ""
    return f"{role.label}的职务空缺时没有人接替。"


def _clockless(workflow: Workflow, visit: Visit) -> str:
    """Is there a clock where somebody waits for an answer?"""
    state = visit.state
    asked = any(move.decides for move in workflow.leaving(state))
    return N_("有人在等答复，却没有期限。") if asked and state.due is None else ""


def _unwatched(workflow: Workflow, visit: Visit) -> str:
    """Does its deadline escalate to somebody, or end the wait? States that could get stuck are told
    by `_stuck`.
    """
    due, leaving = visit.state.due, workflow.leaving(visit.state)
    if due is None or due.escalate_to is not None or _stuck(workflow, visit):
        return ""
    if any(move.name == "take_over" or move.by is TIMER for move in leaving):
        return ""
    return N_("到期没有办，没有人会知道。")


def _untold(workflow: Workflow, visit: Visit) -> str:
    """Is somebody told of every answer, and of every wait that the clock ends?"""
    silent = [
        move
        for move in workflow.leaving(visit.state)
        if (_answers(visit.state, move) or _lapses(visit.state, move)) and not move.tells
    ]
    return f"“{silent[0].label}”以后，没有告诉任何人。" if silent else ""


def _answers(state: State, move: Move) -> bool:
    """True for an answer; where several answer, also for what their answers amount to."""
    if move.by is AUTOMATIC:
        return state.waits_on.many and state.waits_on.judges
    return move.decides and not isinstance(move.by, Committee)  # a vote is told with its outcome


def _lapses(state: State, move: Move) -> bool:
    return move.by is TIMER and state.waits_on.human


def _opened_in_silence(workflow: Workflow) -> list[str]:
    """Is somebody told that it was opened? A draft is nobody's business yet."""
    return [] if workflow.tells or workflow.drafts else [N_("提出以后，没有告诉任何人。")]


def _self_decided(workflow: Workflow, visit: Visit) -> str:
    """Could one person who holds both posts answer his own request?"""
    asked = _asked_by(workflow, visit.path)
    for move in workflow.leaving(visit.state):
        if move.decides and not _bars_applicant(move) and asked:
            return f"同一个人兼任两职时，可以自己提出、自己“{move.label}”。"
    return ""


def _asked_by(workflow: Workflow, path: tuple[Move, ...]) -> bool:
    return any(move.by is workflow.opened_by for move in path)


def _bars_applicant(move: Move) -> bool:
    return any(guard.name in ("second_person", "another_person") for guard in move.only_if)


def describe(workflow: Workflow) -> str:
    """Say in one line what was explored."""
    visits = explore(workflow)
    human = sum(visit.state.waits_on.human for visit in visits)
    roles = {move.by.name for move in workflow.moves if isinstance(move.by, Role)}
    return (
        f"{workflow.title} 第 {workflow.version} 版：{len(visits)} 个状态（{human} 个等人办理），"
        f"{len(roles)} 种角色，{len(workflow.moves)} 种办理。"
    )
