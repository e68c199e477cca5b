"""A paper's content as DOCX and as PDF, measured: GB/T 9704-2012 as the dossier states it, on sentences
full of marks.
"""

from __future__ import annotations

import io
import zipfile
from datetime import UTC, datetime
from xml.etree import ElementTree

import pytest

from oversight.papers import docx, layout, pdf
from oversight.papers.checking import Check, read
from oversight.papers.forms import FORMS, ballot, count, meeting, notice, sign_in
from oversight.papers.layout import Content, Table, letter, lines, title_lines
from tests.support.needs import needs

AT = datetime(2026, 12, 1, 1, 0, tzinfo=UTC)
CHECK = Check("AB2CDEF3GH", "http://10.1.2.3:8000")
MM, CELL, PITCH = 72 / 25.4, 15.75, 28.95
W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
NEVER_FIRST = "，。、；：？！）》〉」』】〕”’"
NEVER_LAST = "（《〈「『【〔“‘"
SENTENCE = (
    "你支部《关于变更12月主题党日活动时间的请示》收悉。按《农村（社区）党支部主题党日活动指导书》第二部分第（一）项"
    "第1条、《区直机关党支部主题党日活动指导书》（试行）的要求，“三会一课”要按期开展；确需变更的，“先请示、后变更”，"
    "由2026年12月4日（星期五）改为2026年12月11日（星期五）。"
)
BODY = {
    "title": "关于同意变更12月主题党日活动时间的批复",
    "to": "青溪村党支部：",
    "paragraphs": [SENTENCE, "一、总体情况。应开展支部120个，按期开展118个。", "此复。"],
    "from": "青溪镇党委",
    "date": "2026年12月1日",
}
LONG_NAME = "随州高新技术产业开发区淅河镇城东工作局机关党委主题党日活动督查领导小组办公室第一组联合党支部委员会临时委员会"


def paper(**changed) -> Content:
    return letter({**BODY, **changed}, "青委党日〔2026〕1号", "王建国")


def words(content: Content) -> str:
    return "".join("".join(lines(content)).split())


# DOCX ---------------------------------------------------------------------------------------------


def part(data: bytes, name: str) -> ElementTree.Element:
    with zipfile.ZipFile(io.BytesIO(data)) as packed:
        return ElementTree.fromstring(packed.read(f"word/{name}.xml"))


def said(data: bytes) -> str:
    return "".join("".join(one.text or "" for one in part(data, "document").iter(f"{W}t")).split())


def attributes(element) -> dict[str, str]:
    return {name.removeprefix(W): value for name, value in element.attrib.items()}


def test_a_docx_has_the_page_and_the_grid_of_the_standard():
    document = part(docx.make(paper(), CHECK), "document")
    section = document.find(f".//{W}sectPr")
    page, edges = (attributes(section.find(W + one)) for one in ("pgSz", "pgMar"))
    assert (page["w"], page["h"]) == ("11906", "16838")
    assert [edges[one] for one in ("top", "bottom", "left", "right")] == [
        "2098",
        "1984",
        "1588",
        "1474",
    ]
    assert attributes(section.find(f"{W}docGrid")) == {"type": "lines", "linePitch": "579"}
    defaults = part(docx.make(paper(), CHECK), "styles").find(f"{W}docDefaults")
    assert attributes(defaults.find(f".//{W}spacing")) == {"val": "-6"}
    assert attributes(defaults.find(f".//{W}widowControl")) == {"val": "0"}


def test_a_docx_names_the_official_types_for_chinese():
    document = part(docx.make(paper(), CHECK), "document")
    named = {attributes(one)["eastAsia"] for one in document.iter(f"{W}rFonts")}
    assert named == {"方正小标宋简体", "仿宋_GB2312", "黑体", "宋体"}


def test_a_docx_says_what_the_content_says_and_is_the_same_again():
    made = docx.make(paper(), Check())
    assert said(made) == words(paper())
    assert docx.make(paper(), CHECK) == docx.make(paper(), CHECK)


def test_a_table_repeats_its_head_and_parts_no_row():
    rows = (("姓名", "签到"), *((f"党员{number}", "") for number in range(60)))
    content = Content("签到表", blocks=(Table(rows, (1, 3)),))
    document = part(docx.make(content, Check()), "document")
    found = list(document.iter(f"{W}tr"))
    assert len(found) == 61 and len(list(document.iter(f"{W}tblHeader"))) == 1
    assert all(one.find(f"{W}trPr/{W}cantSplit") is not None for one in found)


@pytest.mark.parametrize("text", ["<&>\"'", "䶮堃玥", "", "x" * 4000, "a\u200bb"])
def test_a_docx_takes_whatever_was_typed(text):
    assert said(docx.make(paper(paragraphs=[text]), CHECK)).count("".join(text.split())) >= 1


# PDF ----------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def measured():
    """The characters of each page of a long paper: text, left edge and baseline in points."""
    needs(any(map(pdf.Path.is_dir, map(pdf.Path, pdf.FOLDERS))), "中文字体")
    content = letter({**BODY, "paragraphs": [SENTENCE * 3] * 6 + ["此复。"]}, "", "")
    return content, pages(pdf.make(content, Check(), AT, ()))


def pages(data: bytes) -> list[list]:
    from pdfminer.high_level import extract_pages
    from pdfminer.layout import LAParams, LTChar

    def chars(element):
        if isinstance(element, LTChar):
            yield element
        elif hasattr(element, "__iter__"):
            for one in element:
                yield from chars(one)

    return [
        list(chars(page))
        for page in extract_pages(io.BytesIO(data), laparams=LAParams(all_texts=True))
    ]


def rows(page) -> dict[int, list]:
    """Return the body's characters by their line on the grid, from the top of its 225 mm."""
    top, found = (297 - 37) * MM, {}
    for one in page:
        if abs(one.size - CELL) < 4 and one.y0 > 33 * MM and one.get_text().strip():
            found.setdefault(round((top - (one.y0 + one.y1) / 2) / PITCH - 0.5), []).append(one)
    return {line: sorted(found[line], key=lambda one: one.x0) for line in sorted(found)}


def test_a_full_page_has_22_lines_of_28_cells_inside_the_margins(measured):
    _content, [_first, second, *_rest] = measured
    lines_of = rows(second)
    assert list(lines_of) == list(range(22))
    widest = max(one[-1].x1 - one[0].x0 for one in lines_of.values())
    assert 27.4 * CELL < widest <= 28 * CELL + 0.1
    for line in lines_of.values():
        assert line[0].x0 >= 28 * MM - 0.1 and line[-1].x1 <= (210 - 26) * MM + 0.5


def test_every_han_character_stands_in_its_cell(measured):
    _content, found = measured
    for line in rows(found[1]).values():
        for one in line:
            if "一" <= one.get_text() <= "鿿":
                cells = (one.x0 - 28 * MM) / (CELL / 2)
                assert abs(cells - round(cells)) < 0.06, (one.get_text(), cells)


def test_no_line_begins_or_ends_with_a_mark_that_may_not(measured):
    _content, found = measured
    for page in found:
        for line in rows(page).values():
            assert line[0].get_text() not in NEVER_FIRST and line[-1].get_text() not in NEVER_LAST


def test_a_pdf_says_what_the_content_says_in_embedded_types_we_name(measured):
    content, found = measured
    text = "".join(one.get_text() for page in found for line in rows(page).values() for one in line)
    want = "".join("".join(block.head + block.text for block in content.blocks).split())
    assert want in "".join(text.split())
    fonts = {one.fontname for page in found for one in page}
    assert all("+" in one for one in fonts), fonts  # a subset of its own each


def test_a_pdf_is_pdf_a_with_the_page_of_the_standard(measured):
    from pypdf import PdfReader

    reader = PdfReader(io.BytesIO(pdf.make(paper(), CHECK, AT, ())))
    width, height = (float(one) for one in reader.pages[0].mediabox[2:])
    assert (round(width / MM), round(height / MM)) == (210, 297)
    assert b"pdfaid" in reader.trailer["/Root"]["/Metadata"].get_object().get_data()


def test_a_character_that_no_type_has_is_named(measured):
    with pytest.raises(pdf.NotSet) as refused:
        pdf.make(paper(paragraphs=["李\U00030edc同志。"]), CHECK, AT, ())
    assert str(refused.value) == "lacks:\U00030edc"


def test_without_types_a_pdf_waits(monkeypatch):
    monkeypatch.setattr(pdf, "FOLDERS", ())
    with pytest.raises(pdf.NotSet) as refused:
        pdf.make(paper(), CHECK, AT, ())
    assert str(refused.value) == "fonts"


@pytest.mark.parametrize(
    "changed, least",
    [
        ({"from": LONG_NAME[:60]}, 1),
        ({"paragraphs": [f"一、{SENTENCE}整改要求：按期开展。"] * 40}, 8),
        ({"paragraphs": [""]}, 1),
        ({"title": "关于" + "进一步加强主题党日活动组织管理工作" * 4 + "的通知"}, 1),
    ],
)
def test_what_is_long_or_empty_is_laid_out_inside_the_margins(measured, changed, least):
    found = pages(pdf.make(paper(**changed), CHECK, AT, ()))
    assert len(found) >= least
    for page in found:
        for one in page:
            assert one.x0 >= 27.5 * MM and one.x1 <= 184.6 * MM, one.get_text()


# Titles and codes ---------------------------------------------------------------------------------


def test_a_long_title_is_broken_between_words_into_even_lines():
    title = "关于青溪镇党委所属各党支部2026年12月主题党日活动安排的通知"
    found = title_lines(title)
    assert "".join(found) == title and len(found) == 2
    assert not any(one.startswith(("的", "日", "动", "部")) for one in found)
    assert max(map(layout.width, found)) <= layout.TITLE


def test_a_code_is_read_however_it_was_typed():
    assert read(" ab2cd-ef3gh ") == "AB2CDEF3GH" and read("OIL") == "011"


def test_a_code_whose_modules_would_be_too_small_is_only_printed():
    far = Check("AB2CDEF3GH", "http://" + "a" * 120)
    assert (CHECK.drawn() != "", far.drawn(), far.picture()) == (True, "", b"")
    assert far.said == ["核验码 AB2CD-EF3GH"]


# Forms and what comes with an order ----------------------------------------------------------------

RECEIPT = "送达回证：以上通知书已收到。签收人：　　　签收时间：　　年　月　日"
KINDS = {**FORMS, "order": paper(title="整改通知书", receipt=RECEIPT)}


@pytest.mark.parametrize("name", KINDS)
def test_every_form_is_the_same_in_word_and_pdf(measured, name):
    content = KINDS[name]
    assert said(docx.make(content, Check())) == words(content)
    found = pages(pdf.make(content, Check(), AT, ()))
    drawn = "".join(one.get_text() for page in found for one in page)
    for line in lines(content):
        assert not set("".join(line.split())) - set(drawn), line


@pytest.mark.parametrize(("people", "least"), [(12, 9), (17, 9), (20, 9), (24, 6.5), (40, 6.5)])
def test_a_branch_stands_on_a_page_and_who_signs_has_room_for_it(measured, people, least):
    """A name is written by hand some 6 mm high; a vote that lies on two sheets is no secret one."""
    called = [f"甲乙{chr(0x4E8C + number)}" for number in range(people)]
    signed = (meeting({}, called), sign_in({}, [(one, "", "") for one in called]))
    counted = count({}, [(one, *[""] * 5) for one in called])
    for content in (*signed, ballot({}, called), counted):
        [page] = pages(pdf.make(content, Check(), AT, ()))
        lines_of = sorted({round(one.y0, 1) for one in page if one.get_text() == "甲"})
        assert sum(one.get_text() == "甲" for one in page) == people
        apart = [high - low for low, high in zip(lines_of, lines_of[1:], strict=False)]
        assert content not in signed or min(apart) / MM >= least


def test_a_notice_is_signed_before_the_sheet_that_members_sign():
    text = list(lines(notice({"unit": "石桥村党支部", "date": "2026年12月1日"})))
    assert text.index("石桥村党支部") < text.index("主题党日活动签到表") < text.index("合计")


def test_an_order_brings_its_receipt_and_its_stub():
    text = list(lines(KINDS["order"]))
    for need in ("送达回证", "存根", "收件人签名", "整改期限", "整改通知书（青委党日〔2026〕1号）"):
        assert need in text
    assert "存根" not in list(lines(paper()))
