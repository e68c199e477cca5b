"""What a second person says to acts of power: the security administrator, another administrator."""

from __future__ import annotations

from oversight.register import proposals


def confirm_all(session, world, at) -> int:
    """Let the security administrator confirm what rosters propose; returns how many. Commits."""
    ids = {row.id for row in proposals.of_zone(session, world.zone.id)}
    who = world.actor("zone.secadmin", at.today)
    done = proposals.confirm(session, ids, who, at) if ids else 0
    session.commit()
    return done
