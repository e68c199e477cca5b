"""The sweep's lists: as long as a transaction may keep people from writing, and all of them once."""

from __future__ import annotations

import pytest

from oversight.time.sweep import FIRST_LIST, HOLDS, LIST, _lists


class Hands:
    """A clock that goes on while things are done, so many seconds each."""

    def __init__(self, each: float):
        self.each, self.now = each, 0.0

    def lists(self, n: int) -> list[list[int]]:
        found = []
        for some in _lists(list(range(n)), lambda: self.now):
            self.now += self.each * len(some)
            found.append(some)
        return found


@pytest.mark.parametrize("each", [0, 0.0001, 0.006, 0.05, 2])
def test_every_key_is_in_one_list(each):
    found = Hands(each).lists(1_234)
    assert sum(found, []) == list(range(1_234))
    assert max(map(len, found)) <= LIST


@pytest.mark.parametrize("each", [0.002, 0.006, 0.05])
def test_after_the_first_none_takes_longer_than_it_may(each):
    first, *others = Hands(each).lists(1_000)
    assert len(first) == FIRST_LIST
    assert max(len(some) * each for some in others) <= HOLDS


def test_what_is_slow_is_done_one_by_one():
    assert {len(some) for some in Hands(1).lists(200)[1:]} == {1}
