"""The files of papers: made after the decision was committed, once, kept with their hashes in the chain
of the case; what could not be made is tried again. A decision never waits for them.
"""

from __future__ import annotations

import io
import logging
import re
import zipfile
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import IO

import sqlalchemy as sa
from sqlalchemy.orm import Session, joinedload

from oversight import workflows
from oversight.base import files
from oversight.base.clock import Moment
from oversight.base.db import fetch, new_id, reading
from oversight.base.refusals import NotFound, Unavailable
from oversight.base.rows import ids_of
from oversight.base.sentences import N_, say
from oversight.engine import authority, outbox, transitions
from oversight.engine.sight import readable
from oversight.engine.use_case import after, use_case
from oversight.models import Case, JournalRow, OutboxMessage, Paper, PaperFile, SealedCopy
from oversight.models.papers import UNNUMBERED
from oversight.organization.actor import Actor, AuthorityBasis
from oversight.papers import docx, pdf
from oversight.papers.checking import Check
from oversight.papers.layout import Content, letter
from oversight.papers.numbers import MAKE, made_by, make_again

from .stored import drop_unless_named

ROW = "file"  # kind of the row in the journal
DRAFTED = "propose"  # the move by which an office sends its draft to be signed
KINDS = {
    "pdf": "application/pdf",
    "docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
}
AT_ONCE = 100  # papers of one run
BOUND = 200  # papers of one PDF: 0.6 s, 40 MB
LONGEST = timedelta(hours=6)  # until a paper is tried again
log = logging.getLogger(__name__)
SET = Callable[[Content, Check, datetime], bytes]


@dataclass(frozen=True)
class Press:
    """Where files lie, under which address papers are checked, and how a PDF is set."""

    folder: Path
    address: str = ""
    set_pdf: SET | None = None

    def pdf(self, content: Content, check: Check, at: datetime) -> bytes:
        """Return a paper as PDF. Raises NotSet."""
        if self.set_pdf:
            return self.set_pdf(content, check, at)
        return pdf.make(content, check, at, (self.folder / "fonts",))

    @contextmanager
    def many(self) -> Iterator[Press]:
        """Yield a press that sets papers one after the other in one child."""
        if self.set_pdf:
            yield self
            return
        with pdf.Setter((self.folder / "fonts",)) as setter:
            yield replace(self, set_pdf=setter)


def run(session: Session, press: Press, at: Moment, most: int = AT_ONCE) -> int:
    """Make the files of papers that are due; returns of how many. Commits, each paper alone; what is
    drawn is drawn outside a transaction.
    """
    due = outbox.due_now(session, at, [MAKE], most)
    with press.many() as running:
        return sum(one(session, running, row.id, at) for row in due)


def one(session: Session, press: Press, work_id: str, at: Moment) -> bool:
    """Make the files of the paper that a message is about; returns whether it lacks none. Commits."""
    row = session.get(OutboxMessage, work_id)
    return row is not None and _try(session, press, work_id, row.payload["paper"], at)


def _try(session: Session, press: Press, work_id: str, paper_id: str, at: Moment) -> bool:
    """Make the files of one paper; a fault is written down and stops no other. Commits."""
    try:
        return _make(session, press, work_id, paper_id, at)
    except Exception:
        log.exception("files of paper %s", paper_id)
        session.rollback()
        with use_case(session, None, at, MAKE):
            row = session.get_one(OutboxMessage, work_id, with_for_update=True)
            _postpone(row, "failed", at)
        return False


def _postpone(row: OutboxMessage, why: str, at: Moment) -> None:
    row.attempts, row.last_error = row.attempts + 1, why
    row.due_at = at.now + min(timedelta(minutes=2 ** min(row.attempts, 10)), LONGEST)


def _make(session: Session, press: Press, work_id: str, paper_id: str, at: Moment) -> bool:
    """Draw what a paper lacks and keep it; returns whether it lacks nothing now. Commits."""
    with reading():
        paper = session.get_one(Paper, paper_id)
        have = {one.kind for one in of_papers(session, [paper_id])}
        content, check, issued_at = (
            content_of(session, paper),
            _check(paper, press),
            paper.issued_at,
        )
        session.rollback()
    drawn, why = _drawn(press, content, check, issued_at, set(KINDS) - have)
    with use_case(session, None, at, MAKE):
        row = session.get(OutboxMessage, work_id, with_for_update=True, populate_existing=True)
        if row is None or row.done_at:
            return False
        if drawn:
            keep(session, press, paper_id, drawn, at)
        if why:
            _postpone(row, why, at)
        else:
            row.last_error, row.done_at = None, at.now
    return not why


def content_of(session: Session, paper: Paper) -> Content:
    """Return what an issued paper says, in every form: as it was frozen, with whom to ask about it."""
    rows = sa.select(JournalRow).where(
        JournalRow.case_id == paper.case_id,
        sa.or_(JournalRow.actor_id == paper.issued_by, JournalRow.move == DRAFTED),
    )
    acts = session.scalars(rows.order_by(JournalRow.seq)) if paper.issued_by else ()
    return letter(paper.body, paper.number, contact_of(paper, acts))


def contact_of(paper: Paper, rows: Iterable[JournalRow]) -> str:
    """Return whom a paper names to be asked (联系人), by the name that he had then, from the journal of
    its case: who drafted it in the office that issued it, else who issued it; what the clock issued
    names nobody.
    """
    acts = [row for row in rows if row.at <= paper.issued_at]
    drafts = [row for row in acts if row.move == DRAFTED and row.unit_id == paper.unit_id]
    found = drafts or [row for row in acts if row.actor_id == paper.issued_by]
    return called(found[-1]) if paper.issued_by and found else ""


def called(row: JournalRow) -> str:
    """Return the name that who acted had then."""
    return row.actor.split("（")[0]


def _check(paper: Paper, press: Press) -> Check:
    return Check(paper.code or "", press.address)


def _drawn(
    press: Press, content: Content, check: Check, at: datetime, kinds: Iterable[str]
) -> tuple[dict[str, bytes], str]:
    """Return the files of these kinds, and why there is no PDF."""
    found, why = {}, ""
    if "docx" in kinds:
        found["docx"] = docx.make(content, check)
    if "pdf" in kinds:
        try:
            found["pdf"] = press.pdf(content, check, at)
        except pdf.NotSet as trouble:
            why = str(trouble)
    return found, why


def keep(
    session: Session, press: Press, paper_id: str, drawn: dict[str, bytes], at: Moment
) -> None:
    """Keep files of a paper with their row and their line in the journal. Does not commit."""
    paper = session.get_one(Paper, paper_id)
    case = transitions.lock(session, paper.case_id)
    have = {one.kind for one in of_papers(session, [paper_id])}
    made = {kind: data for kind, data in drawn.items() if kind not in have}
    kept: list[str] = []
    after(session, lambda: drop_unless_named(session, press.folder, PaperFile.stored, kept))
    for kind, data in made.items():
        kept.append(files.keep(press.folder, data))
        session.add(
            PaperFile(
                id=new_id(),
                zone_id=paper.zone_id,
                case_id=case.id,
                paper_id=paper.id,
                kind=kind,
                number=paper.number,
                size=len(data),
                sha256=files.sha256(data),
                stored=kept[-1],
                at=at.now,
            )
        )
    attempt = transitions.context(
        session, case, at, basis=AuthorityBasis(paper.unit_id, "clock", "")
    )
    attempt.result = {
        "of": paper.number,
        "sha256": paper.sha256,
        **{f"{kind}_sha256": files.sha256(data) for kind, data in made.items()},
    }
    transitions.record(attempt, ROW, MAKE, case.state, case.state)


# Reading ------------------------------------------------------------------------------------------


def of_papers(session: Session, paper_ids: list[str]) -> list[PaperFile]:
    """Return the files of papers that bear the numbers which stand."""
    if not paper_ids:
        return []
    bearing = sa.select(PaperFile).join(
        Paper, sa.and_(Paper.id == PaperFile.paper_id, Paper.number == PaperFile.number)
    )
    return list(session.scalars(bearing.where(Paper.id.in_(paper_ids))))


def originals(session: Session, paper_ids: list[str]) -> dict[str, SealedCopy]:
    """Return by paper its newest 正本."""
    if not paper_ids:
        return {}
    rows = sa.select(SealedCopy).where(SealedCopy.paper_id.in_(paper_ids))
    return {row.paper_id: row for row in session.scalars(rows.order_by(SealedCopy.version))}


@dataclass(frozen=True)
class Printed:
    """Which files a paper has, and what is said of those that it lacks."""

    kinds: tuple[str, ...]
    said: str
    wanted: bool = False  # nobody has asked for them yet, or the last try failed
    original: SealedCopy | None = None


def standing(session: Session, papers: list[Paper]) -> dict[str, Printed]:
    """Return by paper which files there are, and why one is not."""
    have: dict[str, list[str]] = {paper.id: [] for paper in papers}
    for one in of_papers(session, list(have)):
        have[one.paper_id].append(one.kind)
    scanned = originals(session, list(have))
    lacking = [made_by(paper.id) for paper in papers if len(have[paper.id]) < len(KINDS)]
    why = _why(session, papers[0].zone_id, lacking) if lacking else {}
    return {
        paper.id: Printed(
            tuple(kind for kind in KINDS if kind in have[paper.id]),
            _said(paper, why) if made_by(paper.id) in lacking else "",
            made_by(paper.id) in lacking
            and bool(why.get(made_by(paper.id), True))
            and _numbered(paper),
            scanned.get(paper.id),
        )
        for paper in papers
    }


def _why(session: Session, zone_id: str, keys: list[str]) -> dict[str, str | None]:
    """Return by key of what was left to the outbox why it is not done yet."""
    rows = session.execute(
        sa.select(OutboxMessage.key, OutboxMessage.last_error).where(
            OutboxMessage.zone_id == zone_id, OutboxMessage.key.in_(keys)
        )
    )
    return {row.key: row.last_error for row in rows}


def _numbered(paper: Paper) -> bool:
    return paper.number != UNNUMBERED


def _said(paper: Paper, why: dict[str, str | None]) -> str:
    """Say what is known of a file that is not there."""
    key = made_by(paper.id)
    if key not in why:
        return "" if _numbered(paper) else N_("登记文号以后制作文书文件。")
    kind, _colon, which = (why[key] or "").partition(":")
    if kind == "lacks":
        return say("PDF 没有制成：字库里没有“%(which)s”。请用 Word 版，这几个字手写。", which=which)
    return {
        "": N_("文书文件正在制作，一两分钟后可以下载。"),
        "fonts": N_("PDF 没有制成：服务器没有中文字库，装好以后自动补制。请先用 Word 版。"),
    }.get(kind, N_("PDF 没有制成，系统会自动重试。请先用 Word 版。"))


def open_file(
    session: Session, folder: Path, paper_id: str, kind: str, who: Actor
) -> tuple[Paper, bytes]:
    """Return a paper and a file of it, held against its hash. Raises NotFound, Unavailable."""
    paper = fetch(session, Paper, paper_id)
    case = authority.seen(session, who, paper.case_id)
    if not authority.reads_all(workflows.of(case), case, who):
        raise NotFound()
    row = next((one for one in of_papers(session, [paper.id]) if one.kind == kind), None)
    if row is None:
        raise Unavailable(standing(session, [paper])[paper.id].said)
    return paper, files.read(folder, row.stored, row.sha256)


def ask(session: Session, paper_id: str, who: Actor, at: Moment) -> Paper:
    """Let the files of a paper be made that was issued before there were any, or be tried again now.
    Commits. Raises NotFound.
    """
    paper = fetch(session, Paper, paper_id)
    with use_case(session, who, at, MAKE, case_id=paper.case_id):
        case = authority.seen(session, who, paper.case_id)
        if not authority.reads_all(workflows.of(case), case, who):
            raise NotFound()
        if len(of_papers(session, [paper.id])) < len(KINDS):
            make_again(session, paper, at.now)
    return paper


def lacking(session: Session, papers: Iterable[Paper]) -> list[Paper]:
    """Return the papers with a number of which a file is not there."""
    numbered = [paper for paper in papers if _numbered(paper)]
    have = Counter(one.paper_id for one in of_papers(session, [paper.id for paper in numbered]))
    return [paper for paper in numbered if have[paper.id] < len(KINDS)]


def make_now(
    session: Session,
    press: Press,
    papers: list[Paper],
    who: Actor,
    at: Moment,
    told: Callable[[int], None],
) -> int:
    """Make at once what papers lack, in one child; returns of how many papers nothing is lacking now.
    Commits, each paper alone; `told` hears of each.
    """
    zone_id, ids = who.zone_id, [paper.id for paper in papers]
    with use_case(session, who, at, MAKE):
        for paper in papers:
            make_again(session, paper, at.now)
    keys = [made_by(paper_id) for paper_id in ids]
    mine = (OutboxMessage.zone_id == zone_id, OutboxMessage.key.in_(keys))
    rows = sa.select(OutboxMessage.id, OutboxMessage.payload).where(*mine)
    due = session.execute(rows.order_by(OutboxMessage.id)).all()
    session.rollback()
    made = 0
    with press.many() as running:
        for work_id, payload in due:
            made += _try(session, running, work_id, payload["paper"], at)
            told(1)
    return made


def by_hash(session: Session, sha256: str) -> tuple[PaperFile, Paper, Case] | None:
    """Return whose file has this hash."""
    row = session.scalar(sa.select(PaperFile).where(PaperFile.sha256 == sha256).limit(1))
    if row is None:
        return None
    return row, session.get_one(Paper, row.paper_id), session.get_one(Case, row.case_id)


def by_code(session: Session, code: str) -> Paper | None:
    """Return the paper of a code."""
    return session.scalar(sa.select(Paper).where(Paper.code == code))


WEEK = timedelta(days=6)  # before today


def of_week(session: Session, units: Iterable[str], who: Actor, at: Moment) -> list[Paper]:
    """Return what units have issued in the seven days to today and the reader may see, the oldest
    first.
    """
    rows = session.execute(
        sa.select(Paper, Case)
        .join(Case, Case.id == Paper.case_id)
        .options(joinedload(Case.unit))
        .where(
            Paper.unit_id.in_(list(units)),
            Paper.issued_on > at.today - WEEK - timedelta(days=1),
            Paper.void_at.is_(None),
            readable(who),
        )
        .order_by(Paper.id)
    )
    return [paper for paper, case in rows if authority.reads_all(workflows.of(case), case, who)]


def packed(session: Session, folder: Path, papers: list[Paper], out: IO[bytes]) -> int:
    """Write the files of papers into one ZIP, a paper at a time; returns how many files."""
    named, count = {paper.id: paper for paper in papers}, 0
    with zipfile.ZipFile(out, "w", zipfile.ZIP_STORED) as archive:  # both kinds are packed already
        for row in of_papers(session, list(named)):
            data = files.read(folder, row.stored, row.sha256)
            archive.writestr(name_of(named[row.paper_id], row.kind), data)
            count += 1
    return count


def parts(papers: list[Paper]) -> list[list[Paper]]:
    """Return papers in the parts in which they are bound."""
    return [papers[at : at + BOUND] for at in range(0, len(papers), BOUND)]


def bound(session: Session, folder: Path, papers: list[Paper]) -> bytes:
    """Return the PDFs of papers as one to be printed, each beginning on a leaf of its own; empty where none
    is made yet.
    """
    import pypdf  # of the few who print a week

    rows = {row.paper_id: row for row in of_papers(session, ids_of(papers)) if row.kind == "pdf"}
    whole, out = pypdf.PdfWriter(), io.BytesIO()
    for row in (rows[paper.id] for paper in papers if paper.id in rows):
        whole.append(io.BytesIO(files.read(folder, row.stored, row.sha256)), import_outline=False)
        if len(whole.pages) % 2:
            whole.add_blank_page()
    if rows:
        whole.write(out)
    return out.getvalue()


def case_of(session: Session, paper_id: str) -> str:
    """Return the id of the case that a paper belongs to. Raises NotFound."""
    return fetch(session, Paper, paper_id).case_id


def name_of(paper: Paper, kind: str, what: str = "") -> str:
    """Return under which name a file is saved: its number, to whom, and what it is."""
    plain = re.sub(r'[\\/:*?"<>|\s：]+', "", f"{paper.number} {paper.body['title']}{what}")
    return f"{plain[:80]}.{kind}"


def blank(press: Press, content: Content, kind: str, at: Moment) -> bytes | None:
    """Return a form to fill in by hand; None where it could not be set."""
    try:
        return (
            docx.make(content, Check()) if kind == "docx" else press.pdf(content, Check(), at.now)
        )
    except pdf.NotSet:
        return None
