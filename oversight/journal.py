"""The hash chain of each case, its export and its verification. Appending is the engine's.

`verify_lines` needs nothing but the standard library, so that an export can be checked elsewhere.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from .models import Case, Checkpoint, JournalRow

HASHED = ("zone_id", "case_id", "seq", "at", "kind", "move", "from_state", "to_state", "actor_id", "actor",
          "acting_for", "role", "unit_id", "words", "result", "previous")


def canonical(values: dict) -> str:
    """Write values as the one JSON text that is hashed: sorted keys, no spaces, UTC timestamps."""
    return json.dumps(values, ensure_ascii=False, sort_keys=True, separators=(",", ":"))


def _as_values(row: JournalRow) -> dict:
    values = {name: getattr(row, name) for name in HASHED}
    values["at"] = row.at.astimezone(UTC).isoformat(timespec="microseconds")
    return values


def digest(values: dict) -> str:
    return hashlib.sha256(canonical(values).encode()).hexdigest()


def chain_row(case: Case, **values) -> JournalRow:
    """Make the next row of a case's chain; the caller adds it and carries the head on the case."""
    row = JournalRow(zone_id=case.zone_id, case_id=case.id, seq=case.seq + 1, previous=case.head, **values)
    row.hash = digest(_as_values(row))
    return row


def export_lines(session: Session) -> Iterator[str]:
    """Yield the journal as JSON lines: rows by case and sequence, then heads, then checkpoints."""
    rows = session.scalars(sa.select(JournalRow).order_by(JournalRow.case_id, JournalRow.seq)
                           .execution_options(yield_per=1000))
    for row in rows:
        yield canonical({"row": {**_as_values(row), "hash": row.hash}})
    heads = session.execute(sa.select(Case.id, Case.seq, Case.head).order_by(Case.id))
    for case_id, seq, head in heads:
        yield canonical({"head": {"case_id": case_id, "seq": seq, "hash": head}})
    for point in session.scalars(sa.select(Checkpoint).order_by(Checkpoint.id)):
        yield canonical({"checkpoint": {"at": point.at.isoformat(), "cases": point.cases, "rows": point.rows,
                                        "root": point.root, "previous": point.previous, "hash": point.hash}})


def verify_lines(lines: Iterable[str]) -> list[str]:
    """Return what is wrong with an export, in plain sentences; empty where all chains hold."""
    problems: list[str] = []
    chains: dict[str, tuple[int, str]] = {}
    previous_point = ""
    for line in lines:
        kind, values = next(iter(json.loads(line).items()))
        if kind == "row":
            _check_row(values, chains, problems)
        elif kind == "head" and chains.get(values["case_id"], (0, "")) != (values["seq"], values["hash"]):
            problems.append(f"case {values['case_id']}: the chain does not end where the case says")
        elif kind == "checkpoint":
            if values["previous"] != previous_point or values["hash"] != _point_hash(values):
                problems.append(f"checkpoint of {values['at']}: does not follow the one before")
            previous_point = values["hash"]
    return problems


def _check_row(values: dict, chains: dict, problems: list[str]) -> None:
    case_id, said = values["case_id"], values.pop("hash")
    seq, head = chains.get(case_id, (0, ""))
    if values["seq"] != seq + 1:
        problems.append(f"case {case_id}: row {seq + 1} is missing or out of order")
    if values["previous"] != head:
        problems.append(f"case {case_id}: row {values['seq']} does not follow the one before")
    if digest(values) != said:
        problems.append(f"case {case_id}: row {values['seq']} was changed")
    chains[case_id] = (values["seq"], said)


def merkle_root(leaves: list[str]) -> str:
    """Fold hex digests pairwise into one; an odd last one is carried up."""
    level = leaves or [hashlib.sha256(b"").hexdigest()]
    while len(level) > 1:
        pairs = [level[i:i + 2] for i in range(0, len(level), 2)]
        level = [hashlib.sha256("".join(pair).encode()).hexdigest() if len(pair) == 2 else pair[0]
                 for pair in pairs]
    return level[0]


def _point_hash(values: dict) -> str:
    return digest({name: values[name] for name in ("at", "cases", "rows", "root", "previous")})


def checkpoint(session: Session, zone_id: str, now: datetime) -> Checkpoint:
    """Seal the heads of all cases as they stand. Does not commit."""
    heads = session.execute(sa.select(Case.head, Case.seq).where(Case.zone_id == zone_id).order_by(Case.id))
    heads = [(head, seq) for head, seq in heads]
    last = session.scalar(sa.select(Checkpoint).order_by(Checkpoint.id.desc()).limit(1))
    values = {"at": now.isoformat(), "cases": len(heads), "rows": sum(seq for _, seq in heads),
              "root": merkle_root([head for head, _ in heads]), "previous": last.hash if last else ""}
    point = Checkpoint(zone_id=zone_id, **{**values, "at": now}, hash=_point_hash(values))
    session.add(point)
    return point
