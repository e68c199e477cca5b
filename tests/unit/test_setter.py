"""What sets papers in a child: what becomes of a paper whose child dies, says nothing, or grows old; that
every character is drawn in a type that we name, and what fonts have.
"""

from __future__ import annotations

from pathlib import Path

import pytest
from fontTools.ttLib import TTFont

from oversight.base.sandbox import typeset
from oversight.papers import pdf
from tests.support.real_papers import TEN
from tests.unit.test_paper_forms import AT, CHECK, pages, paper

FILES = sorted(Path(pdf.FOLDERS[0]).glob("*.otf"))


def test_a_killed_child_costs_one_paper_and_no_more():
    with pdf.Setter() as setter:
        first = setter(paper(), CHECK, AT)
        setter.child.kill()
        setter.child.wait()
        with pytest.raises(pdf.NotSet, match="failed"):
            setter(paper(), CHECK, AT)
        assert setter(paper(), CHECK, AT) == first


def test_a_child_that_never_answers_is_ended(monkeypatch, tmp_path):
    mute = tmp_path / "mute.py"
    mute.write_text("import sys\nsys.stdin.read()\n")
    monkeypatch.setattr(pdf.typeset, "__file__", str(mute))
    monkeypatch.setattr(pdf, "SECONDS", 0.2)
    with pytest.raises(pdf.NotSet, match="failed"):
        pdf.make(paper(), CHECK, AT, ())


def test_what_a_child_refuses_costs_the_next_paper_nothing():
    with pdf.Setter() as setter:
        setter(paper(), CHECK, AT)
        child = setter.child
        with pytest.raises(pdf.NotSet, match="lacks:\U00030edc"):
            setter(paper(paragraphs=["李\U00030edc同志。"]), CHECK, AT)
        assert setter(paper(), CHECK, AT) and setter.child is child


def test_a_child_is_renewed_after_so_many_papers(monkeypatch):
    monkeypatch.setattr(pdf, "RENEWED", 2)
    with pdf.Setter() as setter:
        children = [setter(paper(), CHECK, AT) and setter.child.pid for _ in range(5)]
    assert [children.index(one) for one in children] == [0, 0, 2, 2, 4]


@pytest.mark.parametrize("name", TEN)
def test_every_character_is_drawn_in_a_type_that_we_name(name):
    with pdf.Setter() as setter:
        found = pages(setter(TEN[name], CHECK, AT))
    drawn = {one.fontname.partition("+")[2] for page in found for one in page}
    named = {family.replace(" ", "") for names in pdf.FAMILIES.values() for family in names}
    assert drawn and all(one.partition("-")[0] in named for one in drawn), drawn
    assert not any("cid:" in one.get_text() for page in found for one in page)


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
@pytest.mark.parametrize("form", [12, 4])
def test_what_a_font_has_is_read_as_another_reader_reads_it(path, form, monkeypatch):
    if form == 4:
        records = typeset._records
        monkeypatch.setattr(typeset, "_records", lambda table: only(table, records(table), 4))
    known = typeset.Cmap(str(path), 0)
    with TTFont(path, lazy=True) as font:
        [table] = [one for one in font["cmap"].tables if one.format == form][:1]
        want = set(table.cmap)
    last = 0x10000 if form == 4 else 0x32000
    assert {point for point in range(last) if known.draws(point)} == want


def only(table: bytes, records, form: int) -> list:
    return [one for one in records if int.from_bytes(table[one[2] : one[2] + 2]) == form]


def test_there_are_two_types_of_our_own():
    assert len(FILES) == 2
