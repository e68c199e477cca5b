"""Scratch databases of a run: the demo zone, made once a tree and copied; the PostgreSQL server."""

from __future__ import annotations

import subprocess
import tarfile
from functools import cached_property
from io import BytesIO
from pathlib import Path

from . import county
from .race import ROOT, Contender
from .rows import say


class Scene:
    """Where the contenders of one tree find what they need;

    `other` is the scene to compare with.
    """

    def __init__(self, folder: Path, tree: Path = ROOT, quick: bool = False):
        self.folder, self.tree, self.quick = folder, tree, quick
        self.other: Scene | None = None
        self.commit = ""
        folder.mkdir(parents=True, exist_ok=True)

    def against(self, commit: str) -> None:
        """Lay the tree of another commit beside this one. Raises LookupError."""
        packed = subprocess.run(
            ["git", "-C", str(ROOT), "archive", "--format=tar", commit], capture_output=True
        )
        if packed.returncode:
            raise LookupError(packed.stderr.decode().strip())
        tree = self.folder / "tree"
        with tarfile.open(fileobj=BytesIO(packed.stdout)) as archive:
            archive.extractall(tree, filter="data")
        self.commit, self.other = commit, Scene(self.folder / "other", tree, self.quick)

    def once(self, kind: str, do: str, limit: float = 240, **given):
        """Start a contender of this tree for one thing."""
        contender = Contender(kind, self.tree, limit, **given)
        try:
            return contender.value(do, limit)
        finally:
            contender.end()

    @cached_property
    def demo(self) -> Path:
        """The demo zone in a file."""
        say(f"the demo zone, from {'the other commit' if self.tree != ROOT else 'this tree'}")
        path = self.folder / "demo.db"
        self.once("product.Maker", "demo", url=f"sqlite:///{path}", folder=str(self.folder))
        return path

    @cached_property
    def demo_postgres(self) -> str:
        """The demo zone on PostgreSQL."""
        url, source = self.postgres(), f"sqlite:///{self.demo}"
        maker = Contender("product.Maker", self.tree, url=url, folder=str(self.folder))
        try:
            maker.ask("fill", source=source)
        finally:
            maker.end()
        return url

    @property
    def sizes(self) -> tuple[int, int, int]:
        """How many cases: few, as many as a county has in a year, as many as it will ever have."""
        return (10, 100, 1_000) if self.quick else (10, 10_000, 1_000_000)

    @cached_property
    def county(self) -> Path:
        """The demo zone grown to a county in a file."""
        path, demo = self.folder / "county.db", self.demo
        say("a county")
        county.build(demo, path)
        return path

    def crowded(self, n: int) -> dict:
        """Return where a contender finds the county with so many cases; all share the file."""
        path = self.folder / f"county-{n}.db"
        if not path.exists():
            source = self.county
            say(f"{n:,} cases")
            county.add_cases(source, path, n)
        return {"url": f"sqlite:///{path}", "folder": str(self.folder), "sync": "OFF"}

    def postgres(self, template: str | None = None) -> str:
        """Return an empty database, or a copy of one, on a server that waits for the disk."""
        from tests.support import postgres

        return postgres.create_database(template=template, durable=True)
