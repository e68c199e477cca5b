"""The lists of the pages as columns and rows of a workbook: title, columns, rows, each list whole."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import date
from typing import Any, NamedTuple

from flask_babel import gettext as _

from oversight import workflows
from oversight.base.db import db
from oversight.engine import bell, inbox
from oversight.law.clauses import clause
from oversight.ledger import obligations, pace, registers
from oversight.ledger import reporting as reports
from oversight.ledger import table as tables
from oversight.models import Case, Paper, Person, RegisterEntry, Unit
from oversight.models.organizations import CATEGORIES
from oversight.organization.units import by_id, page_of
from oversight.rules import life_meetings as life
from oversight.views import session
from oversight.views.present import part, translated

OF_A_READ = 200  # cases or units read at a time


class List(NamedTuple):
    """A list: what it is called, its columns and rows, and how many there are where that is known."""

    title: str
    columns: list[str]
    rows: Iterable[list[Any]]
    total: int | None = None


def units(ids: list[str]) -> Iterator[tuple[Unit, str]]:
    """Yield units in this order, each with the name of what stands above it, read some at a time."""
    for start in range(0, len(ids), OF_A_READ):
        page = page_of(db.session, ids[start:], size=OF_A_READ)
        for unit in page.rows:
            yield unit, page.above[unit.parent_id].name if unit.parent_id else ""


def months(ids: list[str], year: int) -> List:
    """Return the branches by months, as `read` says them."""
    numbers = [_("%(m)s月", m=number) for number in range(1, 13)]
    meetings = [
        _("组织生活会：%(term)s", term=translated(life.LABELS[name])) for name in life.LABELS
    ]
    columns = [_("上级"), _("党支部"), *numbers, *meetings, _("民主评议")]
    return List(_("%(y)s年逐月一览", y=year), columns, _months(ids, year), len(ids))


def _months(ids: list[str], year: int) -> Iterator[list[Any]]:
    today = session.moment().today
    for start in range(0, len(ids), tables.SIZE):
        units = list(by_id(db.session, ids[start : start + tables.SIZE]).values())
        units.sort(key=lambda unit: ids.index(unit.id))
        above = by_id(db.session, {unit.parent_id for unit in units if unit.parent_id})
        for row in tables.read(db.session, units, year, today, session.moment().zone):
            terms = {
                term.name: cell
                for term, cell in zip(life.terms(row.unit, year), row.life, strict=True)
            }
            cells = [*row.months, *(terms.get(name) for name in life.LABELS), row.appraisal]
            yield [above[row.unit.parent_id].name, row.unit.name, *map(_said, cells)]


def _said(cell: tables.Cell | None) -> str:
    return "、".join(translated(word) for _kind, word in cell.words) if cell else ""


def ledger(unit: Unit, sides: obligations.Sides) -> List:
    """Return both sides of a unit's ledger, what is settled and what is encouraged among it."""
    return owed(_("应办台账 %(unit)s", unit=unit.name), sides.every)


def owed(title: str, found: Iterable[obligations.Obligation]) -> List:
    """Return obligations."""
    columns = [_("谁应办"), _("应给谁"), _("事项"), _("条款"), _("期间"), _("期限")]
    columns += [_("状态"), _("由什么结清"), _("还差什么"), _("已说明情况")]
    return List(title, columns, map(_owed, found))


def overview(glance: Any) -> List:
    """Return the tables of an overview, whole: units by months, then by kinds of duties."""
    months = [_("%(m)s月", m=m) if m else _("上年") for m in glance.months]
    groups = [glance.group_label(key) for key in glance.groups]
    told = (
        [
            _("本级：%(unit)s", unit=row.unit.name) if row.mine else row.unit.name,
            *(cell.words for cell in (*glance.by_month(row), *glance.by_group(row))),
            row.lying,
            row.late,
        ]
        for row in glance.every
    )
    columns = [_("单位"), *months, *groups, _("在办"), _("在办超期")]
    return List(_("总览 %(unit)s", unit=glance.unit.name), columns, told)


def branches(units: list[Unit], days: dict[str, date], opens: dict[str, int]) -> List:
    """Return branches with what their list says of each."""
    above = by_id(db.session, {unit.parent_id for unit in units if unit.parent_id})
    columns = [_("上级"), _("党支部"), _("类别"), _("下一次主题党日"), _("在办事项")]
    told = (
        [
            above[unit.parent_id].name,
            unit.name,
            translated(CATEGORIES[unit.category]),
            days.get(unit.id),
            opens.get(unit.id, 0),
        ]
        for unit in units
    )
    return List(_("支部台账"), columns, told)


def papers(rows: list[Paper]) -> List:
    """Return papers as an office's register of what it sent has them."""
    columns = [_("文号"), _("标题"), _("主送"), _("印发日期"), _("作废")]
    told = (
        [
            row.number,
            row.body["title"],
            row.body["to"].removesuffix("："),
            row.issued_on,
            row.void_why or "" if row.void_at else "",
        ]
        for row in rows
    )
    return List(_("近七天印发的文书"), columns, told)


def stays(title: str, rows: Iterable[tuple[pace.Stay, Case]]) -> List:
    """Return the cases from which the time of a state is reckoned."""
    columns = [_("文号"), _("党组织"), _("内容"), _("从"), _("到"), _("工作日")]
    told = (
        [case.number or "", case.unit.name, part(case, "line"), one.came, one.left, one.workdays]
        for one, case in rows
    )
    return List(title, columns, told)


def _owed(one: obligations.Obligation) -> list[Any]:
    return [
        one.unit.name,
        one.to.name if one.to else "",
        translated(one.title),
        clause(one.clause).cite if one.clause else "",
        one.period,
        one.due_on,
        translated(obligations.STATES[one.state]),
        translated(one.settled_by),
        translated(one.about),
        one.why,
    ]


def cases(title: str, box: str, filters: inbox.Filters) -> List:
    """Return the cases of a box as it is filtered."""
    columns = [_("文号"), _("事项"), _("党组织"), _("内容"), _("状态"), _("期限")]
    return List(title, [*columns, _("立案"), _("办结")], _cases(box, filters))


def _cases(box: str, filters: inbox.Filters) -> Iterator[list[Any]]:
    who, today, cursor = session.actor(), session.moment().today, None
    while True:
        page = inbox.cases(db.session, who, box, today, filters, cursor, OF_A_READ)
        for case in page.items:
            workflow = workflows.reading(case)
            yield [
                case.number or "",
                translated(workflow.short or workflow.title),
                case.unit.name,
                part(case, "line"),
                translated(workflow.state(case.state).label),
                case.due_on,
                case.opened_at,
                case.closed_at,
            ]
        cursor = page.next
        if cursor is None:
            return


def people(unit: Unit, rows: list[Person], groups: dict[str, str], flags: dict[str, str]) -> List:
    """Return the members of a branch; no telephone leaves with it."""
    columns = [_("姓名"), _("入党日期"), _("党员类别"), _("党小组"), _("标记")]
    told = (
        [
            one.name,
            one.joined_on,
            _("预备党员") if one.probationary else _("正式党员"),
            groups.get(one.id, ""),
            "、".join(translated(label) for key, label in flags.items() if getattr(one, key)),
        ]
        for one in rows
    )
    return List(_("党员 %(unit)s", unit=unit.name), columns, told)


def accounts(unit: Unit, rows) -> List:
    """Return the accounts of a unit and how each stands."""
    columns = [_("姓名"), _("用户名"), _("状态")]
    told = (
        [person.name, account.username if account else "", how.text]
        for person, account, how, _slip in rows
    )
    return List(_("账号 %(unit)s", unit=unit.name), columns, told)


def entries(unit: Unit, rows: Iterable[RegisterEntry]) -> List:
    """Return what stands in the registers of a branch that the reader may see."""
    columns = [_("登记簿"), _("什么事"), _("发生日期"), _("涉及谁"), _("内容"), _("应办结")]
    columns += [_("办结日期"), _("谁办的"), _("怎样办的"), _("撤回原因")]
    return List(_("小登记 %(unit)s", unit=unit.name), columns, map(_entry, rows))


def _entry(row: RegisterEntry) -> list[Any]:
    kind = registers.KINDS[row.kind]
    return [
        translated(registers.REGISTERS[kind.register]),
        translated(kind.label),
        row.came_on,
        row.person.name if row.person else "",
        row.what,
        row.due_on,
        row.done_on,
        row.doer.name if row.doer else "",
        row.done_note or "",
        row.withdrawn_why or "",
    ]


def facts(unit: Unit, year: int, found: list[reports.Fact]) -> List:
    """Return the facts of one secretary's year."""
    title = _("%(y)s年述职评议参考 %(unit)s", y=year, unit=unit.name)
    rows = [[translated(one.what), _stands(one)] for one in found]
    return List(title, [_("事项"), _("记录里的情况")], rows)


def reporting(unit: Unit, year: int, ids: list[str]) -> List:
    """Return the facts of the secretaries' years below a superior, a branch a row, in its own order."""
    title = _("%(y)s年述职评议参考 %(unit)s", y=year, unit=unit.name)
    columns = [_("上级"), _("党支部"), _("书记")]
    for unit, _above in units(ids[:1]):
        found = reports.of_branch(db.session, unit, year, session.moment())
        columns += [translated(one.what) for one in found]
    return List(title, columns, _reporting(year, ids), len(ids))


def _reporting(year: int, ids: list[str]) -> Iterator[list[Any]]:
    at = session.moment()
    for unit, above in units(ids):
        led = "、".join(name for name, _post in reports.secretaries(db.session, unit, year))
        found = reports.of_branch(db.session, unit, year, at)
        yield [above, unit.name, led, *map(_stands, found)]


def _stands(one: reports.Fact) -> str:
    return "；".join(map(translated, one.stands)) or _("没有记录")


def notices(rows: Iterable[bell.Line]) -> List:
    """Return what the reader was told."""
    columns = [_("时间"), _("文号"), _("内容"), _("已读")]
    told = (
        [one.notice.at, one.number or "", translated(one.notice.text), one.notice.read_at]
        for one in rows
    )
    return List(_("通知"), columns, told)
