"""Papers as they were sealed: scanned back by whoever issued them, kept with the case as the 正本, for
whoever may read the paper.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from sqlalchemy.orm import Session

from oversight import workflows
from oversight.base import files
from oversight.base.clock import Moment
from oversight.base.db import fetch, new_id
from oversight.base.refusals import Forbidden, InvalidInput, NotFound, RuleViolation
from oversight.base.sentences import N_, say
from oversight.engine import authority, transitions
from oversight.engine.use_case import after, claim, use_case
from oversight.models import Paper, SealedCopy
from oversight.models.papers import UNNUMBERED
from oversight.organization.actor import Actor, AuthorityBasis

from .paper_numbers import seats
from .prints import ROW, originals
from .stored import drop_unless_named

MOST = 20  # versions of one paper
ACT = "original"


def submit(
    session: Session,
    folder: Path,
    paper_id: str,
    data: bytes,
    name: str,
    who: Actor,
    at: Moment,
    scanner: Sequence[str] = (),
) -> SealedCopy:
    """Clean a scan and keep it as the 正本 of a paper. Commits. Raises NotFound, Forbidden, RuleViolation,
    TooLarge, WrongType, InvalidInput.
    """
    paper = fetch(session, Paper, paper_id)
    with use_case(session, who, at, ACT, case_id=paper.case_id):
        _ground(session, paper, who)
        if not data:
            raise InvalidInput(
                {"file": N_("请先选择盖章文书的扫描件（PDF 或照片），再点“存为正本”。")}
            )
        session.rollback()  # nobody waits for a lock while pixels are counted
        clean = files.clean(data, name, scanner)
        kept: list[str] = []
        after(session, lambda: drop_unless_named(session, folder, SealedCopy.stored, kept))
        kept.append(files.keep(folder, clean.data))
        claim(session)
        return _write(session, paper_id, clean, kept[0], who, at)


def _ground(session: Session, paper: Paper, who: Actor) -> AuthorityBasis:
    """Return on what ground somebody keeps the 正本. Raises NotFound, Forbidden, RuleViolation."""
    authority.seen(session, who, paper.case_id)
    office = seats(who).get(paper.unit_id)
    if office is None:
        raise Forbidden("正本由印发单位的经办人扫描存入。", rule="authority")
    if paper.number == UNNUMBERED:
        raise RuleViolation(
            "请先登记文号，再存正本。",
            rule="numbered",
            house_rule=N_("正本上的文号应当与登记的一致。"),
        )
    return AuthorityBasis(paper.unit_id, "superior", office)


def _write(
    session: Session, paper_id: str, clean: files.Clean, stored: str, who: Actor, at: Moment
) -> SealedCopy:
    paper = fetch(session, Paper, paper_id)
    case = transitions.lock(session, paper.case_id)
    basis = _ground(session, paper, who)
    before = originals(session, [paper.id]).get(paper.id)
    version = before.version + 1 if before else 1
    if version > MOST:
        raise RuleViolation(
            say("一份文书最多存 %(most)s 次正本。", most=MOST),
            rule="enough",
            house_rule=N_("正本一般只存一次，扫描不清的可以重存。"),
        )
    row = SealedCopy(
        id=new_id(),
        zone_id=case.zone_id,
        case_id=case.id,
        paper_id=paper.id,
        version=version,
        kind=clean.kind,
        size=len(clean.data),
        sha256=clean.sha256,
        stored=stored,
        by_id=who.id,
        at=at.now,
    )
    session.add(row)
    attempt = transitions.context(session, case, at, who, basis=basis)
    attempt.result = {**{"of": paper.number, "version": version}, "original_sha256": clean.sha256}
    transitions.record(attempt, ROW, ACT, case.state, case.state)
    session.flush()
    return row


# Reading ------------------------------------------------------------------------------------------


def open_file(
    session: Session, folder: Path, paper_id: str, who: Actor
) -> tuple[Paper, SealedCopy, bytes]:
    """Return the newest 正本 of a paper, held against its hash. Raises NotFound, Unavailable."""
    paper = fetch(session, Paper, paper_id)
    case = authority.seen(session, who, paper.case_id)
    row = originals(session, [paper.id]).get(paper.id)
    if row is None or not authority.reads_all(workflows.of(case), case, who):
        raise NotFound()
    return paper, row, files.read(folder, row.stored, row.sha256)
