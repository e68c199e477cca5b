"""A year of activity in the demo zone: scenarios told through the real engine, each at its own past
moment.

A scenario is a generator: it acts, and yields the moment at which it continues.
"""

from __future__ import annotations

import heapq
import random
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from oversight.base.clock import Clock, Moment
from oversight.base.db import new_id
from oversight.calendar import holidays
from oversight.calendar.workdays import Calendar, add_workdays
from oversight.calendar.zone import zone_calendar
from oversight.engine import transitions
from oversight.ledger import own_days
from oversight.models import Activity, ActivityChange, Unit
from oversight.organization.actor import Actor, actor_of

from .book import Book

FIXED = {
    "branch01": "village",
    "branch02": "community",
    "branch03": "village",
    "branch04": "village",
    "branch05": "organ",
    "branch08": "village",
    "branch09": "community",
    "branch10": "village",
    "branch11": "village",
    "branch12": "organ",
    "branch15": "organ",
    "branch16": "organ",
    "branch17": "organ",
}
OWN_DAY = (
    "branch06",
    "branch07",
    "branch13",
    "branch14",
    "branch18",
    "branch19",
    "branch20",
    "branch22",
)
OTHER_DAYS = ((7, 4, 5, 6, 3, 10, -1, -2), (4, 7, 6, 5, 3, -1, 11, -2), (-1, 5, 7, 4, 6, 3, -2, 10))

REASONS = {
    "village": (
        "{day}镇里在我村召开人居环境整治现场会，{n}名党员中{k}人承担引导、讲解和后勤，当天难以集中。拟{shift}至{new}开展，活动主题和内容不变。",
        "{day}前后村“两委”组织沟渠清淤集中施工，{n}名党员中{k}人编入施工组值守，原定日期到会不足半数。拟{shift}至{new}开展，缺席人员按规定补课。",
        "{day}区里到我村开展集体资产清查，支部委员全部参加，不能主持活动。已征求党员意见，拟{shift}至{new}开展。",
    ),
    "community": (
        "{day}社区承担全镇消防安全集中排查，{n}名党员中{k}人编入网格排查组，全天入户。拟{shift}至{new}开展，离退休党员由党小组长逐一通知。",
        "{day}社区党群服务中心改造线路停电，没有其他可容纳{n}人的场地。拟{shift}至{new}开展，活动主题和内容不变。",
    ),
    "organ": (
        "{day}机关干部集中下村核对惠民补贴发放情况，{n}名党员中{k}人不在机关。拟{shift}至{new}开展，班子成员按普通党员身份参加。",
        "{day}区里召开重点项目推进会，支部书记和{k}名党员须全程参加。拟{shift}至{new}开展，活动主题和内容不变。",
    ),
}
JOINT = "拟与{other}联合开展志愿服务和党课，两个支部共用村党群服务中心，原定日期场地已有安排。拟{shift}至{new}开展，两个支部党员一并参加。"
AGREED = (
    "同意。请提前通知全体党员，缺席人员按规定补课。",
    "同意。请将调整后的时间告知流动党员，并做好到会登记。",
    "同意。改期后活动主题和内容不变。",
)
WEATHER = {
    "wet": "{day}凌晨突降暴雨，进村道路中断，支部党员就地转移群众，来不及书面请示，已电话报告。",
    "cold": "{day}清晨道路结冰封闭，支部党员全部参加除冰和入户排查，来不及书面请示，已电话报告。",
    "wind": "{day}清晨大风刮断供电线路，支部党员全部参加抢修和入户排查，来不及书面请示，已电话报告。",
}
SHIFT = (
    "区党工委定于{day}召开全区重点工作推进会，各级党组织书记均须参加，与当月支部主题党日时间冲突。"
)

Plot = Callable[..., Iterator[Moment]]


@dataclass
class Year:
    """What scenarios share: the session, the moment at which the demo is loaded, and the book of
    ids.
    """

    session: Session
    at: Moment
    clock: Clock
    zone: Unit
    book: Book
    skipped: set[tuple[int, int]] = field(default_factory=set)  # months that the zone itself moves
    unheld: set[tuple[str, int, int]] = field(default_factory=set)
    late: dict[tuple[str, int, int], int] = field(default_factory=dict)
    count: int = 0

    @property
    def today(self) -> date:
        return self.at.today

    @property
    def calendar(self) -> Calendar:
        return zone_calendar(self.session, self.zone.zone_id)

    def moment(self, day: date, hour: int = 9) -> Moment:
        """Return a moment of a day in office hours; of today the moment of loading itself."""
        return self.at if day == self.today else self.clock.at(day, hour, self.count * 7 % 60)

    def unit(self, key: str) -> Unit:
        return self.session.get(Unit, self.book.units[key])

    def actor(self, username: str, on: date) -> Actor:
        return actor_of(self.session, self.book.people[username], on)

    def days(self, key: str) -> tuple[list[Activity], list[Activity]]:
        """Return a fixed branch's days that can be told of: past ones, newest first, and coming
        ones.
        """
        every = self.session.scalars(
            sa.select(Activity)
            .where(Activity.unit_id == self.book.units[key], Activity.month != 7)
            .order_by(Activity.year, Activity.month)
        )
        rows = [row for row in every if (row.year, row.month) not in self.skipped]
        past = [row for row in rows if row.day < self.today]
        ahead = [
            row
            for row in rows
            if row.day > self.today + timedelta(days=3)
            and self.other_day(row.day, self.today + timedelta(days=3))
        ]
        return past[::-1], ahead

    def other_day(self, day: date, after: date, turn: int = 0) -> date | None:
        """Find another working day of the same month, after a day."""
        found = (day + timedelta(days=step) for step in OTHER_DAYS[turn % len(OTHER_DAYS)])
        return next(
            (
                new
                for new in found
                if new.month == day.month and new > after and self.calendar.is_workday(new)
            ),
            None,
        )


@dataclass
class Scenario:
    """One case from its opening to where it stands; `key` is the branch, `row` the party day."""

    year: Year
    key: str
    row: Activity
    turn: int = 0
    at: Moment | None = None
    case_id: str = ""

    def __post_init__(self) -> None:
        self.day = self.row.day
        after = self.year.today + timedelta(days=1) if self.day > self.year.today else date.min
        self.new_day = self.year.other_day(self.day, after, self.turn) or self.year.other_day(
            self.day, after
        )

    @property
    def first_day(self) -> date:
        return min(self.day, self.new_day)

    def before(self, workdays: int, hour: int = 9) -> Moment:
        """Return a moment so many working days before the day in force; negative: after it."""
        return self.year.moment(add_workdays(self.year.calendar, self.day, -workdays), hour)

    def ago(self, workdays: int, hour: int = 9) -> Moment:
        return self.year.moment(add_workdays(self.year.calendar, self.year.today, -workdays), hour)

    def effect(self) -> Moment:
        return self.year.moment(self.first_day, 1)

    # Acting

    def open(self, by: str = "secretary", **facts) -> None:
        who = self.year.actor(f"{self.key}.{by}", self.at.today)
        case = transitions.open_case(
            self.year.session,
            "date_change",
            self.year.book.units[self.key],
            {"day": self.day.isoformat(), **facts},
            who,
            self.at,
        )
        self.case_id = case.id

    def do(self, move: str, username: str, **words) -> None:
        who = self.year.actor(username, self.at.today)
        transitions.perform(
            self.year.session, self.case_id, move, who, words, version=None, at=self.at
        )

    def branch(self, move: str, **words) -> None:
        self.do(move, f"{self.key}.secretary", **words)

    def superior(self, move: str, opinion: str | None = None, **words) -> None:
        self.do(
            move, f"{above(self.key)}.officer", **({"opinion": opinion} if opinion else {}), **words
        )

    def ask(self, by: str = "secretary") -> None:
        self.open(by)
        self.do("ask", f"{self.key}.{by}", new_day=self.new_day.isoformat(), reason=self.reason())

    def report(self, new_day: bool = False) -> None:
        """Report after the event: told by telephone at the time, in writing once it was over."""
        words = {
            "reason": self.weather(),
            "told_by_phone": f"{_md(self.day)} 7:40 电话报告镇党委值班室",
            "recovered_on": self.at.today.isoformat(),
        }
        later = (
            self.year.other_day(self.day, self.at.today - timedelta(days=1)) if new_day else None
        )
        if later:
            words["new_day"] = later.isoformat()
        self.branch("report_late", **words)

    def tick(self) -> None:
        transitions.tick(self.year.session, self.case_id, self.at)

    # Words

    def reason(self) -> str:
        texts = REASONS[FIXED[self.key]]
        return self.fill(texts[self.turn % len(texts)])

    def weather(self) -> str:
        kind = (
            "wet"
            if 5 <= self.day.month <= 9
            else "cold"
            if self.day.month in (12, 1, 2)
            else "wind"
        )
        return self.fill(WEATHER[kind])

    def fill(self, text: str, **more) -> str:
        days, n = (self.new_day - self.day).days, self.year.book.members[self.key]
        return text.format(
            day=_md(self.day),
            new=_md(self.new_day),
            n=n,
            k=n * 3 // 5,
            shift=f"{'推迟' if days > 0 else '提前'} {abs(days)} 天",
            **more,
        )


def above(key: str) -> str:
    """Return the key of the town or department that a branch belongs to."""
    number = int(key[-2:])
    return (
        "town1"
        if number <= 7
        else "town2"
        if number <= 14
        else "dept1"
        if number <= 19
        else "dept2"
    )


def _md(day: date) -> str:
    return f"{day.month}月{day.day}日"


# Tales that have ended ---------------------------------------------------------------------------


def moved(t: Scenario):
    """Asked, agreed, and held on the new day."""
    yield t.before(7)
    t.ask("organizer" if t.turn % 2 else "secretary")
    yield t.before(5, 15)
    t.superior("approve", AGREED[t.turn % len(AGREED)])
    yield t.effect()
    t.tick()


def taken_over(t: Scenario):
    """The town does not answer; the zone takes the request over and agrees."""
    yield t.before(10)
    t.ask()
    yield t.before(5)
    t.do("take_over", "zone.office", reason="镇党委到期未答复，改由区里办理。")
    yield t.before(4, 15)
    t.do("approve", "zone.office", opinion=AGREED[0])
    yield t.effect()
    t.tick()


def jointly_moved(t: Scenario, other: str = "branch10"):
    """Two branches of two towns meet together; both towns agree."""
    yield from asked_jointly(t, other, t.before(8), t.before(6))
    yield t.before(5)
    t.superior("approve", AGREED[0])
    yield t.effect()
    t.tick()


def refused(t: Scenario):
    yield t.before(6)
    t.ask()
    yield t.before(4, 10)
    t.superior("refuse", "不同意。所述事项可安排在当天下午，主题党日仍按原定日期上午开展。")


def withdrawn(t: Scenario):
    yield t.before(6)
    t.ask()
    yield t.before(5)
    t.branch("withdraw")


def lapsed(t: Scenario):
    yield t.before(6)
    t.ask()
    yield t.effect()
    t.tick()


def expired(t: Scenario):
    """Returned, and never asked again."""
    yield t.before(7)
    t.ask()
    yield t.before(5, 16)
    t.superior("return", "请写清不能集中的是哪几天、缺席人员怎样补课，再报。")
    yield t.year.moment(t.day, 1)
    t.tick()


def revoked(t: Scenario):
    """Agreed, then revoked by the side that had agreed."""
    yield t.before(9)
    t.ask()
    yield t.before(7, 15)
    t.superior("approve", AGREED[2])
    yield t.before(5)
    t.superior("revoke", reason="当日任务已另定时间，原定日期可以正常开展，撤销批复。")


def cancelled(t: Scenario):
    """Agreed, then cancelled at the branch's own wish."""
    yield t.before(9)
    t.ask()
    yield t.before(8, 15)
    t.superior("approve", AGREED[1])
    yield t.before(6)
    t.branch("ask_cancel", reason="当日任务改到下月，原定日期可以正常开展。")
    yield t.before(5, 15)
    t.superior("cancel", "同意取消，仍按原定日期开展。")


def voided(t: Scenario):
    yield t.before(6)
    t.ask()
    yield t.before(5, 16)
    t.superior("void", reason="支部误填了原定日期，作废，另行请示。")


def terminated(t: Scenario):
    yield t.before(6)
    t.ask()
    yield t.before(4)
    t.superior("terminate", reason="当日任务取消，请示事由不存在，终止办理。")


def accepted_late(t: Scenario):
    """Reported after the event, and accepted."""
    yield t.before(-2)
    t.open()
    t.report(new_day=True)
    yield t.before(-3, 10)
    t.superior("accept_late", "情况属实，予以认可。")


def excused(t: Scenario):
    """Nothing was possible in the month."""
    yield t.before(-2)
    t.open()
    t.report()
    yield t.before(-4)
    t.superior("excuse_month", "灾情属实，同意当月暂缓开展。")


def not_accepted(t: Scenario):
    """Reported after the event for a reason that is none."""
    yield t.before(-2)
    t.open()
    t.branch(
        "report_late", new_day=t.new_day.isoformat(), reason="当天支部书记外出，没有来得及请示。"
    )
    yield t.before(-5)
    t.superior("not_accept", "书记外出可以委托副书记或委员主持，不属于来不及请示的情形，不予认可。")


# Tales that are not over -------------------------------------------------------------------------


def asked(t: Scenario, ago: int):
    yield t.ago(ago)
    t.ask("organizer" if t.turn % 2 else "secretary")


def asked_jointly(t: Scenario, other: str, first: Moment, second: Moment):
    """The partner joins; asked of two superiors, of whom the partner's has agreed."""
    yield first
    partner: dict[str, Any] = {"with": [t.year.book.units[other]]}
    t.open(**partner)
    reason = t.fill(JOINT, other=t.year.unit(other).name)
    t.branch("ask_jointly", new_day=t.new_day.isoformat(), reason=reason)
    t.do("join", f"{other}.secretary", opinion="同意联合开展。")
    yield second
    t.do("approve", f"{above(other)}.officer", opinion="同意。请两个支部分别做好到会登记。")


def asked_jointly_now(t: Scenario, other: str):
    yield from asked_jointly(t, other, t.ago(2), t.ago(1))


def draft(t: Scenario, ago: int):
    yield t.ago(ago)
    t.open()
    t.branch("save", new_day=t.new_day.isoformat(), reason=t.reason().partition("，")[0])


def returned(t: Scenario):
    yield t.ago(3)
    t.ask()
    yield t.ago(1, 15)
    t.superior("return", "请补充当天不能参加的人数和缺席人员补课安排，今明两天重报即可。")


def approved(t: Scenario):
    yield t.ago(6)
    t.ask()
    yield t.ago(4, 15)
    t.superior("approve", AGREED[t.turn % len(AGREED)])


def cancel_asked(t: Scenario):
    yield from approved(t)
    yield t.ago(1)
    t.branch("ask_cancel", reason="当日任务改到下月，原定日期可以正常开展，申请取消变更。")


def reported_late(t: Scenario):
    yield t.ago(1)
    t.open()
    t.report(new_day=True)


# branch, which of its past days (0: the latest), scenario
PAST = (
    ("branch01", 3, moved),
    ("branch02", 1, moved),
    ("branch02", 4, refused),
    ("branch02", 7, withdrawn),
    ("branch03", 2, jointly_moved),
    ("branch03", 5, lapsed),
    ("branch04", 1, accepted_late),
    ("branch04", 3, taken_over),
    ("branch05", 2, revoked),
    ("branch05", 6, moved),
    ("branch08", 1, moved),
    ("branch08", 3, excused),
    ("branch09", 2, moved),
    ("branch09", 4, voided),
    ("branch10", 6, cancelled),
    ("branch11", 3, not_accepted),
    ("branch11", 5, moved),
    ("branch12", 1, expired),
    ("branch12", 4, terminated),
    ("branch15", 2, moved),
    ("branch15", 6, refused),
    ("branch16", 4, moved),
    ("branch17", 1, withdrawn),
)
# branch, which of its coming days, scenario, further arguments
PRESENT = (
    ("branch02", 0, asked, 6),
    ("branch02", 1, asked, 0),
    ("branch03", 0, asked_jointly_now, "branch10"),
    ("branch03", 1, asked, 4),
    ("branch04", 0, asked, 3),
    ("branch04", 1, cancel_asked),
    ("branch05", 0, asked, 1),
    ("branch05", 1, approved),
    ("branch08", 0, asked, 2),
    ("branch09", 0, returned),
    ("branch10", 1, draft, 2),
    ("branch11", 0, approved),
    ("branch12", 0, asked, 5),
    ("branch15", 0, asked, 1),
    ("branch16", 0, approved),
    ("branch17", 0, draft, 0),
)
# branch, which of its past days, how many days late it was held; 0: not held at all
LAPSES = (
    ("branch04", 6, 7),
    ("branch09", 5, 3),
    ("branch12", 2, 4),
    ("branch11", 1, 0),
    ("branch16", 7, 5),
)


# The zone's own notices --------------------------------------------------------------------------


@dataclass
class Shift(Scenario):
    """A month that the zone moves, or means to move."""

    def draw_up(self) -> None:
        who = self.year.actor("zone.office", self.at.today)
        facts = {"new_day": self.new_day.isoformat(), "reason": SHIFT.format(day=_md(self.day))}
        case = transitions.open_case(
            self.year.session, "zone_shift", self.year.zone.id, facts, who, self.at
        )
        self.case_id = case.id


def published(t: Shift):
    """The zone moves a month by a signed notice."""
    yield t.before(12)
    t.draw_up()
    t.do("propose", "zone.office")
    yield t.before(10, 15)
    t.do("publish", "zone.committee1", opinion="同意印发。")
    yield t.year.moment(t.new_day, 1)
    t.tick()


def notice_revoked(t: Shift):
    """The zone moves a month and takes it back."""
    yield t.before(12)
    t.draw_up()
    t.do("propose", "zone.office")
    yield t.before(10, 10)
    t.do("publish", "zone.committee2")
    yield t.before(7)
    t.do("revoke", "zone.committee2", reason="推进会改为视频会议，不影响各支部开展活动，撤销通知。")


def notice_withdrawn(t: Shift):
    yield t.before(12)
    t.draw_up()
    yield t.before(11)
    t.do("withdraw", "zone.office")


def proposed(t: Shift):
    yield t.ago(1)
    t.draw_up()
    t.do("propose", "zone.office")


# Living it ---------------------------------------------------------------------------------------


def live(
    session: Session, at: Moment, clock: Clock, zone: Unit, book: Book, more=(), fill=()
) -> None:
    """Plan the years, tell every scenario in the order of time, and note what was held. Does not
    commit.

    `more` bring further scenarios of the year; `fill` write the records of the days that were held.
    """
    year = Year(session, at, clock, zone, book)
    for number in (at.today.year - 1, at.today.year, at.today.year + 1):
        holidays.schedule(session, zone.zone_id, number, at)
    scenarios = _shifts(year) + _told(year)
    for told in more:
        scenarios += told(year)
    _lapses(year)
    tell(year, scenarios)
    _choose_days(year)
    held = _hold(year)
    for write in fill:
        write(year, held)
    session.expire_all()


def _shifts(year: Year) -> list[tuple[Scenario, Iterator[Moment]]]:
    """Let the zone move months of the past, and propose one far ahead; other scenarios leave these
    alone.
    """
    past, ahead = year.days("branch01")
    cast = [(past[5], published), (past[8], notice_revoked), (past[9], notice_withdrawn)]
    cast += [(ahead[4], proposed)] if len(ahead) > 4 else []
    found = [(Shift(year, "zone", row, 1), plot) for row, plot in cast]
    year.skipped |= {(row.year, row.month) for row, _plot in cast}
    return [(scenario, plot(scenario)) for scenario, plot in found]


def _told(year: Year) -> list[tuple[Scenario, Iterator[Moment]]]:
    days = {key: year.days(key) for key in FIXED}
    cast: list[tuple[str, list[Activity], int, Plot, Iterable]] = [
        (key, days[key][0], index, plot, ()) for key, index, plot in PAST
    ]
    cast += [(key, days[key][1], index, plot, more) for key, index, plot, *more in PRESENT]
    cast.append(("branch04", days["branch04"][0], 0, reported_late, ()))
    scenarios = [
        (Scenario(year, key, rows[index], turn), plot, more)
        for turn, (key, rows, index, plot, more) in enumerate(cast)
        if index < len(rows)
    ]
    return [(scenario, plot(scenario, *more)) for scenario, plot, more in scenarios]


def _lapses(year: Year) -> None:
    """Say which days were not held when they should have been, and which are not entered yet."""
    for key, index, days in LAPSES:
        past, _ahead = year.days(key)
        if index < len(past):
            slot = (year.book.units[key], past[index].year, past[index].month)
            if days:
                year.late[slot] = days
            else:
                year.unheld.add(slot)
    latest = year.session.scalars(
        sa.select(Activity)
        .where(Activity.unit_id == year.book.units["branch01"], Activity.day < year.today)
        .order_by(Activity.day.desc())
    )
    for row in (latest.first(), year.days("branch04")[0][0]):
        year.unheld.add((row.unit_id, row.year, row.month))


def tell(year: Year, scenarios: list[tuple[Scenario, Iterator[Moment]]]) -> None:
    """Let every scenario go on when its moment has come, all together in the order of time."""
    line = [
        (next(plot), number, scenario, plot) for number, (scenario, plot) in enumerate(scenarios)
    ]
    heap = [(moment.now, number, moment, scenario, plot) for moment, number, scenario, plot in line]
    heapq.heapify(heap)
    while heap:
        _now, number, scenario_at, scenario, plot = heapq.heappop(heap)
        scenario.at = scenario_at
        year.count += 1
        moment = next(plot, None)
        if moment is not None:
            heapq.heappush(heap, (moment.now, number, moment, scenario, plot))


def _choose_days(year: Year) -> None:
    """Let branches without a fixed day choose the day of this month and the next."""
    for turn, key in enumerate(OWN_DAY):
        for ahead in range(2):
            month = year.today.month + ahead
            y, m = (year.today.year, month) if month <= 12 else (year.today.year + 1, 1)
            day = add_workdays(year.calendar, date(y, m, 12 + turn), 1)
            if m != 7 and day > year.today and (turn + ahead) % 3:
                who = year.actor(f"{key}.secretary", year.today)
                own_days.set_own_day(year.session, year.unit(key), y, m, day, who, year.at)


def _hold(year: Year) -> list[dict]:
    """Write down when every past activity was held, in bulk; returns row, day, held_on and at."""
    year.session.flush()
    held = list(_held(year))
    table = Activity.__table__
    year.session.execute(
        table.update()
        .where(table.c.id == sa.bindparam("row"))
        .values(
            day=sa.bindparam("day"),
            held_on=sa.bindparam("held_on"),
            held_entered_at=sa.bindparam("at"),
            entered_on=sa.bindparam("on"),
            version=table.c.version + 1,
        ),
        held,
    )
    year.session.execute(sa.insert(ActivityChange), [_change(year, one) for one in held])
    return held


def _held(year: Year) -> Iterator[dict]:
    """Yield each past activity: entered on the evening of the day, now and then two days later."""
    draw = random.Random(year.zone.name)
    rows = year.session.execute(
        sa.select(
            Activity.id,
            Activity.unit_id,
            Activity.year,
            Activity.month,
            Activity.day,
            Activity.rule_day,
        )
        .where(
            Activity.zone_id == year.zone.zone_id,
            Activity.excused_by.is_(None),
            Activity.held_on.is_(None),
            Activity.year <= year.today.year,
        )
        .order_by(Activity.year, Activity.month, Activity.id)
    ).all()
    for row in rows:
        day = _held_on(year, row, draw)
        if day is not None:
            later = timedelta(days=2 if draw.random() < 0.08 else 0)
            entered = year.moment(min(day + later, year.today), 17)
            planned = row.day if row.rule_day else day
            yield {
                "row": row.id,
                "day": planned,
                "held_on": day,
                "at": entered.now,
                "on": entered.today,
            }


def _change(year: Year, held: dict) -> dict:
    return {
        "id": new_id(),
        "zone_id": year.zone.zone_id,
        "activity_id": held["row"],
        "what": {
            "held_on": [None, held["held_on"].isoformat()],
            "held_entered_at": [None, held["at"].isoformat()],
        },
        "why": "登记开展",
        "at": held["at"],
    }


def _held_on(year: Year, row, draw: random.Random) -> date | None:
    slot = (row.unit_id, row.year, row.month)
    if slot in year.unheld:
        return None
    day = row.day
    if day is None:  # chosen by the branch, on a working day about the middle of the month
        day = add_workdays(year.calendar, date(row.year, row.month, draw.randint(5, 22)), 1)
    elif slot in year.late:
        day += timedelta(days=year.late[slot])
    return day if day < year.today else None
