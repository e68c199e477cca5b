"""What a branch asked in writing: its letter as it read when it was sent, named after who sent it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import cast

from sqlalchemy.orm import Session

from oversight import workflows
from oversight.base.clock import Clock, Moment
from oversight.base.refusals import NotFound
from oversight.engine import authority, journal
from oversight.law.definition import Workflow
from oversight.law.inputs import read_words
from oversight.models import Case, JournalRow
from oversight.organization.actor import Actor
from oversight.organization.then import names
from oversight.papers.layout import Content, letter
from oversight.papers.letter import names_then, renamed
from oversight.papers.requests import SENT
from oversight.rules.context import TransitionContext

from .asked import Ask

JOINS = "join"  # the move by which a branch signs the request of another one as its own


@dataclass(frozen=True)
class Sent:
    """A letter without a number: the step that sent it, what it said, and who signed it."""

    row: JournalRow
    body: dict
    signers: tuple[str, ...]

    @property
    def content(self) -> Content:
        return letter(self.body, contact=self.signers[0], signers=self.signers)


def sent(
    session: Session, case: Case, rows: Sequence[JournalRow], who: Actor, clock: Clock
) -> Sent | None:
    """Return the last letter that was sent without a number, with the names of its day."""
    workflow = workflows.reading(case)
    composers = {one.name: one.letter for one in workflow.moves if one.letter and not one.decides}
    composers |= {step: made for (name, step), made in SENT.items() if name == case.workflow}
    found = [row for row in rows if _step(row) in composers and "paper" not in row.result]
    if not found:
        return None
    row = found[-1]
    then = cast(Case, _Then(case, row.to_state, _facts_then(case, row, rows)))
    body = composers[_step(row)](_attempt(session, workflow, then, row, who, clock))
    others = then.facts.get("with") or []
    body = names_then(session, case.unit, others, body, row.id)
    body = _people_then(session, case, row, body)
    return Sent(row, body, _signers(row, rows, bool(body.get("others"))))


class _Then:
    """A case as it stood once a step was made; the rest of it as it is."""

    def __init__(self, case: Case, state: str, facts: dict):
        self.case, self.state, self.facts = case, state, facts

    def __getattr__(self, name: str):
        return getattr(self.case, name)


def _facts_then(case: Case, row: JournalRow, rows: Sequence[JournalRow]) -> dict:
    """Return the facts of a case as a step found them: the day that stood before another one was
    agreed, and the branches that had not declined to join yet.
    """
    later = [one for one in rows if one.seq >= row.seq]
    before: dict = next((one.result["before"] for one in later if "before" in one.result), {})
    gone = {one.result["declined"] for one in later if "declined" in one.result}
    facts = case.facts | ({"new_day": before["new_day"]} if "new_day" in before else {})
    if gone:
        named = rows[0].words.get("with") or []
        facts["with"] = [one for one in named if one in gone or one in facts["with"]]
    return facts


def _people_then(session: Session, case: Case, row: JournalRow, body: dict) -> dict:
    """Return a letter with the names of the members that it is about as they read then."""
    asked = [one["member"] for one in row.words.get("members") or []]
    about = {one for one in (case.facts.get("member"), *asked) if one}
    now, before = names(session, about), names(session, about, row.at)
    for person in (one for one in now if now[one] != before[one]):
        body = renamed(body, now[person], before[person])
    return body


def _step(row: JournalRow) -> str:
    return "open" if row.kind == "open" else row.move


def _attempt(
    session: Session, workflow: Workflow, case: Case, row: JournalRow, who: Actor, clock: Clock
) -> TransitionContext:
    """Return the context in which a step was made: its day and words."""
    at = Moment(row.at, row.at.astimezone(clock.zone).date())
    move = next((one for one in workflow.moves if one.name == row.move), None)
    attempt = TransitionContext(session, workflow, case, move, who, at, state=case.state)
    if move and row.kind != "open":
        attempt.words, attempt.raw = read_words(move.asks, row.words)
    return attempt


def _signers(row: JournalRow, rows: Sequence[JournalRow], jointly: bool) -> tuple[str, ...]:
    """Return who sent it, and of a joint one who signed it for each branch that joined."""
    joined = [one for one in rows if one.move == JOINS and one.seq > row.seq] if jointly else []
    names = [(one.actor or "").split("（")[0] for one in (row, *joined)]
    return tuple(dict.fromkeys(names))


def request(ask: Ask, case_id: str) -> Content:
    """Return the request of a case for whom may read all of it. Raises NotFound."""
    case = authority.seen(ask.session, ask.who, case_id)
    if not authority.reads_all(workflows.of(case), case, ask.who):
        raise NotFound()
    found = sent(ask.session, case, journal.of_case(ask.session, case.id), ask.who, ask.clock)
    if found is None:
        raise NotFound("这件事没有发出过请示。")
    return found.content
