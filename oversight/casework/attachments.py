"""Photos and papers shown with a case: who may add one, while what, and its line in the journal.

A file is cleaned before the transaction begins; what it was is never overwritten.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import sqlalchemy as sa
from sqlalchemy.orm import Session

from oversight import workflows
from oversight.base import files
from oversight.base.clock import Moment
from oversight.base.db import fetch, find, new_id
from oversight.base.refusals import (
    Forbidden,
    InvalidInput,
    InvalidTransition,
    NotFound,
    RuleViolation,
)
from oversight.base.sentences import N_, say
from oversight.engine import authority, transitions
from oversight.engine.use_case import after, claim, use_case
from oversight.law.roles import BRANCH
from oversight.models import Attachment, Case, JournalRow
from oversight.organization.actor import Actor, AuthorityBasis

from .stored import drop_unless_named

MOST = 60  # files a case
NOTE = 200  # characters


@dataclass(frozen=True)
class Sent:
    """A file as it came: its bytes and name, and what its sender says of it."""

    data: bytes
    name: str = ""
    note: str | None = None
    finding: int | None = None
    round: int | None = None
    replaces: str | None = None


def submit(
    session: Session,
    folder: Path,
    case_id: str,
    sent: Sent,
    who: Actor,
    at: Moment,
    scanner: Sequence[str] = (),
) -> Attachment:
    """Clean a file, show it with a case and commit; a refusal changes nothing but a row in
    `refusals`. `scanner` is the operator's command, as `files.clean` has it.

    Begins with a rollback: what the same transaction claims is claimed after. Raises NotFound,
    InvalidTransition, Forbidden, TooLarge, WrongType, InvalidInput, RuleViolation.
    """
    with use_case(session, who, at, "attach", case_id=case_id):
        _ground(session, _case(session, case_id), sent, who)
        session.rollback()  # nobody waits for a lock while pixels are counted
        clean = files.clean(sent.data, sent.name, scanner)
        kept: list[str | None] = []
        after(session, lambda: drop_unless_named(session, folder, Attachment.stored, kept))
        kept.append(files.keep(folder, clean.data))
        kept.append(files.keep(folder, clean.thumb, marked=True) if clean.thumb else None)
        claim(session)
        return attach(session, case_id, sent, clean, kept, who, at)


def attach(
    session: Session,
    case_id: str,
    sent: Sent,
    clean: files.Clean,
    kept: list,
    who: Actor,
    at: Moment,
) -> Attachment:
    """Write the row of a kept file and its line in the journal.

    Does not commit. Raises as `submit`.
    """
    case = transitions.lock(session, case_id)
    basis = _ground(session, case, sent, who)
    before = _replaced(session, case, sent)
    row = Attachment(
        id=new_id(),
        zone_id=case.zone_id,
        case_id=case.id,
        finding=sent.finding,
        round=case.facts.get("round"),
        name=files.shown_name(sent.name, clean.kind),
        note=sent.note,
        kind=clean.kind,
        size=len(clean.data),
        width=clean.width,
        height=clean.height,
        sha256=clean.sha256,
        stored=kept[0],
        thumb=kept[1],
        by_id=who.id,
        at=at.now,
    )
    row.series_id, row.version = (before.series_id, before.version + 1) if before else (row.id, 1)
    session.add(row)
    attempt = transitions.context(session, case, at, who, basis=basis)
    attempt.raw = {
        name: value
        for name, value in (("note", row.note), ("finding", row.finding), ("round", row.round))
        if value is not None
    }
    attempt.result = {
        "attachment": row.id,
        "name": row.name,
        "sha256": row.sha256,
        "size": row.size,
        "version": row.version,
    }
    transitions.record(attempt, "attach", "attach", case.state, case.state)
    session.flush()
    return row


def _case(session: Session, case_id: str) -> Case:
    case = fetch(session, Case, case_id)
    return case


def _ground(session: Session, case: Case, sent: Sent, who: Actor) -> AuthorityBasis:
    """Return on what ground the actor may add a file now.

    Raises NotFound, InvalidTransition, Forbidden, RuleViolation.
    """
    authority.see(session, who, case)
    if not case.open:
        raise InvalidTransition(
            "这件事已经办结，不能再补传材料。", **transitions.last_act(session, case)
        )
    found = _basis(session, case, who)
    _fits(session, case, sent)
    return found


def may_add(session: Session, case: Case, who: Actor) -> bool:
    """Tell whether the actor may add a file to a case in his sight now."""
    try:
        return case.open and bool(_basis(session, case, who))
    except (Forbidden, NotFound, RuleViolation):  # not found: a version unknown here
        return False


def _basis(session: Session, case: Case, who: Actor) -> AuthorityBasis:
    """Return the ground of whoever works on an open case, opened it, or has just sent it.

    Raises Forbidden, RuleViolation.
    """
    workflow = workflows.of(case)
    party = workflow.state(case.state).waits_on
    found = authority.basis(session, workflow, case, party, who) if party.human else None
    found = found or _as_opener(session, case, who) or _as_sender(session, case, who)
    if found is None:
        raise Forbidden(
            say(
                "这件事现在由%(party)s办理，材料由办理的一方或立案人上传。",
                party=authority.waits_label(session, workflow, case, party, who.on),
            ),
            rule="authority",
        )
    return found


def _as_sender(session: Session, case: Case, who: Actor) -> AuthorityBasis | None:
    """Return the ground of a branch on what it has sent, until those it waits for begin: one of them
    claims it or shows a file of his own. Raises RuleViolation.
    """
    sent = transitions.last_row(session, case)
    if sent is None or sent.role != BRANCH.name or sent.to_state != case.state:
        return None
    found = authority.basis(session, workflows.of(case), case, BRANCH, who)
    if found and _begun(session, case, sent.seq):
        raise RuleViolation(
            "对方已经开始办理，材料不再增加。还要补的，请等退回后再传，或与承办人联系。",
            rule="begun",
            house_rule=N_("报送以后还可以补材料，到复核开始为止。"),
        )
    return found


def _begun(session: Session, case: Case, since: int) -> bool:
    """Tell whether those whom a case waits for have begun since a row of its journal."""
    party = workflows.of(case).state(case.state).waits_on
    theirs = sa.or_(
        sa.and_(JournalRow.kind == "desk", JournalRow.move == "claim"),
        sa.and_(JournalRow.kind == "attach", JournalRow.role == party.name),
    )
    rows = sa.select(JournalRow.id).where(JournalRow.case_id == case.id, JournalRow.seq > since)
    return session.scalar(rows.where(theirs).limit(1)) is not None


def _as_opener(session: Session, case: Case, who: Actor) -> AuthorityBasis | None:
    """Return the ground on which the actor once opened the case."""
    if case.opened_by != who.id:
        return None
    row = session.scalar(
        sa.select(JournalRow).where(JournalRow.case_id == case.id, JournalRow.seq == 1)
    )
    office = next((post.office for post in who.posts if post.unit_id == row.unit_id), "member")
    return AuthorityBasis(row.unit_id, row.role, office)


def _fits(session: Session, case: Case, sent: Sent) -> None:
    """A file belongs to a finding that there is and to the round that is on.

    Raises InvalidInput, RuleViolation.
    """
    findings = len(case.facts.get("findings") or [])
    if sent.finding is not None and not 1 <= sent.finding <= findings:
        raise InvalidInput({"finding": say("没有第 %(number)s 个问题。", number=sent.finding)})
    if sent.note and len(sent.note) > NOTE:
        raise InvalidInput({"note": say("说明最多 %(most)s 字。", most=NOTE)})
    if sent.round is not None and sent.round != case.facts.get("round"):
        raise RuleViolation(
            say("第 %(number)s 轮整改已经结束，不能再补传这一轮的材料。", number=sent.round),
            rule="closed_round",
            field="round",
            house_rule=N_("材料只属于当前一轮。"),
        )
    count = session.scalar(
        sa.select(sa.func.count()).select_from(Attachment).where(Attachment.case_id == case.id)
    )
    if count >= MOST:
        raise RuleViolation(
            say("一件事最多上传 %(most)s 份材料，请选最能说明问题的。", most=MOST),
            rule="enough",
            house_rule=N_("材料少而精，不搞过度留痕。"),
        )


def _replaced(session: Session, case: Case, sent: Sent) -> Attachment | None:
    """Return the version that a file takes the place of. Raises InvalidInput, RuleViolation."""
    if sent.replaces is None:
        return None
    row = find(session, Attachment, sent.replaces)
    if row is None or row.case_id != case.id:
        raise InvalidInput({"replaces": N_("要替换的材料不在这件事里。")})
    if row.round != case.facts.get("round"):
        raise RuleViolation(
            say("第 %(number)s 轮整改已经结束，这一轮的材料不能再替换。", number=row.round),
            rule="closed_round",
            field="replaces",
            house_rule=N_("材料只属于当前一轮。"),
        )
    return session.scalar(
        sa.select(Attachment)
        .where(Attachment.series_id == row.series_id)
        .order_by(Attachment.version.desc())
        .limit(1)
    )


# Reading -----------------------------------------------------------------------------------------


def of_case(session: Session, case: Case) -> list[Attachment]:
    """Return what was shown with a case, every version, the oldest first."""
    return list(
        session.scalars(
            sa.select(Attachment)
            .where(Attachment.case_id == case.id)
            .order_by(Attachment.at, Attachment.id)
        )
    )


def newest(rows: Sequence[Attachment]) -> list[Attachment]:
    """Return the newest version of each, in the order of the first."""
    return list({row.series_id: row for row in rows}.values())


def open_file(
    session: Session, folder: Path, attachment_id: str, who: Actor, thumb: bool = False
) -> tuple:
    """Return an attachment and its bytes, checked against the hash in its row.

    Raises NotFound, Unavailable.
    """
    row = fetch(session, Attachment, attachment_id)
    case = session.get(Case, row.case_id)
    authority.see(session, who, case)
    workflow = workflows.of(case)
    if row.by_id != who.id and not authority.reads_all(workflow, case, who):
        raise NotFound()
    if thumb and row.thumb:
        return row, files.read(folder, row.thumb)
    return row, files.read(folder, row.stored, row.sha256)
