"""Rest days, deadlines and party days: what follows when they change, and what a first roster leaves."""

from __future__ import annotations

import pytest
import sqlalchemy as sa

from oversight.base.sealing import Sealer
from oversight.models import Unit
from oversight.organization.members import members
from oversight.register.roster import apply
from oversight.time import sweep
from tests.support.client import Api, token_for
from tests.support.messy import tidy
from tests.support.power import confirm_all
from tests.support.world import at

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
HEAD = "date,kind,name,source\n"


def bring(reader, lines: str) -> None:
    """Import rest days by page, pasted."""
    admin = reader("zone.sysadmin")
    admin.submit(admin.get("/admin/calendar"), "/calendar", text=HEAD + lines, sure="1")


@pytest.fixture
def rest_days_announced(reader, session, play):
    """A request of 24 November, after which the 26th and the 27th become rest days."""
    case = play.asked()
    bring(reader, "2026-11-26,rest,临时放假,区通知\n2026-11-27,rest,临时放假,区通知\n")
    sweep.sweep(session, at("2026-11-24"))
    return case


def test_a_deadline_follows_the_calendar(api, rest_days_announced):
    case = api("town1.officer").get(f"/cases/{rest_days_announced.id}")
    assert case["due_on"] == "2026-12-01"


def test_nothing_grows_overdue_on_days_that_became_rest_days(
    api, session, clock, rest_days_announced
):
    clock.now = at("2026-11-28").now
    sweep.sweep(session, at("2026-11-28"))
    assert not api("town1.officer").get(f"/cases/{rest_days_announced.id}")["overdue"]


def test_the_first_month_of_a_new_branch_can_be_recorded(app, session, world, play, clock):
    today = at("2026-12-09")
    clock.now = today.now
    names = ["王建国", "李秀英", "张永强", "赵国庆", "钱小明", "孙丽华", "周志强", "吴桂芳"]
    lines = [["新河村党支部", name, "1990-07-01", "", "", "", ""] for name in names]
    lines[0][4] = "书记"
    data = tidy(lines, [["新河村党支部", "农村", "青溪镇党委"]])
    found = apply.read(session, world.zone, data, "r.xlsx", Sealer("t" * 32), today)
    apply.apply(session, found, None, today, True)
    session.commit()
    confirm_all(session, world, today)
    sweep.sweep(session, today)
    branch = session.scalar(sa.select(Unit).where(Unit.name == "新河村党支部"))
    world.units["new"] = branch
    activity = play.activity("new")
    people = members(session, branch.id, today.today)
    secretary = next(one for one in people if one.name == "王建国")
    path, day = f"/activities/{activity.id}/attendance", activity.day.isoformat()
    sheet = {"present": [one.id for one in people], "held_on": day, "host": secretary.id}
    Api(app, token_for(secretary)).post(path, sheet, key="first")
