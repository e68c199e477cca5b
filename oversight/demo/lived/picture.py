"""A lived year drawn month by month: how its obligations stand at the end, and what a request cost."""

from __future__ import annotations

from collections.abc import Iterator
from html import escape

from oversight.base.sentences import N_, say
from oversight.ledger.obligations import EXPLAINED, OF_THEM, STATES
from oversight.ledger.tally import Tally, whole

from .meter import Cost

WIDTH, HEIGHT, LEFT, TOP, STEP, BAR = 760, 360, 60, 48, 56, 34
COLOURS = {
    "settled": "#3a7d44",
    "excused": "#7aa5c9",
    "deployed": "#a3b8c8",
    "open": "#d9a441",
    "overdue": "#b3392f",
}
TITLE = N_("%(year)s 年模拟：各月应办事项和每次办理的用时")


def draw(year: int, tally: Tally, costs: dict[int, Cost]) -> str:
    """Return the picture as SVG, its figures in words too."""
    months = {month: of for month, of in sorted(tally.months().items()) if month}
    most = max((whole(of) for of in months.values()), default=1) or 1
    body = [
        *_key(),
        *(line for month in range(1, 13) for line in _month(month, months, costs, most)),
    ]
    about = "；".join(_told(month, of, costs) for month, of in months.items())
    head = (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" role="img"'
        ' font-family="sans-serif" font-size="12" aria-labelledby="year-title year-desc">'
    )
    title = escape(str(say(TITLE, year=year)))
    named = f'<title id="year-title">{title}</title><desc id="year-desc">{escape(about)}</desc>'
    return "\n".join(
        (head, named, f'<text x="{LEFT}" y="18" font-size="15">{title}</text>', *body, "</svg>\n")
    )


def _told(month: int, of: dict[str, int], costs: dict[int, Cost]) -> str:
    words = {**STATES, EXPLAINED: OF_THEM}
    stands = "，".join(f"{say(words[state])} {n}" for state, n in of.items() if n)
    cost = costs.get(month)
    took = f"，{cost.requests} 次办理，每次 {cost.each:.1f} 毫秒" if cost else ""
    return f"{month} 月：{stands}{took}"


def _key() -> Iterator[str]:
    for number, (state, colour) in enumerate(COLOURS.items()):
        x = LEFT + number * 116
        yield f'<rect x="{x}" y="28" width="10" height="10" fill="{colour}"/>'
        yield f'<text x="{x + 14}" y="37">{escape(str(say(STATES[state])))}</text>'


def _month(month: int, months: dict, costs: dict[int, Cost], most: int) -> Iterator[str]:
    """Draw a bar, its parts from below in the order of the key, and two figures beneath it."""
    x, floor = LEFT + (month - 1) * STEP, HEIGHT - 60
    for state, colour in COLOURS.items():
        size = months.get(month, {}).get(state, 0) * (floor - TOP) / most
        floor -= size
        yield f'<rect x="{x}" y="{floor:.1f}" width="{BAR}" height="{size:.1f}" fill="{colour}"/>'
    cost = costs.get(month, Cost())
    for line, text in enumerate((f"{month}", f"{cost.requests}", f"{cost.each:.1f} ms")):
        yield f'<text x="{x + BAR // 2}" y="{HEIGHT - 44 + line * 16}" text-anchor="middle">{text}</text>'
