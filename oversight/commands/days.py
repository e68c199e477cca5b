"""Days and the zone's choices: party days of a year, published rest days, settings, what time
brings.
"""

from __future__ import annotations

from datetime import date

import click
from flask import current_app

from oversight.base.db import db, reading
from oversight.base.refusals import BadRequest, InvalidInput
from oversight.base.sentences import N_, say
from oversight.base.settings import ZONE_SETTINGS, ZoneSetting
from oversight.base.terms import DEFAULTS
from oversight.calendar import holidays as days
from oversight.calendar.zone import zone_settings as chosen
from oversight.casework import prints
from oversight.register import audit_log, installation, rest_days, zone_settings
from oversight.time import due
from oversight.time import sweep as time

from . import background
from .click_i18n import Command, Day, Group, Year
from .context import acting, in_app, now, press, read_file, signer, table


@click.command(cls=Command)
@click.argument("year", type=Year(), metavar=N_("年份"))
@in_app
def schedule(year: int) -> None:
    """Plan a year for every branch."""
    with acting("schedule"):
        zone = installation.zone(db.session)
        made, moved = rest_days.plan(db.session, zone.id, year, None, now())
    published, _days = days.days_of(db.session, zone.id, year)
    note = "" if published else N_("该年放假安排尚未公布，为预排，导入后自动重排。")
    click.echo(f"{year} 年新排 {made} 个党日，改动 {moved} 个。{note}")


@click.group(cls=Group)
def calendar() -> None:
    """Collect what is done with the published rest days."""


@calendar.command("import", help=N_("从 CSV 导入放假安排并重排党日"))
@click.argument("file", metavar=N_("文件"))
@in_app
def import_(file: str) -> None:
    """Import a holiday notice, all or nothing."""
    try:
        with acting("import"):
            zone = installation.zone(db.session)
            notice = days.read_csv(read_file(file))
            done = rest_days.load(db.session, zone.id, notice, None, now())
    except InvalidInput as wrong:
        raise BadRequest(N_("没有导入：\n") + "\n".join(wrong.fields.values())) from wrong
    years = "、".join(map(str, done.years))
    published = f"，{years} 年记为已公布" if years else ""
    click.echo(f"已导入 {done.days} 天{published}；{done.moved} 个党日随之改期。")
    for year, names in done.lacking.items():
        click.echo(f"{year} 年还缺{'、'.join(names)}，放假通知不完整，这一年仍按预排。", err=True)


@calendar.command(help=N_("列出一年的放假与调休上班"))
@click.argument("year", type=Year(), metavar=N_("年份"))
@in_app
@reading()
def show(year: int) -> None:
    """List the rest days and make-up working days of a year."""
    published, found = days.days_of(db.session, installation.zone(db.session).id, year)
    if not published:
        click.echo(f"{year} 年放假安排尚未公布，下面只有法定节假日和已录入的日子。", err=True)
    table(
        f"{year} 年",
        (N_("日期"), N_("星期"), N_("类别"), N_("名称"), N_("来源")),
        [
            (day.on, "一二三四五六日"[day.on.weekday()], days.KINDS[day.kind], day.name, day.source)
            for day in found
        ],
    )


@click.group(cls=Group)
def settings() -> None:
    """Collect what is done with the zone's choices."""


def _range(one: ZoneSetting) -> str:
    if one.most:
        return f"{one.least}—{one.most}"
    return N_("月-日") if one.name == "july_day" else N_("文字")


@settings.command("list", help=N_("列出区的设置"))
@in_app
@reading()
def list_() -> None:
    """List every choice of the zone with its value."""
    values = chosen(db.session, installation.zone(db.session).id)
    table(
        N_("区的设置"),
        (N_("名称"), N_("值"), N_("含义"), N_("可选")),
        [
            (
                one.name,
                values[one.name],
                one.label,
                "、".join(key for key, _label in one.choices) or _range(one),
            )
            for one in ZONE_SETTINGS.values()
        ],
    )


@settings.command("set", help=N_("改一项设置，还没有到的党日随之重排"))
@click.argument("name", metavar=N_("名称"))
@click.argument("value", metavar=N_("值"))
@in_app
def set_(name: str, value: str) -> None:
    """Change one choice of the zone."""
    try:
        with acting(f"set_{name}"):
            zone = installation.zone(db.session)
            moved = zone_settings.change(db.session, zone.id, name, value, None, now())
    except InvalidInput as wrong:
        raise BadRequest(say("没有设定：%(why)s", why=wrong.sentence)) from wrong
    follows = N_("已经在走的期限不变") if name in DEFAULTS else f"{moved} 个还没有到的党日随之改期"
    click.echo(f"{name} 已设为 {value}；{follows}。")


@click.command(cls=Command)
@click.option("--on", "day", type=Day(), metavar=N_("日期"), help=N_("按这一天办理（今天）"))
@click.option("--catch-up", "late", is_flag=True, help=N_("停机多日以后，逐日补办"))
@in_app
def sweep(day: date | None, late: bool) -> None:
    """Run the sweep as of now, or of the end of a day; or make up for the days since the last run."""
    at = current_app.extensions["clock"].at(day, 23, 59) if day else now()
    if day and late:
        raise BadRequest(N_("--on 和 --catch-up 不能一起用。"))
    if at.today > now().today:
        click.echo(N_("注意：按将来的日期办理，未答复的请示会真的到期失效。"), err=True)
    if day or late:
        with acting("sweep"):
            zone_id, said = installation.zone(db.session).id, at.today.isoformat()
            audit_log.in_zone(db.session, zone_id, None, now(), "calendar", "sweep", said)
    if day:
        done = time.sweep(db.session, at, signer())
    else:
        done = (due.catch_up if late else due.sweep)(db.session, at, signer())
    if not day:
        background.remind(at)
    done["printed"] = prints.run(db.session, press(), at)
    labels = {
        "planned": N_("新排党日"),
        "moved": N_("到期办理"),
        "settled": N_("随人转接或终止"),
        "reseated": N_("改由他人办理"),
        "told": N_("告知"),
        "redated": N_("期限随党日调整"),
        "reminded": N_("提醒"),
        "delivered": N_("送达"),
    }
    if done["printed"]:
        labels["printed"] = N_("制成文书")
    if done.get("broken"):
        labels["broken"] = "没有办成"
    told = "，".join(f"{label} {done.get(name, 0)}" for name, label in labels.items())
    click.echo(f"{at.today}：{told}。")
