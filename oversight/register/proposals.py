"""Posts that a roster proposes: named one by one, begun or ended by the security administrator's word.

Whoever uploads a roster appoints nobody by it.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

import sqlalchemy as sa
from sqlalchemy.orm import Session

from oversight.base.clock import Moment
from oversight.base.db import find, new_id
from oversight.base.refusals import AlreadyTaken, Forbidden, InvalidInput
from oversight.base.sentences import N_, say
from oversight.law.roles import OFFICES
from oversight.models import Person, PostProposal
from oversight.organization.actor import Actor

from . import audit_log, handover, tenure, told

MOST = 200  # proposals that a page shows, and that are decided on at a time
CHUNK = 1000


@dataclass(frozen=True)
class Asked:
    """A post that a roster would begin or end: whose and which, by id and by name."""

    person_id: str
    unit_id: str
    office: str
    day: date
    begins: bool
    name: str
    unit: str
    held_id: str | None = None

    @property
    def title(self) -> str:
        return f"{self.unit}{OFFICES[self.office]}"

    @property
    def key(self) -> tuple[str, str, str, bool]:
        return self.person_id, self.unit_id, self.office, self.begins


def of_zone(session: Session, zone_id: str) -> list[PostProposal]:
    """Return what waits in a zone."""
    rows = sa.select(PostProposal).where(
        PostProposal.zone_id == zone_id, PostProposal.decided_at.is_(None)
    )
    return list(session.scalars(rows.order_by(PostProposal.id)))


def ask(
    session: Session,
    zone_id: str,
    asked: list[Asked],
    dropped: list[str],
    source: str,
    by_id: str | None,
    at: Moment,
) -> None:
    """Lay posts before the security administrator; `dropped` wait no longer. Does not commit."""
    rows = [
        {
            "id": new_id(),
            "zone_id": zone_id,
            "person_id": one.person_id,
            "unit_id": one.unit_id,
            "office": one.office,
            "begins": one.begins,
            "day": one.day,
            "source": source,
            "asked_by": by_id,
            "asked_at": at.now,
        }
        for one in asked
    ]
    for start in range(0, len(rows), CHUNK):
        session.execute(sa.insert(PostProposal), rows[start : start + CHUNK])
    for start in range(0, len(dropped), CHUNK):
        session.execute(
            sa.update(PostProposal)
            .where(PostProposal.id.in_(dropped[start : start + CHUNK]))
            .values(decided_at=at.now, outcome="replaced")
        )
    if rows:
        text = say("名册提出 %(n)s 项任免，请安全管理员逐项确认。", n=len(rows))
        told.others(session, zone_id, "proposals", text, by_id, at)


# Deciding -----------------------------------------------------------------------------------------


def entitled(who: Actor) -> None:
    """Make sure that the actor is security administrator. Raises Forbidden."""
    if not who.holds("secadmin"):
        raise Forbidden(
            "名册提出的任免由安全管理员确认，不由您办理。",
            rule="keeper",
            house_rule=tenure.APART.text,
        )


def waiting(session: Session, who: Actor) -> tuple[list[PostProposal], int]:
    """Return the first of what waits, by unit, and how many there are. Raises Forbidden."""
    rows = every(session, who)
    return rows[:MOST], len(rows)


def every(session: Session, who: Actor) -> list[PostProposal]:
    """Return all that waits, by unit. Raises Forbidden."""
    entitled(who)
    rows = of_zone(session, who.zone_id)
    return sorted(rows, key=lambda row: (row.unit.path, row.office, row.id))


def confirm(session: Session, ids: set[str], who: Actor, at: Moment) -> int:
    """Begin and end what was proposed, each by its own guards; returns how many. Does not commit.

    Raises Forbidden, RuleViolation, InvalidInput.
    """
    chosen = _chosen(session, ids, who, at)
    for row in sorted(chosen, key=lambda row: row.begins):  # who leaves makes room first
        _begin(session, row, who, at) if row.begins else _end(session, row, who, at)
        _decided(row, "confirmed", who, at)
    session.flush()
    text = say("安全管理员已确认名册提出的 %(n)s 项任免。", n=len(chosen))
    told.others(session, who.zone_id, "confirmed", text, who.id, at)
    return len(chosen)


def decline(session: Session, ids: set[str], why: str, who: Actor, at: Moment) -> int:
    """Let proposals go, with a reason; returns how many. Does not commit.

    Raises Forbidden, InvalidInput.
    """
    chosen, why = _chosen(session, ids, who, at), tenure.reason(why)
    for row in chosen:
        _decided(row, "declined", who, at)
        side = ["", row.person.name] if row.begins else [row.person.name, ""]
        about = f"{row.unit.name}{OFFICES[row.office]}"
        what = {"appointed": side, "why": ["", why]}
        audit_log.note(session, who, at, "posts", "decline", row.unit, about, row.unit_id, **what)
    text = say("安全管理员不同意名册提出的 %(n)s 项任免。", n=len(chosen))
    told.others(session, who.zone_id, "declined", text, who.id, at)
    return len(chosen)


def _chosen(session: Session, ids: set[str], who: Actor, at: Moment) -> list[PostProposal]:
    """Return the chosen of what waits, under the zone's lock. Raises Forbidden, InvalidInput,
    AlreadyTaken.
    """
    entitled(who)
    audit_log.alone(session, who.zone_id)
    chosen = [row for row in of_zone(session, who.zone_id) if row.id in ids]
    if chosen:
        return chosen
    first = next((row for key in sorted(ids) if (row := find(session, PostProposal, key))), None)
    if first is None or first.zone_id != who.zone_id:
        raise InvalidInput({"proposal": N_("请至少勾选一项；已处理过的不再列出。")})
    raise _second(session, first, at)


def _second(session: Session, first: PostProposal, at: Moment) -> AlreadyTaken:
    """Return the refusal of who decides second: who has, and when; of a roster that came later, that."""
    by, when = find(session, Person, first.decided_by), first.decided_at
    if by is None:
        return AlreadyTaken("所选的任免已由新的名册取代，您的这一步没有生效，请看过再办。")
    said = say(
        "所选的任免已由%(who)s于%(at)s处理，您的这一步没有生效。", who=by.name, at=at.written(when)
    )
    return AlreadyTaken(said, decided_by=by.name, decided_at=when.isoformat())


def _decided(row: PostProposal, outcome: str, who: Actor, at: Moment) -> None:
    row.outcome, row.decided_by, row.decided_at = outcome, who.id, at.now


def _begin(session: Session, row: PostProposal, who: Actor, at: Moment) -> None:
    seat = tenure.Seat(row.unit, row.person, row.office, row.day)
    tenure.begin(session, seat, who, at, one_of_many=True)


def _end(session: Session, row: PostProposal, who: Actor, at: Moment) -> None:
    posts = [
        post
        for post in tenure.held(session, row.person_id, at.today)
        if (post.unit_id, post.office) == (row.unit_id, row.office)
    ]
    last = max(row.day, at.today - timedelta(days=1))
    tenure.end_all(session, posts, last, who, at, one_of_many=True)
    if last < at.today:
        handover.release(session, row.person_id, who, at)
