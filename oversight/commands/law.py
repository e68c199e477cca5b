"""The law at the terminal: list the definitions, print one, check them all."""

from __future__ import annotations

import click

from oversight import workflows
from oversight.base.refusals import BadRequest
from oversight.base.sentences import N_
from oversight.law import model_check, printing

from .click_i18n import Group
from .context import table, with_law


@click.group(cls=Group)
def workflow() -> None:
    """Collect what is done with definitions."""


@workflow.command("list", help=N_("列出全部流程"))
@with_law
def list_() -> None:
    """List the definitions."""
    table(
        N_("流程"),
        (N_("名称"), N_("标题"), N_("版本"), N_("状态"), N_("办理")),
        [
            (each.name, each.title, each.version, len(each.states), len(each.moves))
            for each in workflows.every()
        ],
    )


@workflow.command(help=N_("打印一个流程"))
@click.argument("name", metavar=N_("名称"))
@click.option(
    "--format",
    "form",
    type=click.Choice(list(printing.FORMATS)),
    default="table",
    help=N_("table、mermaid、svg 或 json"),
)
@with_law
def show(name: str, form: str) -> None:
    """Print a definition in one of its forms."""
    click.echo(printing.FORMATS[form](workflows.current(name)), nl=False)


@workflow.command(help=N_("检查全部流程有没有死角"))
@with_law
def check() -> None:
    """Model-check every definition."""
    stories = []
    for each in workflows.every():
        found = model_check.check(each)
        stories += found
        click.echo(f"{model_check.describe(each)}{'' if found else '没有发现问题。'}")
    if stories:
        raise BadRequest("\n".join(stories))
