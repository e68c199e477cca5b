"""A separate program: sets papers as PDF/A, one after the other, with the fonts that it is given, and
says which characters none of them has.

Runs as a child with little time and memory. Imports nothing of the package.
"""

from __future__ import annotations

import json
import resource
import struct
import sys
from array import array
from bisect import bisect_right
from collections.abc import Iterable
from contextlib import suppress
from functools import cache

CPU_SECONDS, MEMORY = 20, 2**30  # of one paper; of addresses: fonts are mapped, not held
LONGEST = 900  # seconds of processor time of a child, whatever it sets
INVISIBLE = {" ", "\n", "　"}


class Refused(Exception):
    """A refusal by name, and the characters that it is about."""


class Setter:
    """Sets papers from one Typst source. `families`: by style in their order of preference;
    `folders`: of fonts. Raises Refused where a style has none.
    """

    def __init__(self, source: str, families: dict[str, list[str]], folders: list[str]):
        import typst

        self._source, self._compile = source.encode(), typst.compile
        self._fonts = typst.Fonts(
            include_system_fonts=False, include_embedded_fonts=False, font_paths=folders
        )
        there = {font.family for font in self._fonts.fonts()}
        self.families = {
            style: [one for one in names if one in there] for style, names in families.items()
        }
        self._files: dict[str, list] = {
            name: [] for names in self.families.values() for name in names
        }
        for one in self._fonts.fonts():
            self._files.get(one.family, []).append((one.path, one.index))

    def pdf(self, data: dict, at: int) -> bytes:
        """Return the PDF of a paper; `at` in seconds. Raises Refused."""
        if not all(self.families.values()):
            raise Refused("fonts", "")
        if missing := "".join(sorted(self._lacking(_written(data)))):
            raise Refused("lacks", missing)
        told = json.dumps({**data, "fonts": self.families}, ensure_ascii=False)
        return self._compile(
            self._source,
            font_paths=self._fonts,
            ignore_system_fonts=True,
            format="pdf",
            sys_inputs={"paper": told},
            pdf_standards=["a-2b"],
            timestamp=at,
        )

    def _lacking(self, written: set[str]) -> set[str]:
        """Return what is drawn in no type of some style: read from their own tables, never guessed."""
        lacking: set[str] = set()
        for names in {tuple(names) for names in self.families.values()}:
            rest = set(written)
            for name in names:
                rest = {one for one in rest if not self._draws(name, ord(one))}
            lacking |= rest
        return lacking

    def _draws(self, family: str, point: int) -> bool:
        return any(_cmap(*one).draws(point) for one in self._files[family])


def _written(value: object) -> set[str]:
    """Return all characters of a text, or of a structure of texts; drawings are none."""
    if isinstance(value, str):
        return set() if value.startswith("<svg") else set(value) - INVISIBLE
    if isinstance(value, dict):
        value = value.values()
    return set().union(*map(_written, value)) if isinstance(value, Iterable) else set()


class Cmap:
    """Which characters a font has: its table `cmap`, format 12, else 4."""

    def __init__(self, path: str, index: int):
        with open(path, "rb") as file:
            table = _table(file, index, b"cmap")
        kinds = {struct.unpack_from(">H", table, at)[0]: at for *_which, at in _records(table)}
        read = _groups if 12 in kinds else _segments
        self._firsts, self._lasts, self._glyph = read(table, kinds[12 if 12 in kinds else 4])

    def draws(self, point: int) -> bool:
        """Tell whether there is a glyph of a character; the first glyph stands for those that lack."""
        place = bisect_right(self._firsts, point) - 1
        return place >= 0 and point <= self._lasts[place] and bool(self._glyph(place, point))


@cache
def _cmap(path: str, index: int) -> Cmap:
    return Cmap(path, index)


def _table(file, index: int, name: bytes) -> bytes:
    """Read a table of a font, or of one in a collection."""
    start = 0
    if file.read(4) == b"ttcf":
        file.seek(12 + 4 * index)
        [start] = struct.unpack(">L", file.read(4))
    file.seek(start + 4)
    [count] = struct.unpack(">H6x", file.read(8))
    for tag, _sum, at, size in struct.iter_unpack(">4sLLL", file.read(16 * count)):
        if tag == name:
            file.seek(at)
            return file.read(size)
    raise Refused("fonts", "")


def _records(table: bytes) -> Iterable[tuple]:
    [count] = struct.unpack_from(">2xH", table)
    return struct.iter_unpack(">HHL", table[4 : 4 + 8 * count])


def _numbers(kind: str, data: bytes) -> array:
    """Read numbers as fonts keep them, whatever this machine does."""
    found = array(kind, data)
    if sys.byteorder == "little":
        found.byteswap()
    return found


def _groups(table: bytes, at: int) -> tuple:
    [count] = struct.unpack_from(">L", table, at + 12)
    told = _numbers("I", table[at + 16 : at + 16 + 12 * count])
    firsts, glyphs = told[::3], told[2::3]
    return firsts, told[1::3], lambda place, point: glyphs[place] + point - firsts[place]


def _segments(table: bytes, at: int) -> tuple:
    count = struct.unpack_from(">H", table, at + 6)[0] // 2
    starts = [at + 14 + 2 * count * number + 2 * (number > 0) for number in range(4)]
    lasts, firsts, deltas, offsets = (_numbers("H", table[one : one + 2 * count]) for one in starts)

    def glyph(place: int, point: int) -> int:
        if not offsets[place]:
            return point + deltas[place] & 0xFFFF
        there = starts[3] + 2 * place + offsets[place] + 2 * (point - firsts[place])
        return struct.unpack_from(">H", table, there)[0]

    return firsts, lasts, glyph


def _confine() -> None:
    for limit, most in (
        (resource.RLIMIT_CPU, LONGEST),
        (resource.RLIMIT_AS, MEMORY),
        (resource.RLIMIT_FSIZE, 0),
        (resource.RLIMIT_CORE, 0),
    ):
        with suppress(ValueError, OSError):
            resource.setrlimit(limit, (most, most))


def _begin() -> None:
    """Give the next paper its time."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    soft = int(used.ru_utime + used.ru_stime) + CPU_SECONDS
    with suppress(ValueError, OSError):
        resource.setrlimit(resource.RLIMIT_CPU, (soft, LONGEST))


def _answer(setter: Setter, order: dict) -> tuple[dict, bytes]:
    try:
        data = setter.pdf(order["data"], order["at"])
        return {"size": len(data)}, data
    except Refused as refusal:
        return dict(zip(("no", "which"), refusal.args, strict=True)), b""


def main() -> None:
    """Read lines of JSON from standard input: what all papers are set with, then each paper. Write of
    each a line of JSON and then its PDF.
    """
    _confine()
    _begin()
    setter = Setter(**json.loads(sys.stdin.buffer.readline()))
    for line in sys.stdin.buffer:
        _begin()
        about, data = _answer(setter, json.loads(line))
        sys.stdout.buffer.write(json.dumps(about).encode() + b"\n" + data)
        sys.stdout.buffer.flush()


if __name__ == "__main__":
    main()
