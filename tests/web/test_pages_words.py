"""What a page says of a workflow is what its definition says:

phrases, consequences, days, settings.
"""

from __future__ import annotations

from dataclasses import replace

import pytest
import sqlalchemy as sa

from oversight import workflows
from oversight.base.settings import switch
from oversight.engine import transitions
from oversight.law.clauses import house_rule
from oversight.law.definition import Field, Move, State, Workflow
from oversight.law.roles import BRANCH
from oversight.models import Case, JournalRow, ZoneSettingRow
from tests.support.world import MADE

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
GONE = {"reason": "年老体弱", "from_on": "2026-12-01", "until": "2027-06-01"}
ASKED = State("asked", "在办", waits_on=BRANCH)
FINISH = Move(
    "finish",
    "完成",
    ASKED,
    State("done", "完成了"),
    by=BRANCH,
    under=house_rule("玩具规则。"),
    asks=(Field("with_unit", "unit", "和哪个单位", required=False),),
)
TOY = Workflow(
    "toy",
    "玩具",
    version=1,
    opens=ASKED,
    opened_by=BRANCH,
    facts=(Field("day", "date", "哪天"),),
    moves=(FINISH,),
)


@pytest.fixture
def toy():
    """Register a workflow in the shape that a test wants."""

    def make(**more) -> Workflow:
        workflows.register(replace(TOY, **more))
        return workflows.current("toy")

    yield make
    workflows.forget("toy")
    transitions.forget_machine("toy")


@pytest.fixture
def frail(play):
    """Two members of the village who ask to be excused, supported by their branch."""
    found = []
    for name in ("village.member1", "village.member2"):
        person = play.world.people[name].id
        case = play.open(name, workflow="exemption", member=person, **GONE)
        found.append(play.say(case, "village.secretary", "support", {}))
    return found


def opinions(session, *cases) -> list[str]:
    rows = sa.select(JournalRow.words).where(
        JournalRow.case_id.in_([case.id for case in cases]), JournalRow.move == "approve"
    )
    return [words.get("opinion") for words in session.scalars(rows)]


# One answer for many ------------------------------------------------------------------------------


def test_many_exemptions_are_answered_in_the_words_of_an_exemption(reader, frail, session):
    officer = reader("town1.officer")
    ids = [case.id for case in frail]
    ask = officer.submit(officer.get("/desk"), "/desk/bulk", case=ids)
    assert "不计入应到" in ask.main
    assert "党日随之变更" not in ask.main and "新日期" not in ask.main
    officer.submit(ask, "/desk/bulk")
    session.expire_all()
    assert [session.get(Case, one).state for one in ids] == ["in_force", "in_force"]
    assert opinions(session, *frail) == ["同意。", "同意。"]


def test_months_put_off_are_answered_in_the_words_proposed(reader, play, session):
    facts = {"asks": "excuse", "month": "2026-11", "reason": "停产检修，全员外出培训"}
    ids = [
        play.open(f"{unit}.secretary", unit, workflow="month_report", **facts).id
        for unit in ("firm", "soe")
    ]
    officer = reader("town1.officer")
    ask = officer.submit(officer.get("/desk"), "/desk/bulk", case=ids)
    officer.submit(ask, "/desk/bulk")
    session.expire_all()
    assert [session.get(Case, one).state for one in ids] == ["excused", "excused"]
    said = sa.select(JournalRow.words).where(JournalRow.move == "excuse_month")
    assert [words["opinion"] for words in session.scalars(said)] == ["同意。", "同意。"]


def test_each_kind_has_a_text_of_its_own(reader, play, frail, session):
    moved, officer = play.asked(), reader("town1.officer")
    ask = officer.submit(officer.get("/desk"), "/desk/bulk", case=[moved.id, frail[0].id])
    assert "党日随之变更" in ask.main and "不计入应到" in ask.main
    empty = officer.submit(ask, "/desk/bulk", 422, **{"say-exemption": " "})
    assert session.get(Case, moved.id).state == "asked", "one text missing stops all"
    officer.submit(empty, "/desk/bulk", **{"say-exemption": "同意照顾。"})
    session.expire_all()
    assert opinions(session, moved) == ["同意，请按新日期组织。"]
    assert opinions(session, frail[0]) == ["同意照顾。"]


def test_an_answer_without_a_word_is_not_made_up(reader, frail, session):
    officer = reader("town1.officer")
    page = officer.get(f"/cases/{frail[0].id}")
    assert "与镇级活动冲突" not in page.main and "写进批复" not in page.main
    officer.submit(page, "/moves/approve", say="")
    assert opinions(session, frail[0]) == [None]


# What a fact means --------------------------------------------------------------------------------


def test_a_fact_called_day_is_no_party_day(reader, toy):
    toy()
    page = reader("village.secretary").get("/new/toy")
    assert page.value("day") == ""
    assert "党日" not in page.main and "12月4日" not in page.main


def test_a_fact_that_holds_a_party_day_is_filled_in(reader, toy):
    toy(party_day="day")
    assert reader("village.secretary").get("/new/toy").value("day") == "2026-12-04"


def test_a_word_may_name_a_unit(reader, toy, world, session):
    toy()
    branch, other = reader("village.secretary"), world.units["school"]
    page = branch.submit(branch.get("/new/toy"), "/new/toy", day="2026-12-30")
    assert f'value="{other.id}"' in page.html and "实验学校党支部" in page.main
    assert f'value="{world.units["village"].id}"' not in page.main
    done = branch.submit(page, "/moves/finish", with_unit=other.id)
    assert "和哪个单位：实验学校党支部" in done.main


# What a zone offers -------------------------------------------------------------------------------


def test_what_the_zone_has_not_turned_on_is_not_offered(reader, api, toy, world, session):
    toy(setting=switch("toys", "玩具", "开办以后可以玩。"))
    branch, village = reader("village.secretary"), world.units["village"]
    facts = {"workflow": "toy", "day": "2026-12-30"}
    assert "玩具" not in branch.get("/new").main and "玩具" not in branch.get("/law").main
    assert "没有开办" in branch.get("/new/toy", 404).main
    api("village.secretary").open(village, 404, **facts)
    names = [one["name"] for one in api("village.secretary").get("/workflows")["items"]]
    assert "toy" not in names
    session.add(ZoneSettingRow(zone_id=world.zone.id, name="toys", value="on", at=MADE))
    session.commit()
    assert "玩具" in reader("village.secretary").get("/new").main
    api("village.secretary").open(village, 201, **facts)


def test_a_setting_of_a_workflow_stands_among_the_zone_s(reader, toy):
    toy(setting=switch("toys", "玩具", "开办以后可以玩。"))
    assert "开办以后可以玩。" in reader("zone.sysadmin").get("/zone/settings").main
