"""The recipe of a real zone says what it is given, and the password to nobody. (Run whole in a clone with
an empty home it came up, was logged into, and only served the second time.)
"""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


@pytest.fixture
def recipe(tmp_path):
    """Run the part of the recipe after the packages, with a program that repeats what it is told."""
    shutil.copy(ROOT / "Makefile", tmp_path)
    program = tmp_path / ".venv" / "bin" / "oversight"
    program.parent.mkdir(parents=True)
    program.write_text('#!/bin/sh\necho "$OVERSIGHT_INSTANCE" "$@"\n[ "$1" = serve ] || cat\n')
    program.chmod(0o755)

    def run(**given: str) -> list[str]:
        quiet = ("-o", "run-packages", "-o", "editable", "-o", "venv")
        kept = {name: os.environ[name] for name in ("PATH",)}
        done = subprocess.run(
            ["make", "-s", *quiet, "zone"],
            cwd=tmp_path,
            env={**kept, "HOME": str(tmp_path), **given},
            input="asked\n",
            capture_output=True,
            text=True,
            check=True,
        )
        return done.stdout.replace(str(tmp_path), "").splitlines()

    return run


def test_what_is_given_is_told_and_the_password_goes_by_the_input(recipe):
    assert recipe(ZONE="云山 区", ADMIN="root", PASSWORD="a b'c") == [
        "/zone init --if-new --zone 云山 区 --admin root --password-stdin",
        "a b'c",
        "/zone serve --host 127.0.0.1",
    ]


def test_what_is_not_given_is_asked(recipe):
    assert recipe() == ["/zone init --if-new", "asked", "/zone serve --host 127.0.0.1"]
