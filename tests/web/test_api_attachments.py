"""Photos and papers with a case: who may add one and while what, who may see it, and that bytes
stay what they were.
"""

from __future__ import annotations

import hashlib
import io

import pytest

from oversight.casework import attachments
from oversight.engine import journal
from oversight.engine.use_case import one_transaction
from oversight.models import Attachment, Case, JournalRow, Refusal
from tests.db.test_rectification_walk import ITEMS, do, fixing, rechecking
from tests.support import hostile
from tests.support.dump import difference, dump
from tests.support.world import at

PHOTO = hostile.photo()


@pytest.fixture
def order(session, world):
    """An order of two findings that the village is working on."""
    return fixing(session, world)


def send(client, case, data=PHOTO, name="整改前.jpg", status=201, key=None, **fields):
    """Send a file with a case and return the answer's JSON, having asserted the status."""
    form = {
        "file": (io.BytesIO(data), name),
        **{field: str(value) for field, value in fields.items()},
    }
    headers = {"Idempotency-Key": key} if key else {}
    response = client.send(
        "POST",
        f"/cases/{case.id}/attachments",
        data=form,
        headers=headers,
        content_type="multipart/form-data",
    )
    assert response.status_code == status, response.get_data(as_text=True)
    return response.get_json()


def files(app) -> list:
    folder = app.config["OVERSIGHT"].data_dir / "uploads"
    return sorted(path for path in folder.rglob("*") if path.is_file()) if folder.exists() else []


def test_a_photo_is_shown_with_its_finding_and_downloads_as_it_was_journalled(
    app, api, session, order
):
    village = api("village.secretary")
    sent = send(village, order, finding=2, note="入户补课")
    assert (sent["name"], sent["kind"], sent["finding"], sent["round"], sent["version"]) == (
        "整改前.jpg",
        "image/jpeg",
        2,
        1,
        1,
    )
    assert (sent["note"], sent["by"], sent["series"]) == (
        "入户补课",
        "village.secretary",
        sent["id"],
    )
    assert village.get(f"/cases/{order.id}")["attachments"] == [sent]
    response = village.send("GET", sent["url"].removeprefix("/api/v1"))
    assert (
        hashlib.sha256(response.data).hexdigest() == sent["sha256"]
        and len(response.data) == sent["size"]
    )
    row = session.query(JournalRow).filter_by(move="attach").one()
    assert (row.kind, row.words, row.to_state) == (
        "attach",
        {"note": "入户补课", "finding": 2, "round": 1},
        "fixing",
    )
    assert row.result["sha256"] == sent["sha256"] and row.result["attachment"] == sent["id"]
    assert journal.verify_lines(journal.export_lines(session)) == []
    entry = village.get(f"/cases/{order.id}")["journal"][-1]
    assert (entry["label"], entry["actor"]) == ("上传材料", "village.secretary（石桥村党支部书记）")
    assert len(files(app)) == 2 and not any("整改" in path.name for path in files(app))


def test_a_download_is_never_a_page(api, order):
    sent = send(api("village.secretary"), order, name='<script>"a".jpg')
    response = api("village.secretary").send("GET", f"/attachments/{sent['id']}")
    assert response.headers["Content-Disposition"].startswith("attachment;")
    assert (
        response.headers["X-Content-Type-Options"] == "nosniff"
        and response.mimetype == "image/jpeg"
    )
    assert response.headers["Cache-Control"] == "private, no-store"
    assert "sandbox" in response.headers["Content-Security-Policy"] and "script" in sent["name"]
    assert "<" not in response.headers["Content-Disposition"]


def test_attaching_changes_neither_state_nor_version(api, session, world, order):
    version, due = order.version, order.due_on
    send(api("village.secretary"), order)
    case = session.get(Case, order.id, populate_existing=True)
    assert (case.state, case.version, case.due_on) == ("fixing", version, due)
    words = {"items": ITEMS}
    assert (
        do(session, world, case, "report", words, who="village.secretary", on="2026-12-02").state
        == "recheck"
    )


@pytest.mark.parametrize(
    "who, status",
    [
        ("village.organizer", 201),
        ("town1.inspector", 201),
        ("town1.officer", 403),
        ("zone.officer", 403),
        ("zone.inspector", 403),
        ("village.member1", 404),
        ("community.secretary", 404),
        ("town2.inspector", 404),
        ("zone.sysadmin", 404),
        (None, 401),
    ],
)
def test_only_who_has_it_on_his_desk_or_opened_it_may_attach(app, api, session, order, who, status):
    client = api(who)
    before, refusals = dump(session), session.query(Refusal).count()
    answer = send(client, order, status=status)
    if status == 403:
        assert "石桥村党支部" in answer["detail"]
    if status != 201:
        assert not difference(before, dump(session)) and files(app) == []
        assert session.query(Refusal).count() == refusals + (who is not None)


def test_the_branch_adds_to_its_report_until_the_recheck_begins(api, session, world, order):
    do(session, world, order, "report", {"items": ITEMS}, who="village.secretary", on="2026-12-02")
    before = send(api("village.secretary"), order, finding=1, note="报送以后补的")
    send(api("village.organizer"), order, replaces=before["id"])
    send(api("zone.officer"), order, status=403)
    api("town1.officer").post(f"/cases/{order.id}/desk/claim")
    for who in ("village.secretary", "village.organizer"):
        answer = send(api(who), order, status=422)
        assert answer["rule"] == "begun" and "已经开始办理" in answer["detail"]
    send(api("town1.officer"), order, note="现场复核")


def test_a_file_of_the_recheckers_begins_the_recheck(api, session, world, order):
    do(session, world, order, "report", {"items": ITEMS}, who="village.secretary", on="2026-12-02")
    send(api("town1.inspector"), order, note="督查人补充")  # he opened it, and rechecks nothing
    send(api("village.secretary"), order)
    send(api("town1.officer"), order, note="现场复核")
    assert send(api("village.secretary"), order, status=422)["rule"] == "begun"


def test_what_was_sent_back_is_the_branchs_again(api, session, world, order):
    do(session, world, order, "report", {"items": ITEMS}, who="village.secretary", on="2026-12-02")
    send(api("town1.officer"), order)
    words = {"verdicts": ["not", "accepted"], "opinion": "再改"}
    do(session, world, order, "send_back", words, on="2026-12-02")
    assert send(api("village.secretary"), order)["round"] == 2
    do(session, world, order, "report", {"items": ITEMS}, who="village.secretary", on="2026-12-03")
    assert send(api("village.secretary"), order)["round"] == 2


@pytest.mark.parametrize(
    "file", ["a page as a photo", "a script on opening", "a PNG of 60000 by 60000", "nothing"]
)
def test_a_hostile_file_leaves_nothing_behind(app, api, session, order, file):
    name, data, _why = hostile.REFUSED[file]
    village, before = api("village.secretary"), dump(session)
    answer = send(village, order, hostile.made(data), name, status=415 if "page" in file else 422)
    assert answer["detail"] and not difference(before, dump(session)) and files(app) == []


@pytest.mark.parametrize("size", [10 * 2**20 + 1, 18 * 2**20])
def test_too_large_says_how_large(api, session, order, size):
    answer = send(api("village.secretary"), order, b"\xff\xd8\xff" + b"\0" * (size - 3), status=413)
    assert answer["detail"].startswith(
        f"这张照片有 {'10.1' if size < 11 * 2**20 else '18'} MB，超过 10 MB。请重拍"
    )


def test_only_uploads_may_be_large(api, order):
    response = api("village.secretary").send(
        "POST", "/cases", data=b" " * (3 * 2**20), content_type="application/json"
    )
    assert response.status_code == 413


@pytest.mark.parametrize(
    "fields, status",
    [
        ({"finding": 3}, 422),
        ({"finding": 0}, 422),
        ({"finding": "x"}, 422),
        ({"finding": "²"}, 422),
        ({"round": 2}, 422),
        ({"round": 1}, 201),
        ({"note": "长" * 201}, 422),
        ({"note": "  "}, 201),
        ({"replaces": "x"}, 422),
        ({"replaces": "00000000-0000-7000-8000-000000000000"}, 422),
        ({"points": 1}, 422),
    ],
)
def test_what_is_said_of_a_file(app, api, order, fields, status):
    answer = send(api("village.secretary"), order, status=status, **fields)
    assert status == 201 or answer["detail"].endswith("。") and files(app) == []


def test_one_file_at_a_time(api, order):
    path, village = f"/cases/{order.id}/attachments", api("village.secretary")
    none = village.send("POST", path, data={"note": "x"}, content_type="multipart/form-data")
    two = village.send(
        "POST",
        path,
        content_type="multipart/form-data",
        data={"file": [(io.BytesIO(PHOTO), "a.jpg"), (io.BytesIO(PHOTO), "b.jpg")]},
    )
    assert (none.status_code, two.status_code) == (422, 422)
    assert village.send("POST", path, json={"file": "x"}).status_code == 415


def test_evidence_belongs_to_the_round_that_is_on(api, session, world):
    case = fixing(session, world)
    village = api("village.secretary")
    first = send(village, case, round=1)
    do(session, world, case, "report", {"items": ITEMS}, who="village.secretary", on="2026-12-02")
    do(
        session,
        world,
        case,
        "send_back",
        {"verdicts": ["not", "accepted"], "opinion": "再改"},
        on="2026-12-02",
    )
    answer = send(village, case, round=1, status=422)
    assert answer["rule"] == "closed_round" and "第 1 轮" in answer["detail"]
    assert send(village, case, replaces=first["id"], status=422)["rule"] == "closed_round"
    assert send(village, case)["round"] == 2
    assert [row["round"] for row in village.get(f"/cases/{case.id}")["attachments"]] == [1, 2]


def test_nothing_is_added_to_a_closed_case(api, session, world):
    case = rechecking(session, world)
    do(
        session,
        world,
        case,
        "accept",
        {"verdicts": ["accepted", "accepted"], "opinion": "同意"},
        on="2026-12-03",
    )
    for who in ("village.secretary", "town1.inspector", "town1.officer"):
        assert "已经办结" in send(api(who), case, status=409)["detail"]


def test_a_replacement_is_a_new_version_and_the_old_one_stays(api, session, order):
    village = api("village.secretary")
    first = send(village, order, finding=1)
    second = send(
        village,
        order,
        hostile.saved(hostile.picture((300, 200)), "PNG"),
        "重拍.png",
        replaces=first["id"],
    )
    third = send(village, order, replaces=first["id"])
    assert [row["version"] for row in (first, second, third)] == [1, 2, 3]
    assert {row["series"] for row in (first, second, third)} == {first["id"]}
    for row in (first, second, third):
        data = village.send("GET", f"/attachments/{row['id']}").data
        assert hashlib.sha256(data).hexdigest() == row["sha256"]
    shas = [
        row.result["sha256"]
        for row in session.query(JournalRow).filter_by(move="attach").order_by(JournalRow.seq)
    ]
    assert shas == [row["sha256"] for row in (first, second, third)]


def test_a_file_of_another_case_cannot_be_replaced(api, session, world, order):
    other = fixing(session, world)
    sent = send(api("village.secretary"), other)
    assert (
        "不在这件事里"
        in send(api("village.secretary"), order, replaces=sent["id"], status=422)["detail"]
    )


def test_a_repeated_request_keeps_one_file(app, api, session, order):
    village = api("village.secretary")
    first = send(village, order, key="photo-1", finding=1)
    assert (
        send(village, order, key="photo-1", finding=1) == first
    )  # with its Location, says `client`
    assert session.query(Attachment).count() == 1 and len(files(app)) == 2
    assert send(village, order, key="photo-1", finding=2, status=422)["rule"] == "idempotency_key"
    assert send(village, order, status=201)["id"] != first["id"]


def test_a_case_holds_so_many_and_no_more(api, session, order, monkeypatch):
    monkeypatch.setattr(attachments, "MOST", 2)
    village = api("village.secretary")
    send(village, order)
    send(village, order)
    assert send(village, order, status=422)["rule"] == "enough"


@pytest.mark.parametrize(
    "who, status",
    [
        ("village.organizer", 200),
        ("town1.officer", 200),
        ("zone.committee1", 200),
        ("village.member1", 404),
        ("community.secretary", 404),
        ("town2.officer", 404),
        ("zone.auditor", 404),
        (None, 401),
    ],
)
def test_who_sees_the_case_sees_the_file_and_nobody_else(api, order, who, status):
    sent = send(api("village.secretary"), order)
    assert api(who).send("GET", f"/attachments/{sent['id']}").status_code == status


def test_bytes_changed_on_the_disk_are_not_given_out(app, api, order):
    sent = send(api("village.secretary"), order)
    large = next(path for path in files(app) if path.stat().st_size == sent["size"])
    large.write_bytes(large.read_bytes()[:-1] + b"x")
    response = api("village.secretary").send("GET", f"/attachments/{sent['id']}")
    assert response.status_code == 503 and "不一致" in response.get_json()["detail"]


def test_a_change_that_does_not_come_about_leaves_no_file(app, session, world, order):
    folder = app.config["OVERSIGHT"].data_dir
    with pytest.raises(RuntimeError), one_transaction(session):
        attachments.submit(
            session,
            folder,
            order.id,
            attachments.Sent(PHOTO, "a.jpg"),
            world.actor("village.secretary", at("2026-11-24").today),
            at("2026-11-24"),
        )
        raise RuntimeError("the power of the server's own")
    assert files(app) == [] and session.query(Attachment).count() == 0


# Pages -------------------------------------------------------------------------------------------


def test_a_page_sends_and_gets_files(reader, session, order):
    village = reader("village.secretary")
    form = {
        "csrf_token": village.get(f"/cases/{order.id}").value("csrf_token"),
        "ev-finding": "2",
        "ev-note": "",
    }
    path = f"/cases/{order.id}/attachments"
    sent = village.raw("POST", path, data={**form, "file": (io.BytesIO(PHOTO), "整改后.jpg")})
    assert (sent.status_code, sent.location) == (302, f"/cases/{order.id}")
    [row] = session.query(Attachment)
    assert (row.name, row.finding, row.note) == ("整改后.jpg", 2, None)
    got, small = (village.raw("GET", f"/attachments/{row.id}{end}") for end in ("", "/thumb"))
    assert hashlib.sha256(got.data).hexdigest() == row.sha256 and len(small.data) < len(got.data)
    assert all(
        each.headers["Content-Disposition"].startswith("attachment;") for each in (got, small)
    )
    assert reader("community.secretary").raw("GET", f"/attachments/{row.id}").status_code == 404
    assert reader().raw("GET", f"/attachments/{row.id}").status_code == 302
    large = village.raw(
        "POST", path, data={**form, "file": (io.BytesIO(b"\xff\xd8\xff" * 4_000_000), "a.jpg")}
    )
    assert large.status_code == 413 and "超过 10 MB" in large.get_data(as_text=True)
    assert (
        village.raw("POST", path, data={"file": (io.BytesIO(PHOTO), "a.jpg")}).status_code == 400
    ), "no token"
    assert session.query(Attachment).count() == 1


@pytest.mark.parametrize(
    ("data", "name", "status", "sentence"),
    [
        (b"\xff\xd8\xff" * 4_000_000, "整改后.jpg", 413, "这张照片有 11.4 MB，超过 10 MB。请重拍"),
        (b"word", "说明.docx", 415, "只能传 JPG、PNG 或 PDF。这个文件是 .docx"),
        (b"", "空.jpg", 422, "这个文件是空的，请重新选择。"),
        (None, "", 422, "请先选择照片或 PDF，再点“上传”。"),
    ],
)
def test_a_refused_file_comes_back_to_its_case_with_what_was_written(
    reader, session, order, data, name, status, sentence
):
    village = reader("village.secretary")
    page = village.get(f"/cases/{order.id}")
    form = {**dict(page.fields("/attachments")), "ev-finding": "2", "ev-note": "值班表上墙"}
    form.pop("file")
    if data is not None:
        form["file"] = (io.BytesIO(data), name)
    back = village._page(
        village.raw(
            "POST", f"/cases/{order.id}/attachments", data=form, content_type="multipart/form-data"
        ),
        "/",
        status,
    )
    assert sentence in back.main and dict(back.fields("/attachments"))["ev-note"] == "值班表上墙"
    assert dict(back.fields("/attachments"))["ev-finding"] == "2" and "#ev-file" in back.links(
        sentence
    )
    assert back.tree.find(".//*[@id='ev-file']").get("aria-describedby") == "ev-file-e"
    assert session.query(Attachment).count() == 0
    good = village.raw(
        "POST",
        f"/cases/{order.id}/attachments",
        data={**dict(back.fields("/attachments")), "file": (io.BytesIO(PHOTO), "a.jpg")},
    )
    assert good.status_code == 200 and session.query(Attachment).one().note == "值班表上墙"


def test_a_file_for_a_round_or_case_that_ended_meanwhile_comes_back_too(reader, session, world):
    case, village = fixing(session, world), reader("village.secretary")
    page = village.get(f"/cases/{case.id}")
    form = {**dict(page.fields("/attachments")), "ev-note": "补一张照片"}
    form.pop("file")
    do(session, world, case, "report", {"items": ITEMS}, who="village.secretary", on="2026-12-02")
    do(
        session,
        world,
        case,
        "send_back",
        {"verdicts": ["accepted", "not"], "opinion": "还差一人"},
        on="2026-12-02",
    )

    def again(status: int):
        return village._page(
            village.raw(
                "POST",
                f"/cases/{case.id}/attachments",
                data={**form, "file": (io.BytesIO(PHOTO), "a.jpg")},
            ),
            "/",
            status,
        )

    back = again(422)
    assert (
        "第 1 轮整改已经结束，不能再补传这一轮的材料。" in back.main
        and dict(back.fields("/attachments"))["ev-note"] == "补一张照片"
    )
    do(session, world, case, "report", {"items": ITEMS}, who="village.secretary", on="2026-12-03")
    do(
        session,
        world,
        case,
        "accept",
        {"verdicts": ["accepted", "accepted"], "opinion": "同意"},
        on="2026-12-03",
    )
    closed = again(409)
    assert (
        "这件事已经办结，不能再补传材料。" in closed.main
        and "您写的说明：补一张照片" in closed.main
    )
    assert session.query(Attachment).count() == 0
