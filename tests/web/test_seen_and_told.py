"""An order seen and an order told of: marks beside its moves, never in the way of 签收 or 销号."""

from __future__ import annotations

import pytest
import sqlalchemy as sa
from sqlalchemy.exc import DatabaseError

from oversight.calendar.party_days import activity_for
from oversight.casework import rectification
from oversight.ledger import own_days
from oversight.models import Case, JournalRow, Notice, Sighting
from oversight.register import reorganize
from oversight.time import sweep
from tests.db.test_attendance import cases, record, sheet
from tests.db.test_rectification_walk import do, opened, rechecking
from tests.support.world import at
from tests.web.test_pages_desk import queue_lines


def issued(session, world):
    case = opened(session, world)
    do(session, world, case, "sign_off", who="town1.secretary")
    return do(session, world, case, "issue", {"due_on": "2026-12-11"})


def marks(session) -> list[str]:
    session.expire_all()
    return [row.person_id for row in session.scalars(sa.select(Sighting).order_by(Sighting.id))]


def met(session, world):
    case = rechecking(session, world)
    return do(
        session,
        world,
        case,
        "accept",
        {"verdicts": ["explained", "accepted"], "opinion": "同意"},
        on="2026-12-03",
    )


def held(session, world, month=12, day="2026-12-04", unit="village"):
    row = activity_for(session, world.units[unit], 2026, month)
    own_days.record_held(
        session, row, at(day).today, world.actor(f"{unit}.secretary", at(day).today), at(day)
    )
    session.commit()
    return row


def test_looking_is_noted_by_a_post_once_and_apart_from_the_receipt(reader, world, session):
    case, branch = issued(session, world), reader("village.secretary")
    page = branch.get(f"/cases/{case.id}")
    assert marks(session) == [] and page.has_form("/seen"), "a GET never writes"
    for _again in range(2):
        form = dict(page.fields("/seen"))
        assert branch.raw("POST", f"/cases/{case.id}/seen", data=form).status_code == 204
    assert marks(session) == [world.people["village.secretary"].id]
    assert session.get(Case, case.id).state == "issued", "seen is not received"
    page = reader("town1.officer").get(f"/cases/{case.id}")
    assert "village.secretary 11月24日 09:00 首次查看" in page.main and not page.has_form("/seen")


def test_opening_a_case_is_having_read_what_one_was_told_of_it(reader, world, session):
    case = issued(session, world)
    sweep.sweep(session, at("2026-11-24"))
    branch = reader("village.secretary")
    assert "1 条未读" in branch.get("/desk").html
    page = branch.get(f"/cases/{case.id}")
    form = dict(page.fields("/seen"))
    assert branch.raw("POST", f"/cases/{case.id}/seen", data=form).status_code == 204
    assert "条未读" not in branch.get("/desk").html
    assert session.get(Case, case.id).state == "issued", "签收 is an act of its own"


def test_a_look_without_token_or_from_above_leaves_no_mark(reader, world, session, app):
    case = issued(session, world)
    officer = reader("town1.officer")
    token = dict(officer.get("/me").fields("/logout"))
    assert officer.raw("POST", f"/cases/{case.id}/seen", data=token).status_code == 204
    member = reader("village.member1")
    token = dict(member.get("/me").fields("/logout"))
    assert member.raw("POST", f"/cases/{case.id}/seen", data=token).status_code == 404
    assert marks(session) == []
    assert "还没有人查看" in officer.get(f"/cases/{case.id}").main


def test_a_draft_is_not_an_order_yet(api, world, session):
    case = opened(session, world)
    assert (
        api("village.secretary").post(f"/cases/{case.id}/seen")["seen"] == []
        and marks(session) == []
    )


def test_without_script_the_first_form_is_the_mark(reader, world, session):
    case, branch = issued(session, world), reader("village.organizer")
    branch.submit(branch.get(f"/cases/{case.id}"), "/moves/acknowledge")
    assert marks(session) == [world.people["village.organizer"].id]


def test_the_api_tells_who_saw_it_first(api, world, session):
    case, client = issued(session, world), api("village.secretary")
    assert client.get(f"/cases/{case.id}")["seen"] == []
    client.post(f"/cases/{case.id}/seen")
    organizer = api("village.organizer")
    organizer.move(organizer.get(f"/cases/{case.id}"), "acknowledge")
    seen = api("town1.officer").get(f"/cases/{case.id}")["seen"]
    assert [entry["by"] for entry in seen] == ["village.secretary", "village.organizer"]
    assert seen[0]["unit"]["name"] == "石桥村党支部" and seen[0]["at"].startswith("2026-11-24")


def test_a_mark_is_never_changed_or_taken_away(api, world, session):
    case = issued(session, world)
    api("village.secretary").post(f"/cases/{case.id}/seen")
    for statement in ("UPDATE sightings SET at = at", "DELETE FROM sightings"):
        with pytest.raises(DatabaseError, match="append-only"):
            session.execute(sa.text(statement))
        session.rollback()


def test_an_order_seen_but_not_received_climbs(api, world, session):
    """House rule: received within three working days; looking at it does not stop that clock."""
    case = issued(session, world)
    api("village.secretary").post(f"/cases/{case.id}/seen")
    assert session.get(Case, case.id).due_on == at("2026-11-26").today
    sweep.sweep(session, at("2026-11-27"))
    told = set(session.scalars(sa.select(Notice.person_id).where(Notice.case_id == case.id)))
    assert world.people["town1.officer"].id in told and world.people["village.secretary"].id in told


# Told


def test_the_members_are_told_at_the_next_party_day_with_one_tap(reader, world, session, clock):
    case = met(session, world)
    assert session.get(Case, case.id).state == "closed", "closing waits for nobody's telling"
    activity_for(session, world.units["village"], 2026, 12)
    session.commit()
    branch = reader("village.secretary")
    page = branch.get(f"/cases/{case.id}")
    assert "下一次主题党日（12月4日 星期五）向党员通报" in page.main and not page.has_form("/told")
    assert "青委整〔2026〕1号整改通知书指出我支部2个问题" in page.main, (
        "the text is shown beforehand"
    )
    assert "1. 11月6日未开展活动。整改情况：当天换届选举，未请示；今后列入值班表。" in page.main
    assert branch.get(f"/units/{case.unit_id}/year/2026").links("向党员通报整改情况") == [
        f"/cases/{case.id}"
    ]
    activity = held(session, world)
    clock.now = at("2026-12-04", 15).now
    branch.login("village.secretary")
    done = branch.submit(branch.get(f"/cases/{case.id}"), "/told")
    assert (
        "已登记：本支部党员已听取整改情况通报。" in done.main and "（12月4日 星期五）" in done.main
    )
    session.expire_all()
    found = session.get(Case, case.id)
    assert found.facts["told"]["activity"] == activity.id and found.state == "closed"
    last = session.scalars(
        sa.select(JournalRow).where(JournalRow.case_id == case.id).order_by(JournalRow.seq.desc())
    ).first()
    assert (last.kind, last.move) == ("restate", "tell_members")
    assert not branch.get(f"/units/{case.unit_id}/year/2026").links("向党员通报整改情况")
    sweep.sweep(session, at("2026-12-04", 16))
    assert not session.scalars(
        sa.select(Notice).where(Notice.text.contains("通报整改情况"))
    ).all(), "it is done"


def test_who_takes_a_branch_over_reads_and_tells_of_its_order(reader, api, world, session, clock):
    """The duty to tell passes on with the members;

    the order stays the former branch's and says so.
    """
    case, town = met(session, world), world.actor("town1.officer", at("2026-12-04").today)
    reorganize.merge(
        session,
        [world.units["village"]],
        world.units["community"],
        at("2026-12-04").today,
        town,
        at("2026-12-04"),
    )
    held(session, world, unit="community")
    clock.now = at("2026-12-04", 15).now
    for name in ("firm.secretary", "community.member1", "village.secretary"):
        assert queue_lines(reader(name).get("/desk?box=done")) == [] or name == "village.secretary"
        api(name).get(f"/cases/{case.id}", 404)
    successor_of, year = (
        reader("community.secretary"),
        f"/units/{world.units['community'].id}/year/2026",
    )
    assert successor_of.get(year).links("向党员通报整改情况（原石桥村党支部）") == [
        f"/cases/{case.id}"
    ]
    done = successor_of.get("/desk?box=done")
    assert queue_lines(done) == ["石桥村党支部（已并入桃源社区党支部）"]
    page = successor_of.get(f"/cases/{case.id}")
    assert "石桥村党支部（已并入桃源社区党支部）" in page.main and not page.has_form("/moves/")
    assert "已登记：本支部党员已听取整改情况通报。" in successor_of.submit(page, "/told").main
    assert not successor_of.get(year).links("向党员通报整改情况")


def test_what_an_heir_took_over_is_told_from_its_own(reader, world, session):
    """承继: a case of a merged branch says whose it was, on the desk and on its page."""
    case = rechecking(session, world)
    day = at("2026-12-04")
    reorganize.merge(
        session,
        [world.units["village"]],
        world.units["community"],
        day.today,
        world.actor("town1.officer", day.today),
        day,
    )
    session.commit()
    named = "桃源社区党支部（原石桥村党支部）"
    assert named in reader("town1.officer").get(f"/cases/{case.id}").main
    assert any(named in line for line in queue_lines(reader("town1.officer").get("/desk")))


def test_what_concerns_members_alone_does_not_pass_to_the_heir(reader, api, world, session):
    """A closed make-up of the former branch is its members' own: 一人一案, not the heir's file."""
    record(session, world, sheet(world, absent=("member1",)))
    case = cases(session)[0]
    session.execute(sa.update(Case).values(closed_at=at("2026-11-24").now, state="archived"))
    reorganize.merge(
        session,
        [world.units["village"]],
        world.units["community"],
        at("2026-11-24").today,
        world.actor("town1.officer", at("2026-11-24").today),
        at("2026-11-24"),
    )
    session.commit()
    api("community.secretary").get(f"/cases/{case.id}", 404)
    assert queue_lines(reader("community.secretary").get("/desk?box=done")) == []


def test_two_orders_are_told_of_at_one_party_day(reader, world, session):
    first, second = met(session, world), met(session, world)
    activity_for(session, world.units["village"], 2026, 12)
    session.commit()
    links = (
        reader("village.secretary")
        .get(f"/units/{first.unit_id}/year/2026")
        .links("向党员通报整改情况")
    )
    assert sorted(links) == sorted(f"/cases/{case.id}" for case in (first, second))


@pytest.mark.parametrize(
    ("which", "status", "sentence"),
    [
        ("ahead", 422, "这次党日还没有登记开展，通报以后再登记。"),
        ("before", 422, "这次党日在销号以前"),
        ("strange", 422, "请选本支部销号以后开展的一次主题党日。"),
        ("nonsense", 422, "请选本支部销号以后开展的一次主题党日。"),
    ],
)
def test_told_only_at_a_party_day_that_was_held_afterwards(
    api, world, session, which, status, sentence
):
    case = met(session, world)
    ids = {
        "ahead": activity_for(session, world.units["village"], 2026, 12).id,
        "before": held(session, world, 11, "2026-11-13").id,
        "strange": held(session, world, 12, "2026-12-04", "community").id,
        "nonsense": "here",
    }
    session.commit()
    answer = api("village.secretary").post(
        f"/cases/{case.id}/told", {"activity": ids[which]}, status
    )
    assert sentence in answer["detail"]
    session.expire_all()
    assert not session.get(Case, case.id).facts.get("told")


def test_who_may_tell_and_only_once(api, world, session):
    case, row = met(session, world), held(session, world)
    body, path = {"activity": row.id}, f"/cases/{case.id}/told"
    api("town1.officer").post(path, body, 403)
    api("town2.officer").post(path, body, 404)
    answer = api("village.secretary").post(path, body)
    assert answer["telling"]["told"]["activity"] == row.id
    api("village.secretary").post(path, body, 409)


def test_before_it_is_met_there_is_nothing_to_tell(api, world, session):
    case, row = rechecking(session, world), held(session, world)
    assert "telling" not in api("village.secretary").get(f"/cases/{case.id}")
    api("village.secretary").post(f"/cases/{case.id}/told", {"activity": row.id}, 409)
    assert rectification.telling(session, case) is None
