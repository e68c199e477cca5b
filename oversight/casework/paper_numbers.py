"""Numbers of replies that the office keeps in its own register: which papers wait for theirs, and
entering one. Setting `reply_numbers`.
"""

from __future__ import annotations

import re
import unicodedata

import sqlalchemy as sa
from sqlalchemy.orm import Session

from oversight.base.clock import Moment
from oversight.base.db import fetch
from oversight.base.refusals import AlreadyTaken, Forbidden, InvalidInput
from oversight.base.sentences import N_, say
from oversight.engine import authority, transitions
from oversight.engine.use_case import use_case
from oversight.law.roles import SUPERIOR
from oversight.models import Case, NumberSeries, Paper, Unit
from oversight.models.papers import TYPED, UNNUMBERED
from oversight.organization.actor import Actor, AuthorityBasis
from oversight.papers.numbers import to_make

NUMBER = re.compile(r"([\u4e00-\u9fff]{1,20})〔([0-9]{4})〕([1-9][0-9]{0,4})号")
OFFICES = frozenset(office for rank in SUPERIOR.ranks for office in rank)
BRACKETS = str.maketrans("[]()【】", "〔〕〔〕〔〕")


def seats(who: Actor) -> dict[str, str]:
    """Return the units whose papers somebody may number, each with the office that he does it in."""
    return {post.unit_id: post.office for post in who.posts if post.office in OFFICES}


def waiting(session: Session, who: Actor) -> list[Paper]:
    """Return the papers of somebody's units that wait for their number, the oldest first."""
    units = list(seats(who))
    return list(
        session.scalars(
            sa.select(Paper)
            .where(Paper.unit_id.in_(units), Paper.number == sa.literal_column(f"'{UNNUMBERED}'"))
            .order_by(Paper.id)
        )
        if units
        else ()
    )


def enter(session: Session, paper_id: str, text: str, who: Actor, at: Moment) -> str:
    """Enter the number that a paper has in the office's register, once; returns it. Commits.

    Raises NotFound, Forbidden, AlreadyTaken, InvalidInput.
    """
    paper = fetch(session, Paper, paper_id)
    with use_case(session, who, at, "number", case_id=paper.case_id):
        authority.seen(session, who, paper.case_id)
        office = seats(who).get(paper.unit_id)
        if office is None:
            raise Forbidden("文号由印发单位的经办人登记。")
        session.get_one(Unit, paper.unit_id, with_for_update=True)  # one number at a time
        session.refresh(paper)
        if paper.number != UNNUMBERED:
            raise AlreadyTaken(say("这份文书的文号已经登记为%(number)s。", number=paper.number))
        number = read(session, paper, text)
        _write(session, paper, number, who, AuthorityBasis(paper.unit_id, "superior", office), at)
    return number


def read(session: Session, paper: Paper, text: str) -> str:
    """Read a number as it stands in the register. Raises InvalidInput."""
    plain = "".join(unicodedata.normalize("NFKC", text).split()).translate(BRACKETS)
    match = NUMBER.fullmatch(plain)
    if match is None:
        raise InvalidInput(
            {"number": N_("文号请写成“青委〔2026〕31号”的样子：代字、年份、顺序号。")}
        )
    head, year, seq = match.groups()
    if int(year) != paper.issued_on.year:
        raise InvalidInput({"number": say("文号的年份应是印发的那一年（%(y)s）。", y=paper.year)})
    number = f"{head}〔{year}〕{int(seq)}号"
    if head in _own_heads(session, paper):
        raise InvalidInput({"number": N_("这个代字由系统连续编号，不能手工登记。")})
    if _taken(session, paper, number):
        raise InvalidInput({"number": say("%(number)s已经用在另一份文书上。", number=number)})
    return number


def _own_heads(session: Session, paper: Paper) -> set[str]:
    """Return what stands before the year in the series that the program itself counts for a unit."""
    unit = session.get_one(Unit, paper.unit_id)
    counted = sa.select(NumberSeries.series).where(
        NumberSeries.unit_id == unit.id, NumberSeries.series != TYPED
    )
    return {f"{unit.doc_prefix or unit.name}{one}" for one in session.scalars(counted)}


def _taken(session: Session, paper: Paper, number: str) -> bool:
    found = sa.select(Paper.id).where(Paper.unit_id == paper.unit_id, Paper.number == number)
    return session.scalar(found.limit(1)) is not None


def _write(
    session: Session, paper: Paper, number: str, who: Actor, basis: AuthorityBasis, at: Moment
) -> None:
    case: Case = transitions.lock(session, paper.case_id)
    attempt = transitions.context(session, case, at, who, basis=basis)
    paper.number = number
    session.add(to_make(paper, at.now))
    attempt.raw, attempt.result = {"number": number}, {"numbered": number}
    if case.facts.get("unnumbered") == paper.id:
        attempt.set(number=number)
        attempt.set_facts(unnumbered=None)
    transitions.record(attempt, "desk", "number", case.state, case.state)
    session.flush()
