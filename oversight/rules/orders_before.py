"""Orders as they were before: the versions of a rectification that cases may still be on."""

from __future__ import annotations

from dataclasses import replace

from oversight.law.clauses import house_rule
from oversight.law.definition import Move, Workflow
from oversight.papers import orders

from . import rectification as facts

SINCE_3 = {
    *("of_late", "micro_of_firms", "after_receipt", "sensible_term"),
    *("not_extended_before", "within_ten_days"),
}
SINCE_4 = {
    *("signed_workday", "signed_after_receipt", "signed_sensible_term", "as_signed"),
    *("note_signed", "note_overdue"),
}
SINCE_7 = {"done_since"}
SINCE_6 = {"issue_extension", "issue_no_extension", "issue_heard"}
SERVED_4 = house_rule("整改通知书送达后 2 个工作日内签收。")
RECHECKED_4 = house_rule(
    "收到整改报告后 5 个工作日内由拟稿人、整改人以外的人逐条复核；复核期间整改期限不走。"
)


def earlier(now: Workflow) -> tuple[Workflow, ...]:
    """Return the earlier versions of an order, the newest first."""
    # Version 6: what was found might have been put right before it was.
    sixth = replace(now, version=6, moves=tuple(map(_any_day, now.moves)))
    # Version 5: a branch that asked for time, or objected, was answered without a paper.
    fifth = replace(sixth, version=5, moves=tuple(map(_unwritten, sixth.moves)))
    # Version 4: what was found was always 组织不力, of state firms too.
    found = tuple(
        replace(one, items=facts.FOUND) if one.name == "findings" else one for one in now.facts
    )
    fourth = replace(
        fifth, version=4, facts=found, open_if=_without(fifth.open_if, {"ground_fits"})
    )
    # Version 3: the deadline was set after the signature, and a member of the branch might judge.
    third = replace(fourth, version=3, outsiders=None, moves=tuple(map(_third, fourth.moves)))
    # Version 2: any term, any number of extensions, and visits of any age and kind.
    second = replace(
        third,
        version=2,
        open_if=_without(third.open_if, SINCE_3),
        moves=tuple(replace(move, only_if=_without(move.only_if, SINCE_3)) for move in third.moves),
    )
    # Version 1: sent back, an order was due after five working days even where it had had longer.
    first = replace(second, version=1, moves=tuple(map(_first, second.moves)))
    return (sixth, fifth, *map(_before_5, (fourth, third, second, first)))


def _any_day(move: Move) -> Move:
    return replace(move, only_if=_without(move.only_if, SINCE_7))


def _unwritten(move: Move) -> Move:
    return replace(move, does=_without(move.does, SINCE_6))


def _without(parts: tuple, later: set[str]) -> tuple:
    return tuple(part for part in parts if part.name not in later)


def _third(move: Move) -> Move:
    """Return a move as version 3 had it."""
    does = tuple(
        facts.issue_order if one is facts.issue_signed else one
        for one in _without(move.does, SINCE_4)
    )
    asks = _without(move.asks, {"due_on"}) if move.name == "sign_off" else move.asks
    letter = orders.order if move.name == "issue" else move.letter
    only_if = _without(move.only_if, SINCE_4)
    return replace(move, asks=asks, only_if=only_if, does=does, letter=letter)


def _first(move: Move) -> Move:
    return replace(move, does=(facts.new_round,)) if move.name == "send_back" else move


def _before_5(version: Workflow) -> Workflow:
    """Return a version with its terms: acknowledged after two working days, checked after five."""
    issued, recheck = version.state("issued"), version.state("recheck")
    if issued.due is None or recheck.due is None:
        return version
    grounds = {issued.due.source: SERVED_4, recheck.due.source: RECHECKED_4}
    grounded = replace(version, moves=tuple(_grounded(move, grounds) for move in version.moves))
    return grounded.with_states(
        version.version,
        replace(issued, due=replace(issued.due, workdays=2, source=SERVED_4)),
        replace(recheck, due=replace(recheck.due, workdays=5, source=RECHECKED_4)),
    )


def _grounded(move: Move, grounds: dict) -> Move:
    only_if = tuple(
        replace(guard, source=grounds.get(guard.source, guard.source)) for guard in move.only_if
    )
    return replace(move, only_if=only_if, under=grounds.get(move.under, move.under))
