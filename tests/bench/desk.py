"""Rows of the pages at 10, 10,000 and 1,000,000 cases of a county: statements, CPU, badge."""

from __future__ import annotations

from .race import Contender, TooLong, contenders, middle, race, ratio
from .rows import Report, say
from .scene import Scene

MOST = 45  # seconds that one page is waited for


def measure(report: Report, scene: Scene) -> None:
    """Measure the pages of a county."""
    few, some, many = scene.sizes
    with contenders() as start:
        reader = {n: start(n, "pages.Reader", **scene.crowded(n)) for n in scene.sizes}
        _statements(report, reader[few], reader[some], (few, some))
        runners = {"small": reader[some], "large": reader[many]}
        _growth(report, runners, f"desk of an officer, CPU, {many:,} over {some:,} cases", 1.5)
        _last_page(report, reader[some], some)
        _badge(report, reader[many], f"badge of an officer at {many:,} cases")
    with contenders() as start:
        _newcomers(report, start("newcomers", "pages.Reader", **scene.crowded(some)), some)
    with contenders() as start:
        member = start("member", "pages.Reader", **scene.crowded(many))
        member.ask("empty_desk")
        name = f"empty desk of a member at {many:,} cases, CPU"
        report.goal(name, _page(member, MOST) * 1e3, "ms", 8)


def _statements(report: Report, first: Contender, second: Contender, sizes) -> None:
    few, some = first.value("statements"), second.value("statements")
    for title, count in some.items():
        report.goal(f"statements of GET {title} at {sizes[1]:,} cases", count, "statements", 20)
    for title, count in some.items():
        name = f"statements of GET {title}, {sizes[1]:,} over {sizes[0]:,} cases"
        report.add(name, count - few[title], "statements more", count / few[title], 1)


def _growth(report: Report, runners: dict[str, Contender], name: str, target: float) -> None:
    """Compare a page at two sizes; where the larger one takes too long, say at least how long."""
    try:
        runners["large"].ask("run", MOST, n=1)
        times = race(runners, "cpu", 7, 30, 2)
        report.add(name, middle(times, "large") * 1e3, "ms", ratio(times, "large", "small"), target)
    except TooLong as late:
        say(f"{name}: {late}; the row says at least how much it is")
        report.add(name, late.seconds * 1e3, "ms", late.seconds / _page(runners["small"]), target)


def _page(reader: Contender, limit: float = 240) -> float:
    """Return the seconds of CPU of a page, or how long it was waited for."""
    try:
        reader.ask("run", limit, n=1)
        return min(reader.ask("run", limit, n=2)["cpu"] / 2 for _ in range(4))
    except TooLong as late:
        say(str(late))
        return late.seconds


def _last_page(report: Report, reader: Contender, size: int) -> None:
    path = reader.value("last_page")
    first = _page(reader)
    reader.ask("choose", path=path)
    last = _page(reader)
    name = f"desk of an officer, CPU, last page over first, {size:,} cases"
    report.add(name, last * 1e3, "ms", last / first, 1.5)


def _newcomers(report: Report, reader: Contender, size: int) -> None:
    """Compare the first desk of a day with the next: most people come once, and each as himself."""
    first, again = reader.value("newcomers", n=20)
    name = f"first desk of a secretary over his second, CPU, {size:,} cases"
    report.add(name, first * 1e3, "ms", first / again, 2)


def _badge(report: Report, reader: Contender, name: str) -> None:
    try:
        report.goal(name, reader.value("badge", MOST, n=3) * 1e3, "ms", 1)
    except (TooLong, ValueError) as late:
        say(f"{name}: {late}; the row says at least how much it is")
        report.goal(name, MOST * 1e3, "ms", 1)
