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

from oversight.base.db import new_id
from oversight.models import Case, Checkpoint, JournalRow

HASHED = (
    "zone_id",
    "case_id",
    "seq",
    "at",
    "kind",
    "move",
    "from_state",
    "to_state",
    "actor_id",
    "actor",
    "acting_for",
    "role",
    "unit_id",
    "words",
    "result",
    "previous",
)


def canonical(values: dict) -> str:
    """Write values as the one JSON text that is hashed: sorted keys, no spaces, UTC timestamps."""
    return json.dumps(values, ensure_ascii=False, sort_keys=True, separators=(",", ":"))


def _as_values(row: JournalRow) -> dict:
    return _with_time({name: getattr(row, name) for name in HASHED})


def _with_time(values: dict) -> dict:
    return {**values, "at": values["at"].astimezone(UTC).isoformat(timespec="microseconds")}


def digest(values: dict) -> str:
    return hashlib.sha256(canonical(values).encode()).hexdigest()


def chain_row(case: Case, **values) -> dict:
    """Make the next row of a case's chain; the caller writes it and carries the head on the case."""
    row = {
        "zone_id": case.zone_id,
        "case_id": case.id,
        "seq": case.seq + 1,
        "previous": case.head,
        **values,
    }
    return {**row, "id": new_id(), "hash": digest(_with_time(row))}


def of_case(session: Session, case_id: str) -> list[JournalRow]:
    """Return the rows of a case, the oldest first."""
    wanted = sa.select(JournalRow).where(JournalRow.case_id == case_id)
    return list(session.scalars(wanted.order_by(JournalRow.seq)))


def cases_since(mark: dict) -> sa.Select:
    """Select the cases of which the journal has a row newer than `mark["journal"]`."""
    return sa.select(JournalRow.case_id).where(JournalRow.id > mark["journal"])


def last(session: Session, case_id: str) -> JournalRow:
    """Return the newest row of a case."""
    wanted = sa.select(JournalRow).where(JournalRow.case_id == case_id)
    return session.scalar(wanted.order_by(JournalRow.seq.desc()).limit(1))


def export_lines(session: Session) -> Iterator[str]:
    """Yield the journal as JSON lines: rows by case and sequence, then heads, then checkpoints."""
    rows = session.scalars(
        sa.select(JournalRow)
        .order_by(JournalRow.case_id, JournalRow.seq)
        .execution_options(yield_per=1000)
    )
    for row in rows:
        yield canonical({"row": {**_as_values(row), "hash": row.hash}})
    heads = session.execute(sa.select(Case.id, Case.seq, Case.head, Case.state).order_by(Case.id))
    for case_id, seq, head, state in heads:
        yield canonical({"head": {"case_id": case_id, "seq": seq, "hash": head, "state": state}})
    for point in session.scalars(sa.select(Checkpoint).order_by(Checkpoint.id)):
        yield canonical(
            {
                "checkpoint": {
                    "at": point.at.astimezone(UTC).isoformat(),
                    "hash": point.hash,
                    **{
                        name: getattr(point, name)
                        for name in ("cases", "rows", "changed", "root", "previous")
                    },
                }
            }
        )


def verify_lines(lines: Iterable[str]) -> list[str]:
    """Return what is wrong with an export, in plain sentences; empty where all chains hold."""
    check = _Verifier()
    for line in lines:
        kind, values = next(iter(json.loads(line).items()))
        getattr(check, kind)(values)
    return [
        *check.problems,
        *(
            f"案卷 {case_id}：有日志，却没有这件事"
            for case_id in check.chains
            if case_id not in check.headed
        ),
    ]


class _Verifier:
    """What has been read so far: the hashes of every chain, the heads told, the seals."""

    def __init__(self):
        self.problems: list[str] = []
        self.chains: dict[str, list[str]] = {}
        self.states: dict[str, str] = {}
        self.headed: set[str] = set()
        self.sealed: dict[str, int] = {}
        self.last_seal = ""

    def row(self, values: dict) -> None:
        case_id, said = values["case_id"], values.pop("hash")
        chain = self.chains.setdefault(case_id, [])
        if values["seq"] != len(chain) + 1:
            self.problems.append(f"案卷 {case_id}：缺第 {len(chain) + 1} 条，或次序不对")
        if values["previous"] != (chain[-1] if chain else ""):
            self.problems.append(f"案卷 {case_id}：第 {values['seq']} 条与前一条接不上")
        if digest(values) != said:
            self.problems.append(f"案卷 {case_id}：第 {values['seq']} 条被改动")
        chain.append(said)
        self.states[case_id] = values["to_state"]

    def head(self, values: dict) -> None:
        chain = self.chains.get(values["case_id"], [])
        self.headed.add(values["case_id"])
        if (len(chain), chain[-1] if chain else "") != (values["seq"], values["hash"]):
            self.problems.append(f"案卷 {values['case_id']}：日志的末条与案卷记下的不一致")
        if self.states.get(values["case_id"]) != values["state"]:
            self.problems.append(f"案卷 {values['case_id']}：现在的状态与日志不一致")

    def checkpoint(self, values: dict) -> None:
        name = f"{values['at']} 的封印"
        if values["previous"] != self.last_seal or values["hash"] != _point_hash(values):
            self.problems.append(f"{name}：与前一个接不上，或被改动")
        self.last_seal = values["hash"]
        self.sealed.update({case_id: seq for case_id, seq in values["changed"]})
        heads = [
            self.chains.get(case_id, [])[seq - 1 : seq]
            for case_id, seq in sorted(self.sealed.items())
        ]
        if merkle_root([head[0] if head else "" for head in heads]) != values["root"]:
            self.problems.append(f"{name}：封存以后，日志被改动或删除")


def merkle_root(leaves: list[str]) -> str:
    """Fold hex digests pairwise into one; an odd last one is carried up."""
    level = leaves or [hashlib.sha256(b"").hexdigest()]
    while len(level) > 1:
        pairs = [level[i : i + 2] for i in range(0, len(level), 2)]
        level = [
            hashlib.sha256("".join(pair).encode()).hexdigest() if len(pair) == 2 else pair[0]
            for pair in pairs
        ]
    return level[0]


def _point_hash(values: dict) -> str:
    return digest(
        {name: values[name] for name in ("at", "cases", "rows", "changed", "root", "previous")}
    )


def checkpoint(session: Session, zone_id: str, now: datetime) -> Checkpoint:
    """Seal the heads of all cases as they stand. Does not commit."""
    heads = {
        case_id: (seq, head)
        for case_id, seq, head in session.execute(
            sa.select(Case.id, Case.seq, Case.head).where(Case.zone_id == zone_id)
        )
    }
    before: dict[str, int] = {}
    last = None
    for last in session.scalars(sa.select(Checkpoint).order_by(Checkpoint.id)):
        before.update({case_id: seq for case_id, seq in last.changed})
    values = {
        "at": now.astimezone(UTC).isoformat(),
        "cases": len(heads),
        "rows": sum(seq for seq, _ in heads.values()),
        "changed": sorted(
            [case_id, seq] for case_id, (seq, _) in heads.items() if before.get(case_id) != seq
        ),
        "root": merkle_root([head for _, (_, head) in sorted(heads.items())]),
        "previous": last.hash if last else "",
    }
    point = Checkpoint(zone_id=zone_id, **{**values, "at": now}, hash=_point_hash(values))
    session.add(point)
    return point
