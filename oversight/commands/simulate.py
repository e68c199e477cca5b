"""A simulated year at the terminal, lived in an instance of its own."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import click

from oversight import create_app
from oversight.base.clock import Clock
from oversight.base.db import db
from oversight.base.refusals import BadRequest
from oversight.base.sentences import N_
from oversight.demo import lived
from oversight.demo.lived import picture
from oversight.time import due, rollups

from .click_i18n import Command
from .context import migrate, new_file, progress, table, with_law

CLOCKWORK = lived.Clockwork(due.sweep, rollups.rebuild, rollups.of_zone)
DAYS = (31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334, 365)


@click.command(cls=Command)
@click.argument("year", metavar=N_("年份"), type=click.IntRange(2020, 2040))
@click.option("--branches", default=10, type=click.IntRange(1, 20_000), help=N_("多少个支部（10）"))
@click.option("--seed", default=1, type=int, help=N_("种子；同一种子总是同一年（1）"))
@click.option("--months", default=12, type=click.IntRange(1, 12), help=N_("只模拟前几个月（12）"))
@click.option("--svg", metavar=N_("文件"), help=N_("把各月情况画成图"))
@click.option("--keep", metavar=N_("目录"), help=N_("把这一年的数据留在一个新目录里"))
@click.option("--json", "as_json", is_flag=True, help=N_("输出 JSON"))
@with_law
def simulate(
    year: int,
    branches: int,
    seed: int,
    months: int,
    svg: str | None,
    keep: str | None,
    as_json: bool,
) -> None:
    """Live a synthetic year in a scratch database, check it, and say what it cost."""
    with ExitStack() as opened:
        drawn = opened.enter_context(new_file(svg)) if svg else None  # before an hour is spent
        folder = opened.enter_context(_instance(keep))
        opened.enter_context(_of_its_own(folder))
        one = opened.enter_context(progress())("days", DAYS[months - 1])
        found = lived.live(
            db.session,
            year,
            branches,
            seed,
            Clock(),
            CLOCKWORK,
            months=months,
            day_done=lambda _day: one(1),
        )
        if drawn:
            drawn.write(picture.draw(year, found.tally, found.meter.of_months()).encode())
    told = _told(year, branches, seed, found)
    click.echo(json.dumps(told, ensure_ascii=False, indent=1)) if as_json else _show(told)
    if broken := [one.name for one in found.checks if not one.holds]:
        raise BadRequest(N_("没有守住：") + "；".join(broken))


@contextmanager
def _instance(keep: str | None) -> Iterator[Path]:
    """Yield a folder of its own, never the user's: a new one that stays, or one that goes. Raises
    BadRequest.
    """
    if keep is None:
        with tempfile.TemporaryDirectory(prefix="oversight-simulate-") as folder:
            yield Path(folder)
        return
    try:
        Path(keep).mkdir(mode=0o700)
    except OSError as error:
        raise BadRequest(f"不能新建目录 {keep}：要写一个还没有的目录。") from error
    yield Path(keep).resolve()


@contextmanager
def _of_its_own(folder: Path) -> Iterator[None]:
    source = {
        "OVERSIGHT_INSTANCE": str(folder),
        "OVERSIGHT_DATABASE_URL": f"sqlite:///{folder / 'oversight.db'}",
    }
    with create_app(source).app_context():
        migrate()
        try:
            yield
        finally:
            db.session.remove()
            db.engine.dispose()


def _told(year: int, branches: int, seed: int, found: lived.Year) -> dict[str, Any]:
    """Return all that is said of a year, as JSON has it."""
    months = found.meter.of_months()
    sweeps = found.meter.of_months(
        but=tuple(act for act in found.meter.of_acts() if act != "sweep")
    )
    requests, seconds = (
        sum(getattr(cost, name) for cost in months.values()) for name in ("requests", "seconds")
    )
    return {
        "year": year,
        "branches": branches,
        "members": sum(found.life.cast.members.values()),
        "seed": seed,
        "digest": found.digest,
        "requests": requests,
        "cpu_seconds": round(seconds, 1),
        "per_cpu_second": round(requests / max(seconds, 0.001), 1),
        "sweep_cpu_seconds": round(sum(cost.seconds for cost in sweeps.values()), 1),
        "rows": found.counts,
        "months": [
            {"month": month, "sweep_ms": round(sweeps[month].each, 1), **_cost(cost)}
            for month, cost in months.items()
        ],
        "acts": [{"act": act, **_cost(cost)} for act, cost in found.meter.of_acts().items()],
        "refused": [
            {"act": act, "sentence": sentence, "times": times}
            for (act, sentence), times in found.life.refused.most_common()
        ],
        "checks": [
            {"name": one.name, "holds": one.holds, "wrong": one.wrong} for one in found.checks
        ],
    }


def _cost(cost: lived.Cost) -> dict[str, float]:
    return {
        "requests": cost.requests,
        "cpu_ms": round(cost.each, 2),
        "statements": round(cost.statements / max(1, cost.requests), 1),
        "most_statements": cost.most,
        "refused": cost.refused,
    }


def _show(told: dict[str, Any]) -> None:
    headers = (
        N_("月"),
        N_("办理（次）"),
        N_("每次（毫秒）"),
        N_("每次（条语句）"),
        N_("每日到期办理（毫秒）"),
    )
    names = ("month", "requests", "cpu_ms", "statements", "sweep_ms")
    rows = [tuple(month[name] for name in names) for month in told["months"]]
    table(N_("各月"), headers, rows)
    marks = [
        ("✓" if one["holds"] else "✗", one["name"], "；".join(one["wrong"]))
        for one in told["checks"]
    ]
    table(N_("核对"), ("", N_("项目"), N_("不符之处")), marks)
    click.echo(
        f"{told['branches']} 个支部、{told['members']} 名党员，办理 {told['requests']} 次，"
        f"用处理器 {told['cpu_seconds']} 秒，摘要 {told['digest'][:16]}。"
    )
