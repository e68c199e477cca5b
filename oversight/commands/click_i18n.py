"""Click in Chinese: its own words are in a catalogue of theirs (click.po); here is what makes one sentence
of a mistake, and years and days as arguments.
"""

from __future__ import annotations

import gettext
import os
import sys
from collections.abc import Sequence
from datetime import date
from importlib import import_module
from pathlib import Path
from typing import Any

import click

from oversight.base.sentences import N_

gettext.bindtextdomain("click", str(Path(__file__).parents[1] / "translations"))
gettext.textdomain("click")


class Command(click.Command):
    """A command whose help page is Chinese."""

    def __init__(self, *args, **more):
        super().__init__(*args, **{"options_metavar": N_("[选项]"), **more})

    def format_usage(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the line of usage; click puts a blank behind its colon."""
        pieces = " ".join(self.collect_usage_pieces(ctx))
        formatter.write_usage(ctx.command_path, pieces, gettext.gettext("Usage:"))


class Group(Command, click.Group):
    """A group of commands that says what went wrong in one sentence."""

    command_class = Command

    def __init__(self, *args, **more):
        super().__init__(*args, **{"subcommand_metavar": N_("命令 [参数]…"), **more})

    def main(
        self, args: Sequence[str] | None = None, prog_name: str | None = None, *_, **more: Any
    ):
        """Run, and say what went wrong in one sentence."""
        # gettext takes the language from here; the program's own words at a terminal have one.
        os.environ["LANGUAGE"] = "zh"
        more["standalone_mode"] = False
        try:
            code = super().main(args, prog_name, **more)
        except click.exceptions.NoArgsIsHelpError as help_:
            click.echo(help_.message)
            code = 0
        except click.ClickException as wrong:
            said = _sentence(wrong) if isinstance(wrong, click.UsageError) else wrong.message
            click.echo(said, err=True)
            code = wrong.exit_code
        except (click.Abort, EOFError):
            click.echo(gettext.gettext("Aborted!"), err=True)
            code = 1
        sys.exit(code if isinstance(code, int) else 0)


class Contents(Group):
    """A group that knows its commands by name and line, and loads the module of the one that is
    called.

    `contents` maps a module beside this one to its commands: attribute to one line of help.
    """

    def __init__(self, name: str, contents: dict[str, dict[str, str]], **more):
        entries = [
            _Entry(module, attribute, line)
            for module, commands in contents.items()
            for attribute, line in commands.items()
        ]
        super().__init__(name, commands={entry.name: entry for entry in entries}, **more)

    def resolve_command(self, ctx: click.Context, args: list[str]):
        name, entry, rest = super().resolve_command(ctx, args)
        return name, entry.load() if isinstance(entry, _Entry) else None, rest


class _Entry(Command):
    """A line of the contents, in place of the command that it names."""

    def __init__(self, module: str, attribute: str, line: str):
        super().__init__(attribute.rstrip("_").replace("_", "-"), help=line)
        self.module, self.attribute = module, attribute

    def load(self) -> click.Command:
        command = getattr(import_module(f"..{self.module}", __name__), self.attribute)
        command.help = self.help
        return command


def _sentence(wrong: click.UsageError) -> str:
    """Make one sentence of what click says, and add where the right way is written."""
    at = wrong.ctx and wrong.ctx.command
    if isinstance(wrong, click.exceptions.NoSuchCommand) and isinstance(at, click.Group):
        known = "、".join(at.list_commands(wrong.ctx))
        return f"{wrong.message}；可用的有 {known}。"
    said = wrong.message
    if isinstance(wrong, click.BadParameter):  # its quotes and commas are no part of the catalogue
        said = wrong.format_message().replace("'", "").replace(", ", "、").rstrip(".")
    path = wrong.ctx.command_path if wrong.ctx else "oversight"
    return said if said.endswith("。") else f"{said}；写法见 {path} --help。"


def _read_day(text: str) -> date | None:
    from oversight.law.inputs import read_day  # not for a help page

    return read_day(text)


class Year(click.ParamType):
    """A year as an argument."""

    name = "year"

    def convert(self, value, param, ctx) -> int:
        day = _read_day(f"{value}-01-01")
        if day is None:
            raise click.UsageError(f"年份要在 2000 到 2100 之间，这里是“{value}”。", ctx)
        return day.year


class Day(click.ParamType):
    """A local date as an argument."""

    name = "date"

    def convert(self, value, param, ctx) -> date:
        day = value if isinstance(value, date) else _read_day(value)
        if day is None:
            raise click.UsageError(f"日期要写成 2026-12-04 这样，这里是“{value}”。", ctx)
        return day
