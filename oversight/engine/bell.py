"""The bell: what a person was told, newest first; a link only where he may see the case today."""

from __future__ import annotations

from typing import NamedTuple

import sqlalchemy as sa
from sqlalchemy.orm import Session

from oversight.base.clock import Moment
from oversight.base.prepared import Prepared
from oversight.models import Case, Notice
from oversight.organization.actor import Actor

from .sight import readable

_notices = Notice.__table__
_OPENED = Prepared(
    sa.update(_notices)
    .where(
        _notices.c.person_id == sa.bindparam("of_person"),
        _notices.c.read_at.is_(None),
        _notices.c.case_id == sa.bindparam("of_case"),
    )
    .values(read_at=sa.bindparam("now"))
)


class Line(NamedTuple):
    """What was told; `case_id` and `number` where the reader may see the case."""

    notice: Notice
    case_id: str | None
    number: str | None

    @property
    def id(self) -> str:
        return self.notice.id


def lines(session: Session, who: Actor, limit: int, skip: int = 0, after: str = "") -> list[Line]:
    """Return one more than `limit` lines where there are more; `after`: the last line known."""
    found = (
        sa.select(Notice, Case.id, Case.number)
        .outerjoin(
            Case, sa.and_(Case.id == Notice.case_id, Case.zone_id == who.zone_id, readable(who))
        )
        .where(Notice.person_id == who.id)
        .order_by(Notice.at.desc(), Notice.id.desc())
        .offset(skip)
        .limit(limit + 1)
    )
    if after:
        last = sa.select(Notice.at, Notice.id).where(Notice.id == after).subquery()
        found = found.where(
            sa.tuple_(Notice.at, Notice.id) < sa.select(last.c.at, last.c.id).scalar_subquery()
        )
    return [Line(*row) for row in session.execute(found)]


def read(session: Session, who: Actor, at: Moment, line: str | None = None) -> None:
    """Mark a line read, or all. Commits."""
    mine = sa.update(Notice).where(Notice.person_id == who.id, Notice.read_at.is_(None))
    if line is not None:
        mine = mine.where(Notice.id == line)
    session.execute(mine.values(read_at=at.now))
    session.commit()


def opened(session: Session, who: Actor, case_id: str, at: Moment) -> None:
    """Take a case that its reader has opened for told (已阅). Commits where that changes anything."""
    if _OPENED.write(session, of_person=who.id, of_case=case_id, now=at.now):
        session.commit()


def rings(session: Session, who: Actor, case_id: str) -> bool:
    """True where a case has lines that the reader has not read."""
    return bool(
        session.scalar(
            sa.select(
                sa.exists().where(
                    Notice.person_id == who.id, Notice.read_at.is_(None), Notice.case_id == case_id
                )
            )
        )
    )
