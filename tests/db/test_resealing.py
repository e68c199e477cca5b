"""The secret key is changed: what it had sealed opens under the new one, and nothing is lost."""

from __future__ import annotations

import pytest
import sqlalchemy as sa

from oversight.base.refusals import BadRequest
from oversight.base.sealing import Sealer
from oversight.models import Account, AdminChange
from oversight.register import resealing, second_factor
from tests.support.html import open_accounts
from tests.support.world import at

AT = at("2026-11-24")
OLD, NEW, OTHER = (Sealer(letter * 32) for letter in "onx")


@pytest.fixture
def sealed(session, world):
    """A member with a telephone number, who has a second factor too."""
    open_accounts(world)
    person = world.people["town1.officer"]
    person.phone_sealed = OLD.seal_phone(person.id, "13800001111")
    account = session.scalar(sa.select(Account).where(Account.person_id == person.id))
    account.totp_sealed = second_factor.draw(account, OLD)
    session.commit()
    return person, account


def anew(session, world, old=OLD):
    found = resealing.anew(session, world.zone.id, old, NEW, AT)
    session.commit()
    return found


def test_numbers_and_factors_open_under_the_new_key_and_no_longer_under_the_old(
    session, world, sealed
):
    person, account = sealed
    shown = second_factor.shown(account, account.totp_sealed, OLD)
    assert anew(session, world) == (2, 0)
    assert (NEW.phone(person), OLD.phone(person)) == ("13800001111", "")
    assert second_factor.shown(account, account.totp_sealed, NEW) == shown
    [noted] = session.scalars(sa.select(AdminChange).where(AdminChange.act == "reseal")).all()
    assert noted.what == {"rows": ["", "2"]} and "1380000" not in str(noted.after)


def test_asked_again_it_changes_nothing(session, world, sealed):
    anew(session, world)
    before = [sealed[0].phone_sealed, sealed[1].totp_sealed]
    assert anew(session, world) == (0, 0)
    assert [sealed[0].phone_sealed, sealed[1].totp_sealed] == before


def test_a_wrong_key_changes_nothing_and_is_said(session, world, sealed):
    with pytest.raises(BadRequest, match="旧密钥打不开任何一条"):
        anew(session, world, OTHER)
    session.rollback()
    assert OLD.phone(sealed[0]) == "13800001111"


def test_what_opens_under_neither_is_counted_and_left(session, world, sealed):
    lost = world.people["village.member1"]
    lost.phone_sealed = OTHER.seal_phone(lost.id, "13900002222")
    session.commit()
    assert anew(session, world) == (2, 1)
    assert OTHER.phone(lost) == "13900002222"
