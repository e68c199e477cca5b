"""The primary is killed under load and its standby promoted: what was acknowledged is there, once."""

from __future__ import annotations

import random
import shutil
import signal
import threading
from time import monotonic

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from oversight.engine import journal
from oversight.models import Case, JournalRow
from tests.db.test_served_kill import BRANCHES, Caller
from tests.support import scratch, slices
from tests.support.client import token_for
from tests.support.cluster import Cluster
from tests.support.served import Served

BACK = 30  # seconds, of which the promotion takes some


@pytest.mark.slow
@pytest.mark.skipif(not slices.WHOLE, reason="make assure runs it")
@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
def test_a_standby_takes_over_under_load(session, world, stage, tmp_path):
    tokens = {name: token_for(world.people[f"{name}.secretary"]) for name in BRANCHES}
    units = {name: str(world.units[name].id) for name in BRANCHES}
    session.commit()
    home = scratch.folder("oversight-cluster-")
    first = Cluster(home, "first")
    clusters = [first]
    try:
        first.fill(stage.url)
        clusters.append(second := Cluster(home, "second", follows=first))
        first.configure("synchronous_standby_names", "second")
        hosts = "&".join(f"host=127.0.0.1:{one.port}" for one in clusters)
        url = f"postgresql+psycopg://postgres@/postgres?{hosts}&target_session_attrs=read-write"
        with Served(tmp_path / "served", url) as served:
            told, ambiguous = _through(served, first, second, tokens, units)
        with Session(sa.create_engine(second.url)) as there:
            for case_id, version in told:
                row = sa.select(JournalRow.id).where(
                    JournalRow.case_id == case_id, JournalRow.seq == version
                )
                assert there.scalar(row), f"lost: {case_id} {version}"
            moves = sa.select(sa.func.count()).select_from(JournalRow)
            rows = there.scalar(moves.join(Case, Case.id == JournalRow.case_id))
            assert rows == len(told), "done twice"
            assert journal.verify_lines(journal.export_lines(there)) == []
    finally:
        for one in clusters:
            one.stop()
        shutil.rmtree(home, ignore_errors=True)
    print(f"\n{len(told)} acknowledged, lost 0; {ambiguous} answers failed and were asked again")


def _through(served, first, second, tokens, units) -> tuple[list, int]:
    """Let three branches go on over the change; return what was acknowledged, and how many failed."""
    callers = [Caller(tokens[name], units[name], lambda: None) for name in BRANCHES]
    half, end = threading.Event(), threading.Event()
    failed = [0]

    def run(one: Caller) -> None:
        while not end.is_set():
            if not one.step(served):
                failed[0] += 1
                end.wait(0.2)
            if sum(len(each.told) for each in callers) > random.Random(7).randint(60, 90):
                half.set()

    running = [threading.Thread(target=run, args=(one,)) for one in callers]
    for thread in running:
        thread.start()
    try:
        assert half.wait(120), [one.wrong[-1:] for one in callers]
        first.signal(signal.SIGKILL)
        second.promote()
        before, until = [len(one.told) for one in callers], monotonic() + BACK
        while any(len(one.told) < n + 20 for one, n in zip(callers, before, strict=True)):
            assert monotonic() < until, "not back in time"
            end.wait(0.1)
    finally:
        end.set()
        for thread in running:
            thread.join(60)
    assert all(status >= 500 for one in callers for status, _text in one.wrong)
    return [each for one in callers for each in one.told], failed[0]
