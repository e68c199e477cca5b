"""How far a branch has read the charter in a year: 总纲 and eleven chapters, as the sheets say it."""

from __future__ import annotations

import re
from collections.abc import Iterable

FIGURES = "一二三四五六七八九十"
PARTS = ("总纲", *(f"第{one}章" for one in (*FIGURES, "十一")))
ALL = re.compile("全文|全部|读完党章|通读|一遍")
STRETCH = re.compile(r"总纲|第[^第。；;]{1,20}?章")
ONE = re.compile(r"总纲|十一|[一二三四五六七八九十]|\d{1,2}")
UP_TO = re.compile(r"[到至—~-]\s*第?$")


def read_in(note: str) -> set[int]:
    """Return the parts that a line names, 0 being 总纲: 第二章, 第一、二章, 第二章至第四章; 读到第三章 begins
    at the beginning.
    """
    if ALL.search(note):
        return set(range(len(PARTS)))
    found: list[int] = []
    for number, said_to in _named(note):
        first = (found[-1] if found else -1) if said_to else number - 1
        found += range(first + 1, number + 1) if number > first else [number]
    return {number for number in found if 0 <= number < len(PARTS)}


def _named(note: str):
    """Yield each part that is named, and whether 到 or 至 stands before it."""
    for stretch in STRETCH.finditer(note):
        for one in ONE.finditer(stretch[0]):
            before = note[: stretch.start() + one.start()]
            yield _number(one[0]), bool(UP_TO.search(before))


def _number(word: str) -> int:
    if word == "总纲":
        return 0
    if word.isdecimal():
        return int(word)
    return 11 if word == "十一" else FIGURES.index(word) + 1


def left(notes: Iterable[str]) -> list[str]:
    """Return the parts that none of these lines names."""
    done = set().union(*map(read_in, notes))
    return [name for number, name in enumerate(PARTS) if number not in done]
