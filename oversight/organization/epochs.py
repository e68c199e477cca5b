"""Which state of a zone's posts, acting, units, members and calendar a transaction sees.

The database draws a new token with every change of these; what was read under a token holds as long
as the token is seen. A token never comes back, not even after a rollback: what is kept by it in the
process needs no forgetting.
"""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy.orm import Session

from oversight.base.kept import Kept, link
from oversight.models import Zone

seen = Kept(
    "zones",
    "units",
    "posts",
    "actings",
    "memberships",
    "persons",
    "calendar_days",
    "published_years",
    "zone_settings",
)
_EPOCH = sa.select(Zone.__table__.c.epoch).where(Zone.__table__.c.id == sa.bindparam("zone"))


def epoch(session: Session, zone_id: str) -> str:
    """Return the token under which the session's transaction sees a zone."""
    kept = seen.of(session)
    if zone_id not in kept:
        kept[zone_id] = reread(session, zone_id)
    return kept[zone_id]


def reread(session: Session, zone_id: str) -> str:
    """Return the token as it is in the database now."""
    return link(session).execute(_EPOCH, {"zone": zone_id}).scalar_one()
