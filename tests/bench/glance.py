"""Rows of the ledger and the overview at county size, beside the demo zone and a queue page."""

from __future__ import annotations

from time import process_time

from . import county
from .pages import Reader
from .product import dashed
from .race import Contender, contenders, middle, race, ratio
from .rows import Report, say
from .scene import Scene

OF_BRANCH, TOWN, ZONE = "branch01.secretary", "town1.officer", "zone.office"
FEW = 10  # superiors of which the rebuild is timed first


class Book(Reader):
    """A reader of ledgers and overviews."""

    def ledger(self) -> None:
        """Choose the ledger of a branch that the demo zone and the county both have."""
        unit = self.rows(
            "SELECT p.unit_id FROM accounts a JOIN posts p ON p.person_id=a.person_id WHERE a.username=?",
            OF_BRANCH,
        )[0][0]
        self.choose(f"/units/{dashed(unit)}/ledger", OF_BRANCH)

    def rebuild(self, n: int | None = None) -> tuple[float, int]:
        """Reckon the sums of the first superiors, or of all; returns CPU and how many branches."""
        from oversight.time import rollups

        with self.app.app_context():
            session = self.db.session
            units = rollups.stale(session, self.at.today)[:n]
            begun = process_time()
            for unit in units:
                rollups.renew(session, unit, self.at)
            took, marks = process_time() - begun, ",".join("?" * len(units))
            ids = [unit.replace("-", "") for unit in units]
            sql = f"SELECT count(*) FROM units WHERE kind='branch' AND parent_id IN ({marks})"
            return took, self.rows(sql, *ids)[0][0]


def measure(report: Report, scene: Scene) -> None:
    """Measure the pages of the demo zone and of the county, and the rebuild of its sums."""
    path = scene.folder / "glance.db"
    county.copy(scene.county, path)
    places = {"demo": scene.demo, "county": path}
    with contenders() as start:
        readers = {
            name: start(
                name, "glance.Book", url=f"sqlite:///{file}", folder=str(scene.folder), sync="OFF"
            )
            for name, file in places.items()
        }
        for title, choose in (
            ("ledger of a branch", {"do": "ledger"}),
            ("months of a town", {"do": "choose", "path": "/months", "name": TOWN}),
        ):
            for reader in readers.values():
                reader.ask(**choose)
            times = race(readers, "cpu", 7, 30, 3)
            name = f"{title}, CPU, county over demo zone"
            report.add(
                name, middle(times, "county") * 1e3, "ms", ratio(times, "county", "demo"), 1.5
            )
        _rebuild(report, readers["county"])
        again = start("again", "glance.Book", url=f"sqlite:///{path}", folder=str(scene.folder))
        readers["county"].ask("choose", path="/overview", name=ZONE)
        again.ask("choose", path="/desk", name=ZONE)
        times = race({"overview": readers["county"], "desk": again}, "cpu", 7, 30, 3)
        name = "overview of the zone over a queue page, CPU, county"
        report.add(name, middle(times, "overview") * 1e3, "ms", ratio(times, "overview", "desk"), 2)
    path.unlink()


def _rebuild(report: Report, reader: Contender) -> None:
    """Compare what a branch costs in the rebuild of few superiors and of all the others."""
    few, branches = reader.value("rebuild", n=FEW)
    rest, others = reader.value("rebuild")
    say(f"rebuild: {branches} and {others} branches")
    each, other = few / branches, rest / others
    report.add(
        "rebuild of all sums, CPU a branch, all over few", other * 1e3, "ms", other / each, 1.5
    )
