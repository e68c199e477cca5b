"""What the superior consents to before grades are proposed: who stands outside 应到, and who writes no
self-assessment. Several in one go, one paper.
"""

from __future__ import annotations

from oversight.base.db import is_id
from oversight.law.definition import effect, issuing, rule
from oversight.papers import appraisal as papers
from oversight.papers.letter import seat
from oversight.papers.numbers import issue, reply_series
from oversight.rules.context import TransitionContext

from .grounds import CONSENT, SELF_OWED
from .roster import lower, row_of

ASKED = "asked_for"  # the fact that holds what the superior is asked for


def named(attempt: TransitionContext) -> list[dict]:
    """Return whom a request is about, each with his ground: a list, or one by himself."""
    words = attempt.words
    one = {"member": words.get("member"), "reason": words.get("reason")}
    return [*(words.get("members") or []), *([one] if any(one.values()) else [])]


def people(attempt: TransitionContext) -> dict[str, str]:
    """Return who was asked for and still takes part, with the ground of each."""
    asked = (attempt.case.facts.get(ASKED) or {}).get("members") or []
    rows = {entry["member"]: row_of(attempt, entry["member"]) for entry in asked}
    return {
        entry["member"]: entry["reason"]
        for entry in asked
        if rows[entry["member"]].standing in ("graded", "ungraded")
    }


def agreed(attempt: TransitionContext) -> dict[str, str]:
    """Return to whom a consent applies: those named, or all who were asked for."""
    chosen = attempt.words.get("members")
    return {
        person: why for person, why in people(attempt).items() if not chosen or person in chosen
    }


def denied(attempt: TransitionContext) -> list[str]:
    """Return who was asked for and is not among those to whom a consent applies."""
    named = agreed(attempt)
    return [person for person in people(attempt) if person not in named]


# Guards ------------------------------------------------------------------------------------------


@rule(CONSENT, "members", "member", "reason")
def each_with_a_ground(attempt: TransitionContext) -> bool:
    """请写明是哪些党员、各是什么原因，每人只写一次。"""
    found = named(attempt)
    once = len({entry["member"] for entry in found}) == len(found)
    return bool(found) and once and all(all(entry.values()) for entry in found)


@rule(CONSENT, "members", "member")
def all_take_part(attempt: TransitionContext) -> bool:
    """有党员不在评议名单里。"""
    rows = [row_of(attempt, entry["member"]) for entry in named(attempt) if is_id(entry["member"])]
    return all(row is not None and row.standing in ("graded", "ungraded") for row in rows)


@rule(SELF_OWED, "members", "member")
def none_has_written(attempt: TransitionContext) -> bool:
    """有党员已经交了自评，或已同意免写，不用再请示。"""
    rows = [row_of(attempt, entry["member"]) for entry in named(attempt)]
    return all(row.self_text is None and row.excused is None for row in rows)


@rule(CONSENT)
def not_about_whom_answers(attempt: TransitionContext) -> bool:
    """请示里有您本人，由他人答复。"""
    return attempt.actor is None or attempt.actor.id not in people(attempt)


@rule(CONSENT, "members")
def agreed_were_asked_for(attempt: TransitionContext) -> bool:
    """同意的应是这次请示的党员。"""
    return set(map(str, attempt.words.get("members") or [])) <= set(people(attempt))


@rule(SELF_OWED)
def not_written_yet(attempt: TransitionContext) -> bool:
    """您已经交过自评，或不用写。"""
    row = row_of(attempt, attempt.actor.id)
    return row is not None and row.standing in ("graded", "ungraded") and row.self_text is None


@rule(SELF_OWED, "member")
def he_has_not_written(attempt: TransitionContext) -> bool:
    """这名党员已经交过自评，或不用写。"""
    row = row_of(attempt, attempt.words["member"])
    return row is not None and row.standing in ("graded", "ungraded") and row.self_text is None


# Effects -----------------------------------------------------------------------------------------


@effect
def ask(attempt: TransitionContext) -> None:
    """报上级同意，几名党员一并请示。"""
    attempt.set_facts(
        **{ASKED: {"members": named(attempt), "raised": attempt.case.escalation_level}}
    )


def not_counted(attempt: TransitionContext) -> dict:
    """Compose the consent that those agreed to stand outside 应到."""
    return papers.not_counted(attempt, agreed(attempt), denied(attempt))


def no_self_assessment(attempt: TransitionContext) -> dict:
    """Compose the consent that those agreed to write no self-assessment."""
    return papers.no_self_assessment(attempt, agreed(attempt), denied(attempt))


def all_counted(attempt: TransitionContext) -> dict:
    """Compose the no to all for whom it was asked."""
    return papers.all_counted(attempt, people(attempt))


def all_write(attempt: TransitionContext) -> dict:
    """Compose the no to all for whom it was asked."""
    return papers.all_write(attempt, people(attempt))


@issuing(not_counted)
def leave_out(attempt: TransitionContext) -> None:
    """同意的党员不计入应到，不评定等次；一批一件批复。"""
    _reply(attempt, not_counted(attempt))
    for person, why in agreed(attempt).items():
        row = row_of(attempt, person)
        row.standing, row.votes, row.why = "not_counted", False, why
    lower(attempt)


@issuing(no_self_assessment)
def excuse(attempt: TransitionContext) -> None:
    """同意的党员免写自评，注明原因；一批一件批复。"""
    _reply(attempt, no_self_assessment(attempt))
    for person, why in agreed(attempt).items():
        row = row_of(attempt, person)
        if row.self_text is None:
            row.excused = why
    lower(attempt)


@issuing(all_counted)
def deny_leaving_out(attempt: TransitionContext) -> None:
    """不同意的批复编文号印发。"""
    _reply(attempt, all_counted(attempt))


@issuing(all_write)
def deny_excuse(attempt: TransitionContext) -> None:
    """不同意的批复编文号印发。"""
    _reply(attempt, all_write(attempt))


def _reply(attempt: TransitionContext, body: dict) -> None:
    """Issue the one paper of a batch; the case itself has no number. Does not commit."""
    issue(attempt, seat(attempt), "reply", reply_series(attempt), body, standing=False)
