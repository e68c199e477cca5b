"""Photos where they are needed: as small pictures on both sides, several in one post, one by one by
the page's script, and nothing else that was typed is lost.
"""

from __future__ import annotations

import io

from oversight.models import Attachment, Case
from tests.db.test_rectification_walk import FINDINGS, ITEMS, do, fixing
from tests.support import hostile

PHOTO = hostile.photo()


def url(case) -> str:
    return f"/cases/{case.id}"


def post(user, case, *files, status=200, accept=None, key=None, page=None, **words):
    """Send files by the form of a page, or as the script does, and return the answer."""
    page = page or user.get(url(case))
    form = {**dict(page.fields("/attachments")), **words}
    form["file"] = [(io.BytesIO(data), name) for name, data in files]
    headers = {"Accept": accept} if accept else {}
    headers |= {"Idempotency-Key": key} if key else {}
    path = f"/cases/{case.id}/attachments"
    answer = user.raw("POST", path, data=form, headers=headers, content_type="multipart/form-data")
    assert answer.status_code == status, answer.get_data(as_text=True)
    if answer.mimetype != "text/html":
        return answer
    return user._page(answer, path, 200 if status == 302 else status)


def rows(session) -> list[tuple]:
    session.expire_all()
    return [
        (row.name, row.note, row.finding) for row in session.query(Attachment).order_by("at", "id")
    ]


def test_several_files_in_one_post_and_what_was_typed_stays(reader, session, world):
    case, village = fixing(session, world), reader("village.secretary")
    typed = {"items-1-measure": "写到一半的措施", "items-2-done_on": "2026-11-23"}
    back = post(village, case, ("一.jpg", PHOTO), ("二.png", PHOTO), **typed, **{"ev-finding": "1"})
    assert rows(session) == [("一.jpg", None, 1), ("二.jpg", None, 1)]
    assert "已上传：一.jpg、二.jpg" in back.text
    assert back.value("items-1-measure") == "写到一半的措施"
    assert back.value("items-2-done_on") == "2026-11-23"
    done = village.submit(
        back, "/moves/report", **{"items-2-measure": "已办", "items-1-done_on": "2026-11-23"}
    )
    assert "等您" not in done.main and session.get(Case, case.id).state == "recheck"


def test_each_refused_file_has_its_own_sentence_and_the_others_are_saved(reader, session, world):
    case, village = fixing(session, world), reader("village.secretary")
    back = post(
        village,
        case,
        ("好.jpg", PHOTO),
        ("说明.docx", b"word"),
        ("坏.jpg", PHOTO[:-4000]),
        status=415,
        **{"items-1-measure": "写到一半", "ev-note": "整改后"},
    )
    assert rows(session) == [("好.jpg", "整改后", None)]
    assert "说明.docx：只能传 JPG、PNG 或 PDF。这个文件是 .docx。" in back.main
    assert "坏.jpg：这个文件没有传完，或已损坏。请重新选择后再传。" in back.main
    assert "#ev-file" in back.links("坏.jpg") and "已上传：好.jpg" in back.text
    assert (back.value("items-1-measure"), back.value("ev-note")) == ("写到一半", "整改后")


def test_more_files_than_fit_in_one_post_are_named(reader, session, world, monkeypatch):
    from oversight.views.pages import attachments

    monkeypatch.setattr(attachments, "AT_ONCE", 1)
    case, village = fixing(session, world), reader("village.secretary")
    back = post(village, case, ("一.jpg", PHOTO), ("二.jpg", PHOTO), status=422)
    assert "二.jpg：一次最多传 1 份，这一份请再传一次。" in back.main and len(rows(session)) == 1


def test_the_script_gets_a_line_once_under_a_key_or_a_sentence(reader, session, world):
    case, village = fixing(session, world), reader("village.secretary")
    page = village.get(url(case))
    ways = {"accept": "application/json", "page": page, "ev-finding": "2", "ev-note": "<b>"}
    first = post(village, case, ("一.jpg", PHOTO), status=201, key="one", **ways)
    line = first.get_json()["line"]
    assert "/thumb" in line and "&lt;b&gt;" in line and first.get_json()["of"] == 2
    again = post(village, case, ("一.jpg", PHOTO), status=201, key="one", **ways)
    assert again.get_json() == first.get_json() and len(rows(session)) == 1
    wrong = post(village, case, ("a.docx", b"word"), status=415, key="two", **ways)
    assert wrong.get_json()["detail"] == "只能传 JPG、PNG 或 PDF。这个文件是 .docx。"


def test_a_chosen_file_that_was_not_uploaded_is_not_lost_silently(reader, session, world):
    case, village = fixing(session, world), reader("village.secretary")
    words = {"items-1-measure": "已办", "items-2-measure": "已办"}
    words |= {"items-1-done_on": "2026-11-23", "items-2-done_on": "2026-11-23"}
    back = village.submit(village.get(url(case)), "/moves/report", 422, file="整改后.jpg", **words)
    assert "您选的照片还没有上传。" in back.main and back.value("items-1-measure") == "已办"
    village.submit(back, "/moves/report")
    assert session.get(Case, case.id, populate_existing=True).state == "recheck"


def test_the_visits_photos_go_with_the_order_and_the_way_leads_back(reader, session, world):
    inspector = reader("town1.inspector")
    village = world.units["village"].id
    page = inspector.submit(
        inspector.get(f"/new/inspection?unit={village}"), "/new/inspection", method="on_site"
    )
    visit = session.query(Case).filter_by(workflow="inspection").one()
    typed = {"note": "看了值班表", "seen-G-2.1.1a": "finding", "fact-G-2.1.1a": "写到一半"}
    page = post(inspector, visit, ("现场.jpg", PHOTO), page=page, **typed, **{"ev-note": "公示栏"})
    assert page.value("note") == "看了值班表" and page.value("fact-G-2.1.1a") == "写到一半"
    assert [row[1] for row in rows(session)] == ["公示栏"]
    inspector.submit(
        page,
        "/moves/order",
        **{"demand-G-2.1.1a": "立即改正", "fact-G-2.1.1a": "11月6日未开展活动"},
    )
    order = session.query(Case).filter_by(workflow="rectification").one()
    [photo] = session.query(Attachment)
    for who in ("town1.secretary", "village.secretary", "town1.officer"):
        seen = reader(who).get(url(order))
        assert f"/attachments/{photo.id}/thumb" in seen.html and "督查时的照片" in seen.main, who
        assert seen.links("看这次督查") == [url(visit)]
        assert reader(who).raw("GET", f"/attachments/{photo.id}/thumb").status_code == 200
    assert inspector.get(url(visit)).links("看这件整改") == [url(order)]


def test_large_pictures_have_a_page_with_who_sent_them_and_every_version(reader, session, world):
    case, village = fixing(session, world), reader("village.secretary")
    post(village, case, ("一.jpg", PHOTO), status=200, **{"ev-note": "第一张"})
    shown = reader("town1.officer").get(url(case) + "/attachments")
    [photo] = session.query(Attachment)
    assert "village.secretary" in shown.main and "第一张" in shown.main
    assert f'src="/attachments/{photo.id}"' in shown.html and not shown.has_form("/attachments")
    own = village.get(url(case) + "/attachments")
    sent = post(village, case, ("二.jpg", PHOTO), page=own, status=302)
    assert sent.path == url(case) + "/attachments" and "已上传：二.jpg" in sent.text
    wrong = post(village, case, ("二.docx", b"x"), page=own, status=415)
    assert "这个文件是 .docx" in wrong.main and wrong.title.startswith("材料")
    assert reader("community.secretary").raw("GET", url(case) + "/attachments").status_code == 404


def test_a_replaced_photo_is_shown_once_and_kept_twice(reader, api, session, world):
    case, village = fixing(session, world), reader("village.secretary")
    path = f"/cases/{case.id}/attachments"
    for number in (1, 2):
        first = session.query(Attachment).first()
        form = {"file": (io.BytesIO(PHOTO), f"{number}.jpg"), "finding": "1"}
        form |= {"replaces": first.id} if first else {}
        api("village.secretary").send("POST", path, data=form, content_type="multipart/form-data")
    page = village.get(url(case))
    assert "2.jpg 第 2 版" in page.main and "1.jpg" not in page.main
    assert "下载 1.jpg" in village.get(path).main


def test_photos_stand_at_their_finding_for_whoever_rechecks(reader, session, world):
    case, village = fixing(session, world), reader("village.secretary")
    post(village, case, ("一.jpg", PHOTO), **{"ev-finding": "2", "ev-note": "值班表"})
    do(session, world, case, "report", {"items": ITEMS}, who="village.secretary", on="2026-12-02")
    page = reader("town1.officer").get(url(case))
    lists = {ul.get("aria-label"): ul for ul in page.tree.iter("ul") if ul.get("data-shown")}
    assert len(list(lists["问题 2的材料"].iter("img"))) == 1 and len(FINDINGS) == 2
    assert not list(lists["问题 1的材料"].iter("img"))
    assert "加现场复核的照片" in page.main
