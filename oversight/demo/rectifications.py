"""Visits and orders in the demo zone: clean, put right on the spot, sent, being met, late,
re-checked, closed.

Told through the engine like every scenario, each at its own past moment.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import timedelta

from oversight.base.clock import Moment
from oversight.calendar.workdays import add_workdays
from oversight.engine import transitions

from .date_changes import Plot, Scenario, Year, above

NOT_CALLED = {
    "clause": "G-3.2.1b",
    "fact": "上月 3 名缺席党员只登记了 1 名的联系情况。",
    "demand": "逐一联系缺席党员，通报活动情况并补课，今后活动后 3 个工作日内完成。",
}
NO_RECORD = {
    "clause": "G-4.4d",
    "fact": "上季度有 1 次主题党日没有记入工作手册。",
    "demand": "说明情况，今后当天记录；没有记录的不补写。",
}
DONE = {"measure": "已逐一联系并补课，支委会明确由组织委员负责，列入每月议程。"}
SAID = {"measure": "当天书记、组织委员外出开会，无人记录；已说明情况，今后由宣传委员当天记录。"}


@dataclass
class Order(Scenario):
    """A visit or an order; `findings` are what it is about."""

    findings: list[dict] = field(default_factory=list)

    def __post_init__(self):
        pass

    def visit(self, method: str, inspector: str, workflow: str = "inspection", **facts) -> None:
        who = self.year.actor(inspector, self.at.today)
        facts = {"method": method, "inspected_on": self.at.today.isoformat(), **facts}
        self.case_id = transitions.open_case(
            self.year.session, workflow, self.year.book.units[self.key], facts, who, self.at
        ).id

    def order(self, method: str = "random") -> None:
        self.visit(method, f"{above(self.key)}.inspector", "rectification", findings=self.findings)

    def issue(self, due: int) -> None:
        """Issue with so many working days from today; negative: a deadline that has passed since."""
        day = add_workdays(self.year.calendar, self.year.today, due)
        self.superior("issue", due_on=day.isoformat())

    def report_measures(self, *measures: dict) -> None:
        done_on = (self.at.today - timedelta(days=1)).isoformat()
        self.branch("report", items=[{**measure, "done_on": done_on} for measure in measures])


def clean(t: Order):
    """A desk review of the records that are there already."""
    yield t.ago(35)
    t.visit("desk_review", f"{above(t.key)}.inspector")
    yield t.ago(34)
    t.do(
        "conclude",
        f"{above(t.key)}.inspector",
        note="查阅工作手册和考勤记录，记录完整，与计划一致。",
        reminders=["党员活动室学习资料有缺页，当场更换。"],
    )


def under_way(t: Order):
    yield t.ago(1)
    t.visit("on_site", f"{above(t.key)}.inspector")


def found_on_site(t: Order):
    """A visit that finds 组织不力; the order it leads to waits for its signature."""
    yield t.ago(4)
    t.visit("on_site", f"{above(t.key)}.inspector")
    yield t.ago(2)
    t.do(
        "order",
        f"{above(t.key)}.inspector",
        note="现场观摩当月活动，并查阅记录。",
        findings=t.findings,
    )


def issued(t: Order, ago: int = 1, due: int = 14):
    """Drafted by the inspector, signed by the secretary, numbered and sent."""
    yield t.ago(ago + 3)
    t.order()
    yield t.ago(ago + 2, 15)
    t.do("sign_off", f"{above(t.key)}.secretary", opinion="同意下达。")
    yield t.ago(ago)
    t.issue(due)


def fixing(t: Order, ago: int = 9, due: int = 6):
    yield from issued(t, ago, due)
    yield t.ago(ago - 1)
    t.branch("acknowledge")


def late(t: Order):
    """The deadline passed two working days ago and nothing was reported."""
    yield from fixing(t, 18, -2)


def recheck_late(t: Order):
    """Reported eleven working days ago: the re-check is overdue by a day, the branch's clock stands."""
    yield from fixing(t, 24, -10)
    yield t.ago(11)
    t.report_measures(*([DONE, SAID][: len(t.findings)]))


def closed(t: Order):
    yield from fixing(t, 48, -34)
    yield t.ago(38)
    t.report_measures(*([DONE, SAID][: len(t.findings)]))
    yield t.ago(36)
    t.superior(
        "accept", "情况属实，予以销号。", verdicts=["accepted", "explained"][: len(t.findings)]
    )


def second_round(t: Order):
    """Sent back once, and closed in the second round."""
    yield from fixing(t, 60, -46)
    yield t.ago(50)
    t.report_measures(DONE)
    yield t.ago(48)
    t.superior("send_back", "还有 1 名党员没有联系上，请再联系。", verdicts=["not"])
    yield t.ago(45)
    t.report_measures(DONE)
    yield t.ago(43)
    t.superior("accept", "已全部联系，予以销号。", verdicts=["accepted"])


# branch, scenario, findings; none of a branch whose members the inspectors are themselves
CAST: tuple[tuple[str, Plot, list[dict]], ...] = (
    ("branch02", clean, []),
    ("branch04", under_way, []),
    ("branch10", found_on_site, [NOT_CALLED]),
    ("branch03", issued, [NO_RECORD]),
    ("branch09", fixing, [NOT_CALLED, NO_RECORD]),
    ("branch11", late, [NOT_CALLED]),
    ("branch16", recheck_late, [NOT_CALLED, NO_RECORD]),
    ("branch01", closed, [NOT_CALLED, NO_RECORD]),
    ("branch08", second_round, [NOT_CALLED]),
)


def told(year: Year) -> list[tuple[Scenario, Iterator[Moment]]]:
    """Return the scenarios of visits and orders."""
    scenarios = [(Order(year, key, None, findings=findings), plot) for key, plot, findings in CAST]
    return [(scenario, plot(scenario)) for scenario, plot in scenarios]
