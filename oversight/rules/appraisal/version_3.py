"""How an appraisal said until version 3 what version 4 says as an office does."""

from __future__ import annotations

from dataclasses import replace
from functools import wraps

from oversight.base.sentences import N_
from oversight.law.definition import Effect, Move, Rule, Workflow
from oversight.rules.context import TransitionContext

LABELS = {"报上级会议审定": N_("报上级会议审批"), "表决": N_("表态")}
WAITS = N_("待上级会议审批")
SENTENCES = {
    "还有成员没有表决。": N_("还有成员没有表态。"),
    "参加表决的成员还不到应到成员的半数，不能结束表决；请等其他成员，或由上一级提级办理。": N_(
        "表态的成员还不到应到成员的半数，不能结束表决；请等其他成员，或由上一级提级办理。"
    ),
    "这次会议无记名表决，请到会投纸票，不在这里表决；计票后由监票人、计票人签名，统一录入。": N_(
        "这次会议无记名表决，请到会投纸票，不在这里表态；计票后由监票人、计票人签名，统一录入。"
    ),
    "这次会议由每名成员记名表决，不投纸票。": N_("这次会议由每名成员自己表态，不投纸票。"),
    "到会成员应是还没有表决、没有回避的会议成员，每人一次。": N_(
        "到会成员应是还没有表态、没有回避的会议成员，每人一次。"
    ),
    "没有表决的成员记为未到会，按已有的表决计票。": N_(
        "没有表态的成员记为未到会，按已有表态计票。"
    ),
    "本区规定等次要由上级会议审定。": N_("本区规定等次要由上级会议审批。"),
}


def in_their_words(*versions: Workflow) -> tuple[Workflow, ...]:
    """Return earlier versions with the words that they were agreed in."""
    return tuple(map(_version, versions))


def _version(version: Workflow) -> Workflow:
    worded = replace(version, moves=tuple(map(_move, version.moves)))
    return worded.with_states(version.version, replace(version.state("deciding"), label=WAITS))


def _move(move: Move) -> Move:
    return replace(
        move,
        label=LABELS.get(move.label, move.label),
        only_if=tuple(map(_guard, move.only_if)),
        does=tuple(map(_effect, move.does)),
    )


def _guard(guard: Rule) -> Rule:
    said = SENTENCES.get(guard.sentence)
    return replace(guard, test=_saying(guard.test, said)) if said else guard


def _effect(effect: Effect) -> Effect:
    said = SENTENCES.get(effect.sentence)
    return Effect(_saying(effect.act, said)) if said else effect


def _saying(act, said: str):
    """Return the same function, which says another sentence."""

    @wraps(act)
    def then(attempt: TransitionContext):
        return act(attempt)

    then.__doc__ = said
    return then
