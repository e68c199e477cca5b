"""Papers as Word documents in LibreOffice beside the same papers as PDF: the same lines on the first page,
the same number of pages.

LibreOffice 7.4 leaves room between Han characters and figures where a DOCX says that there is none
(`findings/`): that is put right in what it has read. All types are one whose figures are half as wide as
its characters, as those of the official types are.
"""

from __future__ import annotations

import os
import shutil
import subprocess

import pytest

from oversight.base import files
from oversight.papers import docx, pdf
from tests.support.needs import needs
from tests.support.real_papers import TEN
from tests.unit.test_paper_forms import AT, CHECK, MM, pages

FONTS = """<?xml version="1.0"?><!DOCTYPE fontconfig SYSTEM "fonts.dtd">
<fontconfig><dir>/usr/share/fonts</dir><cachedir>{cache}</cachedir><match target="pattern">
<edit name="family" mode="assign" binding="same"><string>Noto Sans Mono CJK SC</string></edit></match></fontconfig>"""
SPACED, CLOSE = 'text-autospace="ideograph-alpha"', 'text-autospace="none"'
SECONDS = 120


@pytest.fixture(scope="module")
def laid(tmp_path_factory):
    """The pages of each paper: as LibreOffice lays its DOCX, and as its PDF has them."""
    needs(shutil.which("soffice"), "LibreOffice")
    folder = tmp_path_factory.mktemp("word")
    for name, content in TEN.items():
        (folder / f"{name}.docx").write_bytes(docx.make(content, CHECK))
    convert(folder, "docx", "fodt")
    for read in folder.glob("*.fodt"):
        read.write_text(read.read_text("utf-8").replace(SPACED, CLOSE), "utf-8")
    convert(folder, "fodt", "pdf")
    taken = {name: files.clean((folder / f"{name}.pdf").read_bytes(), "").kind for name in TEN}
    assert set(taken.values()) == {"application/pdf"}  # an office that prints so sends it back
    with pdf.Setter() as setter:
        return {
            name: (pages((folder / f"{name}.pdf").read_bytes()), pages(setter(content, CHECK, AT)))
            for name, content in TEN.items()
        }


def convert(folder, before: str, after: str) -> None:
    """Convert all files of a kind in one run."""
    (folder / "fonts.conf").write_text(FONTS.format(cache=folder / "cache"))
    subprocess.run(
        [
            *("soffice", "--headless", "--norestore", f"-env:UserInstallation=file://{folder}/own"),
            *("--convert-to", after, "--outdir", folder, *sorted(folder.glob(f"*.{before}"))),
        ],
        check=True,
        capture_output=True,
        timeout=SECONDS,
        env={"PATH": os.environ["PATH"], "HOME": str(folder), "FONTCONFIG_FILE": f"{folder}/fonts.conf"},
    )  # fmt: skip


def lines_of(page) -> list[str]:
    """Return what stands in each line of a page, from its top; without what is said beside the code."""
    found: list[tuple[float, list]] = []
    marks = [one for one in page if one.get_text().strip() and one.y0 > 33 * MM]
    for one in sorted(marks, key=lambda one: -(one.y0 + one.y1)):
        middle = (one.y0 + one.y1) / 2
        if not found or found[-1][0] - middle > 8:
            found.append((middle, []))
        found[-1][1].append(one)
    lines = ("".join(c.get_text() for c in sorted(row, key=lambda c: c.x0)) for _y, row in found)
    for said in CHECK.said:
        lines = [line.replace("".join(said.split()), "") for line in lines]
    return [line for line in lines if line]


@pytest.mark.parametrize("name", TEN)
def test_word_breaks_the_lines_of_the_first_page_where_the_pdf_does(laid, name):
    word, printed = laid[name]
    assert lines_of(word[0]) == lines_of(printed[0])
    assert len(word) == len(printed)


def test_there_are_ten_papers_and_some_are_longer_than_a_page(laid):
    assert len(laid) == 10 and {len(word) for word, _printed in laid.values()} >= {1, 2}
