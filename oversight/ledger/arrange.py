"""What is arranged for a party day before it is held: who hosts and why, how, and who is invited.
Attendance is not touched.
"""

from __future__ import annotations

from sqlalchemy.orm import Session

from oversight.base.clock import Moment
from oversight.base.refusals import NotFound, RuleViolation
from oversight.base.sentences import N_
from oversight.calendar.party_days import change
from oversight.engine import authority
from oversight.engine.use_case import use_case
from oversight.models import Activity
from oversight.organization.actor import Actor

from . import attendance, plans
from .attendance import Sheet
from .plans import Plan


def submit(
    session: Session,
    activity_id: str,
    sheet: Sheet,
    who: Actor,
    at: Moment,
    plan: Plan | None = None,
) -> Activity:
    """Keep the arrangement of a party day that was not recorded yet, and commit; the record starts
    from it. `plan`: what was settled beforehand; None: as before.

    Raises NotFound, Forbidden, InvalidInput, RuleViolation. Source: G-2.4.2, G-2.2.2, G-2.5.1a
    """
    with use_case(session, who, at, "arrange"):
        return _arrange(session, activity_id, sheet, who, at, plan)


def _arrange(
    session: Session, activity_id: str, sheet: Sheet, who: Actor, at: Moment, plan: Plan | None
) -> Activity:
    activity = session.get(Activity, activity_id, with_for_update=True, populate_existing=True)
    if activity is None:
        raise NotFound()
    stand = authority.enters(session, activity.unit, who)
    if activity.held_on or activity.confirmed_at:
        raise RuleViolation(
            "这次党日已经开展，请在到会登记里写主持、方式和列席。",
            house_rule=N_("安排写在活动之前，记录写在活动之后。"),
        )
    attendance.guests_fit(session, activity, sheet)
    attendance.must_be_host(session, activity, sheet, activity.day or at.today)
    about = attendance.stated(session, activity, sheet)
    noted = attendance.write_stated(session, activity, about, sheet, at)
    if plan is not None:
        noted |= plans.write(session, activity, plan, who, stand, at)
    if about or noted:
        change(
            session,
            activity,
            at,
            N_("活动安排"),
            act="prepare",
            by=who.id,
            stand=stand,
            noted=noted,
            **about,
        )
    return activity
