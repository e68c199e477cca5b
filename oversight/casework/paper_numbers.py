"""Numbers of papers that the office keeps in its own register: which wait for theirs, entering one,
and putting right what was copied wrongly. Setting `reply_numbers`.
"""

from __future__ import annotations

import re
import unicodedata

import sqlalchemy as sa
from sqlalchemy.orm import Session

from oversight.base import typed
from oversight.base.clock import Moment
from oversight.base.db import fetch
from oversight.base.paging import First
from oversight.base.refusals import AlreadyTaken, Forbidden, InvalidInput
from oversight.base.sentences import N_, say
from oversight.engine import authority, outbox, transitions
from oversight.engine.use_case import use_case
from oversight.law.roles import BRANCH, SUPERIOR
from oversight.models import Case, NumberSeries, Paper, Post, Unit
from oversight.models.papers import TYPED, UNNUMBERED
from oversight.organization.actor import Actor, AuthorityBasis
from oversight.organization.standing import in_office
from oversight.papers.numbers import make_again

NUMBER = re.compile(r"([\u4e00-\u9fff]{1,20})〔([0-9]{4})〕([1-9][0-9]{0,4})号")
OFFICES = frozenset(office for rank in SUPERIOR.ranks for office in rank)
SHOWN = 30
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


def entered(session: Session, who: Actor, name: str = "") -> First:
    """Return the papers of somebody's units whose number was entered, the newest first; `name` is a
    part of the number.
    """
    rows = sa.select(Paper).where(
        Paper.unit_id.in_(list(seats(who))),
        Paper.series == TYPED,
        Paper.number != UNNUMBERED,
        Paper.number.contains(name, autoescape=True),
    )
    return First(session.scalars(rows.order_by(Paper.id.desc()).limit(SHOWN + 1)), SHOWN)


def enter(session: Session, paper_id: str, text: str, who: Actor, at: Moment) -> str:
    """Enter the number that a paper has in the office's register, once; returns it. Commits.

    Raises NotFound, Forbidden, AlreadyTaken, InvalidInput.
    """
    paper = fetch(session, Paper, paper_id)
    with use_case(session, who, at, "number", case_id=paper.case_id):
        basis = _basis(session, paper, who)
        if paper.number != UNNUMBERED:
            raise AlreadyTaken(say("这份文书的文号已经登记为%(number)s。", number=paper.number))
        number = read(session, paper, text)
        _write(session, paper, {"number": number}, who, basis, at)
    return number


def correct(session: Session, paper_id: str, text: str, why: str, who: Actor, at: Moment) -> str:
    """Put right a number that was copied wrongly, with a reason; returns it. Commits.

    Raises NotFound, Forbidden, InvalidInput.
    """
    paper = fetch(session, Paper, paper_id)
    with use_case(session, who, at, "renumber", case_id=paper.case_id):
        basis = _basis(session, paper, who)
        before, wrong = paper.number, {}
        if paper.series != TYPED or before == UNNUMBERED:
            raise InvalidInput({"number": N_("只有手工登记过的文号可以更正。")})
        why = typed.words(why)
        if not 0 < len(why) <= 200:
            wrong["why"] = N_("请写明更正的原因，最多 200 字。")
        number = _other(session, paper, text, wrong)
        words = {"number": number, "reason": why, "before": before}
        _write(session, paper, words, who, basis, at)
        said = say("%(before)s的文号登记有误，现更正为%(number)s。", before=before, number=number)
        _tell(session, paper, said, who, at)
    return number


def _basis(session: Session, paper: Paper, who: Actor) -> AuthorityBasis:
    """Return by what somebody numbers a paper, having locked its unit. Raises NotFound, Forbidden."""
    authority.seen(session, who, paper.case_id)
    office = seats(who).get(paper.unit_id)
    if office is None:
        raise Forbidden("文号由印发单位的经办人登记。")
    session.get_one(Unit, paper.unit_id, with_for_update=True)  # one number at a time
    session.refresh(paper)
    return AuthorityBasis(paper.unit_id, "superior", office)


def _other(session: Session, paper: Paper, text: str, wrong: dict) -> str:
    """Read another number than the one that stands. Raises InvalidInput with all that is wrong."""
    number = ""
    try:
        number = read(session, paper, text)
    except InvalidInput as no:
        wrong |= no.fields
    if number == paper.number:
        wrong["number"] = N_("新文号与登记的相同。")
    if wrong:
        raise InvalidInput(wrong)
    return number


def _tell(session: Session, paper: Paper, said: str, who: Actor, at: Moment) -> None:
    """Tell who asked and the branch's leaders that the number of their paper is another."""
    case = session.get_one(Case, paper.case_id)
    leading = sa.select(Post.person_id).where(
        Post.unit_id == case.unit_id, Post.office.in_(BRANCH.ranks[0]), in_office(at.today)
    )
    key = f"renumber:{paper.id}:{at.now.isoformat()}"
    for one in sorted({case.opened_by, *session.scalars(leading)} - {who.id}):
        outbox.notify(session, case.zone_id, one, key, said, at, case.id)


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
    found = sa.select(Paper.id).where(
        Paper.unit_id == paper.unit_id, Paper.number == number, Paper.id != paper.id
    )
    return session.scalar(found.limit(1)) is not None


def _write(
    session: Session, paper: Paper, words: dict, who: Actor, basis: AuthorityBasis, at: Moment
) -> None:
    """Number a paper, and its case where it is the one that stands; `before` is the number it had."""
    number, before = words["number"], words.get("before")
    case: Case = transitions.lock(session, paper.case_id)
    attempt = transitions.context(session, case, at, who, basis=basis)
    paper.number = number
    attempt.raw, attempt.result = words, {"numbered": number}
    make_again(session, paper, at.now)
    if case.facts.get("unnumbered") == paper.id:
        attempt.set(number=number)
        attempt.set_facts(unnumbered=None)
    elif before is not None and case.number == before:
        attempt.set(number=number)
    act = "number" if before is None else "renumber"
    transitions.record(attempt, "desk", act, case.state, case.state)
    session.flush()
