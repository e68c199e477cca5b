"""The journal of one case alone, with the seals that lie over it: what the verifier takes without the
rest of the zone's.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from typing import Any

from sqlalchemy.orm import Session

from oversight.models import Case, Checkpoint, JournalRow

from . import journal
from .verifier import canonical

VEILED = ("case_id", "seq", "previous", "hash")


def lines(session: Session, case: Case, known: Collection[int]) -> Iterator[str]:
    """Yield the excerpt of a case with all of its rows as JSON lines; of a row that its reader does not
    know only the place in the chain.
    """
    yield canonical({"excerpt": {"cases": [case.id]}})
    rows = list(journal.rows(session, JournalRow.case_id == case.id))
    for row in rows:
        shown = row if row["seq"] in known else {name: row[name] for name in VEILED}
        yield canonical({"row": shown})
    head = {"case_id": case.id, "seq": case.seq, "hash": case.head, "state": case.state}
    yield canonical({"head": head})
    for image in _left([row for row in rows if row["seq"] in known]):
        yield canonical({"stands": image})
    for seal in _seals(session, case):
        yield canonical({"checkpoint": seal})


def _left(rows: list[dict]) -> Iterator[dict]:
    """Yield how the case left each row that it decided, by its own journal."""
    found: dict[tuple[str, str], dict[str, Any] | None] = {}
    for after in (row["after"] for row in rows if isinstance(row["after"], dict)):
        for table, images in after.items():
            for key, image in images.items():
                found[table, key] = image and {**(found.get((table, key)) or {}), **image}
    for (table, key), image in found.items():
        if image:
            yield {"table": table, "key": key, "of": None, "values": image}


def _seals(session: Session, case: Case) -> Iterator[dict]:
    """Yield the seals that name a case, the oldest first."""
    mine = (Checkpoint.zone_id == case.zone_id, Checkpoint.at >= case.opened_at)
    for seal in journal.seals(session, *mine):
        changed = seal["changed"] if isinstance(seal["changed"], list) else ()
        if any(case_id == case.id for case_id, _seq, _head in changed):
            yield seal
