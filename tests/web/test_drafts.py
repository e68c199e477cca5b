"""Words that are not sent yet: saved, put back, gone once they were sent; their author's alone."""

from __future__ import annotations

import pytest
import sqlalchemy as sa

from oversight.models import Account, Case, Draft, JournalRow
from tests.db.test_attendance import record, sheet
from tests.support.html import PASSWORD, Reader
from tests.support.world import at

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
SAID = "请把受影响的党员人数写清楚"


@pytest.fixture
def asked(play):
    return play.asked()


def count(session) -> int:
    session.expire_all()
    return session.scalar(sa.select(sa.func.count()).select_from(Draft))


def typed(one: Reader, path: str, form: str, **words):
    """Return a page and the fields of one of its forms with words in it, in the browser's headers."""
    page = one.get(path)
    fields = [pair for pair in page.fields(form) if pair[0] not in words] + list(words.items())
    data: dict[str, list[str]] = {}
    for name, value in fields:
        data.setdefault(name, []).append(value)
    return data, {"Referer": f"http://localhost{path}"}


def save(one: Reader, path: str, form: str, **words):
    data, headers = typed(one, path, form, **words)
    return one._page(one.raw("POST", "/drafts", data=data, headers=headers), path, 200)


def test_a_draft_is_saved_and_put_back_on_another_device(reader, asked, app, session):
    case = f"/cases/{asked.id}"
    page = save(reader("town1.officer"), case, "/moves/return", say=SAID)
    assert page.path == case and page.value("say") == SAID
    other = Reader(app)
    other.sign_in("town1.officer")
    again = other.get(case)
    assert again.value("say") == SAID and "草稿已于09:00保存" in again.main
    assert other.get(f"/desk?case={asked.id}").value("say") == SAID
    session.expire_all()
    assert session.get(Case, asked.id).version == asked.version
