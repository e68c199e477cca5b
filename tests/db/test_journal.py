"""The journal: chains that hold, eight kinds of tampering that show, and a database that refuses to
help.
"""

from __future__ import annotations

import json
import subprocess
import sys
from datetime import timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa
from sqlalchemy.exc import DBAPIError

from oversight.base.clock import Moment
from oversight.base.db import Base
from oversight.commands import audit
from oversight.engine import journal, seals, transitions, verifier
from oversight.ledger import duty_records
from oversight.models import Case, JournalRow, UnitChange, records
from oversight.register import zone_settings
from tests.support.actors import REASON, Play
from tests.support.dump import difference, dump


@pytest.fixture
def play(session, world):
    return Play(session, world)


@pytest.fixture
def told(play):
    """Three cases with their ends, sealed by two checkpoints, and what is exported of them."""
    play.approved()
    seal(play)
    play.move(play.asked(name="community.secretary", unit="community"), "town1.officer", "refuse")
    play.on("2026-11-25").asked(name="organ.secretary", unit="organ")
    seal(play)
    return play, lines(play)


def seal(play) -> None:
    seals.seal(play.session, play.world.zone.id, play.at.now)
    play.session.commit()


def lines(play) -> list[str]:
    found = list(journal.export_lines(play.session))
    play.session.commit()
    return found


def entries(found: list[str]) -> list[tuple[str, dict]]:
    return [next(iter(json.loads(line).items())) for line in found]


def written(told: list[tuple[str, dict]]) -> list[str]:
    return [journal.canonical({kind: values}) for kind, values in told]


def rows_of(told, at: int = 0) -> list[dict]:
    """Return the rows of one case in the order of the export: the same objects, to be altered."""
    case_id = sorted({values["case_id"] for kind, values in told if kind == "row"})[at]
    return [values for kind, values in told if kind == "row" and values["case_id"] == case_id]


def test_what_was_done_verifies(told):
    play, found = told
    assert journal.verify_lines(found) == []
    kinds = [kind for kind, _ in entries(found)]
    assert (kinds.count("row"), kinds.count("head"), kinds.count("checkpoint")) == (9, 4, 2)
    assert kinds == sorted(
        kinds, key=["row", "head", "leaf", "stands", "series", "checkpoint"].index
    )
    assert play.count(JournalRow) == 9


def test_each_case_is_a_chain_of_its_own(told):
    _play, found = told
    for number in range(3):
        previous = ""
        for seq, row in enumerate(rows_of(entries(found), number), 1):
            assert (row["seq"], row["previous"]) == (seq, previous)
            previous = row["hash"]


def test_exported_twice_it_reads_the_same(told):
    play, found = told
    assert lines(play) == found


def test_the_export_reads_the_same_on_a_server_with_another_time_zone(told):
    """What is hashed are UTC timestamps, wherever the server believes itself to be."""
    play, found = told
    if play.session.get_bind().dialect.name == "postgresql":  # SQLite keeps no time zone
        play.session.execute(sa.text("SET TIME ZONE 'Asia/Shanghai'"))
    other = list(journal.export_lines(play.session))
    assert other == found and journal.verify_lines(other) == []
    play.session.rollback()


# Eight kinds of tampering ------------------------------------------------------------------------


def edited(told):
    rows_of(told)[-1]["words"]["opinion"] = "不同意"


def removed(told):
    told.remove(("row", rows_of(told)[1]))


def reordered(told):
    first, second = [
        index
        for index, (kind, values) in enumerate(told)
        if kind == "row" and values in rows_of(told)
    ][:2]
    told[first], told[second] = told[second], told[first]


def inserted(told):
    row = rows_of(told)[1]
    told.insert(
        told.index(("row", row)) + 1, ("row", {**row, "move": "approve", "seq": row["seq"] + 1})
    )


def truncated(told):
    told.remove(("row", rows_of(told)[-1]))


def forged(told):
    """A row with a good hash of its own and a good predecessor, put at the end of a chain."""
    last = rows_of(told)[-1]
    row = {**last, "seq": last["seq"] + 1, "previous": last["hash"], "move": "revoke"}
    row["hash"] = seal_of(row)
    told.insert(told.index(("row", last)) + 1, ("row", row))


def reattributed(told):
    rows_of(told)[-1].update(actor_id=rows_of(told)[0]["actor_id"], actor="另一个人")


def backdated(told):
    rows_of(told)[-1]["at"] = "2026-11-01T01:00:00.000000+00:00"


KINDS = (edited, removed, reordered, inserted, truncated, forged, reattributed, backdated)


def unseen(found, *ways) -> list[str]:
    """Return the names of the ways in which an export was altered without the verifier's seeing it."""
    hidden = []
    for way in ways:
        changed = entries(found)
        way(changed)
        assert written(changed) != found, way.__name__
        if not journal.verify_lines(written(changed)):
            hidden.append(way.__name__)
    return hidden


def test_eight_of_eight_kinds_of_tampering_show(told):
    assert unseen(told[1], *KINDS) == [] and len(KINDS) == 8


def test_every_field_is_under_the_hash(told):
    def set_field(field):
        def way(changed):
            rows_of(changed)[1][field] = {
                "words": {"x": 1},
                "result": {"x": 1},
                "seq": 7,
                "after": {"x": {}},
                "format": 1,
            }.get(field, "x")

        way.__name__ = field
        return way

    assert unseen(told[1], *map(set_field, verifier.HASHED["row"][2])) == []


def seal_of(row: dict) -> str:
    return verifier.hash_of("row", row)


def rehash(rows: list[dict], told) -> None:
    """Make a chain consistent again, as whoever owns the database could, and its head with it."""
    previous = ""
    for seq, row in enumerate(rows, 1):
        row.update(seq=seq, previous=previous)
        row["hash"] = previous = seal_of(row)
    head = next(
        values
        for kind, values in told
        if kind == "head" and values["case_id"] == rows[0]["case_id"]
    )
    head.update(seq=len(rows), hash=previous)


def test_a_chain_made_consistent_again_is_found_by_the_checkpoint(told):
    """What was sealed cannot be rewritten, even with every hash and the head computed anew."""

    def and_rehash(tamper):
        def way(changed):
            tamper(changed)
            rehash(rows_of(changed), changed)

        way.__name__ = tamper.__name__
        return way

    assert (
        unseen(told[1], *map(and_rehash, (edited, removed, truncated, reattributed, backdated)))
        == []
    )


def test_a_whole_case_that_vanished_is_found_by_the_checkpoint(told):
    _play, found = told
    gone = rows_of(entries(found))[0]["case_id"]
    kept = [(kind, values) for kind, values in entries(found) if values.get("case_id") != gone]
    assert journal.verify_lines(written(kept)) != []


def test_a_chain_without_its_head_is_found(told):
    """Truncated together with the line that would have told."""
    _play, found = told
    changed = entries(found)
    rows = rows_of(changed)
    changed = [
        (kind, values)
        for kind, values in changed
        if values is not rows[-1]
        and not (kind == "head" and values["case_id"] == rows[0]["case_id"])
    ]
    assert journal.verify_lines(written(changed)) != []


def test_a_checkpoint_is_sealed_itself(told):
    def set_field(field):
        def way(changed):
            point = next(values for kind, values in reversed(changed) if kind == "checkpoint")
            point[field] = {"rows": 1, "cases": 1, "at": "2026-01-01", "number": 7}.get(
                field, "0" * 64
            )

        way.__name__ = field
        return way

    assert (
        unseen(
            told[1],
            *map(set_field, ("root", "rows", "cases", "at", "previous", "hash", "number", "day")),
        )
        == []
    )


def test_a_checkpoint_that_vanished_from_between_is_found(told):
    play, _found = told
    play.on("2026-11-26")
    seal(play)
    changed = entries(lines(play))
    points = [entry for entry in changed if entry[0] == "checkpoint"]
    changed.remove(points[1])
    assert journal.verify_lines(written(changed)) != []


def test_an_export_is_verified_with_the_standard_library_alone(told, tmp_path):
    """The verifier is a function of lines; nothing of the database is asked."""
    _play, found = told
    path = tmp_path / "journal.jsonl"
    path.write_text("\n".join(found), "utf-8")
    code = (
        "import sys; from oversight.engine.journal import verify_lines; "
        "print(len(verify_lines(open(sys.argv[1], encoding='utf-8'))))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, str(path)],
        capture_output=True,
        text=True,
        check=True,
        cwd=Path(__file__).resolve().parents[2],
    )
    assert done.stdout.strip() == "0"


# The database itself -----------------------------------------------------------------------------

FORBIDDEN = {
    "update": "UPDATE journal SET actor = 'x'",
    "update one": "UPDATE journal SET at = at WHERE seq = 1",
    "delete": "DELETE FROM journal",
    "delete one": "DELETE FROM journal WHERE seq = (SELECT max(seq) FROM journal)",
    "update checkpoints": "UPDATE checkpoints SET root = 'x'",
    "delete checkpoints": "DELETE FROM checkpoints",
    "truncate": "TRUNCATE journal",
    "replace": "INSERT OR REPLACE INTO journal SELECT id, zone_id, case_id, seq, at, kind, 'approve', "
    "from_state, "
    "to_state, actor_id, actor, acting_for, role, unit_id, words, result, after, format, previous, hash "
    "FROM journal",
}


def test_the_database_refuses_to_change_what_was_recorded(told):
    play, _found = told
    bind = play.session.get_bind()
    foreign = {"sqlite": "truncate", "postgresql": "replace"}[bind.dialect.name]
    before, done = dump(play.session), []
    for way, statement in FORBIDDEN.items():
        if way == foreign:
            continue
        try:
            with bind.begin() as connection:
                connection.exec_driver_sql(statement)
            done.append(way)
        except DBAPIError:
            pass
    assert done == []
    assert not difference(before, dump(play.session))


def test_a_row_cannot_be_written_twice(told):
    play, _found = told
    row = play.session.scalar(sa.select(JournalRow).limit(1))
    values = {column.key: getattr(row, column.key) for column in sa.inspect(JournalRow).columns}
    play.session.commit()
    with pytest.raises(DBAPIError), play.session.get_bind().begin() as connection:
        values["id"] = "0190a000-0000-7000-8000-000000000000"
        connection.execute(sa.insert(JournalRow).values(values))


def test_history_outlives_what_it_tells_of(told):
    """No foreign key leads into the journal, so nothing can be deleted through it."""
    for table in ("journal", "checkpoints"):
        keys = sa.inspect(told[0].session.get_bind()).get_foreign_keys(table)
        assert not [key for key in keys if key["referred_table"] in ("cases", "persons", "units")]


def test_what_changes_a_case_behind_the_engine_shows(told):
    """The case's own head no longer fits its chain."""
    play, _found = told
    case = play.session.scalar(sa.select(Case).limit(1))
    play.session.execute(sa.update(Case).where(Case.id == case.id).values(seq=1))
    play.session.commit()
    assert journal.verify_lines(lines(play)) != []


def test_moments_are_kept_to_the_microsecond(play):
    case = play.asked()
    odd = play.at.now + timedelta(microseconds=123457)
    transitions.submit(
        play.session,
        case.id,
        "return",
        play.who("town1.officer"),
        {"opinion": REASON},
        version=case.version,
        at=Moment(odd, play.at.today),
    )
    assert play.journal(case)[-1].at == odd and journal.verify_lines(lines(play)) == []


def test_any_words_verify_after_a_journey_through_the_database(play):
    case = play.asked()
    for text in (
        "“引号”与\\反斜杠",
        "换行\n与\t制表",
        "𠮷 é ﷽",
        "<b>&amp;</b>",
        "e\u0301 与 é",
        "1" * 2000,
    ):
        case = play.move(case, "town1.officer", "return", opinion=text)
        case = play.move(case, "village.secretary", "ask")
    assert journal.verify_lines(lines(play)) == [] and len(play.journal(case)) == 14


@pytest.mark.parametrize("leaves", range(8))
def test_the_root_depends_on_every_leaf_and_on_their_order(leaves):
    digests = [journal.digest({"leaf": number}) for number in range(leaves)]
    root = journal.merkle_root(digests)
    for index in range(leaves):
        other = [*digests]
        other[index] = journal.digest({"leaf": "x"})
        assert journal.merkle_root(other) != root
    if leaves > 1:
        assert journal.merkle_root(digests[::-1]) != root
    assert journal.merkle_root(digests) == root and len(root) == 64


EMPTY = [
    ("journal", "words", "{}", "[]"),
    ("journal", "result", "{}", '""'),
    ("admin_changes", "after", "{}", "[]"),
    ("checkpoints", "changed", "[]", "{}"),
    ("checkpoints", "changed", "[]", '"x"'),
    ("unit_changes", "what", "{}", "[]"),
    ("duty_records", "facts", "{}", "[]"),
]


@pytest.fixture
def filled(told):
    """A zone in which each of these tables has a row that says nothing; the session of it."""
    play, _ = told
    session, zone, unit = play.session, play.world.zone, play.world.units["village"]
    zone_settings.change(session, zone.id, "appraisal_share", "refuse", None, play.at)
    zone_settings.change(session, zone.id, "appraisal_share", "warn", None, play.at)
    day = play.at.today
    session.add(
        UnitChange(zone_id=zone.id, unit_id=unit.id, at=play.at.now, kind="moved", day=day, what={})
    )
    session.commit()
    duty_records.enter(
        session, unit.id, "FAMILY", "2026-03-02", "", play.who("village.secretary"), play.at
    )
    seal(play)
    seal(play)
    assert audit.verify(session) == []
    return session


def put(session, table: str, column: str, was: str, now: str) -> None:
    """Put another text where one stands, past the program."""
    link, marked = session.connection(), Base.metadata.tables[table]
    sqlite = link.dialect.name == "sqlite"
    for name, of in records._old_sqlite(link) if sqlite else records._old_postgresql(link):
        link.exec_driver_sql(f"DROP TRIGGER {name}" + ("" if sqlite else f" ON {of}"))
    value = marked.c[column]
    key = link.scalar(sa.select(marked.c.id).where(sa.cast(value, sa.Text) == was).limit(1))
    assert key is not None, f"no {column} of {table} is {was}"
    new = sa.literal_column(f"'{now}'")
    link.execute(sa.update(marked).where(marked.c.id == key).values({column: new}))


@pytest.mark.parametrize(("table", "column", "was", "now"), EMPTY)
def test_an_empty_value_of_another_kind_is_another_value(filled, table, column, was, now):
    """A page reads both as empty; a hash is of what lies there."""
    put(filled, table, column, was, now)
    assert audit.verify(filled) != []
    assert journal.verify_lines(journal.export_lines(filled)) != []
    filled.rollback()


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)  # which takes any text
@pytest.mark.parametrize("column", ["words", "result"])
def test_what_is_no_json_is_told_not_read(filled, column):
    put(filled, "journal", column, "{}", "{")
    assert any("被改动" in said for said in audit.verify(filled))
    filled.rollback()
