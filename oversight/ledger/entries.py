"""How a record came in: copied from the paper handbook of before (转录), or entered for a branch that has
no computer (代录). Both marks stay for good; of a 代录 the branch is told and may correct it.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy.orm import Session

from oversight.base.clock import Moment
from oversight.base.refusals import InvalidTransition, VersionConflict
from oversight.base.sentences import N_, say
from oversight.calendar.party_days import HANDBOOK, before_start, month_end
from oversight.engine import outbox, records
from oversight.engine.authority import RECORDER
from oversight.models import Activity, LifeMeeting, Person, Unit
from oversight.models.taken_back import TakenBack
from oversight.organization.actor import Actor, AuthorityBasis

SOMEBODY = N_("别人")


def changed(session: Session, row: Activity) -> VersionConflict:
    """Return the refusal of who comes second to a party day's record: who was first, and when."""
    first = records.newest(session, row.id)
    said = say(
        "这次党日的记录刚刚已由%(who)s改过，您的登记没有生效，填的内容还在，请对照后再保存。",
        who=first.get("decided_by") or SOMEBODY,
    )
    return VersionConflict(said, **first)


def gone(session: Session, row: TakenBack, at: Moment) -> InvalidTransition:
    """Return the refusal of who comes second to an entry that was taken back: by whom, and when."""
    who, when = session.get_one(Person, row.withdrawn_by).name, row.withdrawn_at
    said = say("这次登记已经撤回（%(who)s，%(at)s），不用再办。", who=who, at=at.written(when))
    return InvalidTransition(said, decided_by=who, decided_at=when.isoformat())


def marks(unit: Unit, row: Activity, who: Actor, basis: AuthorityBasis) -> dict[str, Any]:
    """Return the marks that the first entry of a party day sets; later ones keep them."""
    fresh = row.held_on is None and before_start(unit, month_end(row.year, row.month))
    found = {"source": HANDBOOK if fresh else row.source}
    found["entered_for"] = row.entered_for or (who.id if basis.role == RECORDER else None)
    return {name: value for name, value in found.items() if getattr(row, name) != value}


def tell(
    session: Session, row: Activity | LifeMeeting, who: Actor, basis: AuthorityBasis, at: Moment
) -> None:
    """Tell the branch what another entered for it. Does not commit."""
    if basis.role != RECORDER:
        return
    said = _of_day(row, who) if isinstance(row, Activity) else _of_meeting(row, who)
    payload = {"unit": row.unit_id, "text": said, "ladders": ["branch"]}
    key = f"proxy:{row.id}:{at.now.isoformat()}"
    outbox.enqueue(session, row.zone_id, key, "tell", payload, at.now)


def _of_day(row: Activity, who: Actor) -> str:
    return say(
        "%(who)s代录了你支部%(m)s月主题党日，请核对；有出入的，由支部更正并写明原因。",
        who=who.person.name,
        m=row.month,
    )


def _of_meeting(row: LifeMeeting, who: Actor) -> str:
    return say(
        "%(who)s代录了你支部%(m)s月%(d)s日的组织生活会，请核对；有出入的，由支部撤回并写明原因。",
        who=who.person.name,
        m=row.held_on.month,
        d=row.held_on.day,
    )
