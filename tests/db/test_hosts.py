"""An address of several hosts: the one that writes is found, also after it has changed, without a restart."""

from __future__ import annotations

from uuid import uuid4

import pytest
import sqlalchemy as sa
from sqlalchemy.engine import make_url

from oversight.base import outages, patience
from oversight.base.db import engine_options, prepare
from oversight.base.settings import environment
from oversight.commands import postgres_rights
from tests.support import postgres


class Pair:
    """The same database on two servers, of which one takes writes."""

    def __init__(self):
        self.name = f"pair_{uuid4().hex[:8]}"
        self.urls = [
            make_url(postgres.create_database(name=self.name, durable=durable))
            for durable in (False, True)
        ]
        for url in self.urls:
            self._run(url, "CREATE TABLE t (n int)")
        hosts = tuple(url.query["host"] for url in self.urls)
        query = {"host": hosts, "target_session_attrs": "read-write"}
        self.url = self.urls[0].set(query=query).render_as_string(hide_password=False)

    @staticmethod
    def _run(url, statement: str):
        engine = sa.create_engine(url, isolation_level="AUTOCOMMIT")
        with engine.connect() as link:
            link.exec_driver_sql("SET default_transaction_read_only = off")
            found = link.exec_driver_sql(statement)
            rows = found.all() if found.returns_rows else None
        engine.dispose()
        return rows

    def writes(self, which: int) -> None:
        """Let one server take writes and the other only reads, from the next connections on."""
        for number, url in enumerate(self.urls):
            only = "off" if number == which else "on"
            self._run(url, f"ALTER DATABASE {self.name} SET default_transaction_read_only = {only}")

    def rows(self, which: int) -> int:
        return self._run(self.urls[which], "SELECT count(*) FROM t")[0][0]

    def hang_up(self, which: int) -> None:
        others = (
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid()"
        )
        self._run(self.urls[which], f"{others} AND datname = '{self.name}'")


@pytest.fixture
def pair():
    found = Pair()
    yield found
    for url in found.urls:
        postgres.drop_database(url.render_as_string(hide_password=False))


@pytest.fixture
def engine(pair):
    made = sa.create_engine(pair.url, **engine_options(pair.url))
    prepare(made)
    yield made
    made.dispose()


def write(engine) -> None:
    with engine.begin() as link:
        link.exec_driver_sql("INSERT INTO t VALUES (1)")


@pytest.mark.parametrize("first", [0, 1])
def test_the_host_that_writes_is_found(pair, engine, first):
    pair.writes(first)
    write(engine)
    assert (pair.rows(first), pair.rows(1 - first)) == (1, 0)


def test_the_pool_follows_a_failover_that_hangs_up(pair, engine):
    pair.writes(0)
    write(engine)
    pair.writes(1)
    pair.hang_up(0)
    write(engine)  # asked before use: nobody is told of it
    assert (pair.rows(0), pair.rows(1)) == (1, 1)


def test_the_pool_follows_one_that_does_not_hang_up(pair, engine):
    pair.writes(0)
    write(engine)
    with engine.connect() as link:  # the one in the pool is to be a reader's from now on
        link.exec_driver_sql("SET default_transaction_read_only = on")
        link.commit()
    pair.writes(1)
    with pytest.raises(sa.exc.DBAPIError) as no:
        write(engine)
    assert outages.as_refusal(no.value).sentence == outages.READ_ONLY
    write(engine)
    assert (pair.rows(0), pair.rows(1)) == (1, 1)


def test_what_the_address_says_goes_before_what_is_ours(pair):
    given = engine_options(f"{pair.url}&connect_timeout=7")["connect_args"]
    assert "connect_timeout" not in given and patience.CONNECTING
    assert "connect_timeout" in engine_options(pair.url)["connect_args"]


def test_rights_are_asked_for_by_the_name_in_such_an_address(pair, tmp_path):
    """Both addresses may name several hosts; one role only means that there is nothing to give."""
    env = environment(tmp_path, {"OVERSIGHT_DATABASE_URL": pair.url})
    assert postgres_rights.grant(env) is False
