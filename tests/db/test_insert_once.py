"""Inserting once: the answer tells the truth on both databases; whoever claims something relies on
it.
"""

from oversight.base.db import insert_once
from oversight.models import NumberSeries


def test_only_the_first_is_told_that_it_inserted(session, world):
    row = {
        "unit_id": world.units["town1"].id,
        "series": "",
        "year": 2026,
        "zone_id": world.zone.id,
        "last": 0,
    }
    assert insert_once(session, NumberSeries, **row) is True
    assert insert_once(session, NumberSeries, **row) is False
    assert insert_once(session, NumberSeries, **{**row, "year": 2027}) is True
