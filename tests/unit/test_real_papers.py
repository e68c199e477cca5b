"""Papers as programs and scanners write them: taken as they are, unless something in them acts."""

from __future__ import annotations

from pathlib import Path

import pytest

from oversight.base import files
from oversight.base.refusals import InvalidInput

PAPERS = sorted((Path(__file__).parents[1] / "support" / "pdfs").glob("*.pdf"))


@pytest.mark.parametrize("path", PAPERS, ids=lambda path: path.stem)
def test_a_paper_is_taken_unless_something_in_it_acts(path):
    if not path.name.startswith("refused-"):
        assert files.clean(path.read_bytes(), path.name).kind == "application/pdf"
        return
    with pytest.raises(InvalidInput) as refusal:
        files.clean(path.read_bytes(), path.name)
    assert refusal.value.fields["file"] == files.NO["active"]


WANTED = (
    *("editing-locked", "signed", "linearized", "form", "scanned-jbig2", "scanned-g4"),
    *("libreoffice", "chrome", "pdf-a"),
)


def test_every_kind_that_offices_send_is_there():
    """What issue 13, 8 names; of WPS there is no file that may be kept here."""
    assert set(WANTED) <= {path.stem for path in PAPERS}
    marks = {"signed": b"/ByteRange", "scanned-jbig2": b"/JBIG2Decode", "scanned-g4": b"/CCITTFax"}
    for path in PAPERS:
        assert marks.get(path.stem, b"%PDF") in path.read_bytes(), path.stem


def test_there_are_papers_of_both_kinds():
    names = [path.name.startswith("refused-") for path in PAPERS]
    assert names.count(True) >= 4 and names.count(False) >= 8
