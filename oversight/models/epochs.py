"""Which state of a zone's posts, acting, units, members, shut accounts and calendar a transaction sees.

The database draws a new token with every change of these; what was read under a token holds as long
as the token is seen. A token never comes back, not even after a rollback: what is kept by it in the
process needs no forgetting.
"""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy.orm import Session

from oversight.base.kept import Kept
from oversight.base.prepared import Prepared

from .organizations import Zone

seen = Kept(
    "zones",
    "units",
    "posts",
    "actings",
    "memberships",
    "persons",
    "accounts",
    "calendar_days",
    "published_years",
    "zone_settings",
)
_zones = Zone.__table__.c
_EPOCH = Prepared(sa.select(_zones.epoch).where(_zones.id == sa.bindparam("of_zone")))


def epoch(session: Session, zone_id: str) -> str:
    """Return the token under which the session's transaction sees a zone."""
    kept = seen.of(session)
    if zone_id not in kept:
        kept[zone_id] = _EPOCH.first(session, of_zone=zone_id).epoch
    return kept[zone_id]


def see(session: Session, zone_id: str, token: str) -> None:
    """Keep the token of a zone, read with something else in the session's transaction."""
    seen.store(session)[zone_id] = token
