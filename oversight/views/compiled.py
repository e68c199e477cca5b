"""Templates as an earlier start has compiled them: a third of a page's first answer."""

from __future__ import annotations

from collections import ChainMap
from collections.abc import MutableMapping
from contextlib import suppress
from pathlib import Path
from types import FunctionType, MethodType
from typing import Any

from flask.templating import Environment
from jinja2 import FileSystemBytecodeCache
from jinja2.bccache import Bucket
from jinja2.runtime import Context, Macro


class Page(Context):
    """What a template sees: the functions, methods and macros that it calls are called as they are,
    where Jinja asks each anew whether it wants to know the page.
    """

    def call(__self, __obj, *args, **kwargs):  # noqa: B902  as Jinja has it: its words are free names
        """Call what a template calls."""
        kind = type(__obj)
        if kind is Macro:
            args = (__self.eval_ctx, *args)
        elif kind not in _AS_THEY_ARE or hasattr(__obj, "jinja_pass_arg"):
            return super().call(__obj, *args, **kwargs)
        kwargs.pop("_block_vars", None)
        kwargs.pop("_loop_vars", None)
        return __obj(*args, **kwargs)


_AS_THEY_ARE = {FunctionType, MethodType}


class Pages(Environment):
    """The environment of all templates: what each of them is given is copied for every page and
    every part of one, which a plain dictionary does many times faster than a chain of two.
    """

    context_class = Page

    def make_globals(self, d: MutableMapping[str, Any] | None) -> MutableMapping[str, Any]:
        """Return what a template is given beside its values."""
        return ChainMap(d, self.globals) if d else self.globals


class Compiled(FileSystemBytecodeCache):
    """A folder of its own, which only its owner enters: what lies there is run as code.

    Jinja compiles anew what has changed. Where nothing can be kept, each start compiles its own.
    """

    def __init__(self, folder: Path):
        with suppress(OSError):
            folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        super().__init__(str(folder))

    def dump_bytecode(self, bucket: Bucket) -> None:
        with suppress(OSError):
            super().dump_bytecode(bucket)
