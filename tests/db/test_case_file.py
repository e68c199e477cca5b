"""What a paper was decided on, and the file of a case: one ZIP that proves itself without the program."""

# ruff: noqa: F811
from __future__ import annotations

import io
import json
import subprocess
import sys
import zipfile
from functools import partial

import pytest

from oversight.base import files
from oversight.base.refusals import NotFound
from oversight.calendar.zone import zone_settings
from oversight.casework import attachments, case_file, prints, sealed_copies
from oversight.engine import capsule, journal, seals
from tests.db.test_appraisal_cases import setting
from tests.db.test_prints import Setter, paper, play  # noqa: F401
from tests.db.test_sealed_copies import SCAN

NAME = "town1.officer"


def shown(session, play, case, tmp_path):
    sent = attachments.Sent(SCAN, "通知.pdf")
    return attachments.submit(
        session, tmp_path, case.id, sent, play.who("village.secretary"), play.at
    )


@pytest.fixture
def decided(session, play, tmp_path):
    """A case with a photo shown, a reply, its files and its sealed copy."""
    case = play.asked()
    session.commit()
    row = shown(session, play, case, tmp_path)
    play.move(case, NAME, "approve")
    session.commit()
    [reply] = play.papers(case)
    prints.run(session, prints.Press(tmp_path, "", Setter()), play.at)
    sealed_copies.submit(session, tmp_path, reply.id, SCAN, "正本.pdf", play.who(NAME), play.at)
    return case, reply, row


def test_the_row_that_decided_holds_what_was_decided_on(session, play, decided):
    case, reply, row = decided
    rows = journal.of_case(session, case.id)
    frozen = capsule.of(rows, reply)
    assert frozen["attachments"] == {row.series_id: row.sha256}
    assert frozen["definition"] == ["date_change", case.definition_version]
    assert frozen["facts"]["new_day"] == "2026-12-11"
    assert frozen["guards"]["second_person"] is True
    assert frozen["authority"][0] == "superior"
    [deciding] = [one for one in rows if "capsule" in one.result]
    assert deciding.move == "approve" and reply.id in deciding.after["papers"]


def test_what_changed_since_is_told_by_name(session, play, decided):
    case, reply, _row = decided
    frozen = capsule.of(journal.of_case(session, case.id), reply)
    same = capsule.shown(session, case)
    assert "attachments" not in capsule.changed(frozen, case, same)
    before = {**frozen, "facts": {**frozen["facts"], "new_day": "2026-12-04"}}
    told = capsule.changed(before, case, {})
    assert told["new_day"] == ["2026-12-04", case.facts["new_day"]]
    assert told["attachments"] == [1, 0]


def unpack(session, play, case, folder, by=NAME):
    file = case_file.read(
        session,
        case.id,
        play.who(by),
        partial(zone_settings, session),
        lambda _workflow, row: row.move,
    )
    length, parts = case_file.packed(file, folder)
    data = b"".join(parts)
    assert len(data) == length, "who takes it along is told how far it is"
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        assert archive.testzip() is None
        return file, {name: archive.read(name) for name in archive.namelist()}


def verified(tmp_path, found, *more) -> subprocess.CompletedProcess:
    for name in ("journal.jsonl", "verifier.py"):
        (tmp_path / name).write_bytes(found[name])
    return subprocess.run(
        [sys.executable, "-I", "verifier.py", "journal.jsonl", *more],
        cwd=tmp_path, capture_output=True, text=True, check=False,
    )  # fmt: skip


def test_the_file_of_a_case_holds_all_and_proves_itself(session, play, decided, tmp_path):
    case, reply, _row = decided
    seals.seal(session, case.zone_id, play.at.now)
    session.commit()
    file, found = unpack(session, play, case, tmp_path)
    names = [one for one in found if "/" in one]
    assert len(names) == 4 and sum(one.endswith(".pdf") for one in names) == 3
    assert found["evidence/01 通知.pdf"] == SCAN
    sums = dict(
        reversed(line.split("  ", 1)) for line in found["SHA256SUMS.txt"].decode().splitlines()
    )
    assert {name: files.sha256(data) for name, data in found.items() if name in sums} == sums
    page = found["index.html"].decode()
    for said in (reply.number, file.number, "30年", file.unit, "approve", *names):
        assert said in page
    done = verified(tmp_path, found)
    assert done.returncode == 0, done.stdout
    assert any("checkpoint" in line for line in found["journal.jsonl"].decode().splitlines())


@pytest.mark.parametrize("what", ["word", "row", "under the seal"])
def test_an_excerpt_that_was_altered_is_found(session, play, decided, tmp_path, what):
    case, _reply, _row = decided
    seals.seal(session, case.zone_id, play.at.now)
    session.commit()
    _file, found = unpack(session, play, case, tmp_path)
    lines = [json.loads(line) for line in found["journal.jsonl"].decode().splitlines()]
    rows = [line for line in lines if "row" in line]
    if what == "word":
        rows[1]["row"]["words"]["reason"] = "别的"
    elif what == "row":
        lines.remove(rows[1])
    else:
        seal = next(line for line in lines if "checkpoint" in line)["checkpoint"]
        next(one for one in seal["changed"] if one[0] == case.id)[2] = "0" * 64
    found["journal.jsonl"] = "\n".join(map(json.dumps, lines)).encode()
    assert verified(tmp_path, found).returncode == 1


def test_an_excerpt_holds_against_a_seal_that_was_kept_elsewhere(session, play, decided, tmp_path):
    case, _reply, _row = decided
    seal = seals.seal(session, case.zone_id, play.at.now)
    session.commit()
    (tmp_path / "kept.json").write_text(seals.file_of(seal)[1], "utf-8")
    _file, found = unpack(session, play, case, tmp_path)
    assert verified(tmp_path, found, "kept.json").returncode == 0


def test_how_long_it_is_kept_is_the_zones(session, play, decided):
    case, _reply, _row = decided
    number, term = case_file.archived(session, case, zone_settings(session, case.zone_id))
    assert number.startswith("DR·2026·D30·") and term == "30年"
    setting(play, "retain_replies", "permanent")
    assert case_file.archived(session, case, zone_settings(session, case.zone_id))[1] == "永久"


def test_a_file_that_is_gone_is_named_and_the_others_come(session, play, decided, tmp_path):
    case, _reply, row = decided
    files.place(tmp_path, row.stored).unlink()
    _file, found = unpack(session, play, case, tmp_path)
    assert "取不到" in found["evidence/01 通知.pdf.txt"].decode() and len(found) == 8


def test_who_may_not_read_all_of_it_gets_no_file(session, play, decided):
    with pytest.raises(NotFound):
        case_file.read(session, decided[0].id, play.who("town2.officer"), dict, lambda *_one: "")
