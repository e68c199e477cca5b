"""A zone's own choices: what they are, who changed them, and the party days that follow a change.

Only days that have not come follow, as after any change of the calendar; what was decided or held
stays.
"""

from __future__ import annotations

from datetime import date

import sqlalchemy as sa
from sqlalchemy.orm import Session

from oversight.base import kept
from oversight.base.clock import Moment
from oversight.base.db import id_of
from oversight.base.paging import First
from oversight.base.refusals import Forbidden, InvalidInput, NotFound, VersionConflict
from oversight.base.sentences import N_, say
from oversight.base.settings import ZONE_SETTINGS, ZoneSetting
from oversight.calendar.holidays import replan
from oversight.calendar.zone import zone_settings
from oversight.engine import journal as chain
from oversight.models import Activity, Person, SettingChange, ZoneSettingRow
from oversight.organization.actor import Actor

from . import audit_log, other_days

KEEPER = "sysadmin"
KEPT = "kept"  # in the place of a setting: they were looked at and stay as they are
READERS = (KEEPER, "secadmin", "auditor", "officer", "secretary", "deputy")


def readable(who: Actor) -> None:
    """Make sure that the actor holds one of the zone's own posts that may look.

    Raises NotFound.
    """
    if not any(post.unit.kind == "zone" and post.office in READERS for post in who.posts):
        raise NotFound()


def keeps(who: Actor) -> bool:
    """True where the actor is the zone's system administrator, who alone changes settings."""
    return any(post.unit.kind == "zone" and post.office == KEEPER for post in who.posts)


def change(
    session: Session,
    zone_id: str,
    name: str,
    value: str,
    who: Actor | None,
    at: Moment,
    *,
    seen: str | None = None,
) -> int:
    """Set one choice; returns how many party days moved. `who` None is the terminal, `seen` what
    the choice was when it was looked at. Does not commit.

    Raises Forbidden, InvalidInput, VersionConflict.
    """
    if who is not None and not keeps(who):
        raise Forbidden("区的设置由区系统管理员修改，您可以查看。", rule="authority")
    value = _valid(_named(name), value.strip())
    chain.lock(session, zone_id)
    kept.forget(session)  # whatever was read before the lock
    before = zone_settings(session, zone_id)[name]
    if value == before:
        return 0
    if seen not in (None, before):
        raise _changed(session, zone_id, name, at)
    by, planned = id_of(who), other_days.Planned(session, zone_id, at)
    session.merge(ZoneSettingRow(zone_id=zone_id, name=name, value=value, by_id=by, at=at.now))
    session.flush()
    moved = 0 if ZONE_SETTINGS[name].group else _replan(session, zone_id, at)
    planned.tell()
    session.add(
        SettingChange(
            zone_id=zone_id, name=name, before=before, after=value, moved=moved, by_id=by, at=at.now
        )
    )
    audit_log.in_zone(
        session,
        zone_id,
        who,
        at,
        "settings",
        "set",
        ZONE_SETTINGS[name].label,
        value=[before, value],
        moved=["", str(moved)],
    )
    session.flush()
    return moved


def keep(session: Session, zone_id: str, who: Actor | None, at: Moment) -> None:
    """Write down that the choices were looked at and stay as they are. Does not commit. Raises
    Forbidden.
    """
    if who is not None and not keeps(who):
        raise Forbidden("区的设置由区系统管理员修改，您可以查看。", rule="authority")
    session.add(
        SettingChange(
            zone_id=zone_id, name=KEPT, before="", after="", moved=0, by_id=id_of(who), at=at.now
        )
    )
    audit_log.in_zone(session, zone_id, who, at, "settings", "keep", "")
    session.flush()


def _replan(session: Session, zone_id: str, at: Moment) -> int:
    """Let the days that have not come follow the choices; returns how many moved."""
    years = _years_ahead(session, zone_id, at.today)
    return sum(replan(session, zone_id, year, at) for year in years)


def _changed(session: Session, zone_id: str, name: str, at: Moment) -> VersionConflict:
    """Return the refusal of who comes second: who set the choice to what, and when."""
    wanted = sa.select(SettingChange).where(
        SettingChange.zone_id == zone_id, SettingChange.name == name
    )
    last = session.scalar(wanted.order_by(SettingChange.at.desc(), SettingChange.id.desc()))
    if last is None:
        return VersionConflict("这项设置刚刚改过，您的改动没有生效，请看过再改。")
    by = session.get(Person, last.by_id) if last.by_id else None
    who = by.name if by else N_("终端")
    said = say(
        "“%(label)s”已由%(who)s于%(when)s改为“%(value)s”，您的改动没有生效，请看过再改。",
        label=ZONE_SETTINGS[name].label,
        who=who,
        when=at.written(last.at),
        value=shown(ZONE_SETTINGS[name], last.after),
    )
    return VersionConflict(said, decided_by=who, decided_at=last.at.isoformat())


def _named(name: str) -> ZoneSetting:
    if name not in ZONE_SETTINGS:
        raise InvalidInput(
            {
                "name": say(
                    "没有这项设置：%(name)s。可设的有 %(names)s。",
                    name=name[:40],
                    names="、".join(ZONE_SETTINGS),
                )
            }
        )
    return ZONE_SETTINGS[name]


def _valid(setting: ZoneSetting, value: str) -> str:
    """Return a value that the rules can work with. Raises InvalidInput naming the setting."""
    keys = [key for key, _label in setting.choices]
    if keys and value not in keys:
        raise InvalidInput(
            {
                setting.name: say(
                    "“%(label)s”只能是 %(keys)s。", label=setting.label, keys="、".join(keys)
                )
            }
        )
    if setting.most and not setting.takes(value):
        raise InvalidInput(
            {
                setting.name: say(
                    "“%(label)s”要写成 %(least)s 到 %(most)s 的整数。",
                    label=setting.label,
                    least=setting.least,
                    most=setting.most,
                )
            }
        )
    if setting.most:
        return str(int(value))
    if not setting.takes(value):
        raise InvalidInput(
            {setting.name: N_("“七一”活动日要写成 07-01 这样，在 6 月 20 日至 7 月 31 日之间。")}
        )
    return value


def _years_ahead(session: Session, zone_id: str, today: date) -> list[int]:
    return list(
        session.scalars(
            sa.select(Activity.year)
            .where(Activity.zone_id == zone_id, Activity.year >= today.year)
            .distinct()
            .order_by(Activity.year)
        )
    )


def history(session: Session, zone_id: str, limit: int = 100) -> First:
    """Return the latest changes, the newest first."""
    rows = (
        sa.select(SettingChange)
        .where(SettingChange.zone_id == zone_id)
        .order_by(SettingChange.at.desc(), SettingChange.id.desc())
    )
    return First(session.scalars(rows.limit(limit + 1)), limit)


def shown(setting: ZoneSetting, value: str) -> str:
    """Write a value as people read it."""
    said = setting.shown(value)
    return say("%(value)s%(unit)s", value=f"{said} ", unit=setting.unit) if setting.unit else said
