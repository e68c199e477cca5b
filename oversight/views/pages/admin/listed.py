"""The lists of the administrators' pages as columns and rows of a workbook, each list whole."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from flask_babel import gettext as _

from oversight import workflows
from oversight.base.db import db
from oversight.base.sentences import Sentence
from oversight.calendar import holidays
from oversight.calendar.workdays import CalendarDay
from oversight.engine import outbox
from oversight.law.roles import OFFICES
from oversight.models import (
    AdminChange,
    OutboxMessage,
    Person,
    Post,
    PostProposal,
    Substitution,
    Unit,
)
from oversight.models.organizations import CATEGORIES, UNIT_KINDS
from oversight.register import accounts, audit_log, sign_ins
from oversight.time import outside
from oversight.time import work as background
from oversight.views import session
from oversight.views.pages.listed import OF_A_READ, List, units
from oversight.views.present import agent, said_day, translated


def places(ids: list[str]) -> List:
    """Return the units that somebody keeps."""
    columns = [_("上级"), _("单位"), _("类型"), _("启用日期")]
    rows = (
        [
            above,
            unit.name,
            translated(CATEGORIES[unit.category] if unit.category else UNIT_KINDS[unit.kind]),
            unit.accountable_from,
        ]
        for unit, above in units(ids)
    )
    return List(_("单位"), columns, rows, len(ids))


def accounts_of(ids: list[str]) -> List:
    """Return units with how many members each has, and how many of these have set a password."""
    columns = [_("上级"), _("单位"), _("党员"), _("已激活")]
    return List(_("账号"), columns, _accounts_of(ids), len(ids))


def _accounts_of(ids: list[str]) -> Iterator[list[Any]]:
    for start in range(0, len(ids), OF_A_READ):
        some = ids[start : start + OF_A_READ]
        counts = accounts.counts(db.session, some, session.moment())
        yield from ([above, unit.name, *counts.get(unit.id, (0, 0))] for unit, above in units(some))


def posts(unit: Unit, held: list[tuple[Post, Person]]) -> List:
    """Return who holds or held a post in a unit."""
    columns = [_("职务"), _("姓名"), _("起"), _("止")]
    rows = [
        [translated(OFFICES[post.office]), one.name, post.from_on, post.to_on] for post, one in held
    ]
    return List(_("职务 %(unit)s", unit=unit.name), columns, rows)


def acting(found: list[Substitution]) -> List:
    """Return who stands in for whom."""
    columns = [_("代理人"), _("代谁"), _("单位"), _("职务"), _("起"), _("止"), _("只限"), _("事由")]
    titles = {one.name: translated(one.title) for one in workflows.every()}
    rows = [
        [
            row.person.name,
            row.principal.name if row.principal else _("空缺职务"),
            row.unit.name,
            translated(OFFICES[row.office]),
            row.from_on,
            row.to_on,
            titles.get(row.workflow or "", ""),
            row.reason,
        ]
        for row in found
    ]
    return List(_("代理"), columns, rows)


def proposals(found: list[PostProposal]) -> List:
    """Return what rosters propose."""
    columns = [_("单位"), _("姓名"), _("任免"), _("职务"), _("从"), _("来源"), _("提出时间")]
    rows = [
        [
            row.unit.name,
            row.person.name,
            _("任") if row.begins else _("不再任"),
            translated(OFFICES[row.office]),
            row.day,
            row.source,
            row.asked_at,
        ]
        for row in found
    ]
    return List(_("名册提出的任免"), columns, rows)


def days(year: int, found: Iterable[CalendarDay]) -> List:
    """Return the rest days of a year and the days worked instead."""
    columns = [_("日期"), _("类别"), _("名称"), _("来源")]
    rows = [[day.on, translated(holidays.KINDS[day.kind]), day.name, day.source] for day in found]
    return List(_("%(y)s年休息日", y=year), columns, rows)


def changes(zone_id: str, area: str | None) -> List:
    """Return the record of changes, of one area or of all."""
    columns = [_("时间"), _("谁"), _("做了什么"), _("对象"), _("方面"), _("内容")]
    return List(_("变更记录"), columns, _changes(zone_id, area))


def _changes(zone_id: str, area: str | None) -> Iterator[list[Any]]:
    before, more = None, True
    while more:
        rows = audit_log.listed(db.session, zone_id, area, None, before, OF_A_READ)
        for row in rows:
            act, where = audit_log.ACTS.get(row.act, row.act), audit_log.AREAS.get(row.area, "")
            yield [row.at, row.by, translated(act), row.about, translated(where), _what(row)]
        more = rows.more
        before = rows[-1].id if rows else None


def _what(row: AdminChange) -> str:
    """Say what was changed, as its page does."""
    if row.area == "rosters":
        counts = row.what["counts"]["people"]["new"], len(row.what["people"])
        return _(
            "新增 %(n)s 人，改动 %(m)s 人，离开 %(l)s 人",
            n=counts[0],
            m=counts[1],
            l=len(row.what["left"]),
        )
    return "；".join(
        f"{translated(audit_log.WORDS.get(name, name))}：{_change(name, *pair)}"
        for name, pair in row.what.items()
        if pair[0] or pair[1]
    )


def _change(name: str, before: Any, after: Any) -> str:
    if name == "relieved":
        return said_day(before)
    if before and after:
        return _("由“%(before)s”改为“%(after)s”", before=said_day(before), after=said_day(after))
    return said_day(after) if after else _("“%(before)s”不再有", before=said_day(before))


def tries(zone_id: str, wrong: bool) -> List:
    """Return the tries at accounts, all or those in vain."""
    columns = [_("时间"), _("姓名"), _("用户名"), _("结果"), _("地址"), _("设备")]
    return List(_("登录记录"), columns, _tries(zone_id, wrong))


def _tries(zone_id: str, wrong: bool) -> Iterator[list[Any]]:
    before: int | None = None
    while found := sign_ins.of_zone(db.session, zone_id, wrong, before, OF_A_READ):
        for row, account in found:
            how = translated(sign_ins.WORDS[row.what])
            whose = account.person.name, account.username
            yield [row.at, *whose, how, row.address or "", agent(row.agent or "") or ""]
        before = found[-1][0].id


def work(found: Iterable[OutboxMessage]) -> List:
    """Return background work that failed or is late."""
    columns = [_("事项"), _("编号"), _("试了几次"), _("原因"), _("下次")]
    return List(_("后台办理"), columns, map(_work, found))


def _work(row: OutboxMessage) -> list[Any]:
    why: str | Sentence = row.last_error or ""
    ended = row.attempts >= outbox.MOST and row.kind not in outbox.ENDLESS
    return [
        translated(background.LABELS.get(row.kind, row.kind)),
        row.id,
        row.attempts,
        translated(outside.WHY.get(row.last_error or "", why)),
        _("不再自动试") if ended else row.due_at,
    ]
