"""Rosters as offices fill them: what is read, what is told apart, and every trouble named at its
place.
"""

from __future__ import annotations

import io
import struct
import zipfile
from datetime import date
from pathlib import Path

import openpyxl
import pytest
import xlwt

from oversight.base import cells as plain_cells
from oversight.base import workbooks
from oversight.base.refusals import InvalidInput, TooLarge, WrongType
from oversight.base.sandbox import workbook as sandbox
from oversight.register.roster import cells, parse, template
from oversight.register.roster.cells import Unreadable
from tests.support import messy
from tests.support.messy import tidy

TODAY = date(2026, 11, 24)
SUPPORT = Path(__file__).parents[1] / "support"


def said(found: parse.Roster) -> str:
    return "\n".join(map(str, [*found.troubles, *found.notes]))


def book(*sheets) -> bytes:
    """Make a workbook from (title, rows)."""
    made = openpyxl.Workbook()
    made.remove(made.active)
    for title, rows in sheets:
        sheet = made.create_sheet(title)
        for row in rows:
            sheet.append(row)
    out = io.BytesIO()
    made.save(out)
    return out.getvalue()


@pytest.fixture(scope="module")
def read_messy():
    made = messy.build()
    return made, parse.read(made.bytes(), TODAY)


def test_every_kind_of_trouble_is_named_at_its_place(read_messy):
    made, found = read_messy
    assert made.sheet.max_row - 4 >= 300 and len(made.troubles) == 25
    named = {
        (trouble.place.row, trouble.place.column): trouble.sentence
        for trouble in found.troubles
        if trouble.place.sheet == "党员花名册"
    }
    missed = [
        kind
        for kind, (row, column, words) in made.troubles.items()
        if words not in named.get((row, column), "")
    ]
    assert missed == []


def test_nothing_that_is_in_order_is_called_trouble(read_messy):
    made, found = read_messy
    places = {(row, column) for row, column, _words in made.troubles.values()}
    assert [
        str(one) for one in found.troubles if (one.place.row, one.place.column) not in places
    ] == []


def test_values_are_shown_but_never_a_whole_identity_number(read_messy):
    _made, found = read_messy
    text = said(found)
    assert (
        "“2010.2.30”" in text
        and "420000197001011234" not in text
        and "42000019700101123" not in text
    )


def test_identity_numbers_are_not_read_and_that_is_said(read_messy):
    made, found = read_messy
    assert "身份证号一列没有读，也不会保存" in said(found)
    assert "420000197001011234" not in repr(found.people)


def test_all_ways_of_writing_a_day_are_the_same_day(read_messy):
    _made, found = read_messy
    ordinary = [
        row for row in found.people if row.phone.startswith("1380000") and row.place.row < 270
    ]
    assert len(ordinary) > 200 and {row.joined for row in ordinary} == {date(2010, 7, 1)}


def test_blanks_in_names_and_units_are_taken_away(read_messy):
    _made, found = read_messy
    assert all(" " not in row.name + row.unit for row in found.people)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("2010年7月", (date(2010, 7, 1), True)),
        ("2010.07", (date(2010, 7, 1), True)),
        (2010.7, (date(2010, 7, 1), True)),
        (2010.11, (date(2010, 11, 1), True)),
        (["2010-07-01"], (date(2010, 7, 1), False)),
        (40360, (date(2010, 7, 1), False)),
        ("40360", (date(2010, 7, 1), False)),
        ("２０１０．７．１", (date(2010, 7, 1), False)),
        ("2010 年 7 月 1 日", (date(2010, 7, 1), False)),
        ("199007", (date(1990, 7, 1), True)),
        (199007, (date(1990, 7, 1), True)),
    ],
)
def test_days(value, expected):
    assert plain_cells.day(value, TODAY) == expected


def test_a_month_alone_is_taken_as_its_first_and_said():
    found = parse.read(tidy([["石桥村党支部", "张三丰", "2010年7月"]]), TODAY)
    assert found.people[0].joined == date(2010, 7, 1) and "只写到月" in said(found)


@pytest.mark.parametrize("value", [True, -3, "2010-13-01", "昨天", 99999999])
def test_no_days(value):
    with pytest.raises(Unreadable):
        plain_cells.day(value, TODAY)


def test_the_other_epoch_of_old_workbooks():
    assert plain_cells.day(38898, TODAY, old_epoch=True)[0] == date(2010, 7, 1)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("书记", [("secretary", "")]),
        ("支部书记、组织委员", [("secretary", ""), ("organizer", "")]),
        ("组织委员兼宣传委员", [("organizer", ""), ("publicity", "")]),
        ("支部书记（兼村主任）", [("secretary", "")]),
        ("石桥（一）村党支部书记", [("secretary", "石桥(一)村")]),
        ("青溪镇党委督查员", [("inspector", "青溪镇党委")]),
        ("无", []),
        ("普通党员", []),
    ],
)
def test_offices(value, expected):
    assert cells.offices(value) == expected


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("中共石桥村支部委员会", "石桥村党支部"),
        ("石桥村支部", "石桥村党支部"),
        ("中国共产党青溪镇委员会", "青溪镇党委"),
        ("区教育局党总支委员会", "区教育局党总支"),
        ("恒达公司（集团）党支部", "恒达公司集团党支部"),
    ],
)
def test_forms_of_one_name_are_one(one, other):
    assert cells.unit_key(one) == cells.unit_key(other)


def test_headers_in_any_order_with_synonyms():
    data = book(
        (
            "名单",
            [
                ["手机号码", "入党时间", "党员姓名", "党组织名称"],
                ["13800001111", "2010.7.1", "张三丰", "石桥村党支部"],
            ],
        )
    )
    row = parse.read(data, TODAY).people[0]
    assert (row.unit, row.name, row.joined, row.phone) == (
        "石桥村党支部",
        "张三丰",
        date(2010, 7, 1),
        "13800001111",
    )


def test_an_export_of_the_national_system_is_read_as_it_comes():
    head = [
        "序号",
        "姓名",
        "性别",
        "公民身份号码",
        "民族",
        "出生日期",
        "学历",
        "人员类别",
        "所在党支部",
        "加入党组织日期",
        "转为正式党员日期",
        "工作岗位",
        "手机号码",
        "联系电话",
        "是否为流动党员",
    ]
    line = [
        1,
        "张三丰",
        "男",
        "420000197001011234",
        "汉族",
        "1970-01-01",
        "大学",
        "正式党员",
        "中共石桥村支部委员会",
        "1995-07-01",
        "1996-07-01",
        "农民",
        "13800001111",
        "0722-1234567",
        "否",
    ]
    found = parse.read(book(("党员信息", [["党员基本信息"], head, line])), TODAY)
    assert found.troubles == [] and "出生日期" in said(found)
    row = found.people[0]
    assert (row.joined, row.phone, row.flags, row.standing) == (
        date(1995, 7, 1),
        "13800001111",
        [],
        False,
    )


def test_merged_branch_cells_count_for_every_row_they_cover():
    made = openpyxl.Workbook()
    sheet = made.active
    for row in (
        ["支部名称", "姓名"],
        ["石桥村党支部", "张三丰"],
        [None, "李四海"],
        ["柳林村党支部", "王五岳"],
    ):
        sheet.append(row)
    sheet.merge_cells("A2:A3")
    out = io.BytesIO()
    made.save(out)
    assert [row.unit for row in parse.read(out.getvalue(), TODAY).people] == [
        "石桥村党支部",
        "石桥村党支部",
        "柳林村党支部",
    ]


def test_a_sheet_a_branch_is_read_by_its_title():
    data = book(
        ("石桥村党支部", [["姓名", "入党日期"], ["张三丰", "2010.7.1"]]),
        ("柳林村党支部", [["姓名", "入党日期"], ["李四海", "2010.7.1"]]),
    )
    assert [row.unit for row in parse.read(data, TODAY).people] == ["石桥村党支部", "柳林村党支部"]


def test_hidden_rows_are_read_and_said_and_hidden_sheets_are_not_read():
    made = openpyxl.load_workbook(
        io.BytesIO(
            tidy([["石桥村党支部", "张三丰", "2010.7.1"], ["石桥村党支部", "李四海", "2010.7.1"]])
        )
    )
    made["党员"].row_dimensions[3].hidden = True
    made["党组织"].sheet_state = "hidden"
    out = io.BytesIO()
    made.save(out)
    found = parse.read(out.getvalue(), TODAY)
    assert len(found.people) == 2
    assert "第 3 行是隐藏的，也读了" in said(found) and "“党组织”表是隐藏的，没有读" in said(found)


def test_a_header_printed_again_and_totals_are_no_people():
    head = ["支部名称", "姓名", "入党日期"]
    data = book(
        (
            "名单",
            [
                head,
                ["石桥村党支部", "张三丰", "2010.7.1"],
                ["合计", 1, None],
                head,
                ["填表人：王某", None, None],
            ],
        )
    )
    found = parse.read(data, TODAY)
    assert [row.name for row in found.people] == ["张三丰"] and found.troubles == []
    assert "重复的表头" in said(found)


def test_the_same_column_twice_is_trouble():
    data = book(("名单", [["支部名称", "姓名", "姓名"], ["石桥村党支部", "张三丰", "李四海"]]))
    assert "有两列都是“姓名”" in said(parse.read(data, TODAY))


def test_namesakes_told_apart_by_any_of_three():
    lines = [["石桥村党支部", "张三丰", "2010.7.1"], ["石桥村党支部", "张三丰", "2011.7.1"]]
    assert parse.read(tidy(lines), TODAY).troubles == []
    lines = [
        ["石桥村党支部", "张三丰", None, None, None, None, "A1"],
        ["石桥村党支部", "张三丰", None, None, None, None, "A2"],
    ]
    assert parse.read(tidy(lines), TODAY).troubles == []
    assert "分不清" in said(
        parse.read(tidy([["石桥村党支部", "张三丰"], ["石桥村党支部", "张三丰"]]), TODAY)
    )


def test_one_person_in_two_branches_is_trouble():
    lines = [
        [unit, "张三丰", "2010.7.1", None, None, "13800001111"]
        for unit in ("石桥村党支部", "柳林村党支部")
    ]
    assert "一人只能在一个支部" in said(parse.read(tidy(lines), TODAY))


def test_two_words_for_one_branch_s_category_are_trouble():
    data = book(
        (
            "名单",
            [
                ["支部名称", "支部类别", "姓名"],
                ["石桥村党支部", "农村", "张三丰"],
                ["石桥村党支部", "社区", "李四海"],
            ],
        )
    )
    assert "类别与“名单”表第 2 行" in said(parse.read(data, TODAY))


def test_no_header_at_all_is_said():
    assert "没有找到表头" in said(parse.read(book(("随便", [["甲", "乙"], [1, 2]])), TODAY))


def test_the_template_is_an_empty_roster():
    found = parse.read(template.write(), TODAY)
    assert (found.units, found.people, found.troubles) == ([], [], [])


def test_what_is_kept_until_applied_comes_back_the_same():
    found = parse.read(
        tidy(
            [["石桥村党支部", "张三丰", "2010.7.1", "预备党员", "书记", "13800001111", "A1"]],
            [["石桥村党支部", "农村", "青溪镇党委"]],
        ),
        TODAY,
    )
    again = parse.from_plain(parse.to_plain(found))
    assert (again.people, again.units, again.notes) == (found.people, found.units, found.notes)


# Files that mean harm -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("data", "error", "words"),
    [
        (b"\xd0\xcf\x11\xe0" + "EncryptedPackage".encode("utf-16-le"), InvalidInput, "去掉密码"),
        (b"\xd0\xcf\x11\xe0" + "_VBA_PROJECT".encode("utf-16-le"), InvalidInput, "宏"),
        (b"\xd0\xcf\x11\xe0" + bytes(600), WrongType, "另存为"),
        (b"%PDF-1.7 a\n", WrongType, "另存为"),
        (b"\x89PNG\r\n\x1a\n\0", WrongType, "另存为"),
        (b"PK\x05\x06" + bytes(18), WrongType, "另存为"),
        (b"PK\x03\x04 cut off", InvalidInput, "打不开"),
        (b"PK" + bytes(workbooks.MOST_BYTES), TooLarge, "MB"),
    ],
)
def test_what_is_no_workbook_is_refused_with_what_to_do(data, error, words):
    with pytest.raises(error, match=words):
        parse.read(data, TODAY)


def _changed(change) -> bytes:
    out = io.BytesIO()
    with (
        zipfile.ZipFile(io.BytesIO(tidy([["石桥村党支部", "张三丰"]]))) as old,
        zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as new,
    ):
        for part in old.infolist():
            new.writestr(part.filename, change(part.filename, old.read(part)))
        for name, data in change(None, None) or ():
            new.writestr(name, data)
    return out.getvalue()


def test_macros_are_refused():
    data = _changed(lambda name, data: data if name else [("xl/vbaProject.bin", b"x")])
    with pytest.raises(InvalidInput, match="宏"):
        parse.read(data, TODAY)


def test_a_bomb_is_not_unpacked():
    data = bytearray(
        _changed(lambda name, data: data if name else [("xl/media/a.bin", b"x" * 1000)])
    )
    at = data.rfind(b"PK\x01\x02")
    struct.pack_into("<I", data, at + 24, 2**31)  # what the directory says that it unpacks to
    with pytest.raises(InvalidInput, match="展开后太大"):
        parse.read(bytes(data), TODAY)


def test_entities_in_the_xml_expand_to_nothing():
    bomb = b'<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "aaaaaaaa"><!ENTITY b "&a;&a;&a;">]>'
    data = _changed(
        lambda name, data: (
            bomb + data.split(b"?>", 1)[-1] if name and "sheet2" in name else data or ()
        )
    )
    with pytest.raises(InvalidInput, match="打不开"):
        parse.read(data, TODAY)


def test_empty_rows_are_counted_too():
    """Each costs time though none says anything: nine million lie in 80 KB."""
    data = _changed(
        lambda name, data: (
            data.replace(b"</sheetData>", b"<row/>" * sandbox.MOST_DRAWN + b"</sheetData>")
            if name and "sheet2" in name
            else data or ()
        )
    )
    with pytest.raises(InvalidInput, match="行"):
        parse.read(data, TODAY)


def test_too_many_rows_are_refused(monkeypatch):
    """The cap is the child's own; here it is seen through a sheet just above it, of one short cell
    a row.
    """
    rows = range(1, sandbox.MOST_ROWS + 3)
    cells = "".join(f'<row r="{row}"><c r="A{row}"><v>{row}</v></c></row>' for row in rows)
    out = io.BytesIO()
    with (
        zipfile.ZipFile(io.BytesIO(book(("名单", [])))) as plain,
        zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as many,
    ):
        for name in plain.namelist():
            part = plain.read(name).decode().replace("<sheetData>", f"<sheetData>{cells}")
            many.writestr(name, part.replace('<dimension ref="A1:A1" />', ""))
            assert "sheet1" not in name or f"A{rows[-1]}" in part
    with pytest.raises(InvalidInput, match="行，请按镇"):
        parse.read(out.getvalue(), TODAY)


@pytest.mark.parametrize("written", ["王伟1", "李娜A", "党员0001", "钱1"])
def test_a_mark_at_the_end_tells_namesakes_apart(written):
    assert cells.name(written) == written


@pytest.mark.parametrize(
    "written", ["1", "0001", "王", "王伟13800000000", "王伟（2）", "13800000000"]
)
def test_figures_and_telephones_are_no_names(written):
    with pytest.raises(cells.Unreadable):
        cells.name(written)


# What offices write in cells ----------------------------------------------------------------------

TABLE = ["支部名称", "姓名", "入党日期"]


def rows(head: list[str], *lines: list) -> parse.Roster:
    return parse.read(book(("名单", [head, *lines])), TODAY)


@pytest.mark.parametrize(
    "foot",
    [
        ["填表人：张三", "审核人：李四", "2026-11-24"],
        ["填表人", "张三", "联系电话 13800001111"],
        ["", "填报单位（盖章）：青溪镇党委", ""],
        ["", "单位负责人", "王五"],
        ["备注：本表一式两份", "", "2026-11-24"],
    ],
)
def test_lines_about_the_table_are_no_members(foot):
    found = rows(TABLE, ["石桥村党支部", "王建国", "2010-07-01"], foot)
    assert [row.name for row in found.people] == ["王建国"] and found.troubles == []
    assert "没有读" in said(found)


def test_as_above_is_what_stands_above():
    head = [*TABLE, "手机"]
    found = rows(
        head,
        ["石桥村党支部", "王建国", "2010-07-01", "13800001111"],
        ["同上", "李秀英", "〃", "〃"],
        ['"', "赵国庆", "2011-07-01", "无"],
    )
    assert found.troubles == []
    assert [(row.unit, row.joined.year, row.phone) for row in found.people] == [
        ("石桥村党支部", 2010, "13800001111"),
        ("石桥村党支部", 2010, "13800001111"),
        ("石桥村党支部", 2011, ""),
    ]
    assert "不写“同上”" in said(rows(TABLE, ["石桥村党支部", "王建国"], ["石桥村党支部", "同上"]))
    assert "没有可以照抄" in said(rows(TABLE, ["〃", "王建国"]))


@pytest.mark.parametrize(
    ("head", "value", "standing"),
    [
        ("是否预备党员", "是", True),
        ("是否预备党员", "", False),
        ("是否为正式党员", "否", True),
        ("是否为正式党员", "", None),
        ("正式/预备", "预备", True),
        ("政治面貌", "中共预备党员", True),
        ("政治面貌", "中共党员", None),
        ("党员类别", "正式党员", False),
    ],
)
def test_who_is_on_probation_is_read_from_any_column_that_says_so(head, value, standing):
    found = rows(["支部名称", "姓名", head], ["石桥村党支部", "王建国", value])
    assert found.troubles == [] and found.people[0].standing is standing


def test_two_columns_that_contradict_each_other_are_trouble():
    head = ["支部名称", "姓名", "政治面貌", "是否预备党员"]
    assert rows(head, ["石桥村党支部", "王建国", "中共党员", "是"]).people[0].standing
    found = rows(head, ["石桥村党支部", "王建国", "中共预备党员", "否"])
    assert "两列写的不一样" in said(found)


@pytest.mark.parametrize(
    ("value", "posts", "others"),
    [
        ("支部书记\n村委会主任", [("secretary", "")], ["村委会主任"]),
        ("支部书记_x000D_组织委员", [("secretary", ""), ("organizer", "")], []),
        ("支部书记 会计", [("secretary", "")], ["会计"]),
        ("组 织 委 员", [("organizer", "")], []),
        ("村民小组长", [], ["村民小组长"]),
        ("团支部书记", [], ["团支部书记"]),
        ("村委会委员", [], ["村委会委员"]),
    ],
)
def test_posts_that_are_none_of_the_party_s_are_left_out_and_said(value, posts, others):
    found = rows(["支部名称", "姓名", "职务"], ["石桥村党支部", "王建国", value])
    assert found.people[0].offices == posts and found.troubles == []
    assert all(other in said(found) for other in others)


@pytest.mark.parametrize(
    ("value", "number", "words"),
    [
        ("0722-3591234", "0722-3591234", ""),
        ("（0722）3591234", "0722-3591234", ""),
        ("0722-3591234转801", "0722-3591234", ""),
        ("13800138000/0722-3591234", "13800138000", "只记了一个"),
        ("0722-3591234、13800138000", "13800138000", "只记了一个"),
        ("3591234", "", "没有区号"),
        ("无", "", ""),
        ("——", "", ""),
    ],
)
def test_telephones_as_offices_write_them(value, number, words):
    found = rows(["支部名称", "姓名", "联系电话"], ["石桥村党支部", "王建国", value])
    assert found.troubles == [] and found.people[0].phone == number and words in said(found)


def test_namesakes_of_two_branches_with_one_day_are_asked_about():
    lines = [[unit, "张三丰", "1987-03-09"] for unit in ("石桥村党支部", "柳林村党支部")]
    assert "是一人只能在一个支部" in said(rows(TABLE, *lines))
    told = [[*line, number] for line, number in zip(lines, ("A1", "A2"), strict=True)]
    assert rows([*TABLE, "编号"], *told).troubles == []
    above = [lines[0], ["青溪镇党委", "张三丰", "1987-03-09"]]
    assert rows(TABLE, *above).troubles == []


@pytest.mark.parametrize("value", ["1.1E+17", 4.2130001e17, 1234567890123456])
def test_a_number_that_excel_has_spoilt_is_refused(value):
    found = rows(["支部名称", "姓名", "编号"], ["石桥村党支部", "王建国", value])
    assert "近似数" in said(found)


# Kinds of file ------------------------------------------------------------------------------------

LINES = [
    ["支部名称", "姓名", "编号", "入党日期"],
    ["石桥村党支部", "王建国", "00123", "2010/7/1"],
    ["石桥村党支部", "李\U0002ebf0英", "00124", "2010年7月1日"],
]
CSV = "".join(",".join(line) + "\r\n" for line in LINES)
BEGUN = "<html><head><meta charset=gb2312></head><body><table border=1>"
PAGE = BEGUN + "".join(
    "<tr>" + "".join(f"<td>{cell}</td>" for cell in line) + "</tr>" for line in LINES
)


def old_workbook() -> bytes:
    made = xlwt.Workbook()
    sheet = made.add_sheet("名册")
    for column, head in enumerate(LINES[0]):
        sheet.write(0, column, head)
    sheet.write_merge(1, 2, 0, 0, "石桥村党支部")
    five, day = (xlwt.easyxf(num_format_str=form) for form in ("00000", "yyyy/m/d"))
    for row in (1, 2):
        sheet.write(row, 1, LINES[row][1])
        sheet.write(row, 2, 122 + row, five)
        sheet.write(row, 3, date(2010, 7, 1), day)
    out = io.BytesIO()
    made.save(out)
    return out.getvalue()


def open_document(encrypted: bool = False, entity: str = "") -> bytes:
    def cells(*texts: str, more: str = "") -> str:
        return "".join(f"<t:table-cell{more}><x:p>{text}</x:p></t:table-cell>" for text in texts)

    first = f"<t:table-row>{cells(*LINES[0])}</t:table-row>"
    unit = cells(LINES[1][0], more=' t:number-rows-spanned="2"')
    note = (
        "<t:table-cell><o:annotation><x:p>批注</x:p></o:annotation><x:p>王建国</x:p></t:table-cell>"
    )
    day = '<t:table-cell o:value-type="date" o:date-value="2010-07-01"/>'
    number = '<t:table-cell o:value-type="float" o:value="123"><x:p>00123</x:p></t:table-cell>'
    second = f"<t:table-row>{unit}{note}{number}{day}</t:table-row>"
    third = f"<t:table-row><t:covered-table-cell/>{cells(*LINES[2][1:])}</t:table-row>"
    empty = '<t:table-row t:number-rows-repeated="1048000"><t:table-cell/></t:table-row>'
    content = (
        f'<?xml version="1.0"?>{entity}<o:d xmlns:o="o" xmlns:t="t" xmlns:x="x">'
        f'<t:table t:name="名册">{first}{second}{third}{empty}</t:table></o:d>'
    )
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as parts:
        parts.writestr("META-INF/manifest.xml", "<encryption-data/>" if encrypted else "<m/>")
        parts.writestr("content.xml", content)
    return out.getvalue()


@pytest.mark.parametrize(
    "data",
    [
        old_workbook(),
        open_document(),
        (SUPPORT / "made_by_odfpy.ods").read_bytes(),
        CSV.encode(),
        CSV.encode("utf-8-sig"),
        CSV.encode("gb18030"),
        CSV.encode("utf-16"),
        CSV.replace(",", "\t").encode("utf-16"),
        f"{PAGE}</table></body></html>".encode("gb18030"),
    ],
    ids=[
        "xls",
        "ods",
        "ods of a library",
        "utf-8",
        "with mark",
        "gb18030",
        "utf-16",
        "tabs",
        "html",
    ],
)
def test_a_roster_is_read_from_every_kind_of_file(data):
    found = parse.read(data, TODAY)
    assert found.troubles == []
    assert [(row.unit, row.name, row.number, row.joined) for row in found.people] == [
        ("石桥村党支部", "王建国", "00123", date(2010, 7, 1)),
        ("石桥村党支部", "李\U0002ebf0英", "00124", date(2010, 7, 1)),
    ]


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (open_document(encrypted=True), "去掉密码"),
        (open_document(entity='<!DOCTYPE x [<!ENTITY a "aaaa">]>'), "打不开"),
        (PAGE.encode(), "打不开"),
    ],
    ids=["encrypted", "entities", "cut off"],
)
def test_other_kinds_are_refused_with_what_to_do(data, words):
    with pytest.raises(InvalidInput, match=words):
        parse.read(data, TODAY)


def test_a_number_is_read_with_the_words_of_its_format():
    made = openpyxl.Workbook()
    made.active.append(["支部名称", "姓名", "编号"])
    made.active.append(["石桥村党支部", "王建国", 7])
    made.active["C2"].number_format = '"Q-"000'
    out = io.BytesIO()
    made.save(out)
    assert parse.read(out.getvalue(), TODAY).people[0].number == "Q-007"
