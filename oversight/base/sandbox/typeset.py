"""A separate program: sets one paper as PDF/A with the fonts that it is given, and says which
characters none of them has.

Runs as a child with little time and memory. Imports nothing of the package.
"""

from __future__ import annotations

import json
import resource
import sys
from contextlib import suppress
from typing import Any

CPU_SECONDS, MEMORY = 20, 2**30  # of addresses: fonts are mapped, not held
INVISIBLE = {" ", "\n", "　"}


class Refused(Exception):
    """A refusal by name, and the characters that it is about."""


def typeset(order: dict) -> bytes:
    """Return the PDF of an order: `source` in Typst, `data`, `families` by style in their order of
    preference, `folders` of fonts, `at` in seconds. Raises Refused.
    """
    import typst

    fonts = typst.Fonts(
        include_system_fonts=False, include_embedded_fonts=False, font_paths=order["folders"]
    )
    families = _present(fonts, order["families"])
    missing = "".join(sorted(_written(order["data"]) - _drawn(fonts, families["fang"])))
    if missing:
        raise Refused("lacks", missing)
    data = {**order["data"], "fonts": families}
    return typst.compile(
        order["source"].encode(),
        font_paths=fonts,
        ignore_system_fonts=True,
        format="pdf",
        sys_inputs={"paper": json.dumps(data, ensure_ascii=False)},
        pdf_standards=["a-2b"],
        timestamp=order["at"],
    )


def _present(fonts, families: dict[str, list[str]]) -> dict[str, list[str]]:
    """Return of each style the families that there are. Raises Refused where one has none."""
    there = {font.family for font in fonts.fonts()}
    found = {style: [one for one in names if one in there] for style, names in families.items()}
    if not all(found.values()):
        raise Refused("fonts", "")
    return found


def _written(value: Any) -> set[str]:
    """Return all characters of a text, or of a structure of texts; drawings are none."""
    if isinstance(value, str):
        return set() if value.startswith("<svg") else set(value) - INVISIBLE
    if isinstance(value, dict):
        value = value.values()
    return set().union(*map(_written, value)) if hasattr(value, "__iter__") else set()


def _drawn(fonts, families: list[str]) -> set[str]:
    """Return the characters that fonts draw: read from their own tables, never guessed."""
    from fontTools.ttLib import TTFont

    files = {(one.path, one.index) for one in fonts.fonts() if one.family in families}
    found: set[str] = set()
    for path, index in files:
        with TTFont(path, fontNumber=index, lazy=True) as font:
            found.update(map(chr, font.getBestCmap()))
    return found


def _confine() -> None:
    for limit, most in (
        (resource.RLIMIT_CPU, CPU_SECONDS),
        (resource.RLIMIT_AS, MEMORY),
        (resource.RLIMIT_FSIZE, 0),
        (resource.RLIMIT_CORE, 0),
    ):
        with suppress(ValueError, OSError):
            resource.setrlimit(limit, (most, most))


def main() -> None:
    """Read an order from standard input; write one line of JSON and then the PDF."""
    _confine()
    order = json.load(sys.stdin.buffer)
    try:
        about, data = {}, typeset(order)
    except Refused as refusal:
        about, data = dict(zip(("no", "which"), refusal.args, strict=True)), b""
    sys.stdout.buffer.write(json.dumps(about).encode() + b"\n" + data)


if __name__ == "__main__":
    main()
