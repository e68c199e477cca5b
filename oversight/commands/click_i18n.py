"""Click in Chinese: help pages, what is wrong with a command line, years and days as arguments."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import date
from importlib import import_module
from typing import Any

import click


class _Formatter(click.HelpFormatter):
    def write_usage(self, prog: str, args: str = "", prefix: str | None = None) -> None:
        super().write_usage(prog, args, "用法：")

    @contextmanager
    def section(self, name: str) -> Iterator[None]:
        with super().section({"Options": "选项", "Commands": "命令"}.get(name, name)):
            yield


class _Context(click.Context):
    formatter_class = _Formatter


class Command(click.Command):
    """A command whose help page is Chinese."""

    context_class = _Context

    def __init__(self, *args, **more):
        super().__init__(*args, **{"options_metavar": "[选项]", **more})

    def get_help_option(self, ctx: click.Context) -> click.Option | None:
        option = super().get_help_option(ctx)
        if option is not None:
            option.help = "显示这段说明"
        return option


class Group(Command, click.Group):
    """A group of commands that says what went wrong in one sentence."""

    command_class = Command

    def __init__(self, *args, **more):
        super().__init__(*args, **{"subcommand_metavar": "命令 [参数]…", **more})

    def resolve_command(self, ctx: click.Context, args: list[str]):
        if args and self.get_command(ctx, args[0]) is None and not args[0].startswith("-"):
            raise click.UsageError(
                f"没有命令 {args[0]}；可用的有 {'、'.join(self.list_commands(ctx))}。", ctx
            )
        return super().resolve_command(ctx, args)

    def main(
        self, args: Sequence[str] | None = None, prog_name: str | None = None, *_, **more: Any
    ):
        """Run, and say what went wrong in one sentence."""
        more["standalone_mode"] = False
        try:
            code = super().main(args, prog_name, **more)
        except click.exceptions.NoArgsIsHelpError as help_:
            click.echo(help_.message)
            code = 0
        except click.UsageError as wrong:
            click.echo(_usage(wrong), err=True)
            code = 2
        except click.ClickException as wrong:
            click.echo(wrong.message, err=True)
            code = 1
        except (click.Abort, EOFError):
            click.echo("已中止，没有改动。", err=True)
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
        return name, entry.load() if entry else None, rest


class _Entry(Command):
    """A line of the contents, in place of the command that it names."""

    def __init__(self, module: str, attribute: str, line: str):
        super().__init__(attribute.rstrip("_").replace("_", "-"), help=line)
        self.module, self.attribute = module, attribute

    def load(self) -> click.Command:
        command = getattr(import_module(f"..{self.module}", __name__), self.attribute)
        command.help = self.help
        return command


def _usage(wrong: click.UsageError) -> str:
    """Say in Chinese what is wrong with a command line."""
    hint = f"写法见 {wrong.ctx.command_path if wrong.ctx else 'oversight'} --help。"
    if isinstance(wrong, click.MissingParameter):
        return f"缺少 {wrong.param.get_error_hint(wrong.ctx).strip(chr(39))}；{hint}"
    if isinstance(wrong, click.NoSuchOption):
        return f"没有选项 {wrong.option_name}；{hint}"
    if isinstance(wrong, click.BadParameter) and isinstance(wrong.param.type, click.Choice):
        return f"{wrong.param.opts[0]} 只能是 {'、'.join(wrong.param.type.choices)}。"
    chinese = any(ord(c) > 0x2E80 for c in wrong.message)
    return wrong.message if chinese else f"命令的写法不对；{hint}"


class Year(click.ParamType):
    """A year as an argument."""

    name = "year"

    def convert(self, value, param, ctx) -> int:
        if str(value).isascii() and str(value).isdigit() and 2000 <= int(value) <= 2100:
            return int(value)
        self.fail(f"年份要在 2000 到 2100 之间，这里是“{value}”。", param, ctx)


class Day(click.ParamType):
    """A local date as an argument."""

    name = "date"

    def convert(self, value, param, ctx) -> date:
        try:
            day = value if isinstance(value, date) else date.fromisoformat(value)
            if not 2000 <= day.year <= 2100:
                raise ValueError
            return day
        except ValueError:
            self.fail(f"日期要写成 2026-12-04 这样，这里是“{value}”。", param, ctx)
