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
    ("zone.secadmin", "branch16.member02", "dept1", "team", "zone.secadmin", "withdraw"),
    ("town1.officer", "dept1.inspector", "branch06", "instructor", None, None),
    ("town2.officer", "dept2.inspector", "branch13", "instructor", "dept2.officer", "refuse"),
    ("town2.officer", "dept1.inspector", "branch12", "instructor", "town2.officer", "withdraw"),
)
# whose account is asked to be reset; who answers by which move
RESETS = (
    ("town2.inspector", None, None),
    ("dept2.inspector", "zone.sysadmin", "withdraw"),
    ("town1.inspector", "zone.secadmin", "refuse"),
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
    for owner, answers, move in RESETS:
        asker, owner_id = who("zone.sysadmin"), book.people[owner]
        case = accounts.ask_reset(session, owner_id, "手机丢失，忘记密码。", asker, at)
        if move:
            words = {"reason": "本人已经找回密码，不用重置。"}
            transitions.perform(session, case.id, move, who(answers), words, version=None, at=at)
