"""A year lived by made-up branches (`oversight simulate`): the same seed tells the same, what must hold holds,
and looking back or ahead agrees with the clock.
"""

from __future__ import annotations

import json
import os
from datetime import date
from xml.etree import ElementTree

import pytest
import sqlalchemy as sa
from click.testing import CliRunner

from oversight import cli
from oversight.base.clock import Clock
from oversight.base.refusals import RuleViolation
from oversight.commands.simulate import CLOCKWORK
from oversight.demo import lived
from oversight.demo.lived import checks, picture
from oversight.demo.lived.meter import Meter
from oversight.ledger.tally import Tally, total
from oversight.models import Unit
from oversight.models.organizations import CATEGORIES

WHOLE = bool(os.environ.get("OVERSIGHT_WHOLE"))
YEAR = 2026


def broken(found: lived.Year) -> dict[str, list[str]]:
    return {one.name: one.wrong for one in found.checks if not one.holds}


def tally(session, at) -> Tally:
    found = total(line.tally for office in checks.offices_at(session, at) for line in office.lines)
    session.close()
    return found


def test_a_quarter_of_four_branches_holds(session, stage):
    months = 12 if WHOLE else 3
    found = lived.live(session, YEAR, 8 if WHOLE else 4, 3, Clock(), CLOCKWORK, months=months)
    assert broken(found) == {}
    assert found.counts["attendance"] > 50 and found.counts["journal"] > 100
    assert found.life.held_by_nobody == set()
    costs = found.meter.of_months()
    assert set(costs) == set(range(1, months + 1)) and all(
        cost.statements for cost in costs.values()
    )


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_one_seed_tells_one_year(session, stage, app):
    digests = []
    for seed in (5, 5, 6):
        stage.lay(inhabited=False)
        digests.append(lived.live(session, YEAR, 3, seed, Clock(), CLOCKWORK, months=1).digest)
        stage.close()
    assert digests[0] == digests[1] != digests[2]


def test_only_an_empty_database_is_lived_in(session, world):
    with pytest.raises(RuleViolation, match="空的数据库"):
        lived.live(session, YEAR, 2, 1, Clock(), CLOCKWORK, months=1)


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_of_all_categories_looking_back_and_ahead_agree_with_the_clock(session, stage):
    """What the ledger said on a day is what it says of that day later; what it says will be if nobody acts
    is what is when nobody has acted.
    """
    looked, clock, months = {}, Clock(), 11 if WHOLE else 2
    days = [date(YEAR, month, day) for month in range(1, months + 1) for day in (1, 15, 27)]

    def look(day):
        if day in days:
            at = clock.at(day, 23)
            looked[at] = tally(session, at)

    found = lived.live(session, YEAR, 8, 11, clock, CLOCKWORK, months=months, day_done=look)
    assert broken(found) == {}
    kinds = session.scalars(sa.select(Unit.category).where(Unit.kind == "branch"))
    assert set(kinds) == set(CATEGORIES)
    assert [tally(session, at) for at in looked] == list(looked.values()) and len(looked) == len(
        days
    )
    ahead = clock.at(date(YEAR, months + 1, 20), 23)
    foreseen = tally(session, ahead)
    assert foreseen != looked[max(looked, key=lambda at: at.now)]
    found.life.acting = False
    with Meter(session.connection().engine):
        for number in range(1, 21):
            found.life.live(date(YEAR, months + 1, number))
    assert tally(session, ahead) == foreseen


def test_what_is_dropped_is_found(session, stage):
    """Each check can fail: break what it holds and see."""
    found = lived.live(session, YEAR, 3, 4, Clock(), CLOCKWORK, months=1)
    life, at = found.life, Clock().at(date(YEAR, 1, 31), 23)
    for statement in (
        "UPDATE cases SET state = 'made_up' WHERE workflow = 'absence'",
        "UPDATE cases SET wake_on = '2026-01-02' WHERE closed_at IS NULL",
        "UPDATE activities SET confirmed_at = NULL, held_on = NULL",
    ):
        session.execute(sa.text(statement))
    life.left.clear()
    names = [
        one.name
        for one in checks.hold(session, life, checks.offices_at(session, at), at)
        if one.wrong
    ]
    assert len(names) >= 3, names


def test_the_command_lives_apart_and_tells_all(tmp_path):
    kept, drawn = tmp_path / "kept", tmp_path / "year.svg"
    words = ["simulate", str(YEAR), "--branches", "2", "--months", "1", "--json"]
    done = CliRunner().invoke(cli.main, [*words, "--svg", str(drawn), "--keep", str(kept)])
    assert done.exit_code == 0, done.output
    told = json.loads(done.stdout)
    assert told["branches"] == 2 and len(told["digest"]) == 64 and told["requests"] > 5
    assert all(one["holds"] for one in told["checks"]) and told["months"][0]["cpu_ms"] > 0
    assert (kept / "oversight.db").exists()
    root = ElementTree.parse(drawn).getroot()
    assert "1 月" in root.find("{http://www.w3.org/2000/svg}desc").text
    again = CliRunner().invoke(cli.main, [*words, "--keep", str(kept)])
    assert again.exit_code == 1 and "还没有的目录" in again.output


def test_what_cannot_be_written_is_said_before_a_year_is_lived(tmp_path, monkeypatch):
    monkeypatch.setattr(lived, "live", lambda *_one, **_more: pytest.fail("lived all the same"))
    there, fresh = tmp_path / "year.svg", tmp_path / "new.svg"
    there.touch()
    done = CliRunner().invoke(cli.main, ["simulate", str(YEAR), "--svg", str(there)])
    assert done.exit_code == 1 and "已经有了" in done.output
    words = ["simulate", str(YEAR), "--svg", str(fresh), "--keep", str(tmp_path)]
    done = CliRunner().invoke(cli.main, words)
    assert done.exit_code == 1 and "还没有的目录" in done.output and not fresh.exists()


def test_the_picture_of_a_year_says_its_figures():
    drawn = picture.draw(YEAR, Tally({(3, "day", "settled"): 4, (3, "day", "overdue"): 1}), {})
    assert "3 月：" in drawn and "4" in drawn and ElementTree.fromstring(drawn) is not None


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_what_goes_to_every_branch_asks_no_more_of_more_branches(session, stage):
    """Found by 200 branches: a theme's signature read each branch by itself."""
    most = []
    for branches in (2, 10):
        stage.lay(inhabited=False)
        found = lived.live(session, YEAR, branches, 9, Clock(), CLOCKWORK, months=1)
        most.append(found.meter.of_acts()["theme.sign"].most)
        stage.close()
    assert most[1] <= most[0] + 2  # where more was deferred before; not one for each branch
