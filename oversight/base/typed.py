"""What people type or paste, read one way at every door: plain lines, names, user names, and
files of text.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable

from .refusals import InvalidInput
from .sentences import N_, say

INVISIBLE = frozenset({"Cc", "Cf", "Cs"})
# A carriage return or line feed as Excel escapes it in what it saves.
ESCAPED_BREAK = re.compile(r"_x000[9AaDd]_")
AS_IT_IS = re.compile("[!-^`-~一-鿿]*")  # most cells of a roster: nothing to fold
# Not by \w or isalpha: the tables of Python are older than the characters that were made for names,
# and the old systems of the Party keep rare ones in the private-use areas.
A_HAN = re.compile("[〇㐀-䶿一-鿿豈-﫿\ue000-\uf8ff\U00020000-\U0003ffff\U000f0000-\U0010fffd]")
HAN = A_HAN.pattern[1:-1]
# Offices tell namesakes apart by a figure or a letter at the end: 王伟1, 李娜A.
PERSON = re.compile(
    rf"(?=..)[{HAN}]{{1,20}}(?:·[{HAN}]{{1,20}})*(?:\d{{1,4}}|[A-Za-z])?|[A-Za-z][A-Za-z ·]{{1,58}}"
)
DOTS = re.compile(r"[•∙⋅・‧.᛫]")
CIRCLES = re.compile("[○◯⭘]")
STOPS = re.compile("([，；：！？（）])")
LOST = re.compile("[?\ufffd\ud800-\udfff]")  # what a conversion leaves of a character
APART = re.compile(r"[、,;/|&\n\r]+|\s+")
# Surnames of two characters, after which a blank parts no two people.
COMPOUND = re.compile(
    "欧阳|太史|端木|上官|司马|东方|独孤|南宫|万俟|闻人|夏侯|诸葛|尉迟|公羊|赫连|澹台|皇甫|宗政|濮阳|公冶|"
    "太叔|申屠|公孙|慕容|仲孙|钟离|长孙|宇文|司徒|鲜于|司空|闾丘|令狐|百里|呼延|东郭|南门|西门|左丘|拓跋"
)
LONGEST_NAME = 60
UNSEEN = "\u115f\u1160\u3164\uffa0"  # letters that are drawn as a blank
LOST_A_CHARACTER = N_("“%(name)s”里有丢失的字（显示为“?”或方块），请补上原来的字。")
A_NAME = N_(
    "姓名只写 2 个字以上的姓名，不带括号和备注，备注请写到别的列；同名的可在末尾加数字或一个字母。"
)
STRANGE = N_("姓名“%(name)s”里的“%(sign)s”不能用。%(rule)s")


class Unreadable(ValueError):
    """A value that cannot stand; the sentence says what to write instead."""


def line(value: str) -> str:
    """Return one line of plain text: full-width forms narrowed, blanks of every kind folded, and
    nothing else dropped than what cannot be seen.
    """
    if AS_IT_IS.fullmatch(value):
        return value
    plain = unicodedata.normalize("NFKC", ESCAPED_BREAK.sub("\n", value))
    spaced = (" " if c.isspace() else c for c in plain)
    return " ".join("".join(c for c in spaced if unicodedata.category(c) not in INVISIBLE).split())


def sentence(value: str) -> str:
    """Return one line of prose: as `line`, the stops of a Chinese sentence as they were typed."""
    parts = STOPS.split(value)
    return "".join(part if STOPS.fullmatch(part) else line(part) for part in parts)


def says(value: str) -> bool:
    """True where something can be read in a text: it is not all blanks and marks."""
    return any(
        unicodedata.category(c)[0] in "LN" and c not in UNSEEN or A_HAN.match(c) for c in value
    )


def words(value: str) -> str:
    """Return one line of prose, as `sentence`; empty where it says nothing."""
    plain = sentence(value)
    return plain if says(plain) else ""


def person_name(value: str) -> str:
    """Read a person's name. Raises Unreadable."""
    plain = CIRCLES.sub("〇", DOTS.sub("·", line(value)))
    _refuse_lost(value, plain)
    if A_HAN.search(plain):
        _refuse_two(value)
        plain = plain.replace(" ", "")
    if not PERSON.fullmatch(plain) or len(plain) > LONGEST_NAME:
        strange = re.sub(rf"[{HAN}A-Za-z\d· ]", "", plain)[:1]
        raise Unreadable(
            say(STRANGE, name=plain[:20], sign=_named(strange), rule=A_NAME) if strange else A_NAME
        )
    return plain


def _named(sign: str) -> str:
    """Return a sign so that it can be seen: one that only changes the sign before it by number."""
    return f"U+{ord(sign):04X}" if unicodedata.category(sign)[0] == "M" else sign


def _refuse_lost(value: str, plain: str) -> None:
    if LOST.search(value) or LOST.search(plain):
        raise Unreadable(say(LOST_A_CHARACTER, name=LOST.sub("?", value)[:20]))


def _refuse_two(value: str) -> None:
    """Refuse 张三、李四 in one place; 孙 明 and 欧阳 明华 are one person. Raises Unreadable."""
    parts = [line(part) for part in APART.split(value)]
    parts = [part for part in parts if part]
    if len(parts) < 2 or COMPOUND.fullmatch(parts[0]) or not all(len(part) > 1 for part in parts):
        return
    if all(A_HAN.match(part) and "(" not in part for part in parts):
        raise Unreadable(
            say(
                "这里像有两个姓名（%(names)s），请一人写一行；是一个人的，姓名中间用“·”或不留空格。",
                names="、".join(parts[:3]),
            )
        )


def organization_name(value: str) -> str:
    """Read the name of an organization. Raises Unreadable."""
    plain = line(value)
    _refuse_lost(value, plain)
    plain = CIRCLES.sub("〇", plain.replace(" ", ""))
    if not 2 <= len(plain) <= 100 or not A_HAN.search(plain):
        raise Unreadable(N_("请写党组织的全称，2 到 100 个字。"))
    return plain


def user_name(value: str | None) -> str:
    """Return a user name or a code as it was meant, typed in full width or with blanks."""
    return line(value or "").replace(" ", "")


def field(name: str, read: Callable[[str], str], value: str) -> str:
    """Read a field of a form. Raises InvalidInput."""
    try:
        return read(value)
    except Unreadable as no:
        raise InvalidInput({name: no.args[0]}) from None


def decoded(raw: bytes) -> str | None:
    """Read a file of text as offices save it: UTF-8, UTF-16 or GB18030; None where it is none."""
    if raw.startswith((b"\xff\xfe", b"\xfe\xff")):
        return _decoded(raw, "utf-16")
    found = _decoded(raw, "utf-8-sig")
    return _decoded(raw, "gb18030") if found is None else found


def _decoded(raw: bytes, encoding: str) -> str | None:
    try:
        return raw.decode(encoding)
    except UnicodeDecodeError:
        return None
