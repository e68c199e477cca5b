"""A visit and the orders that came of it, found from either side, with what each shows. Reads only."""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.orm import Session

from oversight.base.db import by_ids
from oversight.base.refusals import NotFound
from oversight.engine import authority, transitions
from oversight.models import Attachment, Case, JournalRow
from oversight.organization.actor import Actor
from oversight.organization.units import merged_into

from . import attachments

VISIT, ORDER = "inspection", "rectification"


@dataclass(frozen=True)
class Linked:
    """A case of the same matter that the reader may see, and the newest of what it shows."""

    case: Case
    docs: list[Attachment]


def visit_of(session: Session, case: Case, journal: list[JournalRow], who: Actor) -> Linked | None:
    """Return the visit that led to an order, where the reader sees it; `journal` is the order's."""
    if case.workflow != ORDER or not journal:
        return None
    units = [case.unit_id, *merged_into(session, case.zone_id, {case.unit_id})]
    ended = sa.select(Case).where(
        Case.unit_id.in_(units), Case.workflow == VISIT, Case.closed_at == journal[0].at
    )
    visits = [one for one in session.scalars(ended) if case.id in _opened(session, one)]
    return next(_seen(session, visits, who), None)


def _opened(session: Session, visit: Case) -> list[str]:
    row = transitions.last_row(session, visit)
    return row.result.get("opened", []) if row else []


def orders_of(session: Session, journal: list[JournalRow], who: Actor) -> list[Linked]:
    """Return the orders that a visit led to, where the reader sees them; `journal` is the visit's."""
    ids = [one for row in journal for one in row.result.get("opened", [])]
    return list(_seen(session, by_ids(session, Case, ids).values(), who))


def _seen(session: Session, cases: Iterable[Case], who: Actor):
    """Yield the cases that the reader sees, with what they show: neither workflow is discreet."""
    for case in cases:
        with suppress(NotFound):
            authority.see(session, who, case)
            yield Linked(case, attachments.newest(attachments.of_case(session, case)))
