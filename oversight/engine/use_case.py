"""The one way to end a write: commit all of it, or nothing but the row that keeps the refusal.

Whoever calls, a page, the API, the terminal or the clock. Inside, a use case authorizes, acts and
writes its record; nothing below commits.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial

from sqlalchemy.exc import DBAPIError, SQLAlchemyError
from sqlalchemy.orm import Session

from oversight import workflows
from oversight.base import outages
from oversight.base.clock import Moment
from oversight.base.db import find, id_of, unsynced
from oversight.base.kept import plain
from oversight.base.refusals import AlreadyTaken, DomainError, NotFound, VersionConflict
from oversight.models import Case, Refusal, chains
from oversight.organization.actor import Actor

from . import authority, journal

AFTER = "use_case:after"
# In the session: what the post of a form claims before its first act, and in the present one.
ONCE, CLAIMS = "use_case:once", "use_case:claims"
SHOWN = "use_case:shown"


@contextmanager
def use_case(
    session: Session,
    who: Actor | None,
    at: Moment,
    act: str,
    *,
    case_id: str | None = None,
    workflow: str = "",
    zone_id: str | None = None,
    trial: bool = False,
) -> Iterator[None]:
    """Commit what is done inside; a refusal changes nothing but a row in `refusals`.

    `who` None is the clock, which leaves no refusals, or the terminal, which names its `zone_id`.
    `trial` takes back what was done, to show what it would do. Raises what is raised inside;
    VersionConflict, AlreadyTaken where the database reports a concurrent write.
    """
    session, zone_id = plain(session), who.zone_id if who else zone_id
    who_id = id_of(who)
    with one_transaction(session, trial):
        if who is not None:
            chains.signs(session, who.id, who.person)
        try:
            with _faster():
                if who is not None and not trial:
                    session.info[CLAIMS] = session.info.pop(ONCE, _nothing)
                    claim(session)
                yield
                session.flush()
        except DomainError as refusal:
            if zone_id is not None and not refusal.kept and refusal.status < 500:
                refusal.kept = True
                row = Refusal(
                    zone_id=zone_id,
                    at=at.now,
                    move=act[:40],
                    workflow=workflow[:40],
                    actor_id=who_id,
                )
                after(session, partial(_keep_soon, session, row, refusal, case_id, at))
            raise


@contextmanager
def one_transaction(session: Session, trial: bool = False) -> Iterator[None]:
    """Commit what the use cases inside do all together, or nothing; one inside another joins it."""
    session = plain(session)
    if AFTER in session.info:
        yield
        return
    session.info[AFTER] = []
    try:
        yield
        session.rollback() if trial else _commit(session)
    except BaseException:
        session.rollback()
        trial = True
        raise
    finally:
        session.info.pop(SHOWN, None)
        for act in session.info.pop(AFTER):
            act()


def shows(session: Session, *rows) -> None:
    """Let what is shown next take these rows as the transaction leaves them: it has read them itself
    and has written all of them, and need not ask for them again.
    """
    session.info.setdefault(SHOWN, []).extend(rows)


def _commit(session: Session) -> None:
    """End a transaction for good. Raises Unsure where nobody knows whether it came about."""
    session.flush()
    shown = session.info.get(SHOWN, ())
    session.expire_on_commit = not shown
    try:
        session.commit()
    except DBAPIError as error:
        refusal = outages.of_commit(error)
        if refusal is None:
            raise
        raise refusal from error
    finally:
        session.expire_on_commit = True
    if shown:
        for row in set(session).difference(shown):
            session.expire(row)


def claim(session: Session) -> None:
    """Claim the post of a form for the transaction, once more where a rollback has let it go."""
    session.info.get(CLAIMS, _nothing)()


def _nothing() -> None:
    """Do what a caller does who was not sent a form."""


def after(session: Session, act: Callable[[], object]) -> None:
    """Do something once the transaction has ended, one way or the other."""
    session.info[AFTER].append(act)


@contextmanager
def _faster() -> Iterator[None]:
    """Translate errors of concurrent writes, of databases and disks into refusals."""
    try:
        yield
    except (SQLAlchemyError, OSError) as error:
        refusal = outages.as_refusal(error)
        if refusal is None or refusal is error:
            raise
        raise refusal from error


def _keep(
    session: Session, row: Refusal, refusal: DomainError, case_id: str | None, at: Moment
) -> None:
    """Record a refusal in a transaction of its own."""
    case = find(session, Case, case_id)
    if case is not None:
        row.case_id, row.workflow = case.id, case.workflow
        if isinstance(refusal, AlreadyTaken | VersionConflict):
            _name_who(session, refusal, case)
        if not isinstance(refusal, NotFound):
            _explain(session, refusal, case, at)
    row.status, row.sentence = refusal.status, refusal.sentence
    row.rule = refusal.extra.get("rule")
    ground = refusal.extra.get("clause") or refusal.extra.get("house_rule") or ""
    row.ground = ground[:200] or None
    session.add(row)
    session.commit()


def _keep_soon(*given) -> None:
    """Record a refusal without waiting for the disk: so many of them hold up nobody who writes."""
    with unsynced():
        _keep(*given)


def _name_who(session: Session, refusal: DomainError, case: Case) -> None:
    """Add to a refusal who was first, and when."""
    row = journal.by_whom(session, journal.last(session, case.id))
    if row is not None:
        refusal.extra.setdefault("decided_by", row.actor)
        refusal.extra.setdefault("decided_at", row.at.isoformat())


def _explain(session: Session, refusal: DomainError, case: Case, at: Moment) -> None:
    """Add to a refusal whom the case waits for and since when."""
    workflow = workflows.of(case)
    party = workflow.state(case.state).waits_on
    label = authority.waits_label(session, workflow, case, party, at.today)
    if label:
        refusal.extra.setdefault("waits_on", label)
    refusal.extra.setdefault("since", case.entered_at.isoformat())
