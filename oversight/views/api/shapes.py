"""The shapes of the JSON API's answers: a case, its summary, a unit, a member. Reads, never
decides.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import cast

from sqlalchemy.orm import Session

from oversight import workflows
from oversight.base.clock import Moment
from oversight.base.rows import ids_of, keyed
from oversight.base.terms import fill
from oversight.calendar.zone import zone_settings
from oversight.casework import attachments, prints, rectification
from oversight.engine import authority, available, desk_acts, inbox, journal
from oversight.law.binding import in_own_words, own_id
from oversight.law.definition import Move, Workflow, ask_as_dict
from oversight.law.roles import OFFICES
from oversight.models import Attachment, Case, JournalRow, PaperFile, Person, Unit
from oversight.organization.actor import Actor
from oversight.papers import numbers

from . import messages as m


def day(value) -> str | None:
    """Write a date or a timestamp as ISO, or null."""
    return value.isoformat() if value else None


def named(unit: Unit | None) -> m.Named | None:
    return {"id": unit.id, "name": unit.name} if unit else None


# Cases -------------------------------------------------------------------------------------------


def whole(session: Session, case: Case, who: Actor, at: Moment) -> m.Case:
    """Return a case with everything that its reader may see and do."""
    workflow = workflows.reading(case)
    waiting = available.waiting(session, case, who, at)
    return {
        **_head(case, workflow, at),
        "definition_version": case.definition_version,
        "facts": authority.readable_facts(workflow, case, who),
        "waits_on": {"role": waiting.party, "label": waiting.label} if waiting.party else None,
        "moves": [
            _option(option, case.unit.category, zone_settings(session, case.zone_id))
            for option in available.options(session, case, who, at)
        ],
        "acts": desk_acts.possible(session, case, who, at),
        "journal": _journal(session, case, workflow, who),
        "documents": _documents(session, case) if authority.reads_all(workflow, case, who) else [],
        "attachments": [
            attachment(session, row)
            for row in attachments.of_case(session, case)
            if row.by_id == who.id or authority.reads_all(workflow, case, who)
        ],
        "seen": [
            {"by": name, "unit": named(session.get(Unit, row.unit_id)), "at": day(row.at)}
            for row, name in rectification.seen_by(session, case)
        ],
        **_telling(session, case),
    }


def _telling(session: Session, case: Case) -> m.MaybeTelling:
    """Return of a met order when and where its members are or were told, and what is said; else
    nothing.
    """
    found = rectification.telling(session, case)
    if found is None:
        return {}
    due, told = found.due, found.told
    return {
        "telling": {
            "due": {"id": due.id, "on": day(due.held_on or due.day)} if due else None,
            "told": {"activity": told["activity"], "on": told["on"]} if told else None,
            "text": found.text,
        }
    }


def _head(case: Case, workflow: Workflow, at: Moment) -> m.Head:
    return {
        "id": case.id,
        "number": case.number,
        "workflow": case.workflow,
        "title": workflow.title,
        "state": case.state,
        "label": workflow.state(case.state).label,
        "unit": named(case.unit),
        "due_on": day(case.due_on),
        "version": case.version,
        "overdue": bool(case.open and case.due_on and case.due_on < at.today),
    }


def summaries(session: Session, cases: list[Case], at: Moment) -> list[m.Summary]:
    """Return cases as a list shows them; whom they wait on is where the engine laid them."""
    lying = inbox.lying_with(session, ids_of(cases))
    return [_summary(case, lying.get(case.id, []), at) for case in cases]


def _summary(case: Case, names: list[str], at: Moment) -> m.Summary:
    workflow = workflows.reading(case)
    party = workflow.state(case.state).waits_on
    label = "、".join(dict.fromkeys(names)) or party.label
    return {
        **_head(case, workflow, at),
        "waits_on": {"role": party.name, "label": label} if party.name else None,
    }


def ground(move: Move, category: str | None, values: Mapping[str, str]) -> m.Ground:
    """Name the clause a move rests on, by the branch's own document where it has one, or the house
    rule where the guidance is silent.
    """
    under = in_own_words(move.under, category)
    return (
        {"clause": under.id}
        if under.is_clause
        else {"clause": None, "house_rule": fill(under.text, values)}
    )


def _option(option: available.Option, category: str | None, values: Mapping[str, str]) -> m.Option:
    move = option.move
    return {
        "name": move.name,
        "label": move.label,
        "asks": cast(list[m.Ask], [ask_as_dict(ask) for ask in move.asks]),
        "allowed": option.allowed,
        "why_not": option.why_not,
        "many": move.unversioned,
        **ground(move, category, values),
    }


def _journal(session: Session, case: Case, workflow: Workflow, who: Actor) -> list[m.Entry]:
    reads_all = authority.reads_all(workflow, case, who)
    return [
        _entry(row, workflow, case.unit.category, reads_all or row.actor_id == who.id)
        for row in journal.of_case(session, case.id)
        if authority.reads_row(workflow, case, who, row)
    ]


def _entry(row: JournalRow, workflow: Workflow, category: str | None, reads: bool) -> m.Entry:
    move = next(
        (
            move
            for move in workflow.moves
            if row.kind == "move"
            and move.name == row.move
            and any(state.name == row.from_state for state in move.from_states)
        ),
        None,
    )
    label = move.label if move else desk_acts.LABELS.get(row.move, row.move)
    found: m.Entry = {
        "at": day(row.at),
        "actor": row.actor,
        "move": row.move,
        "label": label,
        "from": row.from_state or None,
        "to": row.to_state,
        "words": row.words if reads else {},
        "result": row.result if reads else {},
    }
    if move and move.under.is_clause:
        found["clause"] = own_id(move.under.id, category)
    return found


def _documents(session: Session, case: Case) -> list[m.Paper]:
    papers = numbers.of_case(session, case.id)
    files = {(one.paper_id, one.kind): one for one in prints.of_papers(session, ids_of(papers))}
    scanned = prints.originals(session, ids_of(papers))
    return [
        {
            "id": paper.id,
            "kind": paper.kind,
            "number": paper.number,
            "title": paper.body["title"],
            "issued_on": day(paper.issued_on),
            "void": paper.void_at is not None,
            "sha256": paper.sha256,
            "pdf": _address(files, paper.id, "pdf"),
            "docx": _address(files, paper.id, "docx"),
            "pdf_sha256": _hash(files, paper.id, "pdf"),
            "docx_sha256": _hash(files, paper.id, "docx"),
            "original": f"/api/v1/papers/{paper.id}/original" if paper.id in scanned else None,
            "original_sha256": scanned[paper.id].sha256 if paper.id in scanned else None,
        }
        for paper in papers
    ]


def _address(files: Mapping[tuple[str, str], PaperFile], paper_id: str, kind: str) -> str | None:
    return f"/api/v1/papers/{paper_id}/{kind}" if (paper_id, kind) in files else None


def _hash(files: Mapping[tuple[str, str], PaperFile], paper_id: str, kind: str) -> str | None:
    file = files.get((paper_id, kind))
    return file.sha256 if file else None


def attachment(session: Session, row: Attachment) -> m.Attachment:
    """Return what is known of a file, and where to get it."""
    return {
        "id": row.id,
        "series": row.series_id,
        "version": row.version,
        "name": row.name,
        "kind": row.kind,
        "size": row.size,
        "width": row.width,
        "height": row.height,
        "sha256": row.sha256,
        "note": row.note,
        "finding": row.finding,
        "round": row.round,
        "by": session.get(Person, row.by_id).name,
        "at": day(row.at),
        "url": f"/api/v1/attachments/{row.id}",
    }


# People and units --------------------------------------------------------------------------------


def myself(account, who: Actor) -> m.Me:
    """Return who asks: name, posts held today, own units."""
    own = [post.unit for post in who.posts] + ([who.branch] if who.branch else [])
    return {
        "id": who.id,
        "username": account.username,
        "name": who.person.name,
        "title": who.title,
        "posts": [
            {
                "office": post.office,
                "label": OFFICES[post.office],
                "unit": named(post.unit),
                "from_on": day(post.from_on),
            }
            for post in who.posts
        ],
        "branch": named(who.branch),
        "units": [named(unit) for unit in keyed(own).values()],
    }


def unit(row: Unit, parent: Unit | None) -> m.Unit:
    """Return a unit as lists show it."""
    return {
        "id": row.id,
        "name": row.name,
        "kind": row.kind,
        "category": row.category,
        "rule_set": row.rule_set or None,
        "parent": named(parent),
        "ended_on": day(row.ended_on),
    }


def member(person: Person, branch: Unit, flags: bool, called: str, phone: str = "") -> m.Member:
    """Return a member; `flags` and the masked number only where the reader leads the branch or
    stands above it.
    """
    found: m.Member = {
        "id": person.id,
        "name": person.name,
        "called": called,
        "unit": named(branch),
    }
    if flags:
        found["flags"] = [flag for flag in m.FLAGS if getattr(person, flag)]
        found["phone"] = phone or None
    return found
