"""The code of a paper after it was printed and scanned: 200 dots an inch, turned by 2°, saved as JPEG of
quality 60, and read by two readers that know nothing of each other.
"""

from __future__ import annotations

import ctypes.util
import io
import json

import pytest
import typst
import zxingcpp
from PIL import Image, ImageFilter

from oversight.base.sandbox import typeset
from oversight.papers import pdf
from oversight.papers.checking import Check
from tests.support.needs import needs
from tests.support.real_papers import TEN


def zbar(image: Image.Image) -> list[str]:
    from pyzbar import pyzbar  # fails where the system has no libzbar

    return [one.data.decode() for one in pyzbar.decode(image)]


READERS = {
    "zxing-cpp": lambda image: [one.text for one in zxingcpp.read_barcodes(image)],
    "zbar": zbar,
}
LONGEST = Check("AB2CDEF3GH", "https://dangri.gaoxin-zuzhibu.hubei.gov.cn:8443")
CHECKS = {"short": Check("AB2CDEF3GH", "http://10.1.2.3:8000"), "long": LONGEST}


@pytest.fixture(scope="module")
def setter():
    needs(ctypes.util.find_library("zbar"), "libzbar0")
    with pdf.Setter() as known:
        folders = known.there()
    return typeset.Setter(pdf.SOURCE.read_text("utf-8"), pdf.FAMILIES, folders)


def scanned(setter, check: Check) -> Image.Image:
    """Return the last page of a paper as a scanner gives it."""
    told = json.dumps({**pdf.data_of(TEN["closing"], check), "fonts": setter.families})
    drawn = typst.compile(
        setter._source, font_paths=setter._fonts, ignore_system_fonts=True, format="png",
        ppi=200, sys_inputs={"paper": told},
    )  # fmt: skip
    page = Image.open(io.BytesIO(drawn)).convert("L")
    turned = page.rotate(2, Image.Resampling.BICUBIC, expand=True, fillcolor=255)
    out = io.BytesIO()
    turned.filter(ImageFilter.GaussianBlur(0.7)).save(out, "JPEG", quality=60)
    return Image.open(io.BytesIO(out.getvalue()))


@pytest.mark.parametrize("check", CHECKS.values(), ids=CHECKS)
def test_a_printed_and_scanned_code_is_read_by_two_readers(setter, check):
    image = scanned(setter, check)
    assert {name: read(image) for name, read in READERS.items()} == dict.fromkeys(
        READERS, [check.link]
    )
