"""A form that is larger than is taken is refused, and its words stand again."""

from __future__ import annotations

import io

import pytest

from oversight.views import large
from tests.db.test_rectification_walk import fixing

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
SAID = "请把受影响的党员人数写清楚"
MEASURE = "已写情况说明，当天记录"


def test_words_beside_files_that_are_too_large_together_come_back(
    reader, session, world, monkeypatch
):
    monkeypatch.setattr("oversight.views.pages.attachments.DRAINED", 2**20)
    case = fixing(session, world)
    secretary = reader("village.secretary")
    page = secretary.get(f"/cases/{case.id}")
    data = dict(page.fields("/moves/report"))
    data |= {"items-1-measure": MEASURE, "ev-note": "现场", "ev": "1"}
    photos = [(io.BytesIO(b"\xff\xd8\xff" + bytes(900_000)), f"{n}.jpg") for n in (1, 2)]
    path = f"/cases/{case.id}/attachments"
    answer = secretary.raw(
        "POST",
        path,
        data={**data, "file": photos},
        content_type="multipart/form-data",
        headers={"Referer": f"http://localhost/cases/{case.id}"},
    )
    lost = secretary._page(answer, path, 413)
    assert "超过 1 MB，没有收下；写的内容还在" in lost.main
    again = secretary.submit(lost, "/kept")
    assert again.value("items-1-measure") == MEASURE


def test_an_answer_beside_much_else_comes_back(reader, play):
    case = play.asked()
    officer = reader("town1.officer")
    path = f"/cases/{case.id}/moves/approve"
    data = dict(officer.get(f"/cases/{case.id}").fields("/moves/approve")) | {"say": SAID}
    answer = officer.raw(
        "POST",
        path,
        data={**data, "file": (io.BytesIO(bytes(3 * 2**20)), "a.jpg")},
        content_type="multipart/form-data",
        headers={"Referer": f"http://localhost/cases/{case.id}"},
    )
    lost = officer._page(answer, path, 413)
    assert "这次提交有 3.0 MB，超过 2 MB" in lost.main
    assert officer.submit(lost, "/kept").value("say") == SAID


def test_more_words_than_can_be_kept_are_said_to_be_lost(reader, play):
    case = play.asked()
    officer = reader("town1.officer")
    path = f"/cases/{case.id}/moves/approve"
    data = dict(officer.get(f"/cases/{case.id}").fields("/moves/approve"))
    much = "".join(chr(0x4E00 + i * 7919 % 20000) for i in range(300_000))
    lost = officer._page(officer.raw("POST", path, data={**data, "say": much}), path, 413)
    assert large.UNKEPT in lost.main


def test_a_stranger_s_body_is_not_read_again(app, monkeypatch):
    def never():
        raise AssertionError("read")

    monkeypatch.setattr("oversight.views.large._Nowhere", never)
    answer = app.test_client().post(
        "/drafts",
        data={"a": (io.BytesIO(bytes(3 * 2**20)), "a.jpg")},
        content_type="multipart/form-data",
    )
    assert answer.status_code == 413
