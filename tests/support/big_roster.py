"""A large roster as a workbook, for measuring: branches in towns, members with days, telephones and
posts.
"""

from __future__ import annotations

import sys
from datetime import date, timedelta

import openpyxl

SURNAMES, GIVEN = "赵钱孙李周吴郑王冯陈褚卫蒋沈韩杨", "国建文志明德秀英桂芳玉兰春华永福"


def write(path: str, people: int, size: int = 24) -> None:
    """Write a workbook with `people` rows, `size` to a branch, fifty branches to a town."""
    book = openpyxl.Workbook(write_only=True)
    units, members = book.create_sheet("党组织"), book.create_sheet("党员")
    units.append(["支部名称", "支部类别", "上级党组织"])
    members.append(
        ["支部名称", "姓名", "入党日期", "党员类别", "党内职务", "手机", "流动党员", "离退休党员"]
    )
    branches = -(-people // size)
    for number in range(branches):
        if number % 50 == 0:
            units.append([f"第{number // 50}镇党委", "镇", ""])
        units.append([f"第{number}村党支部", "农村", f"第{number // 50}镇党委"])
    for number in range(people):
        name = SURNAMES[number % 16] + GIVEN[number // 16 % 16] + GIVEN[number * 7 // 3 % 16]
        members.append(
            [
                f"第{number // size}村党支部",
                name,
                date(1970, 1, 1) + timedelta(number % 18000),
                "正式党员",
                {0: "书记", 1: "组织委员"}.get(number % size),
                f"138{number:08d}",
                "是" if number % 9 == 0 else None,
                "是" if number % 4 == 0 else None,
            ]
        )
    book.save(path)


if __name__ == "__main__":
    write(sys.argv[1], int(sys.argv[2]))
