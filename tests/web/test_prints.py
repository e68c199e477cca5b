"""Papers as files on pages: downloads by who may read them, a week in one ZIP, and the check page."""

from __future__ import annotations

import io
import zipfile

import pypdf
import pytest

from oversight.base import files
from oversight.casework import paper_numbers, prints
from oversight.commands import audit
from oversight.engine.use_case import use_case
from oversight.papers.numbers import void
from tests.db.test_appraisal_cases import setting
from tests.db.test_prints import Setter
from tests.db.test_sealed_copies import SCAN

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


@pytest.fixture
def press(app):
    return prints.Press(app.config["OVERSIGHT"].data_dir, "", Setter())


@pytest.fixture
def paper(session, play):
    case = play.approved()
    session.commit()
    return play.papers(case)[0]


def test_a_case_offers_its_papers_as_files_once_they_are_made(session, reader, play, press, paper):
    officer, path = reader("town1.officer"), f"/cases/{paper.case_id}"
    assert "正在制作" in officer.get(path).main and "下载 PDF" not in officer.get(path).main
    prints.run(session, press, play.at)
    page = officer.get(path).main
    assert "下载 PDF" in page and "下载 Word 版" in page and "正在制作" not in page
    answer = officer.raw("GET", f"/papers/{paper.id}.docx")
    assert answer.status_code == 200 and answer.data.startswith(b"PK")
    assert "attachment" in answer.headers["Content-Disposition"]
    assert reader("village.secretary").raw("GET", f"/papers/{paper.id}.pdf").status_code == 200
    assert reader("town2.officer").raw("GET", f"/papers/{paper.id}.pdf").status_code == 404


def test_a_file_that_is_not_made_yet_says_so(reader, paper):
    answer = reader("town1.officer").raw("GET", f"/papers/{paper.id}.pdf")
    assert answer.status_code == 503 and "正在制作" in answer.get_data(as_text=True)


def test_the_papers_of_a_week_come_in_one_zip(session, reader, play, press, paper):
    prints.run(session, press, play.at)
    officer = reader("town1.officer")
    assert "近七天印发的文书" in officer.get("/papers").main
    data = officer.raw("GET", "/papers/week.zip").data
    with zipfile.ZipFile(io.BytesIO(data)) as packed:
        names = packed.namelist()
    assert len(names) == 2 and all("青委党日〔2026〕1号" in one for one in names)
    assert reader("town2.officer").raw("GET", "/papers/week.zip").status_code == 404


def test_blank_forms_are_there_for_who_writes_by_hand(reader):
    member = reader("village.secretary")
    assert "主题党日活动记录表" in member.get("/forms").main
    assert member.raw("GET", "/forms/activity.docx").data.startswith(b"PK")
    assert member.raw("GET", "/forms/none.docx").status_code == 404


def test_whoever_holds_a_paper_has_it_checked_without_a_login(app, session, play, paper):
    stranger = app.test_client()
    code = f"{paper.code[:5].lower()}-{paper.code[5:]}"
    assert stranger.get(f"/check?code={code}").location.endswith(f"/check/{paper.code}")
    page = stranger.get(f"/check/{paper.code}").get_data(as_text=True)
    for said in ("现行有效", paper.number, "青溪镇党委", "2026"):
        assert said in page
    for never in (*paper.body["paragraphs"], "青溪村党支部"):
        assert never not in page
    unknown = stranger.get("/check/0000000000")
    assert unknown.status_code == 404 and "没有核验码" in unknown.get_data(as_text=True)
    attempt = type("Attempt", (), {"session": session, "at": play.at, "case": paper.case_id})
    attempt.case = type("Case", (), {"id": paper.case_id})
    void(attempt, "撤销")
    session.commit()
    assert "已经作废" in stranger.get(f"/check/{paper.code}").get_data(as_text=True)


def test_bytes_are_held_against_the_database_and_an_export(
    app, session, play, press, paper, tmp_path, runner
):
    prints.run(session, press, play.at)
    row = next(one for one in prints.of_papers(session, [paper.id]) if one.kind == "docx")
    data = prints.files.read(press.folder, row.stored)
    genuine, altered, export = (tmp_path / one for one in ("a.docx", "b.docx", "j.jsonl"))
    genuine.write_bytes(data)
    altered.write_bytes(data[:-1] + bytes([data[-1] ^ 1]))
    audit.export(session, export, play.at)
    said = f"真实：{paper.number}，{paper.issued_on} 印发，文件与登记一致。\n"
    session.rollback()
    for more in ((), ("--against", str(export))):
        assert runner("verify", str(genuine), *more) == (0, said)
        code, no = runner("verify", str(altered), *more)
        assert code == 1 and "不一致" in no


@pytest.fixture
def runner(app):
    from oversight.cli import main

    def run(*words: str) -> tuple[int, str]:
        found = app.test_cli_runner().invoke(main, list(words), obj=app)
        return found.exit_code, found.output

    return run


def test_the_api_tells_and_sends_both_files(api, play, press, paper):
    secretary, other = api("village.secretary"), api("town2.officer")
    [told] = secretary.get(f"/cases/{paper.case_id}")["documents"]
    assert told["sha256"] == paper.sha256 and told["pdf"] is told["docx_sha256"] is None
    assert secretary.send("GET", f"/papers/{paper.id}/pdf").status_code == 503
    prints.run(play.session, press, play.at)
    [told] = secretary.get(f"/cases/{paper.case_id}")["documents"]
    for kind in ("pdf", "docx"):
        answer = secretary.send("GET", f"/papers/{paper.id}/{kind}")
        assert told[kind] == f"/api/v1/papers/{paper.id}/{kind}" and answer.status_code == 200
        assert prints.files.sha256(answer.data) == told[f"{kind}_sha256"]
        assert other.send("GET", f"/papers/{paper.id}/{kind}").status_code == 404


def test_a_number_put_right_stands_on_new_files_and_the_old_are_told_apart(
    session, play, press, runner, tmp_path
):
    setting(play, "reply_numbers", "typed")
    case = play.approved()
    session.commit()
    officer, [paper] = play.who("town1.officer"), play.papers(case)
    assert prints.run(session, press, play.at) == 0
    paper_numbers.enter(session, paper.id, "青委〔2026〕31号", officer, play.at)
    assert prints.run(session, press, play.at) == 1
    old = tmp_path / "old.docx"
    old.write_bytes(_bytes(session, press, paper, "docx"))
    paper_numbers.correct(session, paper.id, "青委〔2026〕32号", "看错一行", officer, play.at)
    assert prints.of_papers(session, [paper.id]) == []
    assert prints.run(session, press, play.at) == 1
    new = tmp_path / "new.docx"
    new.write_bytes(_bytes(session, press, paper, "docx"))
    session.rollback()
    code, said = runner("verify", str(old))
    assert code == 1 and "文号已由青委〔2026〕31号更正为青委〔2026〕32号" in said
    assert runner("verify", str(new))[0] == 0


def _bytes(session, press, paper, kind: str) -> bytes:
    row = next(one for one in prints.of_papers(session, [paper.id]) if one.kind == kind)
    return prints.files.read(press.folder, row.stored)


def test_what_the_week_lacks_is_made_at_once_and_tried_again(session, reader, play, paper, app):
    officer = reader("town1.officer")
    assert "1 份的文件还没有制成" in officer.get("/papers").main
    page = officer.submit(officer.get("/papers"), "/papers/week/files").main
    assert "都已制成" in page and "还没有制成" not in page
    assert "合成一个 PDF 打印" in officer.get("/papers").main
    assert officer.raw("GET", "/papers/week-1.pdf").data.startswith(b"%PDF")
    assert len(prints.of_papers(session, [paper.id])) == 2


def test_a_paper_that_failed_can_be_tried_again_at_once(session, reader, play, press, paper):
    press.set_pdf.why = "failed"
    prints.run(session, press, play.at)
    officer, path = reader("town1.officer"), f"/cases/{paper.case_id}"
    assert "立即重试" in officer.get(path).main
    officer.submit(officer.get(path), "/files")
    press.set_pdf.why = ""
    assert prints.run(session, press, play.at) == 1
    assert "立即重试" not in officer.get(path).main


def test_the_api_lists_a_sealed_copy_with_its_hash(reader, api, paper):
    secretary, path = api("village.secretary"), f"/cases/{paper.case_id}"
    [before] = secretary.get(path)["documents"]
    assert (before["original"], before["original_sha256"]) == (None, None)
    officer = reader("town1.officer")
    officer.submit(officer.get(path), "/original", file=(io.BytesIO(SCAN), "扫描.pdf"))
    [found] = secretary.get(path)["documents"]
    assert found["original_sha256"] == files.sha256(SCAN)
    assert secretary.send("GET", found["original"].removeprefix("/api/v1")).data == SCAN
    api("town2.officer").get(f"/papers/{paper.id}/original", 404)


def test_the_weeks_papers_are_one_pdf_each_on_a_leaf_of_its_own(
    session, reader, play, paper, tmp_path
):
    """Papers of one page or three leave the back of a leaf empty; what has no PDF yet is not in it."""

    def of(pages: int) -> bytes:
        writer, out = pypdf.PdfWriter(), io.BytesIO()
        for _page in range(pages):
            writer.add_blank_page(595, 842)
        writer.write(out)
        return out.getvalue()

    counts = iter((3, 2))
    pressed = prints.Press(tmp_path, "", lambda *_what: of(next(counts)))
    second = play.papers(play.approved(name="community.secretary", unit="community"))[0]
    third = play.papers(play.approved(name="organ.secretary", unit="organ"))
    session.commit()
    with use_case(session, None, play.at, "print"):
        for row in (paper, second):
            prints.keep(session, pressed, row.id, {"pdf": pressed.set_pdf()}, play.at)
    data = prints.bound(session, tmp_path, [paper, second, *third])
    assert len(pypdf.PdfReader(io.BytesIO(data)).pages) == 4 + 2
    assert prints.bound(session, tmp_path, third) == b""
    assert [len(one) for one in prints.parts([paper] * 401)] == [200, 200, 1]


def test_the_weeks_papers_are_bound_on_their_page(session, reader, play, press, paper):
    officer = reader("town1.officer")
    assert "合成一个 PDF 打印" not in officer.get("/papers").main
    assert officer.raw("GET", "/papers/week-1.pdf").status_code == 404
    assert reader("village.secretary").raw("GET", "/papers/week-1.pdf").status_code == 404


def test_a_sealed_paper_is_scanned_back_on_its_case(session, reader, paper):
    officer, path = reader("town1.officer"), f"/cases/{paper.case_id}"
    assert "存正本" in officer.get(path).main
    scan = (io.BytesIO(SCAN), "扫描.pdf")
    page = officer.submit(officer.get(path), "/original", file=scan).main
    assert "正本已存入" in page and "下载正本" in page and "存入正本" in page
    secretary = reader("village.secretary")
    assert "下载正本" in (seen := secretary.get(path).main) and "重存正本" not in seen
    assert secretary.raw("GET", f"/papers/{paper.id}/original").data == SCAN
    assert reader("town2.officer").raw("GET", f"/papers/{paper.id}/original").status_code == 404
    again = officer.submit(officer.get(path), "/original", file=(io.BytesIO(b"x"), "a.pdf"))
    assert "不是照片，也不是 PDF" in again.main


def test_a_case_leaves_as_one_file(reader, paper):
    officer = reader("town1.officer")
    assert "导出案卷" in officer.get(f"/cases/{paper.case_id}").main
    answer = officer.raw("GET", f"/cases/{paper.case_id}/file.zip")
    with zipfile.ZipFile(io.BytesIO(answer.data)) as packed:
        assert {"index.html", "journal.jsonl", "verifier.py"} <= set(packed.namelist())
        assert "变更活动时间请示" in packed.read("index.html").decode()
    assert reader("town2.officer").raw("GET", f"/cases/{paper.case_id}/file.zip").status_code == 404
