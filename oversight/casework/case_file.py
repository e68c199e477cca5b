"""The file of a case as one ZIP, to be kept apart from the program: its papers and their sealed copies,
what was shown with it, its journal with the seals over it and the program that verifies them, and a plain
page that names all of it. Packed a file at a time, as it is sent.
"""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from html import escape
from pathlib import Path

import sqlalchemy as sa
from sqlalchemy.orm import Session

from oversight import workflows
from oversight.base import files
from oversight.base.refusals import NotFound, Unavailable
from oversight.base.sentences import N_
from oversight.engine import authority, excerpt, journal, verifier
from oversight.law.definition import Workflow
from oversight.models import Case, JournalRow, Unit
from oversight.organization.actor import Actor

from . import attachments, prints, record

# Which of the zone's settings says how long the record of a workflow is kept; all others as replies.
RETAINED = {
    **dict.fromkeys(("inspection", "rectification", "bulletin"), "retain_inspections"),
    **dict.fromkeys(("absence", "exemption", "record_note", "month_report"), "retain_attendance"),
    "appraisal": "retain_appraisals",
}
TERMS = {"permanent": ("Y", N_("永久")), "30": ("D30", N_("30年")), "10": ("D10", N_("10年"))}
HOW = N_(
    "核对办法：在本文件夹运行 python3 verifier.py journal.jsonl（要核对封印的签名，先安装 cryptography），"
    "显示“完整”的，日志未经改动；各文件的 SHA-256 见 SHA256SUMS.txt，可用 sha256sum -c SHA256SUMS.txt 核对。"
)


@dataclass(frozen=True)
class Kept:
    """A file that lies in the data folder: under which name it is packed, and what it must be."""

    name: str
    stored: str
    sha256: str


@dataclass
class CaseFile:
    """What a case's file consists of, read before it is packed."""

    title: str
    number: str
    retention: str
    unit: str
    opened: str
    closed: str
    course: list[tuple[str, str, str]]
    kept: list[Kept]
    lines: list[str] = field(default_factory=list)


def read(
    session: Session,
    case_id: str,
    who: Actor,
    chosen: Callable[[str], Mapping[str, str]],
    label: Callable[[Workflow, JournalRow], str],
) -> CaseFile:
    """Return what the file of a case consists of, for who may read all of it; `chosen` are the
    settings of a zone, `label` names the act of a row. Raises NotFound.
    """
    case = authority.seen(session, who, case_id)
    workflow = workflows.of(case)
    if not leaves_with(workflow, case, who):
        raise NotFound()
    number, retention = archived(session, case, chosen(case.zone_id))
    rows = journal.of_case(session, case.id)
    known = [row for row in rows if authority.reads_row(workflow, case, who, row)]
    return CaseFile(
        title=workflow.title,
        number=number,
        retention=retention,
        unit=session.get_one(Unit, case.unit_id).name,
        opened=case.opened_at.date().isoformat(),
        closed=case.closed_at.date().isoformat() if case.closed_at else "",
        course=[
            (row.at.isoformat(timespec="minutes"), label(workflow, row), row.actor) for row in known
        ],
        kept=[*_papers(session, case), *_evidence(session, case)],
        lines=list(excerpt.lines(session, case, {row.seq for row in known})),
    )


def leaves_with(workflow: Workflow, case: Case, who: Actor) -> bool:
    """True where the reader may take along the file of a case in his sight: no discreet matter, and of a
    notice to all branches only whose business it is, since the file tells how it was drafted.
    """
    own = any(case.unit.within(prefix) for prefix in who.business)
    return not workflow.discreet and (own or not workflow.published)


def archived(session: Session, case: Case, chosen: Mapping[str, str]) -> tuple[str, str]:
    """Return the archive number of a case, by type, year, term and its place among the zone's cases of
    the year, and how long its record is kept.
    """
    setting = RETAINED.get(case.workflow, "retain_replies")
    code, term = TERMS[chosen[setting]]
    first = case.opened_at.replace(month=1, day=1, hour=0, minute=0, second=0, microsecond=0)
    before = sa.select(sa.func.count()).select_from(Case)
    place = session.scalar(
        before.where(Case.zone_id == case.zone_id, Case.opened_at >= first, Case.id <= case.id)
    )
    return f"DR·{case.opened_at.year}·{code}·{place:05d}", term


def _papers(session: Session, case: Case) -> Iterator[Kept]:
    papers = {paper.id: paper for paper in record.papers(session, case)}
    rows = prints.of_papers(session, list(papers))
    for row in rows:
        name = prints.name_of(papers[row.paper_id], row.kind)
        yield Kept(f"papers/{name}", row.stored, row.sha256)
    for paper_id, copy in prints.originals(session, list(papers)).items():
        name = prints.name_of(papers[paper_id], files.KINDS[copy.kind], N_("（正本）"))
        yield Kept(f"papers/{name}", copy.stored, copy.sha256)


def _evidence(session: Session, case: Case) -> Iterator[Kept]:
    for number, row in enumerate(attachments.of_case(session, case), 1):
        yield Kept(f"evidence/{number:02d} {row.name}", row.stored, row.sha256)


# Packing -----------------------------------------------------------------------------------------


class _Sent(io.RawIOBase):
    """What has been packed and not been sent yet."""

    def __init__(self):
        self._parts: list[bytes] = []

    def writable(self) -> bool:
        return True

    def write(self, data) -> int:
        self._parts.append(bytes(data))
        return len(data)

    def taken(self) -> bytes:
        found, self._parts = b"".join(self._parts), []
        return found


def packed(file: CaseFile, folder: Path) -> tuple[int, Iterator[bytes]]:
    """Return how long the ZIP is, so that who takes it along sees how far it is, and the ZIP, a member at
    a time; reads nothing but files. One that is gone or was changed is named instead.
    """
    sizes = {}
    for kept in file.kept:  # held against their hashes, not held in memory
        name, data = _member(kept, folder)
        sizes[kept] = name, len(data)
    like = _zipped(file, lambda kept: (sizes[kept][0], bytes(sizes[kept][1])))
    return sum(map(len, like)), _zipped(file, lambda kept: _member(kept, folder))


def _zipped(file: CaseFile, member: Callable[[Kept], tuple[str, bytes]]) -> Iterator[bytes]:
    out, sums = _Sent(), []
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:

        def add(name: str, data: bytes, method: int = zipfile.ZIP_DEFLATED) -> bytes:
            sums.append(f"{files.sha256(data)}  {name}\n")
            archive.writestr(_entry(name, method), data)
            return out.taken()

        yield add("index.html", index(file).encode())
        yield add("journal.jsonl", "".join(f"{line}\n" for line in file.lines).encode())
        yield add("verifier.py", Path(verifier.__file__).read_bytes())
        for kept in file.kept:
            yield add(*member(kept), zipfile.ZIP_STORED)
        archive.writestr(_entry("SHA256SUMS.txt", zipfile.ZIP_STORED), "".join(sums))
    yield out.taken()


def _entry(name: str, method: int) -> zipfile.ZipInfo:
    entry = zipfile.ZipInfo(name)  # without the hour: the same case is the same file
    entry.compress_type, entry.external_attr = method, 0o644 << 16
    return entry


def _member(kept: Kept, folder: Path) -> tuple[str, bytes]:
    try:
        return kept.name, files.read(folder, kept.stored, kept.sha256)
    except Unavailable as lacking:
        return f"{kept.name}.txt", str(lacking.sentence).encode()


def index(file: CaseFile) -> str:
    """Return the page that names all that is in the file."""
    told = (
        (N_("档号"), file.number), (N_("保管期限"), file.retention), (N_("单位"), file.unit),
        (N_("立案"), file.opened), (N_("办结"), file.closed),
    )  # fmt: skip
    facts = "".join(f"<dt>{name}</dt><dd>{escape(said)}</dd>" for name, said in told if said)
    listed = "".join(
        f'<li><a href="{escape(one.name)}">{escape(one.name)}</a> <code>{one.sha256}</code></li>'
        for one in file.kept
    )
    course = "".join(
        f"<tr><td>{at}</td><td>{escape(what)}</td><td>{escape(who)}</td></tr>"
        for at, what, who in file.course
    )
    within, steps = N_("文书和材料"), N_("办理过程")
    return (
        f'<!doctype html><html lang="zh-CN"><meta charset="utf-8"><title>{escape(file.title)} {escape(file.number)}'
        f"</title><h1>{escape(file.title)}</h1><dl>{facts}</dl><h2>{within}</h2><ul>{listed}</ul>"
        f"<h2>{steps}</h2><table>{course}</table><p>{HOW}</p></html>\n"
    )
