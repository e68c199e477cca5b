"""Telephone numbers: sealed at rest, masked in lists, in full only by a POST that leaves an entry,
for who may.
"""

from __future__ import annotations

import pytest
import sqlalchemy as sa
from sqlalchemy.exc import DatabaseError

from oversight.base import phone_numbers
from oversight.base.refusals import InvalidInput
from oversight.models import Person, PhoneLook
from oversight.register import telephones
from tests.db.test_attendance import cases, record, sheet
from tests.support.world import at

NUMBER, MASKED = "13812345678", "138****5678"


@pytest.fixture
def numbered(session, world):
    """Member 1 of the village is absent and has a number."""
    record(session, world, sheet(world, absent=("member1",)))
    secretary = world.actor("village.secretary", at("2026-11-24").today)
    telephones.keep(
        session, "t" * 32, world.people["village.member1"].id, NUMBER, secretary, at("2026-11-24")
    )
    session.commit()
    return world.people["village.member1"]


def entries(session) -> list[tuple]:
    session.expire_all()
    return session.execute(
        sa.select(PhoneLook.by_id, PhoneLook.person_id, PhoneLook.what).order_by(PhoneLook.id)
    ).all()


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        (NUMBER, NUMBER),
        ("+86 138-1234-5678".replace("-", " "), NUMBER),
        ("0722-3312345", "0722-3312345"),
        ("(86)13812345678", NUMBER),
        ("07223312345", "07223312345"),
    ],
)
def test_numbers_as_people_write_them(text, kept):
    assert phone_numbers.read(text) == kept


@pytest.mark.parametrize(
    "text",
    ["", "1234", "12812345678", "138123456789", "１３８１２３４５６７８", "<b>", "138\n12345678x"],
)
def test_what_is_no_number(text):
    with pytest.raises(InvalidInput, match="电话号码应是 11 位手机号"):
        phone_numbers.read(text)


def test_a_seal_opens_for_its_own_person_under_its_own_key_only():
    sealed = phone_numbers.seal("key", "person", NUMBER)
    assert NUMBER not in sealed and sealed != phone_numbers.seal("key", "person", NUMBER)
    assert phone_numbers.unseal("key", "person", sealed) == NUMBER
    assert (
        phone_numbers.unseal("key", "another", sealed) is None
        and phone_numbers.unseal("other key", "person", sealed) is None
    )
    assert phone_numbers.masked(NUMBER) == MASKED and phone_numbers.masked(None) == ""


def test_the_number_is_nowhere_in_the_database(numbered, session):
    assert NUMBER not in session.get(Person, numbered.id).phone_sealed
    for table in sa.inspect(session.connection()).get_table_names():
        assert NUMBER not in str(session.execute(sa.text(f"SELECT * FROM {table}")).all()), table


def test_lists_show_it_masked_and_a_click_shows_it_and_is_noted(reader, numbered, world, session):
    branch, before = reader("village.secretary"), entries(session)
    listed = branch.get(f"/units/{world.units['village'].id}/follow-ups")
    queue = branch.get("/desk?workflow=absence")
    case = branch.get(f"/cases/{cases(session)[0].id}")
    for page in (listed, queue, case):
        assert MASKED in page.main and NUMBER not in page.html
    assert entries(session) == before, "a GET never writes"
    token = dict(listed.fields("/record_contact"))["csrf_token"]
    shown = branch.raw("POST", f"/people/{numbered.id}/phone", data={"csrf_token": token}).get_data(
        as_text=True
    )
    assert (
        f'href="tel:{NUMBER}"' in shown and "village.secretary 11月24日 09:00 看过完整号码" in shown
    )
    assert entries(session)[-1] == (world.people["village.secretary"].id, numbered.id, "shown")


@pytest.mark.parametrize(
    ("who", "status"),
    [
        ("village.secretary", 200),
        ("town1.officer", 200),
        ("zone.officer", 200),
        ("village.member2", 403),
        ("community.secretary", 404),
        ("town2.officer", 404),
        ("zone.sysadmin", 404),
    ],
)
def test_only_who_has_business_in_the_branch_is_shown_it(
    api, numbered, world, session, who, status
):
    before = len(entries(session))
    answer = api(who).post(f"/people/{numbered.id}/phone", status=status)
    assert (NUMBER in str(answer)) == (status == 200)
    assert len(entries(session)) == before + (status == 200)


def test_the_branch_keeps_its_numbers_and_nothing_typed_is_lost(reader, numbered, world, session):
    branch = reader("village.secretary")
    page = branch.get(f"/people/{numbered.id}/phone")
    wrong = branch.submit(page, "/phone/keep", 422, number="138 1234")
    assert "电话号码应是 11 位手机号" in wrong.main and wrong.value("number") == "138 1234"
    done = branch.submit(wrong, "/phone/keep", number="139 8765 4321")
    assert "139****4321" in done.main and entries(session)[-1][2] == "changed"
    gone = branch.submit(done, "/phone/keep", number="")
    assert "还没有登记号码。" in gone.main and session.get(Person, numbered.id).phone_sealed is None
    assert not reader("town1.officer").get(f"/people/{numbered.id}/phone").has_form("/keep")


def test_the_api_keeps_it_too(api, numbered, world):
    town, branch = api("town1.officer"), api("village.secretary")
    put = branch._expect(
        branch.send("PUT", f"/people/{numbered.id}/phone", json={"number": "0722-3312345"}), 200
    )
    assert put == {"number": "072****2345"}
    assert (
        town.send("PUT", f"/people/{numbered.id}/phone", json={"number": NUMBER}).status_code == 403
    )
    bad = branch._expect(
        branch.send("PUT", f"/people/{numbered.id}/phone", json={"number": "12"}), 422
    )
    assert "电话号码应是" in bad["detail"]
    rows = {
        row["id"]: row for row in town.get(f"/units/{world.units['village'].id}/members")["items"]
    }
    assert (
        rows[numbered.id]["phone"] == "072****2345"
        and rows[world.people["village.member2"].id]["phone"] is None
    )


def test_an_entry_is_never_changed_or_taken_away(numbered, session):
    for statement in ("UPDATE phone_looks SET what = 'none'", "DELETE FROM phone_looks"):
        with pytest.raises(DatabaseError, match="append-only"):
            session.execute(sa.text(statement))
        session.rollback()


def test_nobody_carries_off_the_list_of_numbers(api, session, world, numbered, monkeypatch):
    monkeypatch.setattr(telephones, "MOST", 2)
    path = f"/people/{numbered.id}/phone"
    for _time in range(2):
        api("village.secretary").post(path)
    said = api("village.secretary").post(path, status=422)
    assert "明天再查" in said["detail"] and said["house_rule"] == telephones.FEW.text
    api("town1.officer").post(path)
