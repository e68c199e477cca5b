"""Files of papers: made after the commit, once, in the chain; a decision never waits for them."""

from __future__ import annotations

import pytest
import sqlalchemy as sa

from oversight.base import files
from oversight.base.refusals import NotFound, Unavailable
from oversight.casework import prints
from oversight.engine import journal
from oversight.models import OutboxMessage, Paper, PaperFile
from oversight.papers import pdf
from oversight.papers.layout import lines
from oversight.time import doctor, growth
from tests.support.actors import Play


@pytest.fixture
def play(session, world):
    return Play(session, world)


class Setter:
    """Sets PDFs, or says why not."""

    def __init__(self):
        self.why, self.set = "", []

    def __call__(self, content, check, at) -> bytes:
        if self.why:
            raise pdf.NotSet(*self.why.split(":"))
        self.set.append((content, check))
        return f"%PDF {len(self.set)} {''.join(lines(content))}".encode()


@pytest.fixture
def setter():
    return Setter()


@pytest.fixture
def press(tmp_path, setter):
    return prints.Press(tmp_path, "http://10.1.2.3:8000", setter)


@pytest.fixture
def paper(session, play):
    case = play.approved()
    session.commit()
    return play.papers(case)[0]


def later(play, session, days: int = 1):
    from dataclasses import replace
    from datetime import timedelta

    return replace(play.at, now=play.at.now + timedelta(days=days))


def have(session, paper) -> dict[str, PaperFile]:
    session.expire_all()
    return {one.kind: one for one in prints.of_papers(session, [paper.id])}


def test_a_decision_leaves_its_files_to_the_outbox_and_waits_for_nothing(session, paper):
    row = session.scalar(sa.select(OutboxMessage).where(OutboxMessage.kind == "print"))
    assert row.payload == {"paper": paper.id} and row.done_at is None
    assert have(session, paper) == {}


def test_both_files_are_made_once_and_their_hashes_chained(session, play, press, setter, paper):
    assert prints.run(session, press, play.at) == 1
    made = have(session, paper)
    assert set(made) == {"pdf", "docx"}
    for one in made.values():
        assert files.sha256(files.read(press.folder, one.stored)) == one.sha256
    chained = [one for one in journal.of_case(session, paper.case_id) if one.kind == "file"]
    assert [one.result["pdf_sha256"] for one in chained] == [made["pdf"].sha256]
    assert chained[0].result["sha256"] == paper.sha256
    assert prints.run(session, press, later(play, session)) == 0 and len(setter.set) == 1
    assert journal.verify_lines(journal.export_lines(session)) == []


def test_what_was_signed_is_what_is_issued(session, play, press, setter, paper):
    prints.run(session, press, play.at)
    [(content, check)] = setter.set
    text = list(lines(content))
    for said in (*paper.body["paragraphs"], paper.body["title"], paper.number):
        assert said in text
    assert (check.code, check.address) == (paper.code, press.address)


def test_a_missing_pdf_is_said_and_made_later_and_word_comes_at_once(
    session, play, press, setter, paper
):
    setter.why = "lacks:䶮"
    assert prints.run(session, press, play.at) == 0
    assert set(have(session, paper)) == {"docx"}
    said = prints.standing(session, [paper])[paper.id].said
    assert "“䶮”" in said and "手写" in said
    with pytest.raises(Unavailable, match="䶮"):
        prints.open_file(session, press.folder, paper.id, "pdf", play.who("town1.officer"))
    session.rollback()
    before, setter.why = have(session, paper)["docx"].sha256, ""
    assert prints.run(session, press, play.at) == 0  # not at once again
    assert prints.run(session, press, later(play, session)) == 1
    made = have(session, paper)
    assert set(made) == {"pdf", "docx"} and made["docx"].sha256 == before
    assert prints.standing(session, [paper])[paper.id] == prints.Printed(("pdf", "docx"), "")


@pytest.mark.parametrize("why, said", [("fonts", "没有中文字库"), ("failed", "自动重试")])
def test_why_there_is_no_pdf_is_said(session, play, press, setter, paper, why, said):
    setter.why = why
    prints.run(session, press, play.at)
    assert said in prints.standing(session, [paper])[paper.id].said


def test_a_full_disk_leaves_nothing_and_is_tried_again(session, play, press, paper, monkeypatch):
    def full(_folder, _data):
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as broken:
        broken.setattr(files, "keep", full)
        assert prints.run(session, press, play.at) == 0
    assert have(session, paper) == {}
    assert "自动重试" in prints.standing(session, [paper])[paper.id].said
    assert prints.run(session, press, later(play, session)) == 1


def test_who_may_not_read_the_case_gets_no_file(session, play, press, paper):
    prints.run(session, press, play.at)
    with pytest.raises(NotFound):
        prints.open_file(session, press.folder, paper.id, "pdf", play.who("town2.officer"))
    found, data = prints.open_file(
        session, press.folder, paper.id, "docx", play.who("village.secretary")
    )
    assert found.id == paper.id and data.startswith(b"PK")


def test_a_file_that_was_changed_on_disk_is_not_handed_out(session, play, press, paper):
    prints.run(session, press, play.at)
    files.place(press.folder, have(session, paper)["pdf"].stored).write_bytes(b"%PDF other")
    with pytest.raises(Unavailable):
        prints.open_file(session, press.folder, paper.id, "pdf", play.who("town1.officer"))


def test_a_file_row_is_never_changed(session, play, press, paper):
    prints.run(session, press, play.at)
    with pytest.raises(sa.exc.DatabaseError):
        session.execute(sa.update(PaperFile).values(sha256="0" * 64))
    session.rollback()


def test_files_of_papers_are_no_strays_to_be_tidied_away(session, play, press, paper):
    prints.run(session, press, play.at)
    assert doctor.astray(session, press.folder) == (0, 0, 0, 0)
    assert growth.tidy(session, press.folder, later(play, session, 3)) == 0
    assert all(
        files.place(press.folder, one.stored).exists() for one in have(session, paper).values()
    )


def test_every_paper_has_a_code_of_its_own(session, play, paper):
    assert prints.by_code(session, paper.code).id == paper.id
    assert len(paper.code) == 10 and prints.by_code(session, "0" * 10) is None
    assert session.scalar(sa.select(sa.func.count()).select_from(Paper)) == 1
