"""Acts on a desk that change no state: claim and release. Each is journalled; none has a guard of the law."""

from __future__ import annotations

from sqlalchemy.orm import Session

from . import authority, engine, queues, workflows
from .authority import Actor
from .clock import Moment
from .errors import No, NotInSight, NotYours, SomebodyFirst
from .grammar import MANY
from .models import Case, Desk
from .rules import Attempt
from .sentences import say

ACTS = {"claim": "认领", "release": "释放"}
LABELS = {**ACTS, "open": "新开", "attach": "上传材料", "inherit": "承继",
          "redate": "期限随主题党日调整", "reclass": "考勤类别更正", "tell_members": "已向党员通报"}  # what the journal tells beside moves


def submit(session: Session, case_id: str, name: str, who: Actor, at: Moment, *, finish=None) -> Case:
    """Act on the desk and commit; a refusal changes nothing but a row in `refusals`.

    `finish(case)` may add to the transaction before the commit.
    """
    try:
        case = act(session, case_id, name, who, at)
        if finish:
            finish(case)
        session.commit()
        return case
    except No as no:
        session.rollback()
        engine.refuse(session, no, who, at, name, case_id=case_id)
        raise


def act(session: Session, case_id: str, name: str, who: Actor, at: Moment) -> Case:
    """Claim or release the actor's desk row of a case. Does not commit.

    Raises NotInSight, NotYours, SomebodyFirst.
    """
    case = engine.lock(session, case_id)
    authority.see(session, who, case)
    if name not in ACTS:
        raise NotInSight("没有这种操作。")
    desk, standing = my_desk(session, case, who)
    if name == "claim":
        _claim(session, desk, who, at)
    else:
        _release(desk, who)
    workflow = workflows.get(case.workflow, case.definition_version)
    attempt = Attempt(session, workflow, case, None, who, at, standing=standing, state=case.state)
    engine.record(attempt, "desk", name, case.state, case.state)
    session.flush()
    return case


def my_desk(session: Session, case: Case, who: Actor) -> tuple[Desk, authority.Standing]:
    """Return the open desk row that is the actor's to work on. Raises NotYours."""
    workflow = workflows.reading(case)
    party = workflow.state(case.state).waits_on
    if isinstance(party, MANY) and party.personal:
        raise NotYours("这件事由每个人自己办理，不用认领。")
    found = authority.standing(session, workflow, case, party, who) if party and party.human else None
    if found is not None:
        for desk in authority.open_desks(session, case.id):
            if desk.unit_id == found.unit_id and found.desk_id in (None, desk.id):
                return desk, found
    raise NotYours("这件事现在不在您的待办里。")


def possible(session: Session, case: Case, who: Actor, at: Moment) -> list[str]:
    """Return the desk acts open to the actor now."""
    try:
        desk, _standing = my_desk(session, case, who)
    except NotYours:
        return []
    held = desk.claimed_by if desk.claimed_on == at.today else None
    return ["claim"] if held is None else ["release"] if held == who.id else []


def _claim(session: Session, desk: Desk, who: Actor, at: Moment) -> None:
    if desk.claimed_by not in (None, who.id) and desk.claimed_on == at.today:
        raise SomebodyFirst(say("{name}已认领这件事。", name=queues.person_name(session, desk.claimed_by)))
    desk.claimed_by, desk.claimed_on = who.id, at.today


def _release(desk: Desk, who: Actor) -> None:
    if desk.claimed_by != who.id:
        raise NotYours("您没有认领这件事，不用释放。")
    desk.claimed_by, desk.claimed_on = None, None
