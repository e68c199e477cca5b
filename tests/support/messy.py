"""A roster of 300 rows as offices really send it, with 25 kinds of trouble, each at a known place."""

from __future__ import annotations

import io
from dataclasses import dataclass, field
from datetime import date

import openpyxl

HEADER = [
    "姓 名",
    "所在党支部*",
    "公民身份号码",
    "加入党组织日期",
    "人员类别",
    "党内职务（可多个）",
    "手机号码",
    "编号",
    "是否流动党员",
    "备注",
]
BRANCHES = [
    f"{name}村党支部"
    for name in ("石桥", "柳林", "高店", "新塘", "白沙", "双河", "清泉", "大坪", "长岭", "南湾")
]
GIVEN = "国建文志明德秀英桂芳玉兰春华永福安邦宁远"


def columns(**cells) -> list:
    """Make a row of the members' sheet; what is not named is left as an office leaves it."""
    order = (
        "name",
        "unit",
        "identity",
        "joined",
        "standing",
        "offices",
        "phone",
        "number",
        "mobile",
        "note",
    )
    return [cells.get(key) for key in order]


@dataclass
class Messy:
    """A workbook under construction, and where each trouble stands: kind → (row, column, words of
    the sentence).
    """

    book: openpyxl.Workbook = field(default_factory=openpyxl.Workbook)
    troubles: dict[str, tuple[int, str, str]] = field(default_factory=dict)

    def __post_init__(self):
        self.units = self.book.active
        self.units.title = "党组织"
        self.sheet = self.book.create_sheet("党员花名册")
        self.sheet.append(["青溪镇党员花名册"])
        self.sheet.merge_cells("A1:J1")
        self.sheet.append(["填表单位：青溪镇党委（盖章）"])
        self.sheet.append([])
        self.sheet.append(HEADER)

    def row(self, kind: str = "", column: str = "", words: str = "", **cells) -> int:
        """Add a row; where a kind is named, expect its trouble there."""
        self.sheet.append(columns(**{"unit": BRANCHES[0], "standing": "正式党员"} | cells))
        if kind:
            self.troubles[kind] = (self.sheet.max_row, column, words)
        return self.sheet.max_row

    def bytes(self) -> bytes:
        out = io.BytesIO()
        self.book.save(out)
        return out.getvalue()


def ordinary(messy: Messy, count: int) -> None:
    """Add people who are in order, though written in every way that offices write."""
    days = [
        "2010.7.1",
        "2010年7月1日",
        "２０１０－０７－０１",
        date(2010, 7, 1),
        40360,
        "2010/07/01 0:00:00",
        20100701,
        "20100701",
        "2010-7-1",
        " 2010.07.01 ",
    ]
    for number in range(count):
        name = (
            "王李张刘陈杨黄赵周吴"[number // 10 % 10]
            + GIVEN[number % 20]
            + GIVEN[number // 20 % 20]
        )
        name = f"{name[0]} {name[1:]} " if number % 17 == 0 else name
        messy.row(
            name=name,
            unit=f" {BRANCHES[number % 10]}",
            joined=days[number % 10],
            phone=[f"138 0000 {number:04d}", 13800000000 + number][number % 2],
            identity="420000197001011234",
            mobile=["是", "", "否", "√"][number % 4],
        )
        if number % 90 == 89:
            messy.sheet.append([])
            messy.sheet.append(["小计", None, 90])


def units(messy: Messy) -> None:
    messy.units.append(["党组织名称", "支部类别", "上级党组织"])
    messy.units.append(["青溪镇党委", "镇", None])
    for name in BRANCHES:
        messy.units.append([name, "农村", "青溪镇党委"])


def build() -> Messy:
    """Make the workbook: 300 rows, 25 kinds of trouble."""
    messy = Messy()
    units(messy)
    ordinary(messy, 272)
    _values(messy)
    _people(messy)
    return messy


def _values(messy: Messy) -> None:
    row = messy.row
    row("no such day", "D", "没有这一天", name="孙大壮", joined="2010.2.30")
    row("only a year", "D", "只有年份", name="孙二壮", joined=2010)
    row("january or october", "D", "1 月还是 10 月", name="孙三壮", joined=2010.1)
    row("a day to come", "D", "还没有到", name="孙四壮", joined="2099-01-01")
    row("before the Party", "D", "早于建党", name="孙五壮", joined="1911.10.10")
    row("a day in words", "D", "看不出是哪一天", name="孙六壮", joined="十八大那年")
    row("two-figure year", "D", "看不出是哪一天", name="孙七壮", joined="10.7.1")
    row("short telephone", "G", "11 位", name="孙八壮", phone="1380000")
    row("no telephone", "G", "11 位", name="孙九壮", phone="见通讯录")
    row("telephone in figures", "G", "科学计数", name="孙十壮", phone="1.38E+10")
    row("identity as telephone", "G", "身份证号", name="钱大有", phone="420000197001011234")
    row("identity as number", "H", "身份证号", name="钱二有", number="42000019700101123X")
    row("not a member", "E", "积极分子", name="钱三有", standing="入党积极分子")
    row("unknown office", "F", "没有“党支部书计”", name="钱四有", offices="党支部书计")
    row("administrator", "F", "不由名册设定", name="钱五有", offices="系统管理员")
    row("mark", "I", "请写“是”或“否”", name="钱六有", mobile="外出务工")
    row("no name", "A", "缺少姓名", joined="2010.7.1", phone="13800009001")
    row("figure in a name", "A", "姓名只写", name="张三13800000000")
    row("remark in a name", "A", "姓名只写", name="李四（女）")
    row("no branch", "B", "缺少支部名称", name="钱七有", unit=None)
    row("failed formula", "D", "公式出错", name="钱八有", joined="#REF!")
    row("formula without value", "D", "没有保存计算结果", name="钱九有", joined="=DATE(2010,7,1)")


def _people(messy: Messy) -> None:
    row = messy.row
    row(name="郑同名", joined="2010.7.1")
    row("namesakes", "A", "同名，分不清", name="郑同名")
    row(name="郑重复", joined="2011.7.1", phone="13800009002")
    row("the same again", "A", "是同一人", name="郑重复", joined="2011.7.1", phone="13800009002")
    row(name="郑书记", joined="2012.7.1", offices="党支部书记")
    row("two secretaries", "A", "只有一位书记", name="郑正职", joined="2013.7.1", offices="书记")


def tidy(
    people: list[list], units: list[list] | None = None, header: list[str] | None = None
) -> bytes:
    """Make a small workbook in order: units as name, category, superior; people under the
    template's header.
    """
    book = openpyxl.Workbook()
    sheet = book.active
    sheet.title = "党组织"
    sheet.append(["支部名称", "支部类别", "上级党组织"])
    for line in units or ():
        sheet.append(line)
    sheet = book.create_sheet("党员")
    sheet.append(header or ["支部名称", "姓名", "入党日期", "党员类别", "党内职务", "手机", "编号"])
    for line in people:
        sheet.append(line)
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()
