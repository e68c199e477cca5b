"""Ten papers, each altered by a word, a byte or a page: none of them passes for the one that was issued."""

# ruff: noqa: F811
from __future__ import annotations

import io
from dataclasses import replace

import pypdf
import pytest
import sqlalchemy as sa

from oversight.base.db import new_id
from oversight.casework import prints
from oversight.commands import audit, checking
from oversight.engine.use_case import use_case
from oversight.models import NumberSeries, Paper
from oversight.models.papers import code_of
from oversight.papers import docx, pdf
from oversight.papers.layout import Content
from tests.db.test_prints import paper, play  # noqa: F401
from tests.support.real_papers import TEN
from tests.unit.test_paper_forms import AT, CHECK


def word(content: Content, data: bytes, make) -> bytes:
    """Draw the paper anew with one word that is another."""
    return make(replace(content, date="2026年12月2日"), CHECK)


def byte(_content: Content, data: bytes, _make) -> bytes:
    middle = len(data) // 2
    return data[:middle] + bytes([data[middle] ^ 1]) + data[middle + 1 :]


def page_off(_content: Content, data: bytes, _make) -> bytes:
    return rewritten(data, lambda pages: pages[:-1] or [pages[0], pages[0]])


def page_more(_content: Content, data: bytes, _make) -> bytes:
    return rewritten(data, lambda pages: [*pages, pages[0]])


def rewritten(data: bytes, choose) -> bytes:
    reader, writer, out = pypdf.PdfReader(io.BytesIO(data)), pypdf.PdfWriter(), io.BytesIO()
    for one in choose(list(reader.pages)):
        writer.add_page(one)
    writer.write(out)
    return out.getvalue()


WAYS = (
    ("pdf", word), ("pdf", byte), ("pdf", page_off), ("pdf", page_more), ("docx", word),
    ("docx", byte), ("pdf", word), ("pdf", byte), ("pdf", page_off), ("docx", byte),
)  # fmt: skip


@pytest.fixture
def ten(session, play, paper, tmp_path):
    """Ten issued papers with the files of TEN: (content, files by kind)."""
    press, found = prints.Press(tmp_path), []
    series = session.scalar(sa.select(NumberSeries).where(NumberSeries.unit_id == paper.unit_id))
    with pdf.Setter() as setter, use_case(session, None, play.at, "print"):
        made = {"pdf": lambda content, check: setter(content, check, AT), "docx": docx.make}
        for number, content in enumerate(TEN.values(), 1):
            row = paper if number == 1 else another(session, paper, number)
            drawn = {kind: make(content, CHECK) for kind, make in made.items()}
            prints.keep(session, press, row.id, drawn, play.at)
            found.append((content, drawn, number))
        series.last = 10
        yield_made = {**made, "pdf": lambda content, check: pdf.make(content, check, AT, ())}
    return found, yield_made


def another(session, paper, number: int) -> Paper:
    names = [one.key for one in sa.inspect(Paper).column_attrs]
    values = {name: getattr(paper, name) for name in names}
    key = new_id()
    row = Paper(
        **{
            **values,
            "id": key,
            "code": code_of(key),
            "seq": number,
            "number": f"青委〔2026〕{number}号",
        }
    )
    session.add(row)
    session.flush()
    return row


def test_none_of_ten_altered_papers_is_taken_for_genuine(session, ten, play, tmp_path):
    papers, make = ten
    export = tmp_path / "journal.jsonl"
    audit.export(session, export, play.at)
    for (content, drawn, number), (kind, alter) in zip(papers, WAYS, strict=True):
        genuine, altered = drawn[kind], alter(content, drawn[kind], make[kind])
        assert genuine != altered
        for told in (
            lambda sha: prints.by_hash(session, sha),
            lambda sha: checking.of_lines(export, sha),
        ):
            assert told(prints.files.sha256(genuine)), number
            assert told(prints.files.sha256(altered)) is None, (number, alter.__name__)


def test_a_paper_drawn_again_of_the_same_words_is_the_same_file(ten):
    papers, make = ten
    content, drawn, _number = papers[0]
    assert (
        make["pdf"](content, CHECK) == drawn["pdf"] and docx.make(content, CHECK) == drawn["docx"]
    )
