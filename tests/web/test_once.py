"""A form that is sent twice is done once, and leads both times to the same place."""

from __future__ import annotations

from datetime import timedelta

import pytest
import sqlalchemy as sa

from oversight.calendar.party_days import plan_year
from oversight.models import Activity, Attachment, Case, Idempotency, Person
from oversight.time import sweep
from tests.db.test_rectification_walk import fixing
from tests.support.world import at
from tests.web.test_evidence import PHOTO, post, rows
from tests.web.test_pages_appraisal import page as page
from tests.web.test_pages_appraisal import village as village

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
AGAIN = "这一步刚才已经办好，没有重复办理。"


def count(session, model, *which) -> int:
    session.rollback()
    return session.scalar(sa.select(sa.func.count()).select_from(model).where(*which))


def test_a_case_opened_twice_is_one_and_leads_to_the_same_place(reader, world, session):
    inspector = reader("town1.inspector")
    form = inspector.get(f"/new/inspection?unit={world.units['village'].id}")
    first = inspector.submit(form, "/new/inspection", method="random")
    second = inspector.submit(form, "/new/inspection", method="random")
    assert count(session, Case, Case.workflow == "inspection") == 1
    assert second.path == first.path and AGAIN in second.text and AGAIN not in first.text


def test_other_words_from_the_same_page_are_another_thing(reader, world, session):
    admin, path = reader("zone.sysadmin"), f"/admin/units/{world.units['village'].id}/people"
    form = admin.get(path)
    for name in ("赵老同志", "钱老同志", "赵老同志"):
        admin.submit(form, "/people", name=name, on="2026-11-24")
    assert count(session, Person, Person.name.in_(("赵老同志", "钱老同志"))) == 2


def test_a_photo_sent_twice_is_one(reader, session, world):
    case, sender = fixing(session, world), reader("village.secretary")
    shown = sender.get(f"/cases/{case.id}")
    post(sender, case, ("一.jpg", PHOTO), page=shown, **{"ev-finding": "1"})
    back = post(sender, case, ("一.jpg", PHOTO), page=shown, status=302, **{"ev-finding": "1"})
    assert rows(session) == [("一.jpg", None, 1)]
    assert AGAIN in back.text
    post(sender, case, ("二.jpg", PHOTO), page=shown, **{"ev-finding": "1"})
    assert count(session, Attachment) == 2, "another file is no repetition"


def test_what_was_refused_can_be_sent_again(reader, world, session):
    admin, path = reader("zone.sysadmin"), f"/admin/units/{world.units['village'].id}/people"
    form = admin.get(path)
    for _time in range(2):
        assert AGAIN not in admin.submit(form, "/people", 422, name="", on="2026-11-24").text
    assert count(session, Idempotency) == 0


def test_what_a_review_says_is_said_once(page, reader, village, session):
    village.begin()
    village.assess()
    village.lead("open_peer_review")
    form, who = page("village.member1"), reader("village.member1")
    said = {"about": village.people["village.member2"], "opinion": "为人热心"}
    for _time in range(2):
        who.submit(form, "/moves/record_peer_review", **said)
    assert page("village.member2").main.count("为人热心") == 1


def test_its_rows_are_forgotten(reader, world, session):
    admin, path = reader("zone.sysadmin"), f"/admin/units/{world.units['village'].id}/people"
    admin.submit(admin.get(path), "/people", name="赵老同志", on="2026-11-24")
    assert count(session, Idempotency) == 1
    later = at("2026-11-24")
    sweep.sweep(session, type(later)(later.now + timedelta(days=31), later.today))
    assert count(session, Idempotency) == 0


@pytest.mark.parametrize(
    "form, wrong", [("attendance", {"held_on": "2026-11-31"}), ("plan", {"met_on": "2026-11-31"})]
)
def test_what_was_refused_is_refused_again_and_not_said_to_be_done(
    reader, world, session, form, wrong
):
    """Nothing came of the first time: what was written is there the second time too."""
    plan_year(session, [world.units["village"]], 2026, at("2026-01-05"))
    day = sa.select(Activity.id).where(Activity.month == {"attendance": 11, "plan": 12}[form])
    address = f"/activities/{session.scalar(day)}/{form}"
    session.commit()
    secretary = reader("village.secretary")
    page = secretary.get(address)
    for _time in range(2):
        again = secretary.submit(page, address, status=422, place="村委会礼堂", **wrong)
        assert AGAIN not in again.text and again.value("place") == "村委会礼堂"
