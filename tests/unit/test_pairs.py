"""The rows of the simulated year cover what they claim."""

from __future__ import annotations

from itertools import combinations

from tests.db.test_settings_year import FACTORS
from tests.support.pairs import pairwise


def test_the_rows_cover_every_value_and_every_pair():
    rows = pairwise(FACTORS)
    assert len(rows) < 70
    for one, two in combinations(FACTORS, 2):
        wanted = {(a, b) for a in FACTORS[one] for b in FACTORS[two]}
        assert {(row[one], row[two]) for row in rows} == wanted
