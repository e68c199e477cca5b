"""Words of cases: kept with each step, found again as far as the reader may read them.

A case is a candidate by the pairs of characters in it; it is found by what this reader reads of it.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session, joinedload

from oversight import workflows
from oversight.base import grams
from oversight.base.db import Id, is_id
from oversight.base.prepared import Prepared
from oversight.base.refusals import InvalidInput
from oversight.base.rows import grouped, keyed
from oversight.base.sentences import N_
from oversight.models import Case, CaseGram, JournalRow, Paper, Unit
from oversight.models.papers import UNNUMBERED
from oversight.organization import reach

from . import authority, journal
from .sight import readable

TOLD = ("move", "open")  # kinds of rows whose words all who read a case may read
LOOKED_AT = 500  # candidates that one question takes
ROUNDS = 4  # questions for a page
AROUND = 12  # characters shown on each side of what was found
_KEY = re.compile(r"[a-z_0-9-]*")  # ids, dates and keys of choices: nobody wrote these


def _texts(value) -> Iterator[str]:
    """Yield what somebody has written among words or facts."""
    if isinstance(value, str) and not _KEY.fullmatch(value):
        yield value
    for below in _BELOW.get(type(value), _nothing)(value):
        yield from _texts(below)


def _nothing(_value) -> tuple:
    return ()


_BELOW: dict[type, Callable] = {dict: dict.values, list: iter}


# Keeping -----------------------------------------------------------------------------------------


def _insert(dialect: str):
    """Return what writes pairs from a list, those that are new: one statement however many."""
    of: sa.BindParameter = sa.bindparam("grams", type_=sa.Text)
    listed = {
        "sqlite": lambda: sa.func.json_each(of),
        "postgresql": lambda: sa.func.jsonb_array_elements_text(sa.cast(of, postgresql.JSONB)),
    }[dialect]()
    found = listed.table_valued("value")
    row = sa.select(found.c.value, sa.bindparam("of_case", type_=Id)).where(found.c.value != "")
    insert = {"sqlite": sqlite, "postgresql": postgresql}[dialect].insert(CaseGram.__table__)
    return insert.from_select(["gram", "case_id"], row).on_conflict_do_nothing()


_KEEP = Prepared(_insert, ())


def keep(session: Session, row: dict) -> None:
    """Keep what a row of a case's journal says to be found by. Does not commit."""
    said = [*_texts(row["words"])] if row["kind"] in TOLD else []
    numbers = {row["result"].get(name) for name in ("paper", "numbered")} - {None, UNNUMBERED}
    said += numbers
    found = set().union(*map(grams.grams, said))
    if found:
        listed = json.dumps(sorted(found), ensure_ascii=False)
        _KEEP.write(session, grams=listed, of_case=row["case_id"])


# Finding -----------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Hit:
    """A case, the papers of it whose number was looked for, and where in it the words stand."""

    case: Case
    papers: list[Paper]
    before: str = ""
    words: str = ""
    after: str = ""


@dataclass(frozen=True)
class Hits:
    """A page of cases, the newest first, and the mark of the next."""

    rows: list[Hit]
    next: str | None


def cases(
    session: Session,
    who,
    terms: list[str],
    people: set[str],
    cursor: str | None = None,
    size: int = 20,
    top: Unit | None = None,
) -> Hits:
    """Return the cases that the reader may open and in which he reads all terms, or which concern
    these people. Raises InvalidInput.
    """
    if cursor and not is_id(cursor):
        raise InvalidInput({"cursor": N_("翻页标记无效，请从第一页开始。")})
    hits: list[Hit] = []
    for _round in range(ROUNDS):
        looked = session.execute(_candidates(who, terms, people, cursor, top)).all()
        hits += _first(session, who, looked, terms, people, size + 1 - len(hits))
        if len(hits) > size:
            return Hits(hits[:size], hits[size - 1].case.id)
        if len(looked) < LOOKED_AT:
            return Hits(hits, None)
        cursor = looked[-1].id
    return Hits(hits, cursor)


def _first(session: Session, who, looked, terms: list[str], people: set[str], n: int) -> list[Hit]:
    """Return the first hits among candidates: as many are read as are wanted, then the rest."""
    his = [row.id for row in looked if row.his]
    hits = _hits(session, who, his[:n], terms, people)
    return hits if len(hits) == n else hits + _hits(session, who, his[n:], terms, people)


def _candidates(
    who, terms: list[str], people: set[str], cursor: str | None, top: Unit | None
) -> sa.Select:
    """Return the statement for the newest cases with all pairs of the terms, or about the people,
    and whether each is open to the reader and lies in a unit or below it, where one is named.
    """
    pairs = sorted(set().union(*map(grams.grams, terms)), key=lambda pair: (pair.isdigit(), pair))
    said = sa.select(CaseGram.case_id.label("id")).where(CaseGram.gram == pairs[0])
    for pair in pairs[1:]:
        other = sa.orm.aliased(CaseGram)
        there = sa.exists().where(other.gram == pair, other.case_id == CaseGram.case_id)
        said = said.where(there.correlate(CaseGram))
    parts = [_newest(said, CaseGram.case_id, cursor)]
    if people:
        about = sa.select(Case.id).where(Case.data_subject_id.in_(people))
        parts.append(_newest(about, Case.id, cursor))
    found = sa.union(*(sa.select(part.subquery()) for part in parts)).subquery()
    his = sa.exists().where(Case.id == found.c.id, readable(who))
    if top is not None:
        within = sa.exists().where(Unit.id == Case.unit_id, reach.below(top))
        his = his.where(within.correlate(Case))
    his = his.correlate(found)
    return sa.select(found.c.id, his.label("his")).order_by(found.c.id.desc()).limit(LOOKED_AT)


def _newest(found: sa.Select, case_id, cursor: str | None) -> sa.Select:
    later = [case_id < sa.literal(cursor, Id)] if cursor else []
    return found.where(*later).order_by(case_id.desc()).limit(LOOKED_AT)


def _hits(session: Session, who, ids: list[str], terms: list[str], people: set[str]) -> list[Hit]:
    """Return those of the cases in which the reader reads what he looks for, with the place."""
    if not ids:
        return []
    wanted = sa.select(Case).where(Case.id.in_(ids)).options(joinedload(Case.unit))
    found, rows = keyed(session.scalars(wanted)), journal.of_cases(session, ids)
    issued = sa.select(Paper).where(Paper.case_id.in_(ids)).order_by(Paper.id)
    papers = grouped((paper.case_id, paper) for paper in session.scalars(issued))
    hits = [_hit(found[one], who, rows[one], papers.get(one, []), terms, people) for one in ids]
    return [hit for hit in hits if hit is not None]


def _hit(
    case: Case, who, rows: list[JournalRow], papers: list[Paper], terms: list[str], people: set[str]
) -> Hit | None:
    workflow = workflows.reading(case)
    own = papers if authority.reads_all(workflow, case, who) else []
    numbered = [paper for paper in own if _in(terms, paper.number)]
    said = [*_read(workflow, case, who, rows), *(paper.number for paper in own)]
    if numbered or not _in(terms, "\n".join(said)):
        return Hit(case, numbered) if numbered or case.data_subject_id in people else None
    return Hit(case, [], *_place(said, terms))


def _read(workflow, case: Case, who, rows: list[JournalRow]) -> list[str]:
    """Return what was written in a case as far as the reader may read it."""
    told = [
        row.words
        for row in rows
        if row.kind in TOLD
        and authority.reads_row(workflow, case, who, row)
        and (row.actor_id == who.id or authority.reads_all(workflow, case, who))
    ]
    facts = authority.readable_facts(workflow, case, who)
    return list(dict.fromkeys(text for part in (facts, *told) for text in _texts(part)))


def _in(terms: list[str], text: str) -> bool:
    found = grams.plain(text)
    return all(term in found for term in terms)


def _place(said: list[str], terms: list[str]) -> tuple[str, str, str]:
    """Return where one of the terms stands: what is before it, the term, what comes after."""
    for text in map(grams.plain, said):
        found = re.search("|".join(map(re.escape, terms)), text)
        if found:
            begin, end = found.span()
            start = max(begin - AROUND, 0)
            return _shown(text[start:begin]), _shown(found[0]), _shown(text[end : end + 2 * AROUND])
    return "", "", ""


def _shown(part: str) -> str:
    return part.replace(grams.BETWEEN, " ")
