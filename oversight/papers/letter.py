"""What every letter is made of, whether it is only shown or issued under a number."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

from oversight.base.sentences import N_
from oversight.models import Unit
from oversight.organization import standing

if TYPE_CHECKING:
    from oversight.rules.context import TransitionContext

BLANK_DAY = N_("　　年　月　日")


def chinese_day(day: date | None) -> str:
    """Write a date as official letters do: no zero padding, blank where it is still to be set."""
    return f"{day.year}年{day.month}月{day.day}日" if day else BLANK_DAY


def letter(
    attempt: TransitionContext, unit: Unit, title: str, to: str, paragraphs: list[str]
) -> dict:
    """Compose a letter of a unit as of the day of the attempt; empty paragraphs are left out."""
    return {
        "title": title,
        "to": f"{to}：",
        "paragraphs": [text for text in paragraphs if text],
        "from": unit.name,
        "date": chinese_day(attempt.today),
    }


def seat(attempt: TransitionContext) -> Unit:
    """Return the unit on whose ground a move is made."""
    return standing.unit(attempt.session, attempt.case.zone_id, attempt.basis.unit_id)
