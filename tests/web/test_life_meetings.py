"""组织生活会 on a branch's year and over the API:

what each half asks, noting, taking back, and who may.
"""

from __future__ import annotations

from datetime import date

import pytest
import sqlalchemy as sa

from oversight.ledger import life_meetings
from oversight.models import LifeMeeting, Refusal
from tests.db.test_appraisal_walk import Appraising
from tests.db.test_attendance import record, sheet
from tests.support.html import Page
from tests.support.world import at

# What these pages show does not depend on the database; the record itself is tried on both in
# tests/db.
pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


def year(world, unit: str = "village", number: int = 2026) -> str:
    return f"/units/{world.units[unit].id}/year/{number}"


def halves(page: Page) -> list[str]:
    """Return what is said of each half, and of the fourth quarter."""
    [found] = [node for node in page.tree.iter("dl") if node.get("class") == "halves"]
    return ["".join("".join(one.itertext()).split()) for one in found]


def noted(
    session, world, day: str, unit: str = "village", today: str = "2026-11-24"
) -> LifeMeeting:
    who = world.actor(f"{unit}.secretary", at(today).today)
    return life_meetings.note(session, world.units[unit].id, day, who, at(today))


def refusals(session) -> list[tuple[str, int]]:
    return [
        (row.move, row.status)
        for row in session.scalars(sa.select(Refusal).order_by(Refusal.at, Refusal.id))
    ]


def test_an_organ_reads_that_it_should_and_all_others_that_it_is_usual(reader, world):
    assert halves(reader("organ.secretary").get(year(world, "organ"))) == [
        "上半年没有召开每半年应当召开1次三（一）6",
        "下半年还没有召开每半年应当召开1次三（一）6",
    ]
    assert halves(reader("village.secretary").get(year(world))) == [
        "上半年没有召开一般每半年召开一次三（一）6",
        "下半年还没有召开一般每半年召开一次三（一）6",
        "第四季度还没有召开必须按区党工委统一部署召开一次三（一）6",
    ]


def test_a_year_of_which_nothing_is_asked_says_so(reader, world, session):
    world.units["organ"].accountable_from = date(2026, 7, 1)
    session.commit()
    assert halves(reader("organ.secretary").get(year(world, "organ")))[0].startswith(
        "上半年启用前，以纸质手册为准"
    )


def test_a_leader_notes_one_and_it_reads_as_entered_later(reader, world, session):
    branch = reader("village.organizer")
    page = branch.submit(branch.get(year(world)), "/life-meetings", on="2026-10-09")
    assert "已登记：10月9日 召开组织生活会。" in page.main
    assert [line[:9] for line in halves(page)] == [
        "上半年没有召开一般",
        "下半年已召开10月",
        "第四季度已召开10",
    ]
    assert "village.organizer补录于 2026年11月24日" in page.main
    assert session.scalars(sa.select(LifeMeeting)).one().held_on == date(2026, 10, 9)


def test_one_noted_on_its_day_is_no_late_entry(reader, world):
    branch = reader("village.secretary")
    page = branch.submit(branch.get(year(world)), "/life-meetings", on="2026-11-24")
    assert "village.secretary登记" in page.main and "补录" not in page.main


@pytest.mark.parametrize(
    "on, sentence",
    [
        ("2026-12-01", "还没有到这一天"),
        ("", "组织生活会日期要写成 2026-01-09 这样。"),
        ("2026-03-06", "已经登记过"),
    ],
)
def test_what_is_refused_is_said_at_its_field_and_what_was_typed_stays(
    reader, world, session, on, sentence
):
    noted(session, world, "2026-03-06")
    branch = reader("village.secretary")
    page = branch.submit(branch.get(year(world)), "/life-meetings", 422, on=on)
    assert sentence in page.main and page.links(sentence) == ["#life-on"]
    assert dict(page.fields("/life-meetings"))["on"] == on
    assert refusals(session) == [("life_meeting", 422)]


def test_a_wrong_entry_is_taken_back_with_a_reason_and_stays_to_be_read(reader, world, session):
    row = noted(session, world, "2026-03-06")
    branch = reader("village.secretary")
    page = branch.submit(branch.get(year(world)), f"{row.id}/take-back", 422, reason=" ")
    assert page.links("请写明撤回的原因") == [f"#life-{row.id}"]
    page = branch.submit(page, f"{row.id}/take-back", reason="记成了党课的日期")
    assert "已撤回 3月6日 的登记，记录保留。" in page.main and halves(page)[0].startswith(
        "上半年没有召开"
    )
    assert "village.secretary于 11月24日 09:00 撤回：记成了党课的日期" in page.main
    assert "记成了党课的日期" in reader("town1.officer").get(year(world)).main
    assert "记成了党课的日期" not in reader("village.member1").get(year(world)).main


def test_others_read_and_cannot_write(reader, world, session):
    row = noted(session, world, "2026-03-06")
    for name, status in (
        ("town1.officer", 403),
        ("village.member1", 403),
        ("village2.secretary", 404),
    ):
        other = reader(name)
        if status == 403:
            page = other.get(year(world))
            assert "3月6日" in page.main and not page.has_form("life-meetings")
        token = {"csrf_token": other.get("/me").value("csrf_token")}
        for path, words in (
            (f"/units/{row.unit_id}/life-meetings", {"on": "2026-03-13"}),
            (f"/life-meetings/{row.id}/take-back", {"reason": "日期填错"}),
        ):
            assert other.raw("POST", path, data={**token, **words}).status_code == status, (
                name,
                path,
            )
    assert refusals(session) == [
        (move, status) for status in (403, 403, 404) for move in ("life_meeting", "life_take_back")
    ]
    assert session.scalars(sa.select(LifeMeeting)).one().withdrawn_at is None


def test_a_form_without_its_token_is_refused(reader, world, session):
    branch = reader("village.secretary")
    answer = branch.raw(
        "POST", f"/units/{world.units['village'].id}/life-meetings", data={"on": "2026-03-06"}
    )
    assert answer.status_code == 400 and session.scalars(sa.select(LifeMeeting)).all() == []


def test_leaders_of_an_organ_are_reminded_to_come_as_ordinary_members(reader, world):
    """Source: O-3.1.6d; the other documents have no such sentence."""
    said = "党员领导干部以普通党员的身份参加"
    assert said in reader("organ.secretary").get(year(world, "organ")).main
    assert said not in reader("village.secretary").get(year(world)).main


@pytest.mark.parametrize("away, there", [((), 2), (("member2",), 1)])
def test_it_is_counted_how_many_leaders_of_an_organ_came(reader, session, world, away, there):
    """O三（一）6: from the sheet of the party day that the meeting was combined with."""
    for name in ("member1", "member2"):
        world.people[f"organ.{name}"].leading = True
    session.commit()
    raw = sheet(world, "organ", leave=away)
    record(session, world, raw, "organ.secretary", unit="organ")
    noted(session, world, "2026-11-06", "organ")
    page = reader("organ.secretary").get(year(world, "organ"))
    assert f"结合主题党日，党员领导干部应到 2 人、到会 {there} 人" in page.main
    noted(session, world, "2026-03-06", "organ")
    assert reader("organ.secretary").get(year(world, "organ")).main.count("党员领导干部应到") == 1


def test_what_an_appraisal_rests_on_is_not_offered_to_be_taken_back(reader, world, session):
    for number in (1, 2, 3):
        world.person(f"village.more{number}", "village")
    session.commit()
    village = Appraising(session, world)
    village.begin()
    village.assess()
    village.lead("open_peer_review")
    page = reader("village.secretary").get(year(world))
    assert "民主评议的组织生活会" in page.main and not page.has_form("take-back")
    row = session.scalars(sa.select(LifeMeeting)).one()
    token = {"csrf_token": page.value("csrf_token"), "reason": "日期填错"}
    answer = reader("village.secretary").raw(
        "POST", f"/life-meetings/{row.id}/take-back", data=token
    )
    assert answer.status_code == 422 and "民主评议以这次组织生活会为依据" in answer.text


# The API -----------------------------------------------------------------------------------------


def test_the_api_lists_notes_and_takes_back(api, world, session):
    village, path = api("village.secretary"), f"/units/{world.units['village'].id}/life-meetings"
    made = village.post(path, {"on": "2026-03-06"}, 201, key="one")
    assert (made["on"], made["case"], made["withdrawn_at"]) == ("2026-03-06", None, None)
    assert village.post(path, {"on": "2026-03-06"}, 201, key="one") == made, (
        "repeated: the same answer"
    )
    assert village.post(path, {"on": "2026-03-06"}, 422)["field"] == "on"
    assert village.get(path, year=2026) == {"items": [made], "next": None}
    assert village.get(path, year=2025)["items"] == []
    done = village.post(f"/life-meetings/{made['id']}/take-back", {"reason": "日期填错"})
    assert done["withdrawn_why"] == "日期填错" and village.get(path)["items"] == [done]
    assert village.post(f"/life-meetings/{made['id']}/take-back", {"reason": "日期填错"}, 409)


def test_the_api_says_no_as_everywhere(api, world, session):
    path = f"/units/{world.units['village'].id}/life-meetings"
    row = noted(session, world, "2026-03-06")
    assert api("town1.officer").get(path, year=2026)["items"][0]["id"] == row.id
    api("town1.officer").post(path, {"on": "2026-03-13"}, 403)
    api("village2.secretary").get(path, 404)
    api("village2.secretary").post(path, {"on": "2026-03-13"}, 404)
    api("village2.secretary").post(
        f"/life-meetings/{row.id}/take-back", {"reason": "日期填错"}, 404
    )
    api("zone.officer").get(f"/units/{world.units['town1'].id}/life-meetings", 404)
    assert "on" in api("village.secretary").post(path, {}, 422)["fields"]
    api(None).post(path, {"on": "2026-03-13"}, 401)
