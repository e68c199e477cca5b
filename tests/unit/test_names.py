"""People and units of one name are told apart by as little as it takes."""

from __future__ import annotations

from datetime import date
from types import SimpleNamespace

import pytest

from oversight.organization.names import told_apart, units_apart


def person(key: str, name: str = "王伟", number: str | None = None, joined: int | None = None):
    day = date(joined, 7, 1) if joined else None
    return SimpleNamespace(id=key, name=name, number=number, joined_on=day)


@pytest.mark.parametrize(
    "people, units, said",
    [
        ([person("a"), person("b", "李娜")], {}, ["王伟", "李娜"]),
        (
            [person("a", number="1"), person("b", number="2")],
            {"a": "东村党支部", "b": "西村党支部"},
            ["王伟（东村党支部）", "王伟（西村党支部）"],
        ),
        (
            [person("a", number="1"), person("b", number="2")],
            {"a": "东村党支部", "b": "东村党支部"},
            ["王伟（编号 1）", "王伟（编号 2）"],
        ),
        (
            [person("a", joined=1990), person("b", joined=2015)],
            {},
            ["王伟（1990-07-01 入党）", "王伟（2015-07-01 入党）"],
        ),
        ([person("a", number="7"), person("b")], {}, ["王伟（编号 7）", "王伟"]),
        ([person("b"), person("a")], {}, ["王伟（2）", "王伟（1）"]),
    ],
)
def test_people_are_told_apart_by_what_is_known(people, units, said):
    called = told_apart(people, units)
    assert [called[one.id] for one in people] == said


def test_units_are_told_apart_by_what_stands_above():
    units = [SimpleNamespace(id=key, name=name) for key, name in (("a", "石桥村"), ("b", "石桥村"))]
    called = units_apart(units, {"a": "青溪镇党委", "b": "柏岭镇党委"})
    assert list(called.values()) == ["石桥村（青溪镇党委）", "石桥村（柏岭镇党委）"]
