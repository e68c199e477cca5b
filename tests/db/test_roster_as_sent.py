"""Rosters as offices send them: names, numbers, days and telephones that used to be lost or to stop
everything.
"""

from __future__ import annotations

import io
from datetime import date

import openpyxl
import pytest
import sqlalchemy as sa

from oversight.base.refusals import DomainError
from oversight.base.sealing import Sealer
from oversight.models import Person
from oversight.register.roster import apply
from tests.support.messy import tidy
from tests.support.world import at

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
NOW = at("2026-11-24")
HEAD = ["支部名称", "姓名"]


@pytest.fixture
def bring(session, world):
    """Import a workbook; returns the sentences that refuse it, none where it was taken."""

    def go(data: bytes) -> list[str]:
        try:
            found = apply.read(session, world.zone, data, "名册.xlsx", Sealer("t" * 32), NOW)
            apply.apply(session, found, None, NOW, True)
        except apply.Troubled as no:
            session.rollback()
            return no.troubles
        except DomainError as no:
            session.rollback()
            return [no.sentence]
        session.commit()
        return []

    return go


def named(session, name: str) -> list[Person]:
    return list(session.scalars(sa.select(Person).where(Person.name == name)))


def line(*cells: str, head: str = "入党日期") -> bytes:
    """Make a workbook of one member of the village."""
    return tidy([["石桥村党支部", *cells]], header=[*HEAD, head])


# Names --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["王\ue863华", "李\U000f0001明明"], ids=["BMP", "plane 15"])
def test_private_use_characters_are_kept_or_refused_by_name(session, bring, name):
    refused = bring(line(name, "2010-07-01"))
    kept = session.scalar(sa.select(Person.name).where(Person.joined_on == date(2010, 7, 1)))
    assert kept == name or any(name in sentence for sentence in refused)


@pytest.mark.parametrize("name", ["王\U0002ebf0明", "王\U000323b0明"], ids=["CJK I", "CJK J"])
def test_new_characters_for_names_are_kept(session, bring, name):
    assert bring(line(name, "2010-07-01")) == [] and named(session, name)


def test_ling_is_a_character_of_names(session, bring):
    assert bring(line("张一〇", "2010-07-01")) == [] and named(session, "张一〇")


def test_a_number_tells_that_a_misspelt_name_is_put_right(session, world, bring):
    person = world.people["village.member1"]
    person.name, person.number, person.joined_on = "王慰民", "Q-001", date(1990, 7, 1)
    session.commit()
    cells = [["石桥村党支部", "王卫民", "Q-001", "1990-07-01"]]
    assert bring(tidy(cells, header=[*HEAD, "编号", "入党日期"])) == []
    assert [one.id for one in named(session, "王卫民")] == [person.id]


def test_one_person_in_two_branches_is_one_or_refused(session, bring):
    cells = [[unit, "诸葛建国", "1987-03-09"] for unit in ("石桥村党支部", "桃源社区党支部")]
    assert bring(tidy(cells, header=[*HEAD, "入党日期"])) or len(named(session, "诸葛建国")) == 1


def test_a_month_never_overwrites_an_exact_day(session, world, bring):
    person = world.people["village.member1"]
    person.name, person.number, person.joined_on = "王卫民", "Q-001", date(1990, 7, 16)
    session.commit()
    cells = [["石桥村党支部", "王卫民", "Q-001", "1990年7月"]]
    assert bring(tidy(cells, header=[*HEAD, "编号", "入党日期"])) == []
    assert [one.joined_on for one in named(session, "王卫民")] == [date(1990, 7, 16)]


# Telephones and numbers ---------------------------------------------------------------------------


@pytest.mark.parametrize("phone", ["0722-3591234", "无", "-", "13800138000/0722-3591234"])
def test_no_telephone_stops_a_roster(session, bring, phone):
    assert bring(line("王建国", phone, head="联系电话")) == [] and named(session, "王建国")


def numbered(value, shown_as: str = "General") -> bytes:
    book = openpyxl.Workbook()
    book.active.append([*HEAD, "编号"])
    book.active.append(["石桥村党支部", "王建国", value])
    book.active["C2"].number_format = shown_as
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def test_a_number_is_read_as_it_is_shown(session, bring):
    assert bring(numbered(123, "00000")) == []
    assert [one.number for one in named(session, "王建国")] == ["00123"]


def test_a_number_in_figures_of_ten_is_refused(bring):
    assert bring(numbered("4.2130001E+17"))


def test_who_only_shares_a_number_is_not_renamed(session, world, bring):
    person = world.people["village.member1"]
    person.name, person.number, person.joined_on = "王慰民", "Q-001", date(1990, 7, 1)
    session.commit()
    cells = [["石桥村党支部", "赵卫国", "Q-001", "2001-07-01"]]
    assert "请核对编号或姓名" in bring(tidy(cells, header=[*HEAD, "编号", "入党日期"]))[0]


def test_a_month_fills_an_empty_day_and_another_month_changes_none(session, world, bring):
    known, empty = (world.people[f"village.member{number}"] for number in (1, 2))
    known.name, known.joined_on, empty.name, empty.joined_on = (
        "王卫民",
        date(1990, 7, 1),
        "李娜",
        None,
    )
    session.commit()
    cells = [["石桥村党支部", "王卫民", "1990年8月"], ["石桥村党支部", "李娜", "1991年7月"]]
    assert bring(tidy(cells, header=[*HEAD, "入党日期"])) == []
    session.expire_all()
    assert (known.joined_on, empty.joined_on) == (date(1990, 7, 1), date(1991, 7, 1))


def test_party_membership_alone_makes_no_probationer_full(session, world, bring):
    person = world.people["village.member1"]
    person.name, person.probationary = "王卫民", True
    session.commit()
    assert bring(line("王卫民", "中共党员", head="政治面貌")) == []
    session.expire_all()
    assert person.probationary
    assert bring(line("王卫民", "否", head="是否预备党员")) == []
    session.expire_all()
    assert not person.probationary
