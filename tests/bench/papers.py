"""Rows of papers as files: one in a child of its own, beside the bare compiler, and a batch in one child."""

from __future__ import annotations

import json
import resource
import statistics
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from time import perf_counter

from oversight.base import files
from oversight.papers import docx, pdf
from oversight.papers.books import MONTHS, Book, Day, branch_book
from oversight.papers.checking import Check
from oversight.papers.layout import lines
from tests.support.real_papers import TEN

from .rows import Report
from .scene import Scene

BATCH, EARLY = 1000, 100  # replies of a batch; how many are set before memory is first looked at
AT, CHECK = datetime(2026, 12, 1, tzinfo=UTC), Check("AB2CDEF3GH", "http://10.1.2.3:8000")
# The same words in the same types, by nothing but the compiler.
BARE = """
import json, sys, typst
order = json.load(sys.stdin.buffer)
source = '#set text(font: "Noto Serif SC", fallback: false)\\n' + order["text"]
sys.stdout.buffer.write(typst.compile(source.encode(), font_paths=order["folders"], ignore_system_fonts=True,
                                      format="pdf", pdf_standards=["a-2b"], timestamp=0))
"""


def measure(report: Report, scene: Scene) -> None:
    """Measure one paper a few times, in turn with the bare compiler, and a batch."""
    rounds = [(_one(), _bare()) for _ in range(2 if scene.quick else 7)]
    ours = statistics.median(cpu for (cpu, _most, _size), _bare in rounds)
    report.goal("one paper, CPU of its child", ours, "s", 0.5)
    report.goal("one paper, memory of its child", max(one[1] for one, _bare in rounds), "MB", 150)
    report.goal("one paper, its fonts subset", rounds[0][0][2], "KB", 300)
    beside = statistics.median(one[0] / bare for one, bare in rounds)
    report.add("one paper over plain typst.compile, CPU", ours, "s", beside, 1.3)
    report.goal("handbook of a branch's year, CPU of its child", _handbook(), "s", 5)
    _batch(report, 40 if scene.quick else BATCH, 10 if scene.quick else EARLY)


def _spent() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def _one() -> tuple[float, float, float]:
    """Set a reply; returns its child's CPU and memory at most, and the size of the file."""
    before = _spent()
    with pdf.Setter() as setter:
        data = setter(TEN["reply"], CHECK, AT)
        most = _memory(setter)
    return _spent() - before, most, len(data) / 1024


def _handbook() -> float:
    """Set a full year of a branch: twelve days of nine lines, meetings and issues."""
    long = TEN["reply"].blocks[0].text
    days = [
        Day(f"{month}月主题党日", [(f"第{line}项", long) for line in range(9)]) for month in MONTHS
    ]
    before = _spent()
    with pdf.Setter() as setter:
        setter(
            branch_book(Book("青溪村党支部", "2026", [long] * 20, days, [long] * 4, [long] * 20)),
            CHECK,
            AT,
        )
    return _spent() - before


def _memory(setter: pdf.Setter) -> float:
    """Return how many MB the child has held at most."""
    told = Path(f"/proc/{setter.child.pid}/status").read_text()
    [line] = [line for line in told.splitlines() if line.startswith("VmHWM")]
    return int(line.split()[1]) / 1024


def _bare() -> float:
    with pdf.Setter() as setter:
        order = {"text": "\n\n".join(lines(TEN["reply"])), "folders": setter.there()}
    before = _spent()
    command = [sys.executable, "-I", "-B", "-c", BARE]
    subprocess.run(command, input=json.dumps(order).encode(), check=True, capture_output=True)
    return _spent() - before


def _replies(count: int) -> Iterator:
    for number in range(count):
        yield replace(
            TEN["reply"], number=f"青委党日〔2026〕{number + 1}号", to=f"第{number}党支部："
        )


def _batch(report: Report, count: int, early: int) -> None:
    """Set, write and hash many replies in both forms."""
    held, begun = [], perf_counter()
    with TemporaryDirectory() as folder, pdf.Setter() as setter:
        for number, reply in enumerate(_replies(count)):
            for data in (setter(reply, CHECK, AT), docx.make(reply, CHECK)):
                files.keep(Path(folder), data)
            if number % early == early - 1:
                held.append(_memory(setter))
    spent = perf_counter() - begun
    report.goal("a reply of a batch, by the clock", spent / count, "s", 1 / 3)
    report.add("memory of a batch, most over first", max(held), "MB", max(held) / held[0], 1.2)
