"""What a new password may be: long enough, not common, not the owner's own name; two profiles."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import datetime, timedelta
from functools import cache

from oversight.base.refusals import InvalidInput
from oversight.base.sentences import N_, say

LONGEST, SHORTEST = 128, 10
GRADED = "graded"  # 等级保护
BESIDE = 6  # letters that a password has at least beside names
KINDS, CHANGED_AFTER = 3, timedelta(days=90)
HERE = (N_("党日督导台"), "oversight")
# What the list of the world doesn't know and people here use.
LOCAL = """
woaini woaiwo aini zhongguo woaizhongguo woaizuguo gongchandang dangyuan dangri dangzhibu dangjian
zuzhibu xuexiqiangguo renmin weirenminfuwu admin administrator guanliyuan mima wodemima denglu
zhimakaimen wangluo xiaoming zhangsan lisi beijing shanghai qwer asdf zxcv qwerasdf qazwsx
"""
_ROWS = ("abcdefghijklmnopqrstuvwxyz", "qwertyuiop", "asdfghjkl", "zxcvbnm", "01234567890")
_LINES = [line for row in _ROWS for line in (row * 2, row[::-1] * 2)]
_NUMBERS = re.compile(r"1[3-9]\d{9}|\d{17}[\dx]")  # telephones, identity cards
_AROUND = re.compile(r"^[\W\d_]+|[\W\d_]+$")
_REPEATED = re.compile(r"(.{1,3})\1+.{0,2}")
_CLASSES = (r"[a-z]", r"[A-Z]", r"\d", r"[^A-Za-z\d]")


def refuse_long_or_short(password: str) -> None:
    """Make sure of a password's length. Raises InvalidInput."""
    if not SHORTEST <= len(password) <= LONGEST:
        raise InvalidInput(
            {
                "password": say(
                    "密码要有 %(least)s 到 %(most)s 个字符。", least=SHORTEST, most=LONGEST
                )
            }
        )


def refuse_weak(password: str, names: Iterable[str] = (), profile: str = "modern") -> None:
    """Make sure that a password may be set by whoever has these names. Raises InvalidInput."""
    refuse_long_or_short(password)
    plain = password.lower()
    if _mostly_names(plain, (*names, *HERE)):
        raise InvalidInput(
            {"password": N_("密码不能用您的姓名、用户名或本系统的名称加几个字拼成，请换一个。")}
        )
    if common(plain):
        raise InvalidInput(
            {
                "password": N_(
                    "这个密码太常见，别人容易猜到，请换一个；可以把几个不相干的词连成一句。"
                )
            }
        )
    if profile == GRADED and sum(bool(re.search(one, password)) for one in _CLASSES) < KINDS:
        raise InvalidInput({"password": N_("密码要有大写字母、小写字母、数字、符号中的至少三种。")})


def _mostly_names(plain: str, names: Iterable[str]) -> bool:
    """True where a password holds a name and little else, or what is common, around it."""
    rest = plain
    for name in sorted(names, key=len, reverse=True):
        # a name of two signs is a whole name in Chinese and chance in Latin
        if len(name) >= (4 if name.isascii() else 2):
            rest = rest.replace(name.lower(), "")
    letters = sum(one.isalpha() for one in rest)
    return rest != plain and (letters < BESIDE or common(rest))


def common(plain: str) -> bool:
    """True where many use a password (in small letters), or what it is made of by a simple rule."""
    core = _AROUND.sub("", plain)
    return (
        plain in _common()
        or len(core) > 2
        and core in _common()
        and len(plain) - len(core) <= 8
        or any(plain in line for line in _LINES)
        or _REPEATED.fullmatch(plain) is not None
        or _NUMBERS.fullmatch(plain) is not None
    )


@cache
def _common() -> frozenset[str]:
    from zxcvbn.frequency_lists import FREQUENCY_LISTS  # a third of a second, so when first asked

    return frozenset((*FREQUENCY_LISTS["passwords"], *LOCAL.split()))


def outlived(profile: str, set_at: datetime, now: datetime) -> bool:
    """True where a profile asks for a new password by now."""
    return profile == GRADED and now - set_at > CHANGED_AFTER
