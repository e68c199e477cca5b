"""Pages that must say what is true: the desk, the clock's sentence, foreign cases, unknown
versions.
"""

from __future__ import annotations

import pytest
import sqlalchemy as sa

from oversight.calendar.party_days import plan_year
from oversight.models import Case, Refusal
from tests.support.world import at

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


@pytest.mark.parametrize("path", ["moves/approve", "moves/no_such_step", "desk/claim"])
def test_an_attempt_at_a_foreign_case_is_kept_as_a_refusal(reader, play, world, session, path):
    case = play.asked()
    foreign = reader("town2.officer")
    token = foreign.get("/desk").value("csrf_token")
    assert (
        foreign.raw("POST", f"/cases/{case.id}/{path}", data={"csrf_token": token}).status_code
        == 404
    )
    [row] = session.scalars(sa.select(Refusal))
    assert (row.case_id, row.status, row.actor_id) == (
        case.id,
        404,
        world.people["town2.officer"].id,
    )


def test_a_bulk_answer_to_a_foreign_case_is_kept_as_a_refusal(reader, play, world, session):
    case = play.asked()
    foreign = reader("town2.officer")
    token = foreign.get("/desk").value("csrf_token")
    sent = {"csrf_token": token, "case": case.id, "version": "2", "say": "同意"}
    assert foreign.raw("POST", "/desk/bulk", data=sent).status_code == 404
    assert session.scalar(sa.select(Refusal.status)) == 404


def test_a_bulk_answer_without_a_version_says_that_it_is_missing(reader, play):
    case = play.asked()
    officer = reader("town1.officer")
    token = officer.get("/desk").value("csrf_token")
    answer = officer.raw(
        "POST",
        "/desk/bulk",
        data={"csrf_token": token, "case": case.id, "version": "", "say": "同意"},
    )
    text = answer.get_data(as_text=True)
    assert "缺少版本号" in text and "刚刚已由" not in text
    assert play.session.get(Case, case.id, populate_existing=True).state == "asked"


def test_the_clock_says_who_has_not_answered_and_since_when(reader, play, clock):
    case = play.asked()
    page = reader("village.secretary").get(f"/cases/{case.id}")
    assert (
        "青溪镇党委自 11月24日 起应答复；到 12月4日 星期五 仍未答复的，系统记为“上级逾期未批复”。"
        in page.main
    )
    play.on("2026-12-04").move(case, None, "lapse")
    page = reader("village.secretary").get(f"/cases/{case.id}")
    assert page.main.count("青溪镇党委自 11月24日 起未答复。") == 2


def test_one_who_asks_is_not_warned_of_a_rule_for_those_who_answer(reader, play):
    case = play.asked()
    for name in ("village.secretary", "village.organizer"):
        assert "提出请示的人不能自己批复" not in reader(name).get(f"/cases/{case.id}").main
        assert "提出请示的人不能自己批复" not in reader(name).get("/desk?box=waiting").main


def test_months_of_two_years_are_told_apart(reader, world, session):
    for number in (2026, 2027):
        plan_year(session, [world.units["village"]], number, at("2026-11-24"))
    session.commit()
    assert reader("village.secretary").get("/new/date_change").links("2027年1月")


def test_a_case_of_an_unknown_version_is_listed_with_its_stored_state(reader, play, session, api):
    """A list never dies of one case; nothing can be done to it here, and it says why."""
    case, other = play.asked(), play.asked(name="organ.secretary", unit="organ")
    session.execute(sa.update(Case).where(Case.id == case.id).values(definition_version=99))
    session.commit()
    for name in ("town1.officer", "village.secretary"):
        assert (
            "asked（流程第 99 版不在当前程序中，只能查看）"
            in reader(name)
            .get(f"/desk?box={'mine' if name == 'town1.officer' else 'waiting'}")
            .main
        )
    assert "只能查看" in reader("town1.officer").get(f"/cases/{case.id}").main
    items = {item["id"]: item for item in api("town1.officer").get("/queue")["items"]}
    assert set(items) == {case.id, other.id} and "第 99 版" in items[case.id]["label"]
    assert api("town1.officer").get(f"/cases/{case.id}")["moves"] == []


def test_a_late_report_without_a_day_of_recovery_is_left_to_the_superior_with_a_warning(play):
    """3 working days from the original day: from Friday 4 December to Wednesday the 9th."""
    late = play.on("2026-12-10").open("village.secretary")
    play.move(late, "village.secretary", "report_late")
    assert "没有写情况恢复的日期" in play.journal(late)[-1].result["warned"][0]
    other = play.on("2026-12-09").open("community.secretary", "community")
    play.move(other, "community.secretary", "report_late")
    assert "warned" not in play.journal(other)[-1].result
