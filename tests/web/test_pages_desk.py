"""The desk: boxes, filters, what may be ticked, one answer for many, notices of who holds what."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from oversight.models import Case, LifeMeeting, Notice
from oversight.time import sweep
from oversight.views.pages import desk
from tests.support.html import Page
from tests.support.world import at


def queue_lines(page: Page) -> list[str]:
    """Return the units of the rows, in order;

    each row is told twice, for wide and narrow screens.
    """
    return [
        next(word for word in "".join(node.find(".//b").itertext()).split() if "党支部" in word)
        for node in page.tree.iter("a")
        if node.get("class") == "open-w"
    ]


def ticks(page: Page) -> list[str]:
    return [node.get("value") for node in page.tree.iter("input") if node.get("type") == "checkbox"]


def opened(page: Page) -> str:
    return next(
        "".join(node.itertext()) for node in page.tree.iter("h2") if node.get("class") == "h1"
    )


@pytest.fixture
def three(play):
    """Three requests on the desk of town1:

    village, community and organ, in this order of due days.
    """
    return [
        play.asked(name=f"{unit}.secretary", unit=unit)
        for unit in ("village", "community", "organ")
    ]


@pytest.fixture
def met(session, world):
    """The village has held its 组织生活会, so that nothing is owed of it."""
    session.add(
        LifeMeeting(
            zone_id=world.zone.id,
            unit_id=world.units["village"].id,
            held_on=date(2026, 11, 20),
            noted_by=world.people["village.secretary"].id,
            noted_at=at("2026-11-20").now,
        )
    )
    session.commit()


def test_a_request_lies_on_the_officer_s_desk_and_the_branch_waits(reader, three, met):
    mine = reader("town1.officer").get("/desk")
    assert queue_lines(mine) == ["石桥村党支部", "桃源社区党支部", "青溪镇机关党支部"]
    assert "（3）" in mine.title
    branch = reader("village.secretary")
    assert "都办完了" in branch.get("/desk").main
    assert queue_lines(branch.get("/desk?box=waiting")) == ["石桥村党支部"]


def test_the_desk_shows_only_what_is_mine_to_see(reader, three):
    for name in ("town2.officer", "firm.secretary", "village.member1", "zone.sysadmin"):
        for box in ("mine", "waiting", "units", "done", "copied"):
            assert queue_lines(reader(name).get(f"/desk?box={box}")) == []


def test_the_zone_sees_what_its_towns_have(reader, three):
    assert len(queue_lines(reader("zone.officer").get("/desk?box=units"))) == 3


def test_groups_are_by_due_day(reader, three, clock):
    officer = reader("town1.officer")
    assert "本周到期" in officer.get("/desk").main
    clock.now += timedelta(days=3)
    officer.login("town1.officer")
    assert "今天到期 3" in officer.get("/desk").main
    clock.now += timedelta(days=1)
    officer.login("town1.officer")
    late = officer.get("/desk").main
    assert "已超期 3" in late and "批复 石桥村党支部已超期" in late


def test_filters_narrow_and_count(reader, three, world):
    officer = reader("town1.officer")
    assert "变更时间请示 3" in officer.get("/desk").main
    assert queue_lines(officer.get("/desk?due=overdue")) == []
    assert "清除筛选" in officer.get("/desk?due=overdue").main
    assert len(queue_lines(officer.get("/desk?due=week&workflow=date_change"))) == 3
    one = f"/desk?box=units&unit={world.units['organ'].id}"
    assert queue_lines(officer.get(one)) == ["青溪镇机关党支部"]


def test_a_unit_out_of_sight_is_not_there_to_filter_by(reader, three, world):
    reader("town2.officer").get(f"/desk?box=units&unit={world.units['village'].id}", 404)


@pytest.mark.parametrize("query", ["box=nothing", "due=never", "cursor=abc", "cursor=2026-01-01_x"])
def test_a_mistyped_address_begins_at_the_beginning(reader, three, query):
    assert reader("town1.officer").get(f"/desk?{query}").path == "/desk"


def test_the_case_named_lies_open_else_the_first(reader, three):
    officer = reader("town1.officer")
    assert "石桥村" in opened(officer.get("/desk"))
    assert "青溪镇机关" in opened(officer.get(f"/desk?case={three[2].id}"))
    assert "石桥村" in opened(officer.get("/desk?case=nonsense"))


def test_after_an_answer_the_next_one_opens(reader, three):
    officer = reader("town1.officer")
    after = officer.submit(officer.get("/desk"), "/moves/approve", say="请提前通知全体党员。")
    assert "批复已印发：青委党日〔2026〕1号，12 月党日改为 12月11日" in after.main
    assert "桃源社区" in opened(after)
    last = officer.get(f"/desk?case={three[2].id}")
    assert "桃源社区" in opened(
        officer.submit(last, "/moves/refuse", say="不同意，仍按原定日期开展")
    )


def test_consent_needs_no_words_but_a_return_does(reader, three, session):
    officer = reader("town1.officer")
    page = officer.submit(officer.get("/desk"), "/moves/return", 422, say="")
    assert "有 1 处需要修改" in page.main and "请填写“批复意见”" in page.main
    assert "石桥村" in opened(page)
    officer.submit(page, "/moves/approve", say="")
    assert session.get(Case, three[0].id).state == "approved"


def test_only_what_nobody_need_look_at_twice_can_be_ticked(reader, play, three):
    play.move(three[0], "town1.officer", "approve")
    again = play.asked(name="village.secretary", new_day="2027-01-15", day="2027-01-08")
    page = reader("town1.officer").get("/desk")
    assert set(ticks(page)) == {three[1].id, three[2].id}
    assert "一年内第 2 次变更时间" in reader("town1.officer").get(f"/cases/{again.id}").main


def test_many_are_approved_one_by_one(reader, three, session):
    officer = reader("town1.officer")
    ask = officer.submit(officer.get("/desk"), "/desk/bulk", case=[three[0].id, three[1].id])
    assert "一并同意 2 件请示？" in ask.main and "石桥村党支部：12月4日 → 12月11日" in ask.main
    assert session.get(Case, three[0].id).state == "asked", "a confirmation decides nothing"
    empty = officer.submit(ask, "/desk/bulk", 422, say=" ")
    assert "请填写“批复意见”" in empty.main
    done = officer.submit(empty, "/desk/bulk", say="同意。")
    assert "已同意 2 件" in done.main
    assert "青委党日〔2026〕1号" in done.main and "青委党日〔2026〕2号" in done.main
    session.expire_all()
    assert [session.get(Case, case.id).state for case in three] == ["approved", "approved", "asked"]


def test_one_that_was_decided_meanwhile_does_not_stop_the_others(reader, play, three):
    officer = reader("town1.officer")
    ask = officer.submit(officer.get("/desk"), "/desk/bulk", case=[case.id for case in three])
    play.move(three[1], "town1.secretary", "return")
    done = officer.submit(ask, "/desk/bulk", say="同意。")
    assert "已同意 2 件，1 件没有办成" in done.main
    assert "town1.secretary" in done.main


def test_many_cannot_reach_out_of_sight(reader, three):
    stranger = reader("town2.officer")
    stranger.get(f"/desk/bulk?case={three[0].id}", 404)
    stranger.get("/desk/bulk?case=nonsense", 404)
    token = dict(stranger.get("/me").fields("/logout"))
    sent = stranger.raw(
        "POST", "/desk/bulk", data={**token, "case": three[0].id, "version": "2", "say": "同意。"}
    )
    assert sent.status_code == 404 and "石桥村" not in sent.text
    assert three[0].state == "asked"


def test_nothing_chosen_is_said_so(reader, three):
    assert "没有可以一并同意的请示" in reader("town1.officer").get("/desk/bulk").main


def test_a_claim_is_seen_by_the_others_and_can_be_given_back(reader, three):
    officer, boss = reader("town1.officer"), reader("town1.secretary")
    held = officer.submit(officer.get(f"/cases/{three[0].id}"), "/desk/claim")
    assert held.has_form("/desk/release")
    assert "town1.officer 已认领" in boss.get("/desk").main
    assert three[0].id not in ticks(boss.get("/desk"))
    case = boss.get(f"/cases/{three[0].id}")
    assert not case.has_form("/desk/claim")
    officer.submit(held, "/desk/release")
    assert "已认领" not in boss.get("/desk").main


def test_an_empty_desk_says_what_comes_next(reader, three, met):
    page = reader("village.secretary").get("/desk").main
    assert "都办完了" in page and "11月27日 的 1 件" in page


def test_pages_of_a_long_box_follow_each_other(reader, play, world):
    for month in range(1, 13):
        for unit in ("village", "community", "organ"):
            if month != 7:
                first = {1: 8, 2: 12, 3: 5, 4: 2, 5: 7, 6: 4, 8: 6, 9: 3, 10: 8, 11: 5, 12: 3}[
                    month
                ]
                play.asked(
                    f"2027-{month:02}-{first + 7:02}",
                    name=f"{unit}.secretary",
                    unit=unit,
                    day=f"2027-{month:02}-{first:02}",
                )
    officer = reader("town1.officer")
    page = officer.get("/desk")
    rest = officer.get(page.links("下一页")[0])
    assert (len(queue_lines(page)), len(queue_lines(rest))) == (25, 8)
    assert "回到第一页" in rest.main and not rest.links("下一页")


def asked_to_be_exempt(play, member: str, from_on: str, until: str):
    who, person = f"village.{member}", play.world.people[f"village.{member}"].id
    days = {"from_on": from_on, "until": until}
    return play.open(who, workflow="exemption", member=person, reason="其他", **days)


def test_what_was_done_last_stands_first(session, api, play, clock):
    play.on("2026-11-02")
    older = asked_to_be_exempt(play, "member1", "2026-11-05", "2026-12-20")
    play.say(older, "village.secretary", "support", {})
    play.say(older, "town1.officer", "approve", {})
    play.on("2026-11-10")
    newer = asked_to_be_exempt(play, "member2", "2026-11-12", "2026-11-20")
    play.say(newer, "village.secretary", "not_support", {"reason": "请说明"})
    clock.now = at("2026-12-21").now
    sweep.sweep(session, at("2026-12-21"))
    items = api("village.secretary").get("/queue", box="done")["items"]
    assert [item["id"] for item in items] == [older.id, newer.id]


def test_a_copy_can_be_marked_as_read(api, reader, world, play):
    case = play.asked()
    copy = {"words": {"unit": world.units["zone"].id}}
    api("town1.officer").post(f"/cases/{case.id}/desk/copy", copy, key="copy")
    play.move(case, "town1.officer", "approve")
    assert api("zone.officer").get("/queue", box="copied")["items"]
    assert "已阅" in reader("zone.officer").get(f"/cases/{case.id}").main


def test_a_copy_that_was_read_leaves_the_desk(api, reader, world, play):
    cases = [play.asked(), play.asked(name="community.secretary", unit="community")]
    copy = {"words": {"unit": world.units["zone"].id}}
    for case in cases:
        api("town1.officer").post(f"/cases/{case.id}/desk/copy", copy, key=case.id)
    play.move(cases[0], "town1.officer", "approve")
    zone = reader("zone.officer")
    page = zone.get(f"/cases/{cases[0].id}")
    again = zone.submit(page, "/desk/read")
    assert "不再列在“抄送我”里" in again.text and not again.has_form("/desk/read")
    left = [item["id"] for item in api("zone.officer").get("/queue", box="copied")["items"]]
    assert left == [cases[1].id]
    done = zone.submit(zone.get("/desk/many?box=copied"), "/desk/many/read", case=left)
    assert done and api("zone.officer").get("/queue", box="copied")["items"] == []
    api("town2.officer").post(f"/cases/{cases[0].id}/desk/read", status=404)


def test_what_is_done_is_read_to_its_end_page_by_page(api, play, world):
    cases = []
    for number in range(5):
        case = play.asked(
            name=("village", "community")[number % 2] + ".secretary",
            unit=("village", "community")[number % 2],
        )
        cases.append(play.move(case, "town1.officer", "refuse").id)
    officer, found, cursor = api("town1.officer"), [], None
    for _page in range(3):  # a cursor that stands still would never come to the end
        page = officer.get("/queue", box="done", limit=2, **({"cursor": cursor} if cursor else {}))
        found += [item["id"] for item in page["items"]]
        cursor = page["next"]
    assert (found, cursor) == (cases[::-1], None)


def test_the_bell_is_read_to_its_first_line(reader, session, world, monkeypatch):
    monkeypatch.setattr(desk, "NOTICES", 2)
    person = world.people["village.secretary"]
    session.add_all(
        Notice(
            zone_id=person.zone_id,
            person_id=person.id,
            key=f"t{number}",
            text=f"第{number}条",
            at=at("2026-11-24").now + timedelta(minutes=number),
        )
        for number in range(5)
    )
    session.commit()
    pages = [reader("village.secretary").get(f"/notices?page={number}").main for number in (1, 3)]
    assert "第4条" in pages[0] and "下一页" in pages[0] and "第0条" not in pages[0]
    assert "第0条" in pages[1] and "下一页" not in pages[1]
    assert "第4条" in reader("village.secretary").get("/notices?page=²").main
