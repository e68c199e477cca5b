"""Log-ins that stay on a member's phone, where the zone lets them: for who holds no post and stands in
for nobody, on each day that it is used. For all others the usual end of a log-in is kept.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.orm import Session

from oversight.base.clock import Moment
from oversight.base.settings import MEMBER_LOGIN, OFF
from oversight.calendar.zone import zone_settings
from oversight.models import Account, Login, Post, Substitution, ZoneSettingRow
from oversight.organization.standing import in_office

from . import passwords


def offered(session: Session) -> bool:
    """True where any zone lets log-ins stay: then the page before the log-in asks."""
    chosen = sa.select(ZoneSettingRow.zone_id).where(
        ZoneSettingRow.name == MEMBER_LOGIN, ZoneSettingRow.value != OFF
    )
    return session.scalar(chosen.limit(1)) is not None


def days(session: Session, account: Account, at: Moment) -> int:
    """Return for how many days a log-in that begins now stays; 0: it does not."""
    most = _most(zone_settings(session, account.zone_id))
    return most if most and holds_nothing(session, account.person_id, at.today) else 0


def lives(session: Session, account: Account, login: Login, now: datetime, today: date) -> bool:
    """True where a log-in stays today, longer than others would."""
    most = min(login.stays_days, _most(zone_settings(session, account.zone_id)))
    within = login.created_at + timedelta(days=most) > now
    return within and holds_nothing(session, account.person_id, today)


def _most(chosen: Mapping[str, str]) -> int:
    """Return for how many days a zone lets log-ins stay; never under 等级保护."""
    graded = chosen["password_profile"] == passwords.GRADED
    return 0 if graded or chosen[MEMBER_LOGIN] == OFF else int(chosen[MEMBER_LOGIN])


def holds_nothing(session: Session, person_id: str, on: date) -> bool:
    """True where a person is a member only: no post, also none in whose place he acts."""
    held = sa.exists().where(Post.person_id == person_id, in_office(on))
    acting = sa.exists().where(
        Substitution.person_id == person_id, Substitution.from_on <= on, Substitution.to_on >= on
    )
    return not session.scalar(sa.select(sa.or_(held, acting)))
