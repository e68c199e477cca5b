"""Inserting once: the answer tells the truth on both databases; whoever claims something relies on
it.
"""

import sqlalchemy as sa

from oversight.base.db import insert_all_once, insert_once
from oversight.models import NumberSeries


def numbers(world, year: int) -> dict:
    unit, zone = world.units["town1"].id, world.zone.id
    return {"unit_id": unit, "series": "", "year": year, "zone_id": zone, "last": 0}


def test_only_the_first_is_told_that_it_inserted(session, world):
    row = numbers(world, 2026)
    assert insert_once(session, NumberSeries, **row) is True
    assert insert_once(session, NumberSeries, **row) is False
    assert insert_once(session, NumberSeries, **{**row, "year": 2027}) is True


def test_of_a_list_those_are_inserted_whose_key_is_free(session, world):
    insert_all_once(session, NumberSeries, [numbers(world, year) for year in (2026, 2027, 2026)])
    insert_all_once(session, NumberSeries, [{**numbers(world, 2026), "last": 9}])
    found = session.execute(sa.select(NumberSeries.year, NumberSeries.last))
    assert sorted(map(tuple, found)) == [(2026, 0), (2027, 0)]
