"""The 正本: a sealed paper scanned back by whoever issued it, in the chain, for whoever may read the paper."""

# ruff: noqa: F811
from __future__ import annotations

import pytest
import sqlalchemy as sa

from oversight.base import files
from oversight.base.refusals import Forbidden, InvalidInput, NotFound, RuleViolation, Unavailable
from oversight.casework import paper_numbers, prints, sealed_copies
from oversight.engine import journal
from oversight.models import SealedCopy
from oversight.time import doctor, growth
from tests.db.test_appraisal_cases import setting
from tests.db.test_prints import later, paper, play  # noqa: F401
from tests.unit.test_real_papers import PAPERS

SCAN = next(one for one in PAPERS if one.stem == "scanned-g4").read_bytes()


@pytest.fixture
def keep(session, play, tmp_path):
    def kept(one, by="town1.officer", data=SCAN):
        return sealed_copies.submit(
            session, tmp_path, one.id, data, "扫描.pdf", play.who(by), play.at
        )

    return kept


def test_who_issued_it_keeps_the_scan_with_its_hash_in_the_chain(
    session, play, keep, paper, tmp_path
):
    row = keep(paper)
    assert (row.version, row.kind, row.case_id) == (1, "application/pdf", paper.case_id)
    [chained] = [one for one in journal.of_case(session, paper.case_id) if one.move == "original"]
    assert chained.result["original_sha256"] == row.sha256 == files.sha256(SCAN)
    assert chained.result["of"] == paper.number and chained.actor_id == play.who("town1.officer").id
    assert journal.verify_lines(journal.export_lines(session)) == []
    found, _row, data = sealed_copies.open_file(
        session, tmp_path, paper.id, play.who("village.secretary")
    )
    assert (found.id, data) == (paper.id, SCAN)


def test_a_better_scan_is_a_new_version_and_the_old_one_stays(session, keep, paper, tmp_path):
    first, second = keep(paper), keep(paper, data=SCAN + b"\n")
    assert prints.originals(session, [paper.id])[paper.id].id == second.id
    assert second.version == 2 and files.read(tmp_path, first.stored, first.sha256) == SCAN
    with pytest.raises(sa.exc.DatabaseError):
        session.execute(sa.delete(SealedCopy))
    session.rollback()


def test_nobody_else_keeps_one_and_strangers_do_not_hear_of_it(
    session, play, keep, paper, tmp_path
):
    with pytest.raises(Forbidden, match="印发单位"):
        keep(paper, "village.secretary")
    for act in (
        keep,
        lambda _paper, by: sealed_copies.open_file(session, tmp_path, paper.id, play.who(by)),
    ):
        with pytest.raises(NotFound):
            act(paper, "town2.officer")
        session.rollback()
    assert list(tmp_path.glob("uploads/*/*")) == []


def test_what_is_no_scan_is_said_and_leaves_nothing(session, keep, paper, tmp_path):
    for data in (b"", b"%PDF-1.4 half"):
        with pytest.raises(InvalidInput) as no:
            keep(paper, data=data)
        assert no.value.fields["file"]
        session.rollback()
    assert prints.originals(session, [paper.id]) == {} and list(tmp_path.glob("uploads/*/*")) == []


def test_a_full_disk_leaves_no_row_and_no_file(session, keep, paper, tmp_path, monkeypatch):
    def full(*_args):
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as broken:
        broken.setattr(files.written, "whole", full)
        with pytest.raises(Unavailable):
            keep(paper)
    session.rollback()
    assert prints.originals(session, [paper.id]) == {}
    assert keep(paper).version == 1


def test_a_paper_without_its_number_waits_for_it(session, play, keep, tmp_path):
    setting(play, "reply_numbers", "typed")
    case = play.approved()
    session.commit()
    [waiting] = play.papers(case)
    with pytest.raises(RuleViolation, match="登记文号"):
        keep(waiting)
    session.rollback()
    paper_numbers.enter(session, waiting.id, "青委〔2026〕31号", play.who("town1.officer"), play.at)
    assert keep(waiting).version == 1


def test_a_scan_is_no_stray_to_be_tidied_away(session, play, keep, paper, tmp_path):
    keep(paper)
    assert doctor.astray(session, tmp_path) == (0, 0, 0, 0)
    assert growth.tidy(session, tmp_path, later(play, session, 3)) == 0
