"""A fixed play of changes through the API and the pages: every workflow, and refusals of each kind."""

from __future__ import annotations


def play(stage) -> list[str]:
    """Make every change in turn and return what came of each."""
    return []
