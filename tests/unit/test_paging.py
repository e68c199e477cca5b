"""Parts of lists, and what says that there is more."""

from __future__ import annotations

from oversight.base.paging import First, part


def test_a_part_says_where_it_goes_on():
    assert part(list("abcde"), "", 2) == (["a", "b"], "b")
    assert part(list("abcde"), "d", 2) == (["e"], None)
    assert part(list("abcd"), "b", 2) == (["c", "d"], None)
    assert part(list("abc"), "gone", 2) == (["a", "b"], "b")
    assert ([*First("abc", 2)], First("abc", 2).more, First("ab", 2).more) == (
        ["a", "b"],
        True,
        False,
    )
