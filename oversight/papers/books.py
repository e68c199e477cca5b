"""The two handbooks of a year: of a branch what it did month by month, of a member how he took part."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from oversight.base.sentences import N_

from .layout import Block, Content, Paragraph, Sheet, Table
from .letter import BLANKS

ROOM = "　　　　"
MONTHS = range(1, 13)


@dataclass(frozen=True)
class Day:
    """One party day of a branch's year: its name, and what is known of it, a line each."""

    name: str
    told: Sequence[tuple[str, str]] = ()


@dataclass(frozen=True)
class Book:
    """A branch's year: what was planned for it, its days, life meetings and issues, a line each."""

    unit: str = ""
    year: str = ""
    planned: Sequence[str] = ()
    days: Sequence[Day] = ()
    meetings: Sequence[str] = ()
    issues: Sequence[str] = ()


BLANK_DAY = {
    N_("时间"): "", N_("地点"): "", N_("主持人"): "", N_("活动主题"): "\n", N_("应到、实到"): "", N_("请假、缺席"): "\n",
    N_("规定动作"): "\n\n", N_("自选动作"): "\n\n", N_("讨论和决定事项"): "\n\n\n",
}  # fmt: skip


def branch_book(book: Book | None = None) -> Content:
    """Return the handbook of a branch, compiled, or blank with a page of its own for each month."""
    if book is None:
        blank = [Day(f"{number}月主题党日", [*BLANK_DAY.items()]) for number in MONTHS]
        book = Book(ROOM, ROOM, ["\n\n"], blank, ["\n\n"], ["\n\n"])
    parts = (
        (N_("年度安排"), book.planned),
        (N_("组织生活会"), book.meetings),
        (N_("问题登记"), book.issues),
    )
    planned, met, issues = (_listed(title, rows) for title, rows in parts)
    days = [block for one in book.days for block in _day(one, book.unit == ROOM)]
    none = [Paragraph(N_("这一年还没有登记过活动。"))] if not days else []
    first = Paragraph(f"党支部：{book.unit}　　{book.year}年")
    title = N_("基层党组织工作手册")
    return Content(title, blocks=(first, *planned, *days, *none, *met, *issues))


def _listed(title: str, rows: Sequence[str]) -> list[Block]:
    return [Paragraph("", title, "one"), *(_written(one) for one in rows)] if rows else []


def _written(text: str) -> Block:
    """Return a line, or a box to write in where nothing is known."""
    return Paragraph(BLANKS.sub("", text)) if text.strip() else Table(((text,),), (1,), head=False)


def _day(day: Day, blank: bool) -> list[Block]:
    told = tuple((label, BLANKS.sub("", said)) for label, said in day.told)
    head = Sheet(day.name) if blank else Paragraph("", day.name, "one")
    return [head, Table(told, (1, 4), head=False)]


@dataclass(frozen=True)
class Member:
    """A member's year: `days` are date, theme, how he took part, dues, oath; `told` what comes after."""

    name: str = ""
    year: str = ""
    unit: str = ""
    joined: str = ""
    took: str = ""
    days: Sequence[tuple[str, ...]] = ()
    told: Sequence[str] = field(default_factory=tuple)


def member_book(book: Member | None = None) -> Content:
    """Return the handbook of a member, compiled or blank."""
    if book is None:
        blank = [(f"{number}月", "", "", "", "") for number in MONTHS]
        book = Member(ROOM, ROOM, ROOM, ROOM, ROOM, blank, [N_("补课和其他情况：")])
    known = (
        ("姓名", book.name), ("年度", book.year), (N_("所在支部"), book.unit), ("入党日期", book.joined),
        (N_("参加次数"), book.took),
    )  # fmt: skip
    head = (N_("党日"), N_("主题"), N_("参加情况"), N_("党费"), N_("重温誓词"))
    days: list[Block] = [Table((head, *book.days), (1, 2, 1.2, 0.9, 1))] if book.days else []
    none = [Paragraph(N_("这一年没有应参加的主题党日。"))] if not days else []
    return Content(
        N_("党员手册"),
        blocks=(Table(known, (1, 3), head=False), *days, *none, *map(Paragraph, book.told)),
    )
