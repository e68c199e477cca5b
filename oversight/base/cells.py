"""What a cell of an office's workbook says: plain text, and days as they are written by hand and by Excel. One value
at a time.
"""

from __future__ import annotations

import re
from datetime import date, timedelta

from . import typed
from .sentences import say
from .typed import Unreadable

FIRST = date(1921, 7, 1)
ERRORS = re.compile(r"#(N/A|REF!|VALUE!|NAME\?|DIV/0!|NULL!|NUM!)")
IDENTITY = re.compile(r"(?<!\d)\d{17}[\dXx](?!\d)|(?<!\d)\d{15}(?!\d)")
LONG_NUMBER = re.compile(r"\d{11,}[Xx]?")
DAY = re.compile(r"(\d{4})[./\-年](\d{1,2})(?:[./\-月](\d{1,2})?日?|月)?")
MONTH = re.compile(r"(19|20)\d{2}(0[1-9]|1[0-2])")  # 199007
TIMER = re.compile(r"\s+\d{1,2}:\d\d(:\d\d)?$")


def text(value) -> str:
    """Return a cell as plain text: full-width forms narrowed, no invisible characters, no blanks at
    the ends.
    """
    if value is None:
        return ""
    if isinstance(value, list):
        return value[0]
    if isinstance(value, float) and value == int(value):
        value = int(value)
    return typed.line(str(value))


def shown(value) -> str:
    """Return a value fit for a message: shortened, and long numbers hidden but for their ends."""
    plain = text(value)
    plain = LONG_NUMBER.sub(lambda found: f"{found[0][:3]}…{found[0][-2:]}", plain)
    return plain[:30] + ("…" if len(plain) > 30 else "")


def refuse_errors(value) -> None:
    """Refuse what Excel writes where a formula failed, and identity numbers. Raises Unreadable."""
    plain = text(value)
    if ERRORS.fullmatch(plain):
        raise Unreadable("这个公式出错了，请改成数值。")
    if IDENTITY.search(plain.replace(" ", "")):
        raise Unreadable("这里像是身份证号。本系统不登记身份证号，请删掉或换到单独的“身份证号”列。")


def day(value, today: date, old_epoch: bool = False) -> tuple[date, bool]:
    """Read a day; also returns whether only its month was written. Raises Unreadable."""
    found, rough = _day(value, old_epoch)
    if not found >= FIRST:
        raise Unreadable(
            say("%(day)s 早于建党，请核对年份，写成 2010-07-01 这样。", day=found.isoformat())
        )
    if found > today:
        raise Unreadable(
            say("%(day)s 还没有到，请核对，写成 2010-07-01 这样。", day=found.isoformat())
        )
    return found, rough


def _day(value, old_epoch: bool) -> tuple[date, bool]:
    if isinstance(value, bool):
        raise Unreadable("请写成 2010-07-01 这样的日期。")
    if isinstance(value, int | float):
        return _number_day(value, old_epoch)
    plain = TIMER.sub("", text(value)).replace(" ", "")
    if re.fullmatch(r"\d{8}", plain):
        return _made(plain[:4], plain[4:6], plain[6:]), False
    if MONTH.fullmatch(plain):
        return _made(plain[:4], plain[4:], "1"), True
    if re.fullmatch(r"\d{5}(\.0+)?", plain):
        return _serial(int(float(plain)), old_epoch), False
    found = DAY.fullmatch(plain)
    if found is None:
        raise Unreadable("看不出是哪一天，请写成 2010-07-01 或 2010年7月1日 这样。")
    return _made(found[1], found[2], found[3] or "1"), found[3] is None


def _number_day(value: int | float, old_epoch: bool) -> tuple[date, bool]:
    """Read a number: a serial of Excel, 20100701, or a year and month written as 2010.07."""
    if value == int(value) and 19210000 < value < 21010000:
        plain = str(int(value))
        return _made(plain[:4], plain[4:6], plain[6:]), False
    if value == int(value) and MONTH.fullmatch(str(int(value))):
        return _day(str(int(value)), old_epoch)
    if value == int(value) and 1900 <= value <= 2100:
        raise Unreadable("只有年份，请写成 2010-07-01 这样，至少写到月。")
    if 1900 < value < 2101:
        month = f"{value:.2f}"[5:].rstrip("0")
        if month == "1":
            raise Unreadable("看不出是 1 月还是 10 月，请写成 2010-01-01 或 2010-10-01 这样。")
        return _made(str(int(value)), month, "1"), True
    return _serial(int(value), old_epoch), False


def _serial(number: int, old_epoch: bool) -> date:
    if not 0 < number < 80_000:
        raise Unreadable("看不出是哪一天，请写成 2010-07-01 这样。")
    return (date(1904, 1, 1) if old_epoch else date(1899, 12, 30)) + timedelta(days=number)


def _made(year: str, month: str, of_month: str) -> date:
    try:
        return date(int(year), int(month), int(of_month))
    except ValueError:
        raise Unreadable("没有这一天，请核对后写成 2010-07-01 这样。") from None
