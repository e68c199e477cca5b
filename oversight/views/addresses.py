"""Rules of addresses that are made ready when they are first used.

Werkzeug writes and compiles two functions for every rule at the start: with two hundred rules a tenth of
it, and a request uses a dozen.
"""

from __future__ import annotations

from typing import Any

from werkzeug.routing import Rule


class Address(Rule):
    """A rule that compiles what writes its address when the first address is written."""

    def _compile_builder(self, append_unknown: bool = True) -> Any:
        compiled = super()._compile_builder
        made: list = []

        def build(rule: Rule, **values):
            if not made:
                made.append(compiled(append_unknown))
            return made[0](rule, **values)

        return build
