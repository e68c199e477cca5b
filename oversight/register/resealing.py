"""What the secret key sealed, sealed anew after it was changed: telephone numbers, second factors, robots.

Rosters that wait are uploaded again: they are dropped within a day; drafts of forms are lost. Log-ins end with the key.
"""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy.orm import Session

from oversight.base.clock import Moment
from oversight.base.refusals import BadRequest
from oversight.base.sealing import Sealer
from oversight.models import Account, Outlet, Person

from . import audit_log


def anew(session: Session, zone_id: str, old: Sealer, new: Sealer, at: Moment) -> tuple[int, int]:
    """Seal under the new key what opens under the old one; returns how many, and how many open under
    neither. What was sealed anew before is left. Does not commit. Raises BadRequest.
    """
    kinds = (_numbers, _factors, _robots)
    outcomes = [one for kind in kinds for one in kind(session, zone_id, old, new)]
    done, lost = outcomes.count("done"), outcomes.count("lost")
    if lost and not done:
        raise BadRequest("旧密钥打不开任何一条，请核对是不是换之前的那一把。")
    if done:
        audit_log.in_zone(
            session, zone_id, None, at, "settings", "reseal", "", rows=["", str(done)]
        )
    return done, lost


def _numbers(session: Session, zone_id: str, old: Sealer, new: Sealer):
    which = Person.zone_id == zone_id, Person.phone_sealed.is_not(None)
    for person in session.scalars(sa.select(Person).where(*which)):
        number = old.phone(person)
        if number:
            person.phone_sealed = new.seal_phone(person.id, number)
        yield "done" if number else "kept" if new.phone(person) else "lost"


def _factors(session: Session, zone_id: str, old: Sealer, new: Sealer):
    which = Account.zone_id == zone_id, Account.totp_sealed.is_not(None)
    for account in session.scalars(sa.select(Account).where(*which)):
        secret = _opened(old, account.totp_sealed)
        if secret is not None:
            account.totp_sealed = new.seal_file(secret).decode()
            yield "done"
        else:
            yield "lost" if _opened(new, account.totp_sealed) is None else "kept"


def _robots(session: Session, zone_id: str, old: Sealer, new: Sealer):
    which = Outlet.zone_id == zone_id, Outlet.ended_at.is_(None)
    for outlet in session.scalars(sa.select(Outlet).where(*which)):
        secret = _opened(old, outlet.sealed)
        if secret is not None:
            outlet.sealed = new.seal_file(secret).decode()
            yield "done"
        else:
            yield "lost" if _opened(new, outlet.sealed) is None else "kept"


def _opened(sealer: Sealer, sealed: str) -> bytes | None:
    try:
        return sealer.open_file(sealed.encode())
    except ValueError:
        return None
