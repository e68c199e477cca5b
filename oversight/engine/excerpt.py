"""The journal of one case alone, with the seals that lie over it: what the verifier takes without the
rest of the zone's.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from oversight.models import Case, Checkpoint, JournalRow

from . import journal
from .verifier import ROW, canonical

VEILED = ("case_id", "seq", "previous", "hash")


def lines(
    session: Session, case: Case, rows: list[JournalRow], known: Collection[int]
) -> Iterator[str]:
    """Yield the excerpt of a case with all of its rows as JSON lines; of a row that its reader does not
    know only the place in the chain.
    """
    yield canonical({"excerpt": {"cases": [case.id]}})
    for row in rows:
        if row.seq not in known:
            yield canonical({"row": {name: getattr(row, name) for name in VEILED}})
            continue
        values = {name: getattr(row, name) for name in (*ROW, "after", "format", "hash")}
        yield canonical({"row": {**values, "at": journal.stamp(row.at)}})
    head = {"case_id": case.id, "seq": case.seq, "hash": case.head, "state": case.state}
    yield canonical({"head": head})
    for image in _left([row for row in rows if row.seq in known]):
        yield canonical({"stands": image})
    for seal in _seals(session, case):
        yield canonical({"checkpoint": journal.seal_values(seal)})


def _left(rows: list[JournalRow]) -> Iterator[dict]:
    """Yield how the case left each row that it decided, by its own journal."""
    found: dict[tuple[str, str], dict[str, Any] | None] = {}
    for row in rows:
        for table, images in row.after.items():
            for key, image in images.items():
                found[table, key] = image and {**(found.get((table, key)) or {}), **image}
    for (table, key), image in found.items():
        if image:
            yield {"table": table, "key": key, "of": None, "values": image}


def _seals(session: Session, case: Case) -> Iterator[Checkpoint]:
    """Yield the seals that name a case, the oldest first."""
    wanted = sa.select(Checkpoint).where(
        Checkpoint.zone_id == case.zone_id, Checkpoint.at >= case.opened_at
    )
    for seal in session.scalars(wanted.order_by(Checkpoint.number).execution_options(yield_per=20)):
        if any(case_id == case.id for case_id, _seq, _head in seal.changed):
            yield seal
