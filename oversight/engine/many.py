"""Cases of a list, read at once with what decisions about each of them ask for."""

from __future__ import annotations

from collections.abc import Iterable

import sqlalchemy as sa
from sqlalchemy.orm import Session

from oversight import workflows
from oversight.base import kept
from oversight.base.clock import Moment
from oversight.base.db import columns, put
from oversight.base.prepared import Prepared, among
from oversight.models import Case
from oversight.organization import standing
from oversight.rules import parties

_cases = Case.__table__
_READ = Prepared(
    lambda dialect: sa.select(*columns(Case)).where(among(_cases.c.id, "of_cases", dialect))
)
_LOCK = Prepared(
    lambda dialect: (
        sa.select(*columns(Case))
        .where(among(_cases.c.id, "of_cases", dialect))
        .order_by(_cases.c.id)
        .with_for_update()
    )
)


def cases(session: Session, case_ids: Iterable[str], at: Moment, lock: bool = False) -> list[Case]:
    """Read cases as they are now, under row locks where they are to be changed."""
    session.flush()
    if lock:
        kept.forget(session)
    rows = (_LOCK if lock else _READ).dicts(session, of_cases=case_ids)
    found = [put(session, Case, row) for row in rows]
    sides: dict[str, dict[str, str]] = {}
    for case in found:
        sides.setdefault(case.zone_id, {})[case.id] = workflows.of(case).opened_by.name
    for zone_id, named in sides.items():
        parties.read_many(session, zone_id, named)
        placed = {case.unit_id for case in found if case.zone_id == zone_id}
        standing.read_lines(session, zone_id, at.today, placed)
    standing.place(session, found)
    return found
