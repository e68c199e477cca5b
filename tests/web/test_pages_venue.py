"""The pages of 借用活动阵地: asked, passed on and answered by forms alone."""

from __future__ import annotations

import pytest

from tests.db.test_venue_walk import lending

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


def test_a_venue_is_asked_for_and_lent_by_forms_alone(reader, session, world):
    lending(session, world)
    owner = world.units["community"]
    branch, town, lender = (
        reader(name) for name in ("village.secretary", "town1.officer", "community.secretary")
    )
    form = branch.get("/new/venue")
    assert form.value("day") == "" and f'value="{owner.id}"' in form.html
    words = {"place": "党员活动室", "day": "2026-12-11", "purpose": "12 月主题党日"}
    assert "请填写“阵地属于哪个单位”。" in branch.submit(form, "/new/venue", 422, **words).main
    asked = branch.submit(form, "/new/venue", owner=owner.id, **words)
    assert "桃源社区党支部" in asked.main and "等 青溪镇党委 办理" in asked.main
    path = asked.path
    town.submit(town.get(path), "/moves/forward", opinion="同意")
    page = lender.get(path)
    shown = page.main[page.main.index("关于同意借用党员活动室的复函") :]
    assert "2026年12月11日（星期五）借用党员活动室" in shown and "（待编号）" in page.main
    done = lender.submit(page, "/moves/approve", opinion="")
    assert "函〔2026〕1号" in done.main and "（待编号）" not in done.main
    assert "2026年12月11日（星期五）借用党员活动室" in branch.get(path).main
    assert "不再借用" in branch.get(path).main
    more = {"day": "2026-12-14", "part": "afternoon"}
    form = branch.submit(branch.get("/new/venue"), "/new/venue", owner=owner.id, **words | more)
    assert "12月14日下午" in town.get("/desk").main.replace(" ", "")
