"""Changes of units and people by page: nothing before its day, shown while it waits, taken back."""

from __future__ import annotations

import pytest

from tests.db.test_attendance import record, sheet
from tests.support.client import Api, token_for
from tests.support.html import every

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


def reorganize(reader, unit, kind: str, into, on: str) -> None:
    """Merge or move a unit, having seen what passes on."""
    path = f"/admin/units/{unit.id}/{kind}"
    shown = reader.submit(reader.get(path), f"/{kind}", into=into.id, on=on)
    assert shown.value("sure") == "1"
    reader.submit(shown, f"/{kind}")


@pytest.fixture
def moved_next_year(reader, world, play):
    """A request of the village, which comes under another town next year."""
    case = play.asked()
    reorganize(
        reader("zone.officer"), world.units["village"], "move", world.units["town2"], "2027-01-01"
    )
    return case


def test_until_the_day_of_a_move_the_superior_of_today_answers(api, moved_next_year):
    case = api("town1.officer").get(f"/cases/{moved_next_year.id}")
    api("town1.officer").move(case, "approve", opinion="同意")


def test_until_the_day_of_a_move_the_superior_to_come_sees_nothing(api, moved_next_year):
    api("town2.officer").get(f"/cases/{moved_next_year.id}", 404)


def test_a_move_for_a_later_day_is_shown_put_off_and_taken_back(reader, world, moved_next_year):
    officer, path = reader("zone.officer"), f"/admin/units/{world.units['village'].id}"
    page = officer.get(path)
    assert "2027年1月1日" in page.main and "待生效" in page.main
    assert "待生效" in reader("zone.officer").get("/admin/").main
    refused = officer.submit(page, "/redate", 422, on="2027-03-01", why="")
    assert refused.value("on") == "2027-03-01"
    page = officer.submit(refused, "/redate", on="2027-03-01", why="推迟")
    assert "2027年3月1日" in page.main
    page = officer.submit(page, "/take_back", why="登记错了")
    assert not page.has_form("/redate") and not page.has_form("/take_back")


def test_an_earlier_day_is_confirmed_once_the_sheets_were_read(reader, world, session):
    record(session, world, sheet(world, absent=("member1",)))
    admin, path = reader("zone.sysadmin"), f"/admin/people/{world.people['village.member1'].id}"
    words = {"unit": world.units["community"].id, "on": "2026-11-03"}
    asked = admin.submit(admin.get(path), "/transfer", 422, **words)
    assert "2026年11月6日" in asked.main and "更正" in asked.main
    assert "sure" in [node.get("name") for node in every(asked.form("/transfer"), "input")]
    admin.submit(asked, "/transfer", sure="1", **words)
    assert world.units["community"].name in admin.get(path).main


def test_who_belonged_on_the_day_after_all_is_taken_in_by_the_next_correction(
    app, reader, world, session
):
    found = record(session, world, sheet(world))
    admin, path = reader("zone.sysadmin"), f"/admin/people/{world.people['community.member1'].id}"
    words = {"unit": world.units["village"].id, "on": "2026-11-03"}
    admin.submit(admin.get(path), "/transfer", **words)
    member, path = world.people["community.member1"], f"/activities/{found.id}/attendance"
    told = reader("village.secretary").get("/notices").main
    assert member.name in told and "2026年11月6日" in told
    page = reader("village.secretary").get(path)
    assert member.name in page.main
    lacking = Api(app, token_for(world.people["village.secretary"]))
    lacking.post(path, sheet(world, why="核对"), 422, key="a")
    whole = sheet(world, why="补登刚转入的党员")
    whole["present"].append(member.id)
    lacking.post(path, whole, key="b")


@pytest.mark.parametrize(
    "what, words",
    [
        ("gone", {"why": "died", "on": "2026-11-24"}),
        ("transfer", {"unit": "community", "on": "2026-12-01"}),
    ],
    ids=["died before", "brought forward"],
)
def test_a_transfer_for_a_later_day_can_still_be_changed(reader, world, what, words):
    admin, path = reader("zone.sysadmin"), f"/admin/people/{world.people['village.member1'].id}"
    new = world.units["community"].id
    admin.submit(admin.get(path), "/transfer", unit=new, on="2026-12-20")
    admin.submit(
        admin.get(path), f"/{what}", **(words | ({"unit": new} if "unit" in words else {}))
    )


def test_a_transfer_for_a_later_day_is_shown(reader, world):
    admin, path = reader("zone.sysadmin"), f"/admin/people/{world.people['village.member1'].id}"
    new = world.units["community"].id
    admin.submit(admin.get(path), "/transfer", unit=new, on="2026-12-20")
    assert "12月20日" in admin.get(path).main.replace(" ", "")


# Leaving ------------------------------------------------------------------------------------------


def test_a_member_can_move_out_of_the_zone(reader, world):
    page = reader("zone.sysadmin").get(f"/admin/people/{world.people['village.member1'].id}")
    options = [node.text for node in every(page.form("/gone"), "option")]
    assert any("转出" in label for label in options), options


@pytest.mark.parametrize("unit, name", [("village", "新石桥村党支部"), ("town1", "青溪街道党工委")])
def test_an_issued_paper_keeps_the_names_of_its_day(reader, world, play, unit, name):
    case, admin = play.approved(), reader("zone.sysadmin")
    admin.submit(admin.get(f"/admin/units/{world.units[unit].id}"), "/rename", name=name)
    page = reader("town1.officer").get(f"/cases/{case.id}").main
    papers = page[page.index("文书") : page.index("（预览）")]  # what is issued next has today's
    assert name not in papers and "批复" in papers


def test_a_request_that_was_sent_keeps_whom_it_was_sent_to(reader, world, play):
    case, admin = play.asked(), reader("zone.officer")
    reorganize(admin, world.units["village"], "move", world.units["town2"], "2026-11-24")
    page = reader("town2.officer").get(f"/cases/{case.id}").main
    letter = page[page.index("关于变更") :]
    assert "青溪镇党委：" in letter[:60]
