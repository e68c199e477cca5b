"""What was seen when every paper was looked at as a picture: nothing overlaps, is torn apart or stands alone.

Dossier §4 for where the imprint stands; house rules for the forms.
"""

from __future__ import annotations

import pytest

from oversight.papers import forms, pdf
from oversight.papers.checking import Check
from oversight.papers.forms import FORMS, sign_in
from oversight.papers.layout import letter, title_lines, width
from tests.support.needs import needs
from tests.unit.test_paper_forms import AT, BODY, CHECK, MM, pages

SHORT = "你支部关于2026年11月主题党日没有按期开展的补报收悉。经研究，予以认可。"
WORDS = "请用“学习强国”APP、WPS、QQ群、Microsoft、mmWWMM、5G网、PPT（A4）。"
LONG_NAME = "阿卜杜热依木·买买提江"


@pytest.fixture(autouse=True)
def fonts():
    needs(any(map(pdf.Path.is_dir, map(pdf.Path, pdf.FOLDERS))), "中文字体")


def drawn(content, check=CHECK) -> list[list]:
    return pages(pdf.make(content, check, AT, ()))


def paper(*paragraphs: str, contact: str = "王建国"):
    body = {**BODY, "paragraphs": [*paragraphs, "此复。"], "printer": "青溪镇党委"}
    return letter(body, "青委党日〔2026〕1号", contact)


def test_letters_stand_beside_each_other():
    for page in drawn(paper(WORDS)):
        line = sorted((one for one in page if one.get_text().isascii()), key=lambda one: one.x0)
        for one in line:
            beside = [other for other in line if other is not one and abs(other.y0 - one.y0) < 1]
            assert not [two for two in beside if one.x0 <= two.x0 < one.x1 - 2], one.get_text()


def test_the_imprint_stands_at_the_foot_also_of_a_page_of_its_own():
    """版记 is at the bottom of the last page; on a short reply nothing else is there."""
    found = drawn(paper(SHORT))
    last = [one for one in found[-1] if one.get_text() in "印发"]
    assert len(found) == 2 and {one.get_text() for one in last} == {"印", "发"}
    assert all(35 * MM < one.y0 < 45 * MM for one in last)


@pytest.mark.parametrize("name", ["王建国", LONG_NAME, "", "village.secretary"])
def test_the_line_of_the_contact_is_one_line(name):
    [note] = [one for one in paper(SHORT, contact=name).after if "联系人" in one]
    assert width(note) <= 26 and note.endswith("　）")


@pytest.mark.parametrize(
    "name, count", [("activity", 2), ("notice", 2), ("inspection", 1), ("branch", 14)]
)
def test_a_blank_form_tears_nothing_off(name, count):
    """The record of a party day is a page with the sheet that is signed behind it; each month has its own."""
    assert len(drawn(FORMS[name], Check())) == count


def test_forty_sign_on_one_page():
    roll = [(f"欧阳建国{number}", "", "") for number in range(40)]
    assert len(drawn(sign_in({}, roll), Check())) == 1


FORTY = ["王建国", "欧阳建国"] * 20


@pytest.mark.parametrize(
    "content",
    [
        forms.ballot({}, FORTY),
        forms.count({}, [(one, "3", "30", "7", "0", "40") for one in FORTY], summary=True),
        forms.meeting({}, FORTY),
    ],
    ids=["ballot", "summary", "meeting"],
)
def test_forty_are_voted_on_counted_and_sign_on_one_page(content):
    assert len(drawn(content, Check())) == 1


def test_a_word_of_a_title_is_not_torn():
    title = "关于不同意2026年度民主评议部分党员不计入应到会人数的批复"
    assert title_lines(title) == ["关于不同意2026年度民主评议", "部分党员不计入应到会人数的批复"]


def test_a_long_word_stays_in_its_column():
    roll = [("a" * 40, "", "")]
    [page] = drawn(sign_in({}, roll), Check())
    assert max(one.x1 for one in page if one.get_text()[0] == "a") < 90 * MM
