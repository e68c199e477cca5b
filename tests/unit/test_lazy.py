"""A property worked out once: nobody waits for what another reader's page asks."""

from __future__ import annotations

import threading
from pathlib import Path

from oversight.base.lazy import cached_property

ROOT = Path(__file__).resolve().parents[2]
LOCKED = "from functools import", "cached_property"


class Page:
    def __init__(self, until: threading.Event | None = None):
        self.until, self.asked = until, 0

    @cached_property
    def rows(self) -> int:
        """Ask a database that may be slow."""
        self.asked += 1
        assert self.until is None or self.until.wait(20)
        return self.asked


def test_it_is_worked_out_once_and_may_be_told_otherwise():
    page = Page()
    assert (page.rows, page.rows, page.asked) == (1, 1, 1)
    del page.__dict__["rows"]
    assert page.rows == 2
    assert Page.rows.__doc__ == "Ask a database that may be slow."


def test_one_that_waits_holds_nobody_else_up():
    until, found = threading.Event(), []
    slow = Page(until)
    waiting = threading.Thread(target=lambda: slow.rows)
    other = threading.Thread(target=lambda: found.append(Page().rows), daemon=True)
    waiting.start()
    while not slow.asked:
        pass
    other.start()
    other.join(10)
    answered = list(found)
    until.set()
    waiting.join(20)
    assert answered == [1]


def test_no_module_takes_the_one_that_locks():
    for path in (ROOT / "oversight").rglob("*.py"):
        lines = path.read_text("utf-8").splitlines()
        assert not [one for one in lines if all(word in one for word in LOCKED)], path
