"""A seat whose holders cannot act counts as vacant: a locked account, or one that was never opened."""

from __future__ import annotations

import pytest
import sqlalchemy as sa

from oversight.models import Account
from oversight.time import sweep
from tests.support.world import at

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


@pytest.fixture
def locked_out(reader, world):
    """The accounts of the town's officer and secretary are locked."""
    admin, path = reader("zone.sysadmin"), f"/accounts/units/{world.units['town1'].id}"
    for name in ("town1.officer", "town1.secretary"):
        admin.submit(admin.get(path), f"/people/{world.people[name].id}/lock")


def test_a_form_names_no_officer_who_is_locked_out(reader, locked_out):
    page = reader("village.secretary").get("/new/date_change?day=2026-12-04")
    assert "承办" in page.main and "town1.officer" not in page.main


def test_who_comes_next_answers_in_place_of_the_locked_out(session, api, play, clock, locked_out):
    case = play.asked()
    clock.now = at("2026-12-03").now
    sweep.sweep(session, at("2026-12-03"))
    shown = api("town1.deputy").get(f"/cases/{case.id}")
    api("town1.deputy").move(shown, "approve", opinion="同意")


def never_opened(session, world, *names: str) -> None:
    ids = [world.people[name].id for name in names]
    session.execute(sa.update(Account).where(Account.person_id.in_(ids)).values(password_hash=""))
    session.commit()


def test_whose_account_was_never_opened_is_not_waited_for(reader, session, world, api, play):
    reader("village.secretary")
    never_opened(session, world, "town1.officer", "town1.secretary")
    case = play.asked()
    shown = api("town1.deputy").get(f"/cases/{case.id}")
    api("town1.deputy").move(shown, "approve", opinion="同意")


def test_the_superior_finds_the_seat_among_the_vacant_and_fills_it(reader, session, world, play):
    reader("zone.officer")
    never_opened(session, world, "town1.officer")
    page = reader("zone.officer").get("/admin/acting")
    seat = f"{world.units['town1'].id}:officer"
    assert seat in page.options("seat")
    words = {"from_on": "2026-11-24", "to_on": "2026-12-24", "reason": "经办人未开通账号"}
    stand_in = world.people["town1.deputy"].id
    reader("zone.officer").submit(page, "/acting", seat=seat, person=stand_in, **words)
    assert [row.office for row in world.actor("town1.deputy", play.at.today).acting] == ["officer"]
    ids = Account.person_id == world.people["town1.officer"].id
    session.execute(sa.update(Account).where(ids).values(password_hash="x"))
    session.commit()
    assert world.actor("town1.deputy", play.at.today).acting == ()


def test_who_gets_a_post_gets_an_account_to_be_opened(reader, session, world):
    admin = reader("zone.secadmin")
    person = world.people["village.member1"]
    session.execute(sa.delete(Account).where(Account.person_id == person.id))
    session.commit()
    path = f"/admin/units/{world.units['village'].id}/posts"
    words = {"person": person.id, "office": "deputy", "from_on": "2026-11-24"}
    admin.submit(admin.get(path), "/posts", **words)
    found = session.scalar(sa.select(Account).where(Account.person_id == person.id))
    assert found.password_hash == "" and found.enabled
