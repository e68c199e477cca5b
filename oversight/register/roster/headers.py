"""The words that offices write over their columns, and what is never read."""

from __future__ import annotations

import re

from oversight.base.cells import text

# Field: its words, the first as the template writes it. Compared without blanks, brackets and a
# leading 是否.
WORDS = {
    "unit": "支部名称 党组织名称 所在党支部 所在支部 党支部名称 党支部 支部 所属党支部 所属支部 所在党组织 所属党组织 党组织全称 组织关系所在党支部 组织名称",
    "category": "支部类别 党组织类别 支部类型 党组织类型 类别 类型 组织类别 党支部类别 党支部类型",
    "parent": "上级党组织 上级党组织名称 所属上级党组织 隶属党组织 所属党委 上级组织 直接上级党组织 所属镇 镇部门 所在镇",
    "group": "党小组 所在党小组 党小组名称 所属党小组 党小组名 党小组别 小组 所在小组 所属小组 小组名称 组别",
    "name": "姓名 党员姓名 名字",
    "joined": "入党日期 入党时间 加入党组织日期 加入党组织时间 入党年月 加入中国共产党日期",
    "standing": "党员类别 人员类别 党员类型 党员身份 正式/预备 预备/正式 正式或预备 正式预备",
    "probation": "预备党员 预备",
    "full": "正式党员 正式 转正 按期转正",
    "offices": "党内职务 职务 党内职务名称 党务职务 支部职务 现任党内职务",
    "since": "任职日期 任职时间 任职起始日期",
    "phone": "手机 手机号 手机号码 移动电话 本人手机",
    "number": "编号 党员编号 人员编号 工号",
    "mobile": "流动党员 流动",
    "retired": "离退休党员 离退休 退休",
    "elderly": "年老体弱 年老体弱党员",
    "leading": "党员领导干部 领导干部",
    "in_post": "在职党员 在职",
    "no_office": "无职党员",
}
WEAK = {
    "联系电话": "phone",
    "电话": "phone",
    "电话号码": "phone",
    "联系方式": "phone",
    "固定电话": "phone",
    "座机": "phone",
    "政治面貌": "standing",
    "政治面目": "standing",
}
FIELDS = {re.sub(r"\s", "", word): key for key, words in WORDS.items() for word in words.split()}
LABELS = {key: words.split()[0] for key, words in WORDS.items()}
FLAGS = ("mobile", "retired", "elderly", "leading", "in_post", "no_office")
# Columns that must not be kept even where somebody would like to. Source: dossier on privacy.
IDENTITY = ("身份证", "公民身份", "证件号", "居民身份")
LOOKED_AT = 30  # rows in which the header is looked for


def bare(cell) -> str:
    """Return a header without what offices add to it: blanks, stars, brackets with hints."""
    plain = re.sub(r"\(.*?\)|\(.*$", "", text(cell).replace(" ", ""))
    return re.sub(r"^是否(为|是)?|[*:※]", "", plain)


def is_identity(header: str) -> bool:
    return any(word in header for word in IDENTITY)


def find(rows: dict[int, list]) -> tuple[int, dict[int, str]] | None:
    """Return the number of the header's row and the header of each column; None where there is no
    header.
    """
    best: tuple[int, int] | None = None
    for number in sorted(rows)[:LOOKED_AT]:
        known = {FIELDS.get(bare(cell)) for cell in rows[number]} - {None}
        two_lines = (
            best is not None and len(known) == best[0] and number == best[1] + 1
        )  # one header in two rows
        if (
            len(known) >= 2
            and known & {"unit", "name"}
            and (best is None or len(known) > best[0] or two_lines)
        ):
            best = (len(known), number)
    if best is None:
        return None
    return best[1], {column: bare(cell) for column, cell in enumerate(rows[best[1]]) if bare(cell)}


def fields_of(heads: dict[int, str]) -> tuple[dict[str, int], dict[str, list[int]]]:
    """Return the column of each field, and the fields that more than one column claims."""
    found: dict[str, list[int]] = {}
    for column, head in heads.items():
        if head in FIELDS and not is_identity(head):
            found.setdefault(FIELDS[head], []).append(column)
    for column, head in heads.items():
        if head in WEAK and WEAK[head] not in found:
            found[WEAK[head]] = [column]
    return {key: columns[0] for key, columns in found.items()}, {
        key: columns for key, columns in found.items() if len(columns) > 1
    }
