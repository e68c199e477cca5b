"""What a test needs of the machine: a machine of the project's own must have it."""

from __future__ import annotations

import os

import pytest


def needs(there: object, what: str) -> None:
    """Fail in CI where something is missing, which `.ci/run` installs; elsewhere pass over the test."""
    if there:
        return
    said = f"缺少 {what}：请先安装，再运行 make test。"
    pytest.fail(said) if os.environ.get("CI") else pytest.skip(said)
