"""Desk acts by forms without JavaScript and by the API: what is offered, told, refused and kept."""

from __future__ import annotations

from datetime import timedelta

import pytest

from tests.db.test_attendance import cases, record, sheet
from tests.web.test_pages_desk import queue_lines


@pytest.fixture
def three(play):
    return [
        play.asked(name=f"{unit}.secretary", unit=unit)
        for unit in ("village", "community", "organ")
    ]


def url(case) -> str:
    return f"/cases/{case.id}"


def test_work_is_handed_over_by_a_form(reader, three, world):
    officer = reader("town1.officer")
    page = officer.get(url(three[0]))
    assert "转办、催办、交流" in page.main
    bad = officer.submit(page, "/desk/hand_over", 422, reason="我明天出差")
    assert "请填写“给谁”" in bad.main and "我明天出差" in bad.main
    done = officer.submit(bad, "/desk/hand_over", person=world.people["town1.secretary"].id)
    assert "已办“转办”：town1.secretary" in done.text and "我明天出差" in done.main
    assert "石桥村党支部" not in queue_lines(officer.get("/desk"))
    assert "转办给 town1.secretary" in reader("town1.secretary").get("/desk").main


def test_delegated_work_is_marked_and_given_back(reader, three, world):
    officer, helper = reader("town1.officer"), reader("town1.committee1")
    officer.submit(
        officer.get(url(three[0])), "/desk/delegate", person=world.people["town1.committee1"].id
    )
    assert "委派给 town1.committee1" in officer.get("/desk?box=waiting").main
    page = helper.get(url(three[0]))
    assert not page.has_form("/moves/approve") and not page.has_form("/desk/hand_over")
    helper.submit(page, "/desk/give_back", note="人数属实")
    assert "人数属实" in officer.get(url(three[0])).main
    assert "石桥村党支部" in queue_lines(officer.get("/desk"))


def test_an_opinion_a_copy_a_comment_and_a_date(reader, three, world):
    officer, case = reader("town1.officer"), three[0]
    officer.submit(
        officer.get(url(case)), "/desk/add_signer", person=world.people["zone.officer"].id
    )
    officer.submit(officer.get(url(case)), "/desk/copy", unit=world.units["town2"].id)
    officer.submit(officer.get(url(case)), "/desk/follow_up", day="2026-11-26")
    assert (
        "跟进 11月26日" in officer.get("/desk").main
        and "征求 zone.officer 意见" in officer.get("/desk").main
    )
    zone = reader("zone.officer")
    assert queue_lines(zone.get("/desk?box=copied")) == ["石桥村党支部"]
    zone.submit(zone.get(url(case)), "/desk/comment", text="可以同意")
    assert "可以同意" in reader("village.secretary").get(url(case)).main
    assert queue_lines(reader("town2.officer").get("/desk?box=copied")) == ["石桥村党支部"]


def test_a_copy_goes_to_a_person_by_a_form(reader, three, world):
    officer, to = reader("town1.officer"), world.people["zone.deputy"]
    page = officer.get(url(three[0]))
    offered = page.options("person", "/desk/copy")
    assert to.id in offered and world.people["village.secretary"].id in offered
    barred = (
        *("town1.officer", "village.member1", "zone.auditor"),
        *("village2.secretary", "dept1.secretary"),
    )
    assert not {world.people[name].id for name in barred} & set(offered)
    both = officer.submit(page, "/desk/copy", 422, person=to.id, unit=world.units["town2"].id)
    assert (
        "只选其中一项" in both.main
        and dict(both.fields("/desk/copy")).items()
        >= {"person": to.id, "unit": world.units["town2"].id}.items()
    )
    done = officer.submit(both, "/desk/copy", person=to.id, unit="")
    assert "已办“抄送”：zone.deputy" in done.text
    assert queue_lines(reader("zone.deputy").get("/desk?box=copied")) == ["石桥村党支部"]
    assert not queue_lines(reader("dept1.officer").get("/desk?box=copied"))
    assert "抄送给您" in reader("zone.deputy").get("/notices").main


def test_a_member_s_own_case_is_offered_inside_its_line_only(reader, session, world):
    record(session, world, sheet(world, absent=("member1",)))
    page = reader("village.secretary").get(url(cases(session)[0]))
    offered = set(page.options("person", "/desk/copy"))
    assert {
        world.people[name].id for name in ("town1.officer", "zone.officer", "village.organizer")
    } <= offered
    assert (
        not {
            world.people[name].id for name in ("dept1.officer", "town2.officer", "village.member2")
        }
        & offered
    )


def test_a_refused_act_keeps_what_was_typed(reader, three):
    officer = reader("town1.officer")
    bad = officer.submit(
        officer.get(url(three[0])), "/desk/follow_up", 422, day="2026-11-01", note="问问支部"
    )
    assert "已经过去" in bad.main and bad.value("day") == "2026-11-01"


def test_a_nudge_says_whom_it_reached(reader, three):
    branch = reader("village.secretary")
    done = branch.submit(branch.get(url(three[0])), "/desk/nudge")
    assert "催办”：town1.officer、town1.secretary" in done.text
    assert "11月24日催办过" in branch.submit(branch.get(url(three[0])), "/desk/nudge", 422).main
    assert "有人催办，请尽快办理" in reader("town1.officer").get("/notices").main


def test_what_one_follows_up_has_its_place_and_tops_the_desk_on_its_day(reader, three, clock):
    officer, path = reader("town1.officer"), url(three[2])
    assert "跟进" not in officer.get("/desk").main
    officer.submit(officer.get(path), "/desk/follow_up", day="2026-11-26", note="问问支部")
    assert "按跟进日期排列" in officer.get("/desk?box=follow_up").main
    assert queue_lines(officer.get("/desk?box=follow_up")) == ["青溪镇机关党支部"]
    assert (
        "跟进 1" in officer.get("/desk").main
        and "跟进 11月26日：问问支部" in officer.get("/desk").main
    )
    assert queue_lines(officer.get("/desk"))[0] == "石桥村党支部"
    zone = reader("zone.officer")
    zone.submit(zone.get(path), "/desk/follow_up", day="2026-11-25", note="看镇里怎么答")
    clock.now += timedelta(days=2)
    for one in (officer, zone):
        one.login("town1.officer" if one is officer else "zone.officer")
    page = officer.get("/desk")
    assert (
        "到了跟进日期 1" in page.main
        and sorted(queue_lines(page))
        == sorted(["青溪镇机关党支部", "石桥村党支部", "桃源社区党支部"])
        and queue_lines(page)[0] == "青溪镇机关党支部"
    )
    page = zone.get("/desk")
    assert queue_lines(page) == ["青溪镇机关党支部"] and "等 青溪镇党委" in page.main
    assert not [node for node in page.tree.iter("input") if node.get("type") == "checkbox"]


def test_nobody_reads_what_another_follows_up(reader, three, api):
    officer, path = reader("town1.officer"), url(three[0])
    officer.submit(officer.get(path), "/desk/follow_up", day="2026-11-26", note="问问支部")
    assert (
        "问问支部" in officer.get(path).main
        and "跟进日期：2026年11月26日" in officer.get(path).main
    )
    for name in ("town1.secretary", "village.secretary", "zone.officer"):
        other = reader(name)
        for place in (path, "/desk", "/desk?box=units", "/desk?box=follow_up", "/desk?box=waiting"):
            page = other.get(place).main
            assert (
                "问问支部" not in page
                and "11月26日" not in page
                and "town1.officer 设跟进日期" not in page
            ), place
        assert [row["move"] for row in api(name).get(path)["journal"]] == ["open", "ask"]
        assert api(name).get("/queue", box="follow_up")["items"] == []
    assert [row["id"] for row in api("town1.officer").get("/queue", box="follow_up")["items"]] == [
        three[0].id
    ]


def test_many_at_once_with_an_outcome_each(reader, three, play):
    zone = reader("zone.officer")
    play_nudged = zone.submit(zone.get(url(three[0])), "/desk/nudge")
    assert play_nudged.main
    page = zone.get("/desk/many?box=units")
    assert "请先勾选" in zone.submit(page, "/desk/many/nudge", 422).main
    done = zone.submit(page, "/desk/many/nudge", case=[case.id for case in three])
    assert "“催办”已办 2 件，1 件没有办成" in done.main and "town1.officer" in done.main
    officer = reader("town1.officer")
    claimed = officer.submit(
        officer.get("/desk/many"), "/desk/many/claim", case=[three[0].id, three[1].id]
    )
    assert "“认领”已办 2 件" in claimed.main
    assert "town1.officer 已认领" in reader("town1.secretary").get("/desk").main
    officer.submit(officer.get("/desk/many"), "/desk/many/release", case=[three[0].id])


def test_many_cannot_reach_out_of_sight(reader, three):
    stranger = reader("town2.officer")
    token = dict(stranger.get("/me").fields("/logout"))
    assert (
        stranger.raw("POST", "/desk/many/nudge", data={**token, "case": three[0].id}).status_code
        == 404
    )


def test_the_api_does_the_same(api, three, world):
    officer, path = api("town1.officer"), f"/cases/{three[0].id}"
    assert officer.get(path)["acts"] == [
        "claim",
        "hand_over",
        "delegate",
        "add_signer",
        "follow_up",
        "copy",
        "comment",
    ]
    sent = {"words": {"person": world.people["town1.secretary"].id}}
    first = officer.post(f"{path}/desk/hand_over", sent, key="once")
    assert officer.post(f"{path}/desk/hand_over", sent, key="once") == first
    assert (
        first["journal"][-1]["result"] == {"to": ["town1.secretary"], "token": "接口令牌"}
        and first["version"] == three[0].version
    )
    assert api("village.secretary").get(path)["acts"] == ["nudge", "follow_up", "copy", "comment"]
    api("village.secretary").post(f"{path}/desk/nudge")
    refused = api("village.secretary").post(f"{path}/desk/nudge", status=422)
    assert refused["rule"] == "nudge" and "3 个工作日内只催办一次" in refused["detail"]
    officer.post(f"{path}/desk/comment", {"words": {"text": ""}}, status=422)
    officer.post(f"{path}/desk/copy", {"words": {"unit": "x"}}, status=422)
    officer.post(f"{path}/desk/delegate", {"words": {"who": "x"}}, status=422)
