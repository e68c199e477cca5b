"""The contract to the letter, where an outside acceptance run read it otherwise than the program
did.
"""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from oversight.calendar import party_days
from oversight.ledger import attendance, own_days
from tests.db.test_appraisal_walk import Appraising
from tests.db.test_zone_shift import published

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


def december(api, world, unit="village") -> dict:
    return api(f"{unit}.secretary").get(f"/units/{world.units[unit].id}/party-days", year=2026)[
        "items"
    ][11]


def test_rule_day_is_what_the_rule_yields_also_where_the_zone_has_moved_it(
    api, world, session, play
):
    """`rule_day`: what the rule yields; `on`: the day in force; status moved."""
    party_days.plan_year(session, [world.units["village"]], 2026, play.at)
    published(play)
    month = december(api, world)
    assert (month["rule_day"], month["on"], month["status"]) == (
        "2026-12-04",
        "2026-12-18",
        "moved",
    )
    path = f"/units/{world.units['village'].id}/activities"
    listed = [
        row for row in api("village.secretary").get(path, year=2026)["items"] if row["month"] == 12
    ]
    assert [(row["rule_day"], row["on"], row["status"]) for row in listed] == [
        ("2026-12-04", "2026-12-18", "moved")
    ]


def test_the_loser_reads_who_opened_it_where_nothing_else_was_done(api, world):
    case = api("village.secretary").open(world.units["village"])
    stale = api("village.secretary").move(
        case, "ask", 409, version=9, new_day="2026-12-10", reason="防汛值守走不开"
    )
    assert stale["decided_by"].startswith("village.secretary") and stale["decided_at"]
    early = api("town1.officer").move(case, "approve", 409, opinion="同意")
    assert early["decided_by"].startswith("village.secretary")


def test_a_vote_that_comes_too_late_is_told_so_without_a_version(api, session, world):
    for number in (1, 2, 3):
        world.person(f"village.more{number}", "village")
    session.commit()
    play = Appraising(session, world)
    play.rated()
    play.decide_all()
    shape = {"id": play.case.id, "version": play.case.version}
    late = api("town1.committee3").move(
        shape, "decide", 409, version=None, agree=True, opinion="同意"
    )
    assert late["decided_by"]


def test_a_missing_version_is_told_before_a_missing_key(api, world):
    case = api("village.secretary").open(world.units["village"])
    path, words = (
        f"/cases/{case['id']}/moves/ask",
        {"words": {"new_day": "2026-12-10", "reason": "防汛值守走不开"}},
    )
    api("village.secretary").post(path, words, 428)
    api("village.secretary").post(path, words, 400, version=case["version"])


def test_desk_acts_take_their_words_bare_too(api, world):
    case = api("village.secretary").open(world.units["village"])
    path = f"/cases/{case['id']}/desk/comment"
    done = api("village.secretary").post(path, {"text": "请尽快答复"})
    assert [row["words"] for row in done["journal"] if row["move"] == "comment"] == [
        {"text": "请尽快答复"}
    ]
    api("village.secretary").post(path, {"words": {"text": "再说一句"}})
    api("village.secretary").post(path, {"txt": "拼错了"}, 422)


def test_claiming_twice_is_journalled_once_and_others_read_who_has_it(api, world, play):
    case = play.asked()
    world.post("town1.deputy", "town1", "officer")
    play.session.commit()
    for _ in range(2):
        claimed = api("town1.officer").post(f"/cases/{case.id}/desk/claim", {})
    assert len([row for row in claimed["journal"] if row["move"] == "claim"]) == 1
    shape = {"id": case.id, "version": claimed["version"]}
    other = api("town1.deputy").move(shape, "approve", 409, opinion="同意")
    assert other["decided_by"] == "town1.officer"


@pytest.mark.parametrize("form", ["送学上门", "网络", "流入地支部", "网络参加", "online"])
def test_other_forms_by_the_words_of_the_dossier(form, database_url):
    sheet = attendance.read_sheet({"other_form": {"00000000-0000-7000-8000-000000000001": form}})
    assert [kind for kind, _form, _why in sheet.entries.values()] == ["other_form"]


def test_an_excused_month_names_its_case(api, world, session, play):
    party_days.plan_year(session, [world.units["village"]], 2026, play.at)
    case = play.move(play.asked(), "town1.officer", "excuse_month")
    month = december(api, world)
    assert (month["status"], month["case"]) == ("excused", case.id)


def test_a_late_report_that_names_no_day_stands_for_the_day_it_was_held(
    api, world, session, play, clock
):
    """Source: dossier §8: flood, report within three working days after recovery."""
    party_days.plan_year(session, [world.units["village"]], 2026, play.at)
    play.on("2026-12-08")
    clock.now += timedelta(days=14)
    case = play.move(play.open("village.secretary"), "village.secretary", "report_late")
    play.move(case, "town1.officer", "accept_late")
    assert december(api, world)["case"] == case.id
    own_days.record_held(
        session, play.activity(), date(2026, 12, 8), play.who("village.secretary"), play.at
    )
    month = december(api, world)
    assert (month["status"], month["on"], month["moved_how"]) == (
        "held",
        "2026-12-08",
        "late_report",
    )


def test_an_upload_that_is_none_is_415(api, world):
    case = api("village.secretary").open(world.units["village"])
    response = api("village.secretary").send(
        "POST", f"/cases/{case['id']}/attachments", json={"file": "x"}
    )
    assert response.status_code == 415


def test_definitions_page_like_every_list(api, world):
    first = api("village.secretary").get("/workflows", limit=1)
    second = api("village.secretary").get("/workflows", limit=1000, cursor=first["next"])
    assert [len(first["items"]), second["next"]] == [1, None]
    assert first["items"][0]["name"] == "absence" and "absence" not in {
        row["name"] for row in second["items"]
    }
    api("village.secretary").get("/workflows", 422, limit=1001)


def test_a_branch_gets_no_copy_of_what_is_not_in_the_sender_s_sight(api, world, play):
    case = play.asked()
    path = f"/cases/{case.id}/desk/copy"
    api("town1.officer").post(path, {"words": {"unit": world.units["village2"].id}}, 404)
    api("town1.officer").post(path, {"words": {"unit": world.units["community"].id}}, 200)
    api("town1.officer").post(path, {"words": {"unit": world.units["town2"].id}}, 200)


def test_administrators_find_the_units_that_they_keep_and_no_members(api, world):
    kept = api("zone.sysadmin").get("/units", limit=100)["items"]
    assert kept[0]["kind"] == "zone" and len(kept) == len(world.units)
    api("zone.sysadmin").get(f"/units/{world.units['village'].id}")
    api("zone.sysadmin").get(f"/units/{world.units['village'].id}/members", 404)
