"""What is compiled of a year, what is handed over, and the sheet under which a paper went out."""

from __future__ import annotations

from datetime import date

from sqlalchemy.orm import Session

from oversight import workflows
from oversight.base.db import fetch, find
from oversight.base.refusals import NotFound
from oversight.base.sentences import N_
from oversight.engine import authority, journal
from oversight.ledger import handbooks, obligations, reporting
from oversight.ledger.handbooks import BranchBook, MemberBook, Page
from oversight.models import Case, JournalRow, LifeMeeting, Paper, RegisterEntry, Unit
from oversight.organization.then import unit_then
from oversight.papers import books, forms
from oversight.papers.layout import Content
from oversight.papers.letter import chinese_day, full_day
from oversight.register import handover as handing
from oversight.register.handover import Open

from .asked import Ask
from .days import done_line

CHECKED = ("sign_off", "forward")  # by these steps a paper is signed before it is issued


# Handbooks ----------------------------------------------------------------------------------------


def branch(ask: Ask, unit_id: str) -> Content:
    """Return the handbook of a branch's year. Raises NotFound, Forbidden."""
    unit = _branch(ask, unit_id)
    book = handbooks.of_branch(ask.session, unit, ask.year, ask.who, ask.at)
    return branch_content(ask.session, book, ask.at.today)


def branch_content(session: Session, book: BranchBook, today: date) -> Content:
    """Return a handbook that was compiled as a paper."""
    on = min(today, date(book.year, 12, 31))
    days = [books.Day(_name(page), _told(page)) for page in book.pages]
    planned = [f"{chinese_day(row.done_on)}{done_line(row)}。" for row in book.yearly]
    return books.branch_book(
        books.Book(
            unit_then(session, book.unit, on),
            str(book.year),
            planned,
            days,
            [_met(row) for row in book.meetings],
            [_issue(row) for row in book.issues],
        )
    )


def _branch(ask: Ask, unit_id: str) -> Unit:
    unit = obligations.readable(ask.session, unit_id, ask.who)
    if unit.kind != "branch":
        raise NotFound()
    return unit


def _name(page: Page) -> str:
    return page.month.name or f"{page.month.number}月主题党日"


def _told(page: Page) -> list[tuple[str, str]]:
    """Return what the handbook says of a party day, what is not known left out."""
    row = page.month.row
    others = "、".join(f"{name}（{said}）" for name, said in page.others)
    missing = "、".join(f"{name}（{_lesson(said)}）" for name, said in page.missing)
    marks = (page.month.copied and "转录（来源：手册）", page.month.entry == "late" and "补录")
    told = [
        ("时间", full_day(row.held_on) + (row.begins or "")),
        ("地点", row.place or ""),
        ("主持人", "，".join(filter(None, (page.host, page.mode)))),
        ("活动主题", row.theme or ""),
        ("应到、实到", _counted(page)),
        ("其他方式", others),
        ("请假、缺席", missing),
        (N_("做了什么"), "\n".join(map(done_line, page.done))),
        ("登记", "，".join(filter(None, marks))),
    ]
    return [(label, said) for label, said in told if said]


def _counted(page: Page) -> str:
    count = page.month.counted
    if not count:
        return N_("没有登记考勤")
    words = {"present": "到会", "other_form": "其他方式", "leave": "请假", "absent": "缺席"}
    told = (f"{label}{count.classes[key]}人" for key, label in words.items())
    return f"应到{page.month.expected}人，{'，'.join(told)}"


def _lesson(said: str) -> str:
    return f"{chinese_day(date.fromisoformat(said))}补课" if said[:2] == "20" else said


def _met(row: LifeMeeting) -> str:
    return f"{full_day(row.held_on)}召开组织生活会。"


def _issue(row: RegisterEntry) -> str:
    done = f"{chinese_day(row.done_on)}办结：{row.done_note}" if row.done_on else "正在办理"
    return f"{chinese_day(row.came_on)}，{row.what}；{done}。"


def member(ask: Ask, person_id: str) -> Content:
    """Return the handbook of a member's year. Raises NotFound, Forbidden."""
    book = handbooks.of_member(ask.session, person_id, ask.year, ask.who, ask.at)
    return member_content(book)


def member_content(book: MemberBook) -> Content:
    """Return a member's handbook that was compiled as a paper."""
    mine, one = book.mine, book.person
    rated = [
        f"民主评议：{mine.grades[case.id]}。"
        for case in mine.appraisals
        if case.facts["year"] == mine.year and mine.grades.get(case.id)
    ]
    found = f"认定无故不参加{len(mine.unexcused)}次。" if mine.unexcused else ""
    told = f"待补课{len(mine.make_ups)}次，已补课{len(mine.made_up)}次。{found}"
    return books.member_book(
        books.Member(
            one.name,
            str(mine.year),
            book.unit.name if book.unit else "没有",
            chinese_day(one.joined_on) if one.joined_on else "没有登记",
            f"{mine.took_part}/{mine.counted}次",
            _days(book),
            [told, *rated],
        )
    )


def _days(book: MemberBook) -> list[tuple[str, ...]]:
    """Return the year's days of a member: date, theme, how he took part, dues, oath."""
    found: list[tuple[str, ...]] = []
    for day in book.mine.days:
        row = day.activity
        if row.year != book.mine.year:
            continue
        month = row.month if row.kind == "party_day" else 0
        dues, oath = book.dues.get(month), book.oath.get(month)
        found.append(
            (
                chinese_day(day.on) if day.on else f"{row.month}月",
                row.theme or "",
                day.label,
                "" if dues is None else "已交" if dues else "还没有交",
                "" if oath is None else N_("已重温") if oath else "还没有",
            )
        )
    return found


# 述职评议, 交接 -----------------------------------------------------------------------------------


def report(ask: Ask, unit_id: str) -> Content:
    """Return the facts on which a secretary reports. Raises NotFound, Forbidden."""
    unit = _branch(ask, unit_id)
    facts = reporting.of_branch(ask.session, unit, ask.year, ask.at)
    posts = reporting.secretaries(ask.session, unit, ask.year)
    said = {
        "unit": unit_then(ask.session, unit, min(ask.at.today, date(ask.year, 12, 31))),
        "year": str(ask.year),
        "secretaries": "、".join(name for name, _post in posts) or "没有登记",
    }
    rows = [(one.what, "；".join(map(str, one.stands)) or "没有记录") for one in facts]
    return forms.reporting(said, rows)


def handover(ask: Ask, unit_id: str) -> Content:
    """Return what is handed over in a unit as of today. Raises NotFound."""
    unit = find(ask.session, Unit, unit_id)
    if unit is None or unit.zone_id != ask.who.zone_id or not _business(ask, unit):
        raise NotFound()
    on = ask.at.today
    sheet = handing.checklist(ask.session, unit, on, on, ask.clock)
    rows = [_open(title, one) for title, found in sheet.cases.items() for one in found]
    months = [(row.unit.name, chinese_day(row.day)) for row in sheet.months]
    said = {"unit": unit_then(ask.session, unit, on), "held": chinese_day(on)}
    return forms.handover(said, rows, months)


def _business(ask: Ask, unit: Unit) -> bool:
    return any(unit.within(prefix) for prefix in ask.who.business)


def _open(title: str, one: Open) -> tuple[str, ...]:
    case: Case = one.case
    due = chinese_day(one.due_on) if one.due_on else ""
    return title, case.unit.name, case.number or "", one.label, due


# 发文稿纸 -----------------------------------------------------------------------------------------


def draft(ask: Ask, paper_id: str) -> Content:
    """Return the sheet under which a paper went out: who drafted, signed and issued it. Raises NotFound."""
    paper = fetch(ask.session, Paper, paper_id)
    case = authority.seen(ask.session, ask.who, paper.case_id)
    if not authority.reads_all(workflows.of(case), case, ask.who) or not _business(
        ask, fetch(ask.session, Unit, paper.unit_id)
    ):
        raise NotFound()
    rows, body = journal.of_case(ask.session, case.id), paper.body
    issued = next((row for row in rows if row.result.get("paper") == paper.number), None)
    signed = next((row for row in reversed(rows) if row.move in CHECKED), issued)
    return forms.draft(
        {
            "title": body["title"],
            "number": paper.number,
            "issuer": body["from"],
            "to": body["to"].rstrip("："),
            "copies": "，".join(body.get("copies") or ()),
            "enclosed": "；".join(body.get("enclosed") or ()),
            "drafted": _by(ask, rows[0] if case.workflow == "rectification" else issued),
            "signed": _by(ask, signed),
            "issued": chinese_day(paper.issued_on),
            "opinion": (signed.words.get("opinion") or "") if signed else "",
            "text": "\n".join(body["paragraphs"]),
        }
    )


def _by(ask: Ask, row: JournalRow | None) -> str:
    if row is None or not row.actor:
        return ""
    on = row.at.astimezone(ask.clock.zone).date()
    return f"{row.actor}，{chinese_day(on)}"
