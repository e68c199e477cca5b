"""The one place that reads the clock.

Everything else is handed a `Moment`; a house test forbids asking the time anywhere else.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

LOCAL = ZoneInfo("Asia/Shanghai")


def local_day(value: datetime, zone: ZoneInfo = LOCAL) -> date:
    """Return on which day of a time zone an instant lies."""
    return value.astimezone(zone).date()


@dataclass(frozen=True)
class Moment:
    """An instant: `now` is aware UTC, `today` the local date in the time zone `zone`; `late` where
    that day has passed already and is made up for.
    """

    now: datetime
    today: date
    late: bool = False
    zone: ZoneInfo = field(default=LOCAL, compare=False, repr=False)

    def written(self, instant: datetime) -> str:
        """Write an instant as its day and time in this zone."""
        return f"{instant.astimezone(self.zone):%Y-%m-%d %H:%M}"


class Clock:
    """Tell the time in one time zone; tests put a `StoppedClock` in its place."""

    def __init__(self, timezone: str = "Asia/Shanghai"):
        self.zone = ZoneInfo(timezone)

    def _now(self) -> datetime:
        return datetime.now(UTC)

    def moment(self) -> Moment:
        now = self._now()
        return Moment(now, local_day(now, self.zone), zone=self.zone)

    def at(self, day: date, hour: int = 9, minute: int = 0) -> Moment:
        """Return the moment of a local wall time; for rehearsals, demo data and tests."""
        local = datetime(day.year, day.month, day.day, hour, minute, tzinfo=self.zone)
        return Moment(local.astimezone(UTC), day, zone=self.zone)


class StoppedClock(Clock):
    """A clock that shows what it was set to."""

    def __init__(self, now: datetime, timezone: str = "Asia/Shanghai"):
        super().__init__(timezone)
        self.now = now

    def _now(self) -> datetime:
        return self.now
