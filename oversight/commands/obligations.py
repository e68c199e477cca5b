"""The ledger at the terminal: what a unit owes, and whether each key of the register is served."""

from __future__ import annotations

import tempfile
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click
import sqlalchemy as sa
from sqlalchemy.orm import Session

from oversight import create_app
from oversight.base.clock import Clock
from oversight.base.db import db
from oversight.base.refusals import BadRequest
from oversight.base.sentences import N_, say
from oversight.demo import rehearsal, scenarios
from oversight.demo.rehearsal import Told
from oversight.law import duties as law
from oversight.law.clauses import register
from oversight.models import Zone
from oversight.time import rollups

from .click_i18n import Group
from .context import in_app, migrate, now, progress, table, with_law

YEAR = 2026  # the last year whose rest days are published with the program
PROVED, PLAYED, OFFERED, MISSING = (
    N_("全年演练通过"),
    N_("情形演练通过"),
    N_("可以做，不欠"),
    N_("还没有"),
)


@click.group(cls=Group)
def obligations() -> None:
    """Collect what is done with the ledger."""


@obligations.command(
    help=N_("逐项核对 96 项职责：不登记就留着，登记就结清；有没有着落的必须项，退出码为 1")
)
@with_law
def check() -> None:
    """Live a year of each category, and play what no year shows, each in a scratch database, and print
    what was found of each key.
    """
    found = _apart(rehearsal.rehearse)
    for key, shown in _apart(scenarios.play).items():
        found[key].played |= shown
    table(
        N_("职责"),
        (
            N_("事项"),
            N_("内容"),
            N_("要求"),
            N_("谁办"),
            N_("期间"),
            N_("怎样结清"),
            N_("结果"),
            N_("条款"),
        ),
        [_line(told) for told in found.values()],
    )
    stands = Counter(_stands(told) for told in found.values())
    left = [key for key, told in found.items() if _stands(told) == MISSING]
    click.echo(
        say(
            "共 %(n)s 项：全年演练 %(lived)s 项，情形演练 %(played)s 项，可以做、不欠的 %(may)s 项，没有着落的 %(left)s 项。",
            n=len(found),
            lived=stands[PROVED],
            played=stands[PLAYED],
            may=stands[OFFERED],
            left=len(left),
        )
    )
    if left:
        raise BadRequest(say("还没有着落：%(keys)s", keys="、".join(left)))


@obligations.command(help=N_("重新统计各镇、区属部门和区里总览用的数"))
@in_app
def rollup() -> None:
    """Reckon the sums of every superior of every zone anew from the records."""
    with progress() as stage:
        units = stage("rollups")
        done = sum(rollups.rebuild(db.session, zone_id, now(), units) for zone_id in _zones())
    click.echo(say("已重新统计 %(n)s 个单位。", n=done))


def _zones() -> list[str]:
    return list(db.session.scalars(sa.select(Zone.id)))


def _apart(act: Callable[[Session, int, Clock], Any]) -> Any:
    """Return what something finds that is done in an empty database of its own."""
    with tempfile.TemporaryDirectory(prefix="oversight-obligations-") as folder:
        source = {
            "OVERSIGHT_INSTANCE": folder,
            "OVERSIGHT_DATABASE_URL": f"sqlite:///{Path(folder, 'check.db')}",
        }
        with create_app(source).app_context():
            migrate()
            try:
                return act(db.session, YEAR, Clock())
            finally:
                db.session.remove()
                db.engine.dispose()


def _line(told: Told) -> tuple:
    duty = told.duty
    kind = N_("必须") if _must(duty.key) else N_("提倡或可以")
    owed = WHO[duty.by], SPAN[duty.period], duty.settled
    return duty.key, duty.title, kind, *owed, _stands(told), _clauses(duty.key)


def _clauses(key: str) -> str:
    return " ".join(number for number, entry in register().items() if entry["key"] == key)


WHO = {law.BRANCH: N_("支部"), law.SUPERIOR: N_("上级"), law.ZONE: N_("区")}
SPAN = {
    law.MONTH: N_("月"),
    law.QUARTER: N_("季"),
    law.HALF: N_("半年"),
    law.YEAR: N_("年"),
    law.EVENT: N_("有事时"),
    law.STANDING: N_("随时"),
}


def _must(key: str) -> bool:
    return any(entry["kind"] == "must" for entry in register().values() if entry["key"] == key)


def _stands(told: Told) -> str:
    """Say how a key is served: by the year that was lived, by what was played, offered only, or not yet."""
    if told.proved:
        return PROVED
    if told.shown:
        return PLAYED
    return MISSING if _must(told.duty.key) else OFFERED
