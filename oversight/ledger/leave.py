"""请假 before a party day: a member's own word that he cannot come, and why by category. It binds
nobody: the sheet shows it as a proposal, and the branch confirms it with the sheet. 通报 and 补课 go on
as after any leave.
"""

from __future__ import annotations

from collections.abc import Iterable

import sqlalchemy as sa
from sqlalchemy.orm import Session

from oversight.base.clock import Moment
from oversight.base.refusals import InvalidInput, NotFound, RuleViolation
from oversight.base.rows import ids_of
from oversight.base.sentences import N_, say
from oversight.calendar.party_days import change
from oversight.engine import outbox
from oversight.engine.use_case import use_case
from oversight.models import Activity, LeaveNotice
from oversight.models.attendance import CATEGORIES
from oversight.organization.actor import Actor, AuthorityBasis
from oversight.organization.members import exempt_on

BEFOREHAND = N_("请假在党日之前由本人提出，请假的照样通报、补课。")
ASK, TAKE_BACK = "ask_leave", "take_back_leave"  # acts that the course tells without a name


def submit(session: Session, activity_id: str, category: str, who: Actor, at: Moment) -> Activity:
    """Keep that a member cannot come to a party day ahead, tell his branch once, and commit.

    Raises NotFound, InvalidInput, RuleViolation.
    """
    with use_case(session, who, at, ASK):
        activity = _ahead(session, activity_id, who, at)
        if category not in CATEGORIES:
            said = say("请假原因请从%(categories)s中选择。", categories="、".join(CATEGORIES))
            raise InvalidInput({"category": said})
        if exempt_on(who.person, activity.day):
            raise RuleViolation(
                "您已经免予参加，不用请假。", rule="leave_not_exempt", house_rule=BEFOREHAND
            )
        row = _of(session, activity, who)
        before = row.category if row and stands(row, activity) else None
        if before != category:
            _keep(session, activity, row, category, who, at)
            _noted(session, activity, ASK, N_("事先请假"), [before, category], who, at)
            _tell(session, activity, category, who, at)
        return activity


def take_back(session: Session, activity_id: str, who: Actor, at: Moment) -> Activity:
    """Take a leave back before its day has come, and commit. Raises NotFound, RuleViolation."""
    with use_case(session, who, at, TAKE_BACK):
        activity = _ahead(session, activity_id, who, at)
        row = _of(session, activity, who)
        if row is not None and stands(row, activity):
            row.taken_back_at = at.now
            session.flush()
            noted = [row.category, None]
            _noted(session, activity, TAKE_BACK, N_("撤回请假"), noted, who, at)
        return activity


def _ahead(session: Session, activity_id: str, who: Actor, at: Moment) -> Activity:
    """Lock a party day of the member's own branch that has not come. Raises NotFound, RuleViolation."""
    activity = session.get(Activity, activity_id, with_for_update=True, populate_existing=True)
    if activity is None or who.branch is None or activity.unit_id != who.branch.id:
        raise NotFound()
    if activity.day is None or activity.excused_by:
        raise RuleViolation(
            "这个月还没有定活动日，定了以后再请假。", rule="leave_day", house_rule=BEFOREHAND
        )
    if activity.held_on or activity.day <= at.today:
        raise RuleViolation(
            "请假要在党日之前提出；已经到了党日的，请直接告诉支部书记，由支部登记。",
            rule="leave_beforehand",
            house_rule=BEFOREHAND,
        )
    return activity


def _of(session: Session, activity: Activity, who: Actor) -> LeaveNotice | None:
    return session.get(LeaveNotice, (activity.id, who.id))


def stands(row: LeaveNotice, activity: Activity) -> bool:
    """True where a leave holds for the day in force: it was not taken back, the day not moved."""
    return row.taken_back_at is None and row.day == activity.day


def _keep(
    session: Session,
    activity: Activity,
    row: LeaveNotice | None,
    category: str,
    who: Actor,
    at: Moment,
) -> None:
    row = row or LeaveNotice(
        activity_id=activity.id, person_id=who.id, zone_id=activity.zone_id, day=activity.day
    )
    row.day, row.category, row.said_at, row.taken_back_at = activity.day, category, at.now, None
    session.add(row)
    session.flush()


def _noted(
    session: Session, activity: Activity, act: str, why: str, what: list, who: Actor, at: Moment
) -> None:
    """Chain a member's word with the party day."""
    stand = AuthorityBasis(activity.unit_id, "member", "member")
    noted = {"leave_notices": {who.id: what}}
    change(session, activity, at, why, act=act, by=who.id, stand=stand, noted=noted)


def _tell(session: Session, activity: Activity, category: str, who: Actor, at: Moment) -> None:
    """Tell who leads the branch; for a day once, whatever its member changes afterwards."""
    text = say(
        "%(who)s请假，%(m)s月%(d)s日的主题党日不能来（%(why)s）；登记到会时核对。",
        who=who.person.name,
        m=activity.day.month,
        d=activity.day.day,
        why=category,
    )
    payload = {"unit": activity.unit_id, "text": text, "ladders": ["branch"], "but": who.id}
    key = f"leave:{activity.id}:{who.id}:{activity.day.isoformat()}"
    outbox.enqueue(session, activity.zone_id, key, "tell", payload, at.now)


# Reading -----------------------------------------------------------------------------------------


def of(session: Session, activity: Activity) -> dict[str, str]:
    """Return who has said that he cannot come on the day in force: category by person."""
    if activity.day is None:
        return {}
    rows = sa.select(LeaveNotice.person_id, LeaveNotice.category).where(
        LeaveNotice.activity_id == activity.id,
        LeaveNotice.day == activity.day,
        LeaveNotice.taken_back_at.is_(None),
    )
    return {person_id: category for person_id, category in session.execute(rows)}


_OWN = sa.select(LeaveNotice).where(
    LeaveNotice.person_id == sa.bindparam("person"),
    LeaveNotice.activity_id.in_(sa.bindparam("days", expanding=True)),
    LeaveNotice.taken_back_at.is_(None),
)


def own(session: Session, who: Actor, activities: Iterable[Activity]) -> dict[str, LeaveNotice]:
    """Return a member's own words that were not taken back, by party day; also those for a day that
    has been moved since.
    """
    ids = ids_of(activities)
    rows = session.scalars(_OWN, {"person": who.id, "days": ids}) if ids else ()
    return {row.activity_id: row for row in rows}
