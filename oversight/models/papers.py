"""Numbered papers and the series they are numbered in: per unit and year, without gaps."""

from __future__ import annotations

import hashlib
import json
from datetime import date, datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from oversight.base.db import Base, Id, new_id
from oversight.base.sentences import N_

from .records import append_only


class NumberSeries(Base):
    __tablename__ = "number_series"

    unit_id: Mapped[str] = mapped_column(sa.ForeignKey("units.id"), primary_key=True)
    series: Mapped[str] = mapped_column(sa.String(10), primary_key=True)
    year: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    zone_id: Mapped[str] = mapped_column(sa.ForeignKey("zones.id"))
    last: Mapped[int] = mapped_column(default=0)


ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"  # without I, L, O, U, which are misread
CODE = 10  # characters, 50 bits: nobody guesses one


def code_of(paper_id: str) -> str:
    """Return the code by which a paper is checked; it says nothing about it."""
    number = int.from_bytes(hashlib.sha256(f"paper {paper_id}".encode()).digest()[:8], "big")
    return "".join(ALPHABET[number >> 5 * place & 31] for place in range(CODE))


TYPED = N_("手工登记")  # the series of papers whose number is copied from the office's register
UNNUMBERED = N_("文号待登记")  # stands for the number until it is copied from the office's register


class Paper(Base):
    """An issued paper, frozen as it was printed; a void one keeps its number (作废)."""

    __tablename__ = "papers"
    __table_args__ = (
        sa.UniqueConstraint("unit_id", "series", "year", "seq", name="uq_papers_number"),
        sa.Index("ix_papers_case", "case_id"),
        sa.Index("uq_papers_code", "code", unique=True),
        sa.Index(
            "ix_papers_unnumbered",
            "unit_id",
            postgresql_where=sa.text(f"number = '{UNNUMBERED}'"),
            sqlite_where=sa.text(f"number = '{UNNUMBERED}'"),
        ),
    )

    id: Mapped[str] = mapped_column(Id, primary_key=True, default=new_id)
    zone_id: Mapped[str] = mapped_column(sa.ForeignKey("zones.id"))
    unit_id: Mapped[str] = mapped_column(sa.ForeignKey("units.id"), comment="the issuing unit")
    series: Mapped[str] = mapped_column(
        sa.String(10), comment="addition to the 机关代字, e.g. 整; empty: 批复"
    )
    year: Mapped[int]
    seq: Mapped[int]
    number: Mapped[str] = mapped_column(sa.String(60), comment="青委〔2026〕31号")
    kind: Mapped[str] = mapped_column(sa.String(20))
    case_id: Mapped[str] = mapped_column(sa.ForeignKey("cases.id"))
    body: Mapped[dict] = mapped_column(comment="title, to, paragraphs, from, date")
    issued_on: Mapped[date]
    issued_at: Mapped[datetime]
    issued_by: Mapped[str | None] = mapped_column(
        sa.ForeignKey("persons.id"), comment="empty: the count"
    )
    void_at: Mapped[datetime | None]
    void_why: Mapped[str | None] = mapped_column(sa.Text)
    code: Mapped[str | None] = mapped_column(
        sa.String(10),
        default=lambda row: code_of(row.get_current_parameters()["id"]),
        comment="by which whoever holds the paper has it checked",
    )

    __decided__ = (
        *(
            "zone_id",
            "unit_id",
            "series",
            "year",
            "seq",
            "number",
            "kind",
            "case_id",
            "body",
            "sha256",
        ),
        *("issued_on", "issued_at", "issued_by", "void_at", "void_why"),
    )

    @property
    def sha256(self) -> str:
        """Return the hash of the text, as it stands in the journal."""
        text = json.dumps(self.body, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
        return hashlib.sha256(text.encode()).hexdigest()


class PaperFile(Base):
    """A file of a paper, made once: what was sealed and sent is never made anew."""

    __tablename__ = "paper_files"
    __table_args__ = (
        sa.UniqueConstraint("paper_id", "kind", "number", name="uq_paper_files_kind"),
        sa.Index("ix_paper_files_sha256", "sha256"),
        append_only(),
    )

    id: Mapped[str] = mapped_column(Id, primary_key=True, default=new_id)
    zone_id: Mapped[str] = mapped_column(sa.ForeignKey("zones.id"))
    case_id: Mapped[str] = mapped_column(sa.ForeignKey("cases.id"))
    paper_id: Mapped[str] = mapped_column(sa.ForeignKey("papers.id"))
    kind: Mapped[str] = mapped_column(sa.String(4), comment="pdf or docx")
    number: Mapped[str] = mapped_column(
        sa.String(60), comment="that it bears; of a paper whose number was put right another one"
    )
    size: Mapped[int] = mapped_column(comment="bytes")
    sha256: Mapped[str] = mapped_column(sa.String(64), comment="of the bytes; in the journal too")
    stored: Mapped[str] = mapped_column(
        sa.String(64), unique=True, comment="random name in the data folder"
    )
    at: Mapped[datetime]

    __decided__ = ("zone_id", "case_id", "paper_id", "kind", "number", "size", "sha256", "at")


class SealedCopy(Base):
    """A paper as it was sealed, scanned back: the 正本. A better scan is a new version beside it."""

    __tablename__ = "sealed_copies"
    __table_args__ = (
        sa.UniqueConstraint("paper_id", "version", name="uq_sealed_copies_version"),
        append_only(),
    )

    id: Mapped[str] = mapped_column(Id, primary_key=True, default=new_id)
    zone_id: Mapped[str] = mapped_column(sa.ForeignKey("zones.id"))
    case_id: Mapped[str] = mapped_column(sa.ForeignKey("cases.id"))
    paper_id: Mapped[str] = mapped_column(sa.ForeignKey("papers.id"))
    version: Mapped[int]
    kind: Mapped[str] = mapped_column(sa.String(40), comment="media type")
    size: Mapped[int] = mapped_column(comment="bytes")
    sha256: Mapped[str] = mapped_column(sa.String(64), comment="of the bytes; in the journal too")
    stored: Mapped[str] = mapped_column(
        sa.String(64), unique=True, comment="random name in the data folder"
    )
    by_id: Mapped[str] = mapped_column(sa.ForeignKey("persons.id"))
    at: Mapped[datetime]

    __decided__ = (
        *("zone_id", "case_id", "paper_id", "version", "kind", "size", "sha256"),
        *("by_id", "at"),
    )
