"""What is long, rare or empty on records and letters: nothing is lost, everything stands inside the margins.

Issue 13, bad input; GB/T 9704-2012 for what stands beside the text.
"""

from __future__ import annotations

import pytest

from oversight.papers import docx, forms, layout, pdf
from oversight.papers.books import Book, Day, branch_book
from oversight.papers.checking import Check
from oversight.papers.layout import Content, Paragraph, Sheet, Table, letter, lines
from tests.support.needs import needs
from tests.support.one_text import in_docx, words
from tests.support.slices import WHOLE
from tests.unit.test_paper_forms import AT, BODY, LONG_NAME, MM, SENTENCE, pages, part, said

FOUND = [(SENTENCE, SENTENCE, "不符合", SENTENCE)] * 40
NAMES = [f"欧阳䶮堃{number}" for number in range(43)]
OPEN = [("变更时间请示", "青溪村党支部", "", "待批复", "")] * 90
YEAR = [Day(f"{number}月主题党日", [("做了什么", SENTENCE)]) for number in range(1, 13)]
CASES = {
    "forty findings": forms.inspection({"unit": LONG_NAME[:60]}, FOUND),
    "longer than a page": forms.handover({"unit": "青溪镇党委"}, OPEN),
    "a cell of a page": forms.committee({"items": SENTENCE * 12}),
    "rare names": forms.meeting({}, NAMES),
    "a year of nothing": branch_book(Book(LONG_NAME[:60], "2026")),
    "a long word": forms.report({"left": "x" * 300}),
    "a full year": branch_book(Book("青溪村党支部", "2026", [SENTENCE] * 9, YEAR)),
}  # fmt: skip


@pytest.mark.parametrize("name", CASES)
def test_nothing_is_lost(name):
    content = CASES[name]
    assert in_docx(docx.make(content, Check())) == words(content)
    if WHOLE or name == "forty findings":
        inside(content)


def inside(content: Content) -> None:
    """Hold every character of the PDF against the margins."""
    needs(any(map(pdf.Path.is_dir, map(pdf.Path, pdf.FOLDERS))), "中文字体")
    found = pages(pdf.make(content, Check(), AT, ()))
    drawn = {one.get_text() for page in found for one in page}
    assert not {text for line in lines(content) for text in line if text.strip()} - drawn
    for page in found:
        for one in page:
            assert one.x0 >= 27.5 * MM and one.x1 <= 184.6 * MM and one.y0 > 20 * MM, one.get_text()


# What stands beside the text -------------------------------------------------------------------------

FULL = letter(
    {**BODY, "others": ["柏树村党支部"], "enclosed": ["名单", "方案"], "copies": ["区直机关工委", "柏树村党支部"],
     "printer": "青溪镇党委"},
    "青委党日〔2026〕1号", "王建国", ("王建国", "李红"),
)  # fmt: skip


def test_what_stands_beside_the_text_is_written_as_the_standard_says():
    said_ = list(lines(FULL))
    assert "签发人：王建国　李红" in said_
    assert "附件：1.名单" in said_ and "　　　2.方案" in said_
    assert "抄送：区直机关工委，柏树村党支部。" in said_
    assert said_[-2:] == ["青溪镇党委", "2026年12月1日印发"]
    names = [said_.index(one) for one in ("青溪镇党委", "柏树村党支部")]
    assert names[1] < said_.index("2026年12月1日"), "who signs with it stands above the date"


def test_one_enclosure_has_no_number():
    assert layout.enclosed(["名单"]) == ("附件：名单",)
    assert layout.enclosed([]) == ()


def test_an_unnumbered_letter_has_no_imprint_and_an_old_one_stays_as_it_was():
    assert not letter({**BODY, "printer": "青溪镇党委", "copies": ["甲"]}).printed
    assert list(lines(letter(BODY, "青委党日〔2026〕1号"))) == [
        one for one in lines(letter(BODY, "青委党日〔2026〕1号")) if "印发" not in one
    ]


def test_word_has_the_names_of_signers_in_their_own_type_and_the_imprint_in_a_frame():
    document = part(docx.make(FULL, Check()), "document")
    frames = [one.attrib for one in document.iter() if one.tag.endswith("framePr")]
    assert len(frames) == 2 and all("bottom" in one.values() for one in frames)
    types = [one for one in document.iter() if one.tag.endswith("rFonts")]
    assert any("楷体_GB2312" in one.attrib.values() for one in types)
    assert in_docx(docx.make(FULL, Check())) == words(FULL)
    assert said(docx.make(FULL, Check())) == words(FULL)


def test_all_of_it_is_drawn_inside_the_margins():
    inside(FULL)


def test_headings_of_a_level_are_all_set_as_such_or_none():
    long = "一、" + "上月缺席的党员没有逐一联系也没有登记原因和补课情况" + "。"
    mixed = letter({**BODY, "paragraphs": [long, "二、没有签到。整改要求：签到。"]})
    assert {one.level for one in mixed.blocks} == {"plain"}
    even = letter({**BODY, "paragraphs": ["一、没有开展。按期开展。", "二、没有签到。签到。"]})
    assert [one.head for one in even.blocks] == ["一、没有开展。", "二、没有签到。"]


def test_a_long_list_stands_in_two_halves_and_says_everybody_once():
    content = forms.ballot({}, NAMES)
    [table] = [one for one in content.blocks if isinstance(one, Table) and one.head]
    assert len(table.rows) == 23 and table.dense
    assert sorted(text for row in table.rows[1:] for text in row if text) == sorted(NAMES)
    assert Sheet("x").title == "x" and Paragraph("y").at == "in"
