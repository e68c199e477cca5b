"""Small disks of a test's own, and faults of a disk: for root on Linux, skipped elsewhere but in CI."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest


def _lacking(what: str) -> None:
    if os.environ.get("CI"):
        raise RuntimeError(what)
    pytest.skip(what)


@contextmanager
def small(folder: Path, megabytes: int) -> Iterator[Path]:
    """Mount a disk of so many megabytes on a folder."""
    folder.mkdir()
    words = ["mount", "-t", "tmpfs", "-o", f"size={megabytes}m", "tmpfs", str(folder)]
    if os.geteuid() != 0 or subprocess.run(words, capture_output=True).returncode:
        _lacking("no disk can be mounted here")
    try:
        yield folder
    finally:
        subprocess.run(["umount", "-l", str(folder)], check=True)


def remount(folder: Path, how: str) -> None:
    """Let a disk be read only (`ro`) or written again (`rw`)."""
    subprocess.run(["mount", "-o", f"remount,{how}", str(folder)], check=True)


def fill(folder: Path) -> Path:
    """Take all room that a disk has left; the file that takes it is returned."""
    path = folder / "filler"
    with open(path, "wb", buffering=0) as file:
        try:
            while True:
                file.write(bytes(4096))
        except OSError:
            return path


@contextmanager
def faulty(process: int, *rules: str) -> Iterator[None]:
    """Let system calls of a running process fail, as `strace --inject` is told."""
    if shutil.which("strace") is None:
        _lacking("no strace here")
    words = [part for rule in rules for part in ("-e", f"inject={rule}")]
    calls = ",".join(rule.partition(":")[0] for rule in rules)
    tracing = subprocess.Popen(
        [
            "strace",
            "-f",
            "-q",
            "-e",
            f"trace={calls}",
            *words,
            "-o",
            os.devnull,
            "-p",
            str(process),
        ],
        stderr=subprocess.PIPE,
    )
    try:
        _wait_attached(process, tracing)
        yield
    finally:
        tracing.terminate()
        tracing.wait(20)
        tracing.stderr.close()


def _wait_attached(process: int, tracing: subprocess.Popen) -> None:
    """Wait until each thread of a process is traced."""
    for _ in range(20_000):
        if tracing.poll() is not None:
            _lacking(tracing.stderr.read().decode())
        tasks = list(Path(f"/proc/{process}/task").glob("*/status"))
        if all(re.search(r"TracerPid:\t[1-9]", task.read_text()) for task in tasks):
            return
        os.sched_yield()
    raise AssertionError("strace does not attach")
