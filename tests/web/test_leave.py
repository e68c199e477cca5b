"""请假 before the day: a member says that he cannot come, the sheet takes it as a proposal, and 通报 and
补课 go on as after any leave. His page tells when, where and what about.
"""

from __future__ import annotations

import pytest
import sqlalchemy as sa

from oversight.calendar.party_days import activity_for, plan_year
from oversight.engine import journal
from oversight.models import Activity, Case, LeaveNotice, Notice, OutboxMessage
from oversight.time import watch
from tests.db.test_attendance import sheet as whole
from tests.support.dump import difference, dump
from tests.support.world import at


@pytest.fixture
def december(session, world) -> str:
    """The village's party day ahead: 4 December."""
    plan_year(session, [world.units["village"]], 2026, at("2026-01-05"))
    found = activity_for(session, world.units["village"], 2026, 12).id
    session.commit()
    return found


def told(session, key: str) -> list[str]:
    """Bring what waits in the outbox and return the lines of the bell."""
    for row in session.scalars(sa.select(OutboxMessage).where(OutboxMessage.key.startswith(key))):
        watch.tell(session, row.key, row.payload, at("2026-11-24"))
    session.commit()
    return list(session.scalars(sa.select(Notice.text).where(Notice.key.startswith(key))))


def test_a_member_says_so_on_his_page_and_the_sheet_proposes_it(
    reader, world, december, session, clock
):
    one = reader("village.member1")
    page = one.get("/me")
    unsaid = one.submit(page, f"/me/leave/{december}", 422)
    assert "请选请假原因" in unsaid.main
    done = one.submit(unsaid, f"/me/leave/{december}", category="外出")
    assert "12月4日 星期五的党日已请假" in done.main.replace("12月4日的", "12月4日 星期五的")
    assert "已请假：外出" in done.main

    [line] = set(told(session, "leave:"))
    assert "village.member1请假，12月4日的主题党日不能来（外出）" in line
    secretary = reader("village.secretary")
    plan = secretary.get(f"/activities/{december}/plan")
    assert "已事先请假 1 人：village.member1（外出）" in plan.main

    clock.now = at("2026-12-07").now
    secretary.login("village.secretary")
    sheet = secretary.get(f"/activities/{december}/attendance")
    member = world.people["village.member1"].id
    assert "本人事先请假，核实后一起保存" in sheet.main
    assert ("out", member) in sheet.fields("/attendance")
    secretary.submit(sheet, "/attendance")
    case = session.scalar(sa.select(Case).where(Case.data_subject_id == member))
    assert (case.workflow, case.facts["kind"], case.facts["reason"]) == (
        "absence",
        "leave",
        "外出",
    ), "补课 as after any leave"


def test_it_may_be_taken_back_and_is_told_once(api, world, december, session):
    one, path = api("village.member1"), f"/activities/{december}/leave"
    assert one.post(path, {"category": "因公"}) == {
        "activity": december,
        "on": "2026-12-04",
        "category": "因公",
    }
    one.post(path, {"category": "家事"})
    assert one.post(path, {"category": None})["category"] is None
    assert one.post(path, {"category": None})["category"] is None, "safe to repeat"
    one.post(path, {"category": "家事"})
    assert len(told(session, "leave:")) == 2, "secretary and organizer, once each"
    found = api("village.secretary").get(f"/activities/{december}/attendance")
    asked = {row["name"]: row["asked_leave"] for row in found["members"]}
    assert asked["village.member1"] == "家事" and asked["village.member2"] is None
    acts = [(line["who"], line["label"]) for line in found["journal"]]
    assert acts[:2] == [("党员本人", "党员事先请假"), ("党员本人", "党员撤回请假")]
    above = api("town1.officer").get(f"/activities/{december}/attendance")
    assert not any(row["asked_leave"] for row in above["members"]), "the branch's own matter"


@pytest.mark.parametrize(
    ("who", "day", "status"),
    [
        ("village.member1", "2026-12-04", 422),
        ("village.member1", "2026-12-05", 422),
        ("community.member1", "2026-11-24", 404),
        ("town1.officer", "2026-11-24", 404),
    ],
)
def test_only_a_member_and_only_beforehand(api, world, december, session, clock, who, day, status):
    client = api(who)
    clock.now = at(day).now
    before = dump(session)
    client.post(f"/activities/{december}/leave", {"category": "外出"}, status)
    client.post(f"/activities/{december}/leave", {"category": None}, status)
    assert not difference(before, dump(session))


def test_a_day_that_was_moved_asks_again(reader, session, december):
    one = reader("village.member1")
    one.submit(one.get("/me"), f"/me/leave/{december}", category="外出")
    session.get(Activity, december).day = at("2026-12-11").today
    session.commit()
    page = one.get("/me")
    assert "您原来请的是12月4日" in page.main and "已请假" not in page.main
    sheet = reader("village.secretary").get(f"/activities/{december}/attendance")
    assert "本人事先请假" not in sheet.main


def test_who_is_exempt_need_not_ask(api, world, december, session):
    person = world.people["village.member1"]
    person.exempt_from, person.exempt_until = at("2026-11-01").today, at("2027-03-01").today
    session.commit()
    refused = api("village.member1").post(
        f"/activities/{december}/leave", {"category": "外出"}, 422
    )
    assert refused["detail"] == "您已经免予参加，不用请假。"


def test_what_was_said_is_under_the_chain(api, world, december, session, app):
    api("village.member1").post(f"/activities/{december}/leave", {"category": "外出"})

    def wrong() -> list[str]:
        return journal.verify_lines(journal.export_lines(session))

    assert not wrong()
    session.execute(sa.update(LeaveNotice).values(category="家事"))
    assert wrong(), "changed behind the program's back"


def test_the_page_tells_hour_place_and_theme_and_the_outcomes(
    reader, api, world, december, session, clock
):
    page = reader("village.member1").get("/me")
    assert "支部还没有写地点" in page.main
    secretary = api("village.secretary")
    words = {"begins": "9：30", "place": "村委会二楼", "theme": "学习全会精神"}
    found = secretary.post(f"/activities/{december}/plan", words)
    assert (found["begins"], found["place"]) == ("09:30", "村委会二楼")
    refused = secretary.post(f"/activities/{december}/plan", {"begins": "25:00"}, 422)
    assert "开始时间要写成 09:00 这样。" in refused["detail"]
    page = reader("village.member1").get("/me")
    for said in ("09:30", "村委会二楼", "学习全会精神"):
        assert said in page.main
    clock.now = at("2026-12-07").now
    secretary.post(f"/activities/{december}/attendance", whole(world, absent=["member1"]))
    clock.now = at("2026-12-08").now
    late = reader("village.member1")
    late.login("village.member1")
    assert "待补课" in late.get("/me").main
    case = session.scalar(sa.select(Case))
    case.facts = {**case.facts, "unexcused": {"on": "2026-12-08"}}
    case.state, case.closed_at = "made_up", at("2026-12-08").now
    session.commit()
    page = late.get("/me").main
    assert "认定无故不参加的" in page and "已补课" in page and "待补课" not in page
