"""Posts and a reset that wait for a second person in the demo zone; nobody's account is touched."""

from __future__ import annotations

from sqlalchemy.orm import Session

from oversight.base.clock import Moment
from oversight.engine import transitions
from oversight.models import Person, Unit
from oversight.organization.actor import Actor, actor_of
from oversight.register import accounts, tenure

# who asks, who is to hold which post where; who answers by which move, if anybody has
POSTS = (
    ("zone.secadmin", "branch15.member03", "dept1", "team", None, None),
    ("zone.secadmin", "branch20.member02", "dept2", "team", "zone.sysadmin", "refuse"),
    ("town1.officer", "dept1.inspector", "branch06", "instructor", None, None),
    ("town2.officer", "dept2.inspector", "branch13", "instructor", "dept2.officer", "refuse"),
)


def tell(session: Session, book, at: Moment) -> None:
    """Ask for a few posts and one reset. Does not commit."""

    def who(name: str) -> Actor:
        return actor_of(session, book.people[name], at.today)

    for by, person, unit, office, answers, move in POSTS:
        one, place = session.get(Person, book.people[person]), session.get(Unit, book.units[unit])
        seat = tenure.Seat(place, one, office, at.today)
        case = tenure.appoint(session, seat, who(by), at)
        if move:
            words = {"reason": "本单位人手不足，请另行考虑。"}
            transitions.perform(session, case.id, move, who(answers), words, version=None, at=at)
    person = book.people["town2.inspector"]
    accounts.ask_reset(session, person, "手机丢失，忘记密码。", who("zone.sysadmin"), at)
