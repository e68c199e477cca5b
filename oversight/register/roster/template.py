"""The empty roster to be filled in: what each column is for, and sheets with the words that are
read.
"""

from __future__ import annotations

import io

from oversight.base.sentences import N_
from oversight.law.roles import ADMINISTRATORS, OFFICES
from oversight.models.organizations import CATEGORIES

from .headers import LABELS

UNITS = ("unit", "category", "parent")
PEOPLE = (
    "unit",
    "name",
    "joined",
    "standing",
    "offices",
    "since",
    "phone",
    "number",
    "mobile",
    "retired",
    "elderly",
    "leading",
    "in_post",
    "no_office",
    "group",
)
HELP = (
    (
        N_("怎么填"),
        N_(
            "“党组织”表一行一个镇（部门）或支部，“党员”表一行一个人。列的顺序可以变，用不着的列可以删。"
        ),
    ),
    (
        N_("系统导出"),
        N_("全国党员管理信息系统导出的表可以直接导入，不认识的列不读。身份证号不读，也不保存。"),
    ),
    (N_("支部类别"), "、".join(CATEGORIES.values()) + N_("；上级党组织写“镇”或“区属部门”。")),
    (
        N_("日期"),
        N_("2010-07-01、2010.7.1、2010年7月1日都行；只写到月的按当月 1 日记，库里已有日期的不改。"),
    ),
    (N_("同上"), N_("与上一行相同的可以写“同上”，姓名和编号除外。")),
    (N_("电话"), N_("写 11 位手机号，或带区号的座机号；没有就空着。")),
    (
        N_("党内职务"),
        "、".join(OFFICES[key] for key in OFFICES if key not in ADMINISTRATORS)
        + N_("；几个职务用顿号隔开，在别的党组织任职写全，如“青溪镇党委督查员”。"),
    ),
    (
        N_("党小组"),
        N_(
            "写“第一党小组”这样的名称，支部里还没有的会新设；空着就不改，写“无”就是不在党小组。党小组长记在他的党小组。"
        ),
    ),
    (N_("同名"), N_("同一支部里同名的人，都要填入党日期、手机或编号。")),
    (
        N_("再次导入"),
        N_("同一人更新，不会重复；名册里没有了的人记为离开。有一处不对就一行也不导入。"),
    ),
    (N_("是否"), N_("流动党员等列写“是”，其余空着。")),
)


def write() -> bytes:
    """Make the workbook."""
    import openpyxl
    from openpyxl.styles import Font, PatternFill

    book = openpyxl.Workbook()
    book.active.title = N_("填写说明")
    for line in HELP:
        book.active.append(line)
    book.active.column_dimensions["B"].width = 90
    for title, keys in ((N_("党组织"), UNITS), (N_("党员"), PEOPLE)):
        sheet = book.create_sheet(title)
        sheet.append([LABELS[key] for key in keys])
        sheet.freeze_panes = "A2"
        for column, cell in zip("ABCDEFGHIJKLMNO", sheet[1], strict=False):
            cell.font, cell.fill = Font(bold=True), PatternFill("solid", fgColor="F1EDE6")
            sheet.column_dimensions[column].width = (
                24 if cell.value in (LABELS["unit"], LABELS["parent"]) else 14
            )
    book.active = 1
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()
