"""Seals: one a day and zone, in the order of their numbers, signed, written out, held against."""

from __future__ import annotations

import json
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from datetime import date, timedelta
from pathlib import Path
from threading import Barrier

import pytest
import sqlalchemy as sa
from flask_migrate import downgrade, upgrade
from sqlalchemy.exc import DBAPIError

from oversight.base.db import db
from oversight.base.refusals import InvalidInput
from oversight.base.signing import Signer
from oversight.commands import audit
from oversight.engine import journal, seals, verifier
from oversight.engine.records import history as records_of
from oversight.models import AdminChange, Case, Checkpoint, JournalRow, Post, Refusal, Unit, records
from oversight.register import audit_log, posts
from oversight.time import sweep
from tests.support.actors import Play
from tests.support.world import at


@pytest.fixture
def play(session, world):
    return Play(session, world)


@pytest.fixture
def signer(tmp_path):
    return Signer(tmp_path / "keys" / "seal_key", tmp_path / "seals")


def sealed(play, day: str, signer=None) -> Checkpoint | None:
    found = seals.seal(play.session, play.world.zone.id, at(day).now, at(day).today, signer)
    play.session.commit()
    return found


def problems(session, day: str | None = None, keys=()) -> list[str]:
    found = audit.judged(session, list(keys), at(day or "2026-11-24")).problems
    session.commit()
    return found


def numbers(session) -> list[int]:
    return list(session.scalars(sa.select(Checkpoint.number).order_by(Checkpoint.number)))


# Order -------------------------------------------------------------------------------------------


def test_a_day_has_one_seal(play):
    play.asked()
    assert sealed(play, "2026-11-24") and sealed(play, "2026-11-24") is None
    assert sealed(play, "2026-11-25").number == 2 and problems(play.session) == []


def test_a_clock_once_ahead_does_not_stop_sealing(play):
    play.asked()
    days = ("2026-11-24", "2030-01-01", "2026-11-25", "2026-11-26")
    for day in days:
        sweep.sweep(play.session, at(day))
    found = play.session.scalars(sa.select(Checkpoint).order_by(Checkpoint.number)).all()
    assert [point.day for point in found] == [date.fromisoformat(day) for day in days]
    assert problems(play.session) == []


def test_a_seal_asked_for_does_not_use_up_the_day(play):
    play.asked()
    seals.seal(play.session, play.world.zone.id, play.at.now)
    assert sealed(play, "2026-11-24").number == 2 and problems(play.session) == []


def test_two_workers_never_fork_the_chain(play, app):
    """Both begin at once, day after day."""
    play.asked()
    zone_id = play.world.zone.id
    play.session.commit()
    together = Barrier(2, timeout=60)  # where one fails the other does not wait for ever

    def work(_worker: int) -> int:
        done = 0
        with app.app_context():
            for number in range(4):
                together.wait()
                moment = at("2026-11-24").now + timedelta(days=number)
                done += bool(seals.seal(db.session, zone_id, moment, moment.date()))
                db.session.commit()
            db.session.remove()
        return done

    with ThreadPoolExecutor(2) as pool:
        assert sum(pool.map(work, range(2))) == 4
    assert numbers(play.session) == [1, 2, 3, 4] and problems(play.session) == []


def test_the_database_refuses_a_fork_and_a_second_seal_of_the_day(play):
    play.asked()
    first, _second = sealed(play, "2026-11-24"), sealed(play, "2026-11-25")
    row = {one.name: getattr(first, one.name) for one in Checkpoint.__table__.columns}
    for change in ({"day": None}, {"previous": "x"}, {"previous": "x", "day": None, "number": 1}):
        values = {**row, "id": "0190a000-0000-7000-8000-000000000000", "number": 9, **change}
        with pytest.raises(DBAPIError):
            play.session.execute(sa.insert(Checkpoint).values(values))
        play.session.rollback()


# What lies under them ----------------------------------------------------------------------------


def test_what_is_older_than_a_day_and_under_no_seal_is_told(play):
    play.asked()
    assert problems(play.session, "2026-11-25") == []
    found = problems(play.session, "2026-11-26")
    assert found == ["有 2 条早于一天的记录没有封印"]
    sealed(play, "2026-11-26")
    assert problems(play.session, "2026-11-30") == []


def test_refusals_lie_under_the_daily_seal(play):
    case = play.asked()
    play.session.add(
        Refusal(
            zone_id=case.zone_id, at=play.at.now, workflow="x", move="x", status=403, sentence="否"
        )
    )
    play.session.commit()
    first = sealed(play, "2026-11-24")
    assert first.beside["refusals"][0] == 1
    assert "refusals" not in sealed(play, "2026-11-25").beside
    assert play.session.scalar(sa.select(Refusal.seal)) == 1


def test_a_refusal_is_put_under_a_seal_once_and_never_changed(play):
    play.session.add(
        Refusal(
            zone_id=play.world.zone.id,
            at=play.at.now,
            workflow="",
            move="",
            status=403,
            sentence="否",
        )
    )
    play.session.commit()
    play.asked()
    sealed(play, "2026-11-24")
    for values in ({"seal": 2}, {"seal": None}, {"sentence": "x"}):
        with pytest.raises(DBAPIError):
            play.session.execute(sa.update(Refusal).values(values))
        play.session.rollback()


def test_administration_is_a_chain_that_begins_with_all_posts(play):
    zone = play.world.zone.id
    for _turn in range(3):
        audit_log.in_zone(play.session, zone, None, play.at, "settings", "set", "x")
        play.session.commit()
    rows = play.session.scalars(sa.select(AdminChange).order_by(AdminChange.seq)).all()
    assert [row.seq for row in rows] == [1, 2, 3]
    assert [row.previous for row in rows] == ["", rows[0].hash, rows[1].hash]
    assert len(rows[0].after["posts"]) > 5 and rows[1].after == {}
    assert problems(play.session) == []


def test_a_post_written_by_no_act_shows(play):
    audit_log.begin(play.session, play.world.zone.id, play.at)
    play.session.commit()
    play.world.post("village.secretary", "town1", "officer")
    play.session.commit()
    [said] = problems(play.session)
    assert said.startswith("posts ") and said.endswith("没有日志说明它从何而来")


def test_a_post_given_and_ended_is_told_by_its_act(play):
    audit_log.begin(play.session, play.world.zone.id, play.at)
    play.session.commit()
    post = play.world.post("village.secretary", "town1", "officer")
    audit_log.in_zone(play.session, play.world.zone.id, None, play.at, "posts", "appoint", "x")
    play.session.commit()
    newest = play.session.scalar(sa.select(AdminChange).order_by(AdminChange.seq.desc()).limit(1))
    assert newest.after["posts"][post.id]["office"] == "officer" and problems(play.session) == []
    post.to_on = date(2026, 11, 24)
    play.session.commit()
    assert problems(play.session) == [f"posts {post.id}：to_on 与日志不一致"]


def test_the_row_that_decides_carries_what_it_decided(play):
    case = play.approved()
    row, [paper] = play.journal(case)[-1], play.papers(case)
    kept = row.after["papers"][paper.id]
    assert (kept["number"], kept["body"], kept["sha256"]) == (
        paper.number,
        paper.body,
        paper.sha256,
    )
    [told] = records_of(play.session, [play.activity().id])[play.activity().id]
    assert told.after["activities"][play.activity().id]["day"] == "2026-12-11"
    assert row.after["cases"][case.id]["number"] == paper.number
    assert play.journal(case)[0].after["cases"][case.id]["facts"] == {"day": "2026-12-04"}


def test_a_refused_or_broken_move_leaves_no_image_behind(play):
    case = play.asked()
    play.session.rollback()
    play.move(case, "town1.officer", "refuse")
    assert "papers" in play.journal(case)[-1].after and problems(play.session) == []


# Older rows --------------------------------------------------------------------------------------


def test_rows_and_seals_of_the_first_format_hold_by_the_old_rule(play):
    """As a database has them that was upgraded: nothing was told of what rows left behind."""
    case = play.asked()
    previous, rows = "", play.journal(case)
    for row in rows:
        values = {name: getattr(row, name) for name in verifier.ROW}
        values |= {"at": journal.stamp(row.at), "previous": previous}
        previous = journal.digest(values)
        change_behind(
            play.session,
            JournalRow,
            row.id,
            format=1,
            after={},
            hash=previous,
            previous=values["previous"],
        )
    change_behind(play.session, Case, case.id, head=previous)
    zone, moment = play.world.zone.id, at("2026-11-23").now
    old = {
        "at": moment.isoformat(),
        "cases": 1,
        "rows": 2,
        "changed": [[case.id, 2]],
        "root": previous,
        "previous": "",
    }
    point = Checkpoint(
        zone_id=zone,
        **{**old, "at": moment},
        hash=journal.digest(old),
        number=1,
        format=1,
        beside={},
    )
    play.session.add(point)
    play.session.commit()
    play.session.expire_all()
    assert problems(play.session) == []
    play.move(play.session.get(Case, case.id), "town1.officer", "refuse")
    assert sealed(play, "2026-11-24").number == 2 and problems(play.session, "2026-11-30") == []
    change_behind(play.session, JournalRow, rows[0].id, actor="x")
    assert problems(play.session) != []
    change_behind(play.session, JournalRow, rows[1].id, hash="0" * 64)
    assert "第 1 号封印：封存以后，日志被改动或删除" in problems(play.session)


def change_behind(session, model, row_id: str, **values) -> None:
    """Change a row as the owner of the database can."""
    link = session.connection()
    if link.dialect.name == "sqlite":
        for name, _table in records._old_sqlite(link):
            link.exec_driver_sql(f"DROP TRIGGER {name}")
    else:
        link.exec_driver_sql("SET session_replication_role = replica")
    session.execute(sa.update(model.__table__).where(model.__table__.c.id == row_id).values(values))
    session.commit()


# Signed, written out, held against ---------------------------------------------------------------


def test_the_key_lies_in_a_file_of_its_own(play, signer):
    play.asked()
    point = sealed(play, "2026-11-24", signer)
    assert signer.path.stat().st_mode & 0o777 == 0o600
    assert signer.path.parent.stat().st_mode & 0o777 == 0o700
    assert point.key == signer.keys()[0] and verifier.signed(journal.seal_values(point))
    assert problems(play.session, keys=signer.keys()) == []
    assert problems(play.session, keys=["0" * 64]) == ["第 1 号封印：签名不对"]
    assert problems(play.session) == [], "who has no key holds it against the one that it names"
    change_behind(play.session, Checkpoint, point.id, signature="0" * 128)
    assert problems(play.session) == ["第 1 号封印：签名不对"]


def test_a_missing_signing_key_is_a_warning(play, signer):
    play.asked()
    sealed(play, "2026-11-24", signer)
    signer.path.unlink()
    assert sealed(play, "2026-11-25", signer).signature is None and not signer.path.exists()
    found = audit.judged(play.session, signer.keys(), at("2026-11-25"))
    assert found.problems == [] and found.warnings == ["第 2 号封印没有签名，加封时没有签名密钥"]


def test_the_sweep_writes_the_seal_of_the_day_to_a_file(play, signer):
    play.asked()
    sweep.sweep(play.session, at("2026-11-24"), signer)
    [file] = signer.folder.iterdir()
    assert file.stat().st_mode & 0o777 == 0o600
    point = play.session.scalar(sa.select(Checkpoint))
    assert json.loads(file.read_text("utf-8"))["checkpoint"]["hash"] == point.hash


def standalone(*args: str) -> subprocess.CompletedProcess:
    return subprocess.run(
        [sys.executable, "-I", verifier.__file__, *args], capture_output=True, text=True
    )


def test_an_export_and_a_kept_seal_are_judged_without_this_program(play, signer, tmp_path):
    """The file alone, run as a script, which imports nothing of the house."""
    play.approved()
    export, kept = tmp_path / "export.jsonl", tmp_path / "kept.json"
    kept.write_text(seals.file_of(sealed(play, "2026-11-24", signer))[1], "utf-8")
    audit.export(play.session, export, at("2026-11-24"))
    key = f"--key={signer.keys()[0]}"
    good = standalone(str(export), str(kept), key)
    assert (good.returncode, good.stdout) == (0, "完整\n")
    lines = export.read_text("utf-8").splitlines(keepends=True)
    export.write_text("".join(line for line in lines if '"checkpoint"' not in line), "utf-8")
    assert standalone(str(export), key).returncode == 1  # rows marked as sealed, and no seal
    bad = standalone(str(export), str(kept), key)
    told = bad.stdout.splitlines()
    assert (
        bad.returncode == 1 and len(told) > 1 and "留存的第 1 号封印：现在没有，或已被改动" in told
    )
    export.write_text("", "utf-8")
    assert standalone(str(export)).stdout == "没有一条日志，不能算完整\n"


def test_an_export_tells_when_it_was_made_and_knows_its_formats(play):
    case = play.asked()
    late = [*journal.export_lines(play.session, at("2026-11-27").now)]
    assert journal.verify_lines(late) == ["有 2 条早于一天的记录没有封印"]
    text = "\n".join(journal.export_lines(play.session))
    assert journal.verify_lines(text.splitlines()) == []
    unknown = text.replace('"format":2', '"format":9').splitlines()
    assert f"案卷 {case.id}：第 1 条被改动" in journal.verify_lines(unknown)


def test_the_verifier_is_short_and_needs_nothing_but_the_standard_library():
    text = Path(verifier.__file__).read_text("utf-8")
    assert len(text.splitlines()) <= 200 and "oversight" not in text


def test_an_export_that_was_kept_is_held_against_the_database(play, tmp_path):
    case = play.approved()
    sealed(play, "2026-11-24")
    kept = tmp_path / "kept.jsonl"
    audit.export(play.session, kept, at("2026-11-24"))
    play.move(case, "town1.officer", "revoke")

    def held() -> list[str]:
        found = audit.judged(play.session, [], at("2026-11-24"))
        found.against(audit.kept(kept, []))
        return found.problems

    assert held() == []
    change_behind(play.session, JournalRow, play.journal(case)[1].id, hash="0" * 64)
    assert f"{case.id}：与留存的日志不一致" in held()


# Pruning -----------------------------------------------------------------------------------------


@pytest.fixture
def refused(play):
    """A refusal of each of four days, each under the seal of its day but the last."""
    audit_log.begin(play.session, play.world.zone.id, play.on("2026-01-01").at)
    play.session.commit()
    for day in ("2026-01-01", "2026-01-02", "2026-11-23", "2026-11-24"):
        moment = play.on(day).at
        row = {"zone_id": play.world.zone.id, "at": moment.now, "workflow": "x", "move": "x"}
        play.session.add(Refusal(**row, status=403, sentence="否"))
        play.session.commit()
        if day != "2026-11-24":
            sealed(play, day)
    return play


def test_sealed_refusals_of_long_ago_are_pruned_and_verify_says_so(refused):
    session, zone = refused.session, refused.world.zone
    assert audit.prune(session, zone, 183, refused.on("2026-11-24").at) == 2
    session.commit()
    assert session.scalars(sa.select(Refusal.seal).order_by(Refusal.id)).all() == [3, None]
    found = journal.Verifier().read(journal.told(session)).done()
    assert found.problems == [] and found.warnings[-1] == "有 2 条拒绝记录已按期清理"
    [row] = session.scalars(sa.select(AdminChange).where(AdminChange.act == "prune"))
    assert row.what == {"pruned": ["refusals", 2], "rows": ["2", "0"]}


def test_after_pruning_the_database_still_refuses_and_verify_still_finds(refused):
    session, zone = refused.session, refused.world.zone
    audit.prune(session, zone, 183, refused.on("2026-11-24").at)
    session.commit()
    with pytest.raises(DBAPIError):
        session.execute(sa.delete(Refusal))
    session.rollback()
    seals.prune(session, zone.id, 3)
    assert any("refusals 应有 1 条" in said for said in audit.verify(session))
    session.rollback()


def test_what_is_gone_from_under_the_first_seal_and_was_never_pruned_is_found(refused):
    session = refused.session
    seals.prune(session, refused.world.zone.id, 1)
    assert any("第 1 号封印：refusals 应有 1 条" in said for said in audit.verify(session))
    session.rollback()


def test_what_is_young_or_under_no_seal_is_not_pruned(refused):
    session, zone, at = refused.session, refused.world.zone, refused.on("2026-11-24").at
    with pytest.raises(InvalidInput, match="183"):
        audit.prune(session, zone, 182, at)
    assert audit.prune(session, zone, 366, at) == 0
    assert session.scalar(sa.select(sa.func.count()).select_from(Refusal)) == 4


# What stood before it was told ---------------------------------------------------------------------


def test_what_was_decided_before_it_was_sealed_is_told_once(play, app):
    session, zone, who = play.session, play.world.zone, play.who("village.secretary")
    audit_log.begin(session, zone.id, play.at)
    branch, one, day = play.world.units["village"], play.world.people["village.member1"], play.at
    row = posts.give(session, branch, "secretary", one, day.today, day.today, "出差", who, day)
    posts.take_back(session, row, who, day)
    session.commit()
    directory = app.extensions["migrate"].directory
    downgrade(directory=directory, revision="0019")
    upgrade(directory=directory)
    told = session.scalars(
        sa.select(AdminChange.after).where(AdminChange.act == "sealing", AdminChange.seq > 1)
    ).all()
    assert [{*one} for one in told] == [{"actings"}, {"units", "memberships"}]
    assert {*told[0]["actings"]} == {row.id}
    assert audit.verify(session) == []
    session.execute(sa.update(Unit).where(Unit.id == branch.id).values(category="soe"))
    assert any(branch.id in said and "category" in said for said in audit.verify(session))


def test_what_stood_before_the_chain_keeps_its_hash(play):
    """Exports that were kept have that hash: nothing that the chain has added since is in it."""
    told = {"area": "post", "act": "appoint", "about": "某人", "what": {"office": ["", "书记"]}}
    row = AdminChange(zone_id=play.world.zone.id, at=play.at.now, by="某人", **told)
    play.session.add(row)
    play.session.commit()
    [leaf] = [values for kind, values in journal.told(play.session) if kind == "leaf"]
    then = {name: getattr(row, name) for name in (*verifier.ADMIN, "id") if name != "seq"}
    assert leaf["hash"] == journal.digest(then | {"at": journal.stamp(row.at)})


def test_what_an_act_wrote_by_statements_is_told_with_it(play):
    """As a roster is read in; whatever stands there and nobody told of would show."""
    session, world, who = play.session, play.world, play.who("village.secretary")
    audit_log.begin(session, world.zone.id, play.at)
    session.commit()
    place = {"zone_id": world.zone.id, "unit_id": world.units["village"].id, "office": "publicity"}
    person = world.people["village.member2"].id
    session.execute(sa.insert(Post), [{**place, "person_id": person, "from_on": play.at.today}])
    days, day = (play.at.today, play.at.today), play.at
    one = world.people["village.member1"]
    posts.give(session, world.units["village"], "secretary", one, *days, "出差", who, day)
    session.commit()
    assert audit.verify(session) == []
