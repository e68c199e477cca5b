"""The door of a demo zone: as whom one may look around without typing, each with what to try there.

Only for who sits at this machine: the passwords are known.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from flask import current_app, request, url_for
from sqlalchemy.exc import DatabaseError
from sqlalchemy.orm import Session

from oversight.base.db import db
from oversight.base.sentences import N_
from oversight.ledger import attendance
from oversight.organization.actor import Actor
from oversight.register import installation

from .loopback import from_afar

Where = Callable[[Session, Actor], str]


@dataclass(frozen=True)
class Try:
    """What to try as somebody, and the page on which it is done, for who has just entered."""

    sentence: str
    page: Where


def _at(endpoint: str, **words: Any) -> Where:
    """Make a place that is the same for whoever comes."""
    return lambda _session, _who: url_for(endpoint, **words)


def _year(_session: Session, who: Actor) -> str:
    return url_for("year.this_year", unit_id=who.unit_ids[0])


def _sheet(session: Session, who: Actor) -> str:
    """Return the sheet that the reader's branch has not filled in yet, else its year."""
    waiting = attendance.unrecorded(session, who.unit_ids, who.on)
    sheets = [url_for("attend.show", activity_id=row.id) for row in waiting]
    return [_year(session, who), *sheets][-1]


TRY = {
    "branch01.secretary": Try(N_("登记上次党日谁到会、谁请假、谁缺席。"), _sheet),
    "branch01.organizer": Try(N_("看支部的一年，挑一个月请示变更活动时间。"), _year),
    "branch01.member12": Try(N_("看自己的一年和下一次党日，来不了的先请假。"), _at("desk.me")),
    "town1.officer": Try(
        N_("批复各支部的变更时间请示。"), _at("desk.queue", workflow="date_change")
    ),
    "town1.inspector": Try(
        N_("选一个支部督查一次，把问题转成整改通知书。"), _at("opening.blank", name="inspection")
    ),
    "town1.secretary": Try(
        N_("答复支部补报或暂缓开展的一件请示。"), _at("desk.queue", workflow="month_report")
    ),
    "town1.committee1": Try(N_("逐月看本镇各支部开展得怎样。"), _at("year.table")),
    "dept1.officer": Try(N_("办所属支部报来的请示、整改和补录。"), _at("desk.queue")),
    "zone.office": Try(N_("逐月看全区，哪个支部还没有登记，点一下催办。"), _at("year.table")),
    "zone.inspector": Try(N_("看全区正在办的事，筛出已超期的。"), _at("desk.queue", box="units")),
    "zone.committee1": Try(
        N_("签发全区统一调整党日的通知。"), _at("desk.queue", workflow="zone_shift")
    ),
    "zone.sysadmin": Try(N_("管理单位、党员和账号，导入名册。"), _at("admin.index")),
    "zone.secadmin": Try(N_("放行一件账号重置。"), _at("desk.queue", workflow="account_reset")),
    "zone.auditor": Try(N_("看谁在什么时候改了什么。"), _at("admin.log")),
}
KNOWN = "demo_door"  # whether there are demo accounts, once there is any account


@dataclass(frozen=True)
class Guest:
    """Somebody of the demo zone: his user name, who he is, and what to try as him."""

    username: str
    who: str
    to_try: str


def guests() -> list[Guest]:
    """Return as whom one may look around; nobody where passwords are not known, or from afar."""
    if not _here():
        return []
    shown = installation.demo_accounts(db.session, tuple(TRY))
    return [
        Guest(username, f"{name}（{stands}）", TRY[username].sentence)
        for username, name, stands in shown
    ]


def guest(username: str | None) -> str | None:
    """Return the user name of a guest who presses his button, where there is such a door."""
    return username if username in TRY and _here() else None


def page_of(username: str, session: Session, who: Actor) -> str:
    """Return the page on which a guest finds what the sentence beside his button names."""
    return TRY[username].page(session, who)


def _here() -> bool:
    return not from_afar(request.environ) and _open()


def _open() -> bool:
    known = current_app.extensions
    if known.get(KNOWN) is None:  # demo accounts come only into an empty database
        with suppress(DatabaseError):  # not migrated yet: the page is there all the same
            known[KNOWN] = installation.has_demo_accounts(db.session)
        db.session.rollback()
    return bool(known.get(KNOWN))
