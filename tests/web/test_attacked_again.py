"""Attacks on what leaves: a case's file, what is sent outside, logs, forms that hold secrets, and requests
that are made once more.
"""

from __future__ import annotations

import io
import json
import logging
import subprocess
import sys
import zipfile

import pytest

from oversight import views
from oversight.base import files, outward
from oversight.base.refusals import InvalidInput, Unsure
from oversight.cli import main
from oversight.engine import desk_acts
from oversight.views import kept
from tests.support.actors import Play
from tests.support.outside import Robot

sqlite = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
SECRET = "https://oapi.dingtalk.com/robot/send?access_token=0f9asecret"


def taken(reader, name: str, case) -> tuple[int, dict[str, str]]:
    """Return with which status somebody gets a case's file, and what is in it."""
    answer = reader(name).raw("GET", f"/cases/{case.id}/file.zip")
    if answer.status_code != 200:
        return answer.status_code, {}
    with zipfile.ZipFile(io.BytesIO(answer.data)) as packed:
        return 200, {one: packed.read(one).decode("utf-8", "replace") for one in packed.namelist()}


# The file of a case -------------------------------------------------------------------------------


@sqlite
def test_a_notice_to_all_branches_leaves_with_nobody_below(session, world, reader):
    """Its file tells how it was drafted and what was sent back, which its page keeps from them."""
    play = Play(session, world, "2026-12-04")
    words = {"month": "2026-11", "comment": "多数支部按期开展"}
    case = play.open("zone.officer", "zone", workflow="bulletin", **words)
    case = play.move(case, "zone.officer", "propose")
    case = play.move(case, "zone.secretary", "return", reason="措辞太重")
    case = play.move(case, "zone.officer", "propose")
    case = play.move(case, "zone.committee1", "sign")
    session.commit()
    for name in ("village.secretary", "village.member1", "town1.officer"):
        page = reader(name).get(f"/cases/{case.id}").main
        assert "措辞太重" not in page and "导出案卷" not in page, name
        assert taken(reader, name, case)[0] == 404, name
    assert "导出案卷" in reader("zone.officer").get(f"/cases/{case.id}").main
    status, found = taken(reader, "zone.officer", case)
    assert status == 200 and "措辞太重" in found["journal.jsonl"]


@sqlite
def test_another_s_own_reminder_leaves_with_nobody(session, world, reader, play, tmp_path):
    """Its note is his alone on the page and in the API; the chain still proves itself without it."""
    case = play.asked()
    words = {"day": "2026-12-01", "note": "这个支部总是改期"}
    officer = play.who("town1.officer")
    desk_acts.submit(session, case.id, "follow_up", officer, play.at, words)
    play.move(case, "town1.officer", "approve")
    session.commit()
    status, found = taken(reader, "village.secretary", case)
    assert status == 200
    assert "总是改期" not in "".join(found.values()) and "设跟进日期" not in found["index.html"]
    assert "总是改期" in taken(reader, "town1.officer", case)[1]["journal.jsonl"]
    assert verified(tmp_path, found["verifier.py"], found["journal.jsonl"]) == 0
    lines = found["journal.jsonl"].splitlines()
    [at] = [n for n, line in enumerate(lines) if "row" in line and '"format"' not in line]
    without = [line for n, line in enumerate(lines) if n != at]
    assert verified(tmp_path, found["verifier.py"], "\n".join(without)) == 1, (
        "it cannot be left out"
    )
    whole = [line for line in lines if not line.startswith('{"excerpt"')]
    assert verified(tmp_path, found["verifier.py"], "\n".join(whole)) == 1, (
        "only an excerpt has such"
    )


def verified(folder, program: str, lines: str) -> int:
    (folder / "verifier.py").write_text(program)
    (folder / "journal.jsonl").write_text(lines)
    words = [sys.executable, "-I", "verifier.py", "journal.jsonl"]
    return subprocess.run(words, cwd=folder, capture_output=True, check=False).returncode


# What holds secrets -------------------------------------------------------------------------------


@sqlite
def test_a_robot_s_address_is_not_kept_in_the_page_of_a_refusal(app, world, reader):
    admin = reader("zone.sysadmin")
    token = admin.get("/admin/outlets").value("csrf_token")
    typed = {
        "csrf_token": token,
        "unit": "青溪镇党委",
        "kind": "dingtalk",
        "url": SECRET,
        "key": "SEC0f9a",
    }
    with app.test_request_context("/admin/outlets", method="POST", data=typed):
        assert kept.author(), "the form is somebody's"
        assert kept.words_of_request() == []
    with app.test_request_context("/admin/outlets/mail", method="POST", data=typed):
        assert kept.words_of_request(), "of other forms the words are kept"


def test_the_scanner_gets_no_key_and_no_password(monkeypatch):
    monkeypatch.setenv("OVERSIGHT_MAIL_PASSWORD", "0f9a")
    looks = "import os, sys; sys.exit(any(name.startswith('OVERSIGHT_') for name in os.environ))"
    files._scan(b"x", [sys.executable, "-c", looks])
    with pytest.raises(InvalidInput):
        files._scan(b"x", [sys.executable, "-c", "raise SystemExit(1)"])


@sqlite
@pytest.mark.parametrize("command", ["worker --once", "sweep"])
def test_no_log_of_a_program_beside_tells_an_error_s_words(
    app, session, world, monkeypatch, command
):
    """A database's error names the row that it stumbled over; so may any other. What no handler of its
    own takes is written by the last resort.
    """
    monkeypatch.setattr(logging.lastResort, "formatter", None)
    app.test_cli_runner().invoke(main, command.split(), obj=app)
    try:
        raise ValueError("Key (name)=(王小明) already exists")
    except ValueError:
        raised = sys.exc_info()
    record = logging.LogRecord("oversight.engine.outbox", 40, "outbox.py", 1, "work 1", (), raised)
    said = logging.lastResort.format(record)
    assert json.loads(said)["error"] == "ValueError" and "王小明" not in said


# Requests -----------------------------------------------------------------------------------------


def test_the_scan_of_a_sealed_paper_waits_where_files_do():
    for path in ("/papers/x/original", "/cases/x/attachments", "/api/v1/cases/x/attachments"):
        assert views.costly("POST", path) == 2
    assert views.costly("POST", "/papers/x/files") == 4


@sqlite
@pytest.mark.parametrize(("path", "times"), [("told", 1), ("desk/comment", 2)])
def test_only_what_is_known_by_its_key_is_asked_for_again(
    api, play, session, monkeypatch, path, times
):
    """A key that a route does not read tells nothing apart: it would be done twice."""
    case, asked = play.asked(), []
    session.commit()

    def lost(*_given, **_named):
        asked.append(path)
        raise Unsure("没有人知道。")

    monkeypatch.setattr("oversight.casework.rectification.tell_members", lost)
    monkeypatch.setattr("oversight.engine.desk_acts.submit", lost)
    body = {"activity": case.id} if path == "told" else {"text": "好"}
    headers = {"Idempotency-Key": "one"}
    answer = api("town1.officer").send(
        "POST", f"/cases/{case.id}/{path}", json=body, headers=headers
    )
    assert answer.status_code == 503 and len(asked) == times


def test_a_robot_that_answers_without_end_of_brackets_is_only_unreached():
    robot = Robot()
    try:
        robot.answers = b"[" * 60_000
        with pytest.raises(outward.Unreached):
            outward.post(f"http://{robot.host}/", {}, outward.listed([robot.host]), 5)
    finally:
        robot.end()
