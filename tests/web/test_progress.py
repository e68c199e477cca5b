"""Long work tells on its page how far it is, and ends as it would have at once."""

from __future__ import annotations

import io
import re

import pytest
import sqlalchemy as sa

from oversight.models import Person, RosterDraft
from oversight.register.roster import apply as rosters
from oversight.views import progress
from tests.support.html import parse
from tests.support.messy import tidy

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
LINES = [["石桥村党支部", f"新来的{name}", "2010.7.1", "正式党员"] for name in "甲乙丙丁"]


def hurry(monkeypatch) -> None:
    """Begin the page at once, however fast the work is, and write a line as often as one comes."""
    wait = progress.Going.wait

    def waited(going, seconds):
        return None if seconds == progress.PATIENCE else wait(going, seconds)

    monkeypatch.setattr(progress.Going, "wait", waited)
    monkeypatch.setattr(progress, "EVERY", 0.001)


@pytest.fixture
def hurried(monkeypatch):
    hurry(monkeypatch)


def sent(reader, data: bytes):
    one = reader("zone.sysadmin")
    page = one.get("/roster")
    answer = one.raw(
        "POST",
        "/roster",
        data={"csrf_token": page.value("csrf_token"), "file": (io.BytesIO(data), "名册.xlsx")},
        content_type="multipart/form-data",
    )
    return one, answer, answer.get_data(as_text=True)


def test_a_roster_is_compared_and_imported_while_the_page_tells_how_far_it_is(
    reader, session, world, hurried
):
    one, answer, html = sent(reader, tidy(LINES))
    assert answer.status_code == 200 and not answer.location
    parse(html)
    assert 'class="prog' in html and "正在比对名册" in html
    assert 'data-onward href="/roster"' in html
    page = one.get("/roster")
    data = dict(page.fields("/roster/apply")) | {"confirm": "1"}
    done = one.raw("POST", "/roster/apply", data=data).get_data(as_text=True)
    parse(done)
    assert "名册已导入：新增 4 人" in done
    session.rollback()
    found = session.scalar(sa.select(sa.func.count()).where(Person.name.startswith("新来的")))
    assert found == 4


def test_what_is_wrong_in_a_roster_is_said_at_the_end(reader, session, world, hurried):
    _one, _answer, html = sent(reader, tidy([["石桥村党支部", "某", "不是日期", "正式党员"]]))
    parse(html)
    assert "名册有" in html and "处要改" in html
    assert session.scalar(sa.select(sa.func.count()).select_from(RosterDraft)) == 0


def test_the_counts_are_those_of_the_work(app):
    going = progress.Going()
    tick = going.begin("compare", 60)
    tick(20)
    with app.test_request_context():
        line = progress.render_template("progress_line.html", going=going, label="正在与库里比对")
    assert 'max="60" value="20"' in line and "20 / 60 行" in re.sub(r"\s+", " ", line)


def test_what_breaks_meanwhile_is_said_and_changes_nothing(reader, world, hurried, monkeypatch):
    def broken(*_args, **_more):
        raise RuntimeError("disk")

    monkeypatch.setattr(rosters, "propose", broken)
    _one, _answer, html = sent(reader, tidy(LINES))
    assert "没有办成，内容没有改动" in html


def test_what_is_done_at_once_is_answered_as_ever(reader, world):
    _one, answer, _html = sent(reader, tidy(LINES))
    assert answer.status_code == 302 and answer.location == "/roster"
