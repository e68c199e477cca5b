"""Every consent is a numbered reply, in the zone's own series. House rule; from issue part 6, 4."""

from __future__ import annotations

import pytest

from oversight.models import ZoneSettingRow
from tests.db.test_appraisal_walk import Appraising
from tests.db.test_exemption import ask as asks_to_stay_away
from tests.db.test_month_report import ask as puts_off
from tests.db.test_month_report import late as reports_late
from tests.support.actors import Play
from tests.support.world import at

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


@pytest.fixture
def play(session, world):
    return Play(session, world)


def revoked(play):
    return play.move(play.approved(), "town1.officer", "revoke")


def cancelled(play):
    case = play.move(play.approved(), "village.secretary", "ask_cancel")
    return play.move(case, "town1.officer", "cancel")


def put_off(play):
    return play.move(play.asked(), "town1.officer", "excuse_month")


def put_off_by_a_firm(play):
    return play.say(puts_off(play), "town1.officer", "excuse_month", {})


def accepted_late(play):
    return play.say(reports_late(play), "town1.officer", "accept_late", {})


def accepted_late_of_a_fixed_day(play):
    case = play.on("2026-12-07").open("village.secretary")
    case = play.move(case, "village.secretary", "report_late")
    return play.move(case, "town1.officer", "accept_late")


def exempted(play):
    case = play.move(asks_to_stay_away(play), "village.secretary", "support")
    return play.move(case, "town1.officer", "approve")


def not_counted(play):
    made = Appraising.of_eight(play.session, play.world)
    made.begin()
    who = {made.people["village.more1"]: "abroad"}
    made.lead("ask_not_counted", members=who)
    return made.do("town1.officer", "consent_not_counted", opinion="同意")


CONSENTS = {
    revoked: "撤销",
    cancelled: "取消变更",
    put_off: "暂缓开展",
    put_off_by_a_firm: "暂缓开展",
    accepted_late: "认可",
    accepted_late_of_a_fixed_day: "认可",
    exempted: "免予参加",
    not_counted: "不计入",
}


@pytest.mark.parametrize("consent", CONSENTS, ids=lambda one: one.__name__)
def test_every_consent_is_a_numbered_reply(play, consent):
    papers = play.papers(consent(play))
    assert [paper.number for paper in papers] == [
        f"青委党日〔2026〕{n}号" for n in range(1, len(papers) + 1)
    ]
    last = papers[-1]
    assert last.kind == "reply" and CONSENTS[consent] in last.body["title"] and not last.void_at


def test_the_zone_names_the_series(play):
    row = {"name": "reply_series", "value": "党建复", "at": at("2026-01-01").now}
    play.session.add(ZoneSettingRow(zone_id=play.world.zone.id, **row))
    play.session.commit()
    assert play.approved().number == "青委党建复〔2026〕1号"
