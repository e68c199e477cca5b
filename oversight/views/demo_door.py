"""The door of a demo zone: as whom one may look around without typing, each with what to try there.

Only for who sits at this machine: the passwords are known.
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass

from flask import current_app, request
from sqlalchemy.exc import DatabaseError

from oversight.base.db import db
from oversight.base.sentences import N_
from oversight.register import installation

from .loopback import from_afar

TRY = {
    "branch01.secretary": N_("登记上次党日的考勤，或者提一件变更活动时间请示。"),
    "branch01.member01": N_("看自己的一年和下一次党日。"),
    "town1.officer": N_("批复各支部的请示，在逐月一览里看谁还没有登记。"),
    "town1.inspector": N_("到支部督查一次，把问题转成整改通知书。"),
    "town1.secretary": N_("签发整改通知书。"),
    "town1.committee1": N_("在会上审定民主评议的等次。"),
    "zone.office": N_("看全区，发统一调整通知，改区的设置。"),
    "zone.sysadmin": N_("管理单位、党员和账号，导入名册。"),
    "zone.auditor": N_("看谁改过什么，核对日志。"),
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
        Guest(username, f"{name}（{stands}）", TRY[username]) for username, name, stands in shown
    ]


def guest(username: str | None) -> str | None:
    """Return the user name of a guest who presses his button, where there is such a door."""
    return username if username in TRY and _here() else None


def _here() -> bool:
    return not from_afar(request.environ) and _open()


def _open() -> bool:
    known = current_app.extensions
    if known.get(KNOWN) is None:  # demo accounts come only into an empty database
        with suppress(DatabaseError):  # not migrated yet: the page is there all the same
            known[KNOWN] = installation.has_demo_accounts(db.session)
        db.session.rollback()
    return bool(known.get(KNOWN))
