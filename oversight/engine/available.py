"""What could come next in a case, judged by the engine's own authority and guards; never by other
code.
"""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy.orm import Session

from oversight import workflows
from oversight.base.clock import Moment
from oversight.base.refusals import DomainError
from oversight.base.sentences import say
from oversight.law.definition import Move, Party
from oversight.law.roles import AUTOMATIC, TIMER
from oversight.models import Case
from oversight.organization.actor import Actor, AuthorityBasis
from oversight.rules import parties
from oversight.rules.context import TransitionContext

from . import authority, transitions


@dataclass(frozen=True)
class Option:
    """A move that leaves the present state, and whether the reader may make it; else the sentence
    why not.
    """

    move: Move
    allowed: bool
    why_not: str | None = None
    yours: bool = False
    basis: AuthorityBasis | None = None


@dataclass(frozen=True)
class Waiting:
    """Whom a case waits for: the party's name and, as people say it, the unit."""

    party: str | None
    label: str
    yours: bool


def options(session: Session, case: Case, who: Actor, at: Moment) -> list[Option]:
    """Judge every move that leaves the present state; guards that need words are not asked."""
    workflow = workflows.reading(case)
    leaving = workflow.leaving(workflow.state(case.state))
    parties.of(session, case, workflow.opened_by.name)  # and the epoch, in the same statement
    return [_judge(session, workflow, case, move, who, at) for move in leaving]


def _judge(session: Session, workflow, case: Case, move: Move, who: Actor, at: Moment) -> Option:
    if move.by in (TIMER, AUTOMATIC):
        return Option(move, False, say("由系统办理：%(move)s。", move=move.label))
    attempt = TransitionContext(session, workflow, case, move, who, at, state=case.state)
    yours = False
    try:
        attempt.basis = authority.require(session, workflow, case, move, who)
        yours = True
        for guard in move.only_if:
            if not guard.words:
                transitions.ensure(guard, attempt)
    except DomainError as refusal:
        return Option(move, False, refusal.sentence, yours)
    return Option(move, True, None, True, attempt.basis)


def waiting(session: Session, case: Case, who: Actor | None, at: Moment) -> Waiting:
    """Say whom the case waits for."""
    workflow = workflows.reading(case)
    party: Party = workflow.state(case.state).waits_on
    parties.of(session, case, workflow.opened_by.name)
    label = authority.waits_label(session, workflow, case, party, at.today)
    yours = bool(who and party.human and authority.basis(session, workflow, case, party, who))
    return Waiting(party.name or None, label, yours)
