"""The decision of one move in memory: the machine and its guards, nothing of a database."""

from __future__ import annotations

from types import SimpleNamespace

from .product import Program, find


class Firing(Program):
    """The thinnest move, fired for a case that was never written."""

    def run(self, n: int) -> None:
        """Fire so many times, by an actor whose standing is known."""
        machine, law = find("engine", "machine"), find("law", "current")("bench_thin")
        make = find("attempt", "TransitionContext", "Attempt")
        move = law.move(law.state("draft"), "submit")
        case = SimpleNamespace(id="", facts={}, raised=0, unit_id="")
        for _ in range(n):
            attempt = make(None, law, case, move, None, self.at, raw={}, state="draft")
            attempt.standing = attempt.basis = STANDS
            machine(law).events["submit"].trigger(attempt)
        assert attempt.state == "pending"


STANDS = object()
