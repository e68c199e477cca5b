"""Words that are not sent yet: saved, put back, gone once they were sent; their author's alone."""

from __future__ import annotations

import io
from datetime import timedelta

import pytest
import sqlalchemy as sa

from oversight.models import Account, Attachment, Case, Draft, JournalRow, Refusal
from oversight.register import drafts
from oversight.time.sweep import sweep
from tests.db.test_appraisal_walk import Appraising
from tests.db.test_attendance import record, sheet
from tests.db.test_rectification_walk import fixing, rechecking
from tests.support.html import Reader, controls, every
from tests.support.world import at
from tests.web.test_api_attachments import PHOTO
from tests.web.test_kept_words import typed_into
from tests.web.test_statements import counted

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
SAID = "请把受影响的党员人数写清楚"


@pytest.fixture
def asked(play):
    return play.asked()


def count(session) -> int:
    session.expire_all()
    return session.scalar(sa.select(sa.func.count()).select_from(Draft))


def typed(one: Reader, path: str, form: str, **words):
    """Return the fields of a form with words in it, and what its browser says of the page."""
    page = one.get(path)
    data: dict[str, list[str]] = {}
    for name, value in [*(p for p in page.fields(form) if p[0] not in words), *words.items()]:
        data.setdefault(name, []).append(value)
    return data, {"Referer": f"http://localhost{path}"}


def save(one: Reader, path: str, form: str, status: int = 200, **words):
    """Press 存草稿 in a form, and return the page that comes."""
    data, headers = typed(one, path, form, **words)
    return one._page(one.raw("POST", "/drafts", data=data, headers=headers), path, status)


# Saved and put back ------------------------------------------------------------------------------


def test_a_draft_stands_again_on_another_device_and_on_the_desk(reader, asked, app, session):
    case = f"/cases/{asked.id}"
    page = save(reader("town1.officer"), case, "/moves/return", say=SAID)
    assert page.path == case and page.value("say") == SAID
    other = Reader(app)
    other.sign_in("town1.officer")
    again = other.get(case)
    assert again.value("say") == SAID and "草稿已于 09:00 保存" in again.main
    assert other.get(f"/desk?case={asked.id}").value("say") == SAID


def test_it_says_on_which_day_it_was_saved_where_that_is_not_today(reader, asked, clock):
    case = f"/cases/{asked.id}"
    save(reader("town1.officer"), case, "/moves/return", say=SAID)
    clock.now = at("2026-11-25", 8).now
    later = reader("town1.officer")
    later.sign_in("town1.officer")
    assert "草稿已于 11月24日 09:00 保存" in later.get(case).main


def test_it_binds_nobody(reader, asked, session):
    def state():
        session.expire_all()
        case = session.get(Case, asked.id)
        rows = [
            session.scalar(sa.select(sa.func.count()).select_from(t)) for t in (JournalRow, Refusal)
        ]
        return case.version, case.state, rows

    before = state()
    save(reader("town1.officer"), f"/cases/{asked.id}", "/moves/return", say=SAID)
    assert state() == before and count(session) == 1


def test_only_its_author_reads_it_and_nobody_in_the_database(reader, asked, session):
    case = f"/cases/{asked.id}"
    save(reader("town1.officer"), case, "/moves/return", say=SAID)
    assert SAID not in reader("town1.deputy").get(case).html
    assert "没有草稿" in reader("town1.deputy").get("/drafts").main
    [row] = session.scalars(sa.select(Draft)).all()
    assert SAID.encode() not in row.words and b"opinion" not in row.words
    [deputy] = session.scalars(sa.select(Account).where(Account.username == "town1.deputy"))
    row.account_id = deputy.id  # moved by hand: it opens for its author alone
    session.commit()
    assert SAID not in reader("town1.deputy").get(case).html


def test_it_is_gone_once_its_form_was_sent(reader, asked, session):
    officer, case = reader("town1.officer"), f"/cases/{asked.id}"
    page = save(officer, case, "/moves/return", say=SAID)
    after = officer.submit(page, "/moves/return", say=SAID)
    assert count(session) == 0
    [script] = [s for s in after.tree.iter("script") if s.get("data-who")]
    assert script.get("data-done").startswith(case), "the browser forgets what it kept"
    [script] = [s for s in officer.get("/me").tree.iter("script") if s.get("data-who")]
    assert script.get("data-done") == "", "once"


def test_a_refused_form_keeps_its_draft_and_shows_what_was_sent(reader, asked, session):
    officer, case = reader("town1.officer"), f"/cases/{asked.id}"
    page = save(officer, case, "/moves/return", say=SAID)
    again = officer.submit(page, "/moves/return", 422, say=" ")
    assert not again.value("say").strip() and "草稿已于" in again.main and count(session) == 1


def test_it_may_be_given_up(reader, asked, session):
    officer, case = reader("town1.officer"), f"/cases/{asked.id}"
    page = save(officer, case, "/moves/return", say=SAID)
    after = officer.submit(page, "/drafts/drop")
    assert count(session) == 0 and not after.value("say")


def test_all_of_ones_drafts_are_listed_also_of_a_form_that_is_gone(reader, asked, session, play):
    officer, case = reader("town1.officer"), f"/cases/{asked.id}"
    save(officer, case, "/moves/return", say=SAID)
    play.move(asked, "town1.secretary", "approve")
    listed = officer.get("/drafts")
    assert SAID in listed.main and case in listed.links("打开")
    officer.submit(listed, "/drafts/drop")
    assert count(session) == 0


def test_a_later_version_is_said(reader, asked, session):
    officer, case = reader("town1.officer"), f"/cases/{asked.id}"
    page = save(officer, case, "/moves/return", say=SAID)
    assert "有过变动" not in page.main
    session.get(Case, asked.id).version += 1
    session.commit()
    assert "存草稿以后，这件事有过变动" in officer.get(case).main


def test_after_thirty_days_it_is_gone(reader, asked, session, clock):
    save(reader("town1.officer"), f"/cases/{asked.id}", "/moves/return", say=SAID)
    drafts.forget_old(session, at("2026-12-24", 9))
    assert count(session) == 1
    sweep(session, at("2026-12-24", 10))
    assert count(session) == 0


def test_a_page_with_a_draft_costs_one_statement_more_and_without_one_none(reader, asked):
    officer, case = reader("town1.officer"), f"/cases/{asked.id}"
    officer.get(case)
    with counted() as before:
        officer.get(case)
    save(officer, case, "/moves/return", say=SAID)
    with counted() as after:
        officer.get(case)
    assert not [one for one in before if "FROM drafts" in one and "EXISTS" not in one]
    own = [one for one in after if "FROM drafts" in one and "EXISTS" not in one]
    assert len(own) == 1 and len(after) == len(before) + 1


# What is refused ---------------------------------------------------------------------------------


def test_too_long_a_draft_is_refused_with_a_sentence_and_its_words(reader, asked, session):
    officer, long = reader("town1.officer"), "写" * 80_000
    page = save(officer, f"/cases/{asked.id}", "/moves/return", 413, say=long)
    assert "内容超过 200 KB，草稿没有保存" in page.main and count(session) == 0
    assert officer.submit(page, "/kept").value("say") == long


def test_nobody_fills_the_disk(reader, asked, session, monkeypatch):
    monkeypatch.setattr(drafts, "MOST", 0)
    page = save(reader("town1.officer"), f"/cases/{asked.id}", "/moves/return", 413, say=SAID)
    assert "请先提交或放弃一些" in page.main and count(session) == 0


@pytest.mark.parametrize(
    "address",
    ["", "/login", "/password", "/me/tokens", "/me/second-factor", "/activate", "/text-size"]
    + ["https://x.example/cases/1/moves/ask", "/nothing", "/cases/1/moves/" + "x" * 400],
)
def test_secrets_and_foreign_addresses_have_no_drafts(reader, session, address):
    officer = reader("town1.officer")
    token = officer.get("/me").value("csrf_token")
    words = {"csrf_token": token, "draft": address, "name": "x"}
    for over in ({}, {"over": "any"}):
        assert officer.raw("POST", "/drafts", data=words | over).status_code == 400, address
    assert count(session) == 0


def test_passwords_are_never_in_one(reader, asked, session):
    officer = reader("town1.officer")
    save(officer, f"/cases/{asked.id}", "/moves/return", say=SAID, password="geheim", code="123456")
    with officer.app.app_context():
        [found] = drafts.all_of(session, session.scalar(sa.select(Draft.account_id)), _sealer())
    names = {name for name, _value in found.words}
    assert not names & {"password", "code", "csrf_token", "old", "again", "kept"}


def _sealer():
    from oversight.views import session as views

    return views.sealer()


# The script --------------------------------------------------------------------------------------


def scripted(one: Reader, path: str, over: str, **words):
    data, headers = typed(one, path, "/moves/return", **words)
    return one.raw("POST", "/drafts", data=data | {"over": over}, headers=headers)


def test_a_script_is_told_when_it_was_saved(reader, asked, session):
    answer = scripted(reader("town1.officer"), f"/cases/{asked.id}", "any", say=SAID)
    assert answer.status_code == 200 and answer.json["said"] == "草稿已于 09:00 保存"
    assert answer.json["at"].startswith("2026-11-24T01:00")


def test_what_a_device_kept_replaces_no_newer_draft(reader, asked, session, clock):
    officer, case = reader("town1.officer"), f"/cases/{asked.id}"
    first = scripted(officer, case, "", say="一").json["at"]
    clock.now += timedelta(minutes=1)
    second = scripted(officer, case, first, say="二").json["at"]
    again = scripted(officer, case, first, say="二")  # its answer was lost
    assert again.status_code == 200 and again.json["at"] == second
    refused = scripted(officer, case, first, say="旧的")
    assert refused.status_code == 409 and "更新的草稿" in refused.json["said"]
    assert scripted(officer, case, "", say="旧的").status_code == 409
    page = officer.get(case)
    assert page.value("say") == "二" and f'data-at="{second}"' in page.html


def test_without_a_log_in_a_script_hears_it(reader, asked, app):
    officer, case = reader("town1.officer"), f"/cases/{asked.id}"
    data, headers = typed(officer, case, "/moves/return", say=SAID)
    officer.client.delete_cookie("oversight")
    answer = officer.raw("POST", "/drafts", data=data | {"over": "any"}, headers=headers)
    assert answer.status_code == 401 and not answer.is_json


# A press beside the form -------------------------------------------------------------------------


@pytest.fixture
def pages(session, world, play, asked):
    """Return who opens which page with a form that takes more than a minute, and to where it goes."""
    record(session, world, sheet(world, absent=("member1",), leave=("member2",)))
    village = world.units["village"].id
    activity = play.activity().id
    found = {
        "a decision": ("town1.officer", f"/cases/{asked.id}", "/moves/return"),
        "a decision on the desk": ("town1.officer", f"/desk?case={asked.id}", "/moves/return"),
        "attendance": ("village.secretary", f"/activities/{activity}/attendance", "/attendance"),
        "a plan": ("village.secretary", f"/activities/{activity}/plan", "/plan"),
        "contacts": ("village.secretary", f"/units/{village}/follow-ups", "/record_contact"),
        "another day": (
            *("village.secretary", "/new/date_change?day=2026-12-04", "/new/date_change"),
        ),
        "a zone's notice": ("zone.officer", "/new/zone_shift", "/new/zone_shift"),
        "a new order": (
            *("town1.inspector", f"/new/rectification?unit={village}", "/new/rectification"),
        ),
    }
    session.commit()
    return found


@pytest.fixture
def work(session, world, play):
    """Return pages of cases on which much is written, by what they are."""
    visit = play.on("2026-11-24").open(
        "town1.inspector", workflow="inspection", method="random", inspected_on="2026-11-24"
    )
    order = fixing(session, world)
    session.commit()
    return {
        "findings": ("town1.inspector", f"/cases/{visit.id}", "/moves/conclude"),
        "measures": ("village.secretary", f"/cases/{order.id}", "/moves/report"),
    }


def test_what_takes_a_minute_has_a_draft(reader, pages, work):
    for name, (who, path, form) in (pages | work).items():
        page = reader(who).get(path)
        bars = [one for one in page.form(form).iter("div") if "data-draft" in one.attrib]
        assert len(bars) == 1, name


def test_a_recheck_and_an_appraisal_have_drafts(reader, session, world):
    case = rechecking(session, world)
    session.commit()
    one = reader("town1.officer").get(f"/cases/{case.id}")
    assert "data-draft" in one.html and "存草稿" in one.main
    village = Appraising.of_eight(session, world)
    village.begin()
    village.lead("open_self_assessment")
    session.commit()
    page = reader("village.member1").get(f"/cases/{village.case.id}")
    again = save(
        reader("village.member1"), page.path, "/moves/file_self_assessment", text="全年到会"
    )
    assert again.value("text") == "全年到会"


def test_every_form_with_a_draft_takes_its_words_back(reader, pages, work):
    for name, (who, path, action) in (pages | work).items():
        one = reader(who)
        page = one.get(path)
        fields, said = typed_into(page.tree, page.form(action))
        data: dict[str, list[str]] = {}
        for key, value in fields:
            data.setdefault(key, []).append(value)
        headers = {"Referer": f"http://localhost{path}"}
        again = one._page(one.raw("POST", "/drafts", data=data, headers=headers), path, 200)
        stands = set(again.fields(action))
        assert not [pair for pair in said if pair not in stands], name
        assert urls(again) == path, name
        one.submit(again, "/drafts/drop")


def urls(page) -> str:
    return page.path.removeprefix("http://localhost")


def test_no_press_beside_a_form_loses_what_stands_in_it(reader, pages, work, session):
    """大字, 认领, a telephone: without scripts, on each page with a form that takes long."""
    pressed = set()
    for name, (who, path, action) in (pages | work).items():
        one = reader(who)
        page = one.get(path)
        form = page.form(action)
        for button in [b for b in controls(page.tree, form, "button") if b.get("name") == "aside"]:
            page = one.get(path)
            fields, said = typed_into(page.tree, page.form(action))
            data: dict = {"aside": button.get("value")}
            for key, value in fields:
                data.setdefault(key, []).append(value)
            headers = {"Referer": f"http://localhost{path}"}
            one.raw("POST", button.get("formaction"), data=data, headers=headers)
            stands = set(one.get(path).fields(action))
            own = f"{button.get('value')}."  # was taken
            lost = [one for one in said if one not in stands and not one[0].startswith(own)]
            assert not lost, (name, button.get("value"), lost[:3])
            pressed.add((name, button.get("value")))
            one.submit(one.get(path), "/drafts/drop")
    kinds = {kind for _name, kind in pressed}
    assert {"size", "big", "claim"} <= kinds, kinds
    assert {name for name, _kind in pressed} == {*pages, *work}, "大字 stands on every page"


def test_a_press_beside_does_what_it_says(reader, asked, session):
    officer, case = reader("town1.officer"), f"/cases/{asked.id}"
    page = officer.get(case)
    after = officer.submit(page, "/desk/claim")
    assert "已认领" in after.main
    large = officer.submit(officer.get(case), "/text-size")
    assert large.path == case and 'data-size="large"' in large.html


def beside(reader, work, file: tuple):
    """Send a file from the midst of the report that is being written; returns the page that comes."""
    who, path, action = work["measures"]
    one = reader(who)
    data, headers = typed(one, path, action, **{"items-1-measure": SAID, "ev-note": "照片"})
    data |= {"ev": "1", "file": file}
    answer = one.raw("POST", path + "/attachments", data=data, headers=headers)
    return one._page(answer, path, answer.status_code)


def test_an_upload_beside_is_taken_and_the_words_stay(reader, work, session):
    page = beside(reader, work, (io.BytesIO(PHOTO), "x.jpg"))
    assert page.status == 200 and page.value("items-1-measure") == SAID
    assert session.scalar(sa.select(Attachment.note)) == "照片"


def test_a_refused_upload_shows_its_sentence_and_the_words_of_the_form(reader, work):
    page = beside(reader, work, (io.BytesIO(b"GIF89a"), "x.gif"))
    assert page.status in (415, 422) and page.value("items-1-measure") == SAID
    assert page.value("ev-note") == "照片"


def test_enter_presses_no_button_of_the_frame(reader, pages):
    """The first button in the page is the one that Enter presses: it is none that does anything."""
    for name, (who, path, action) in pages.items():
        page = reader(who).get(path)
        first = next(iter(controls(page.tree, page.form(action), "button")))
        assert "hidden" in first.attrib, name
        assert "disabled" in first.attrib or first.get("value") == "find", name


def test_several_forms_stand_apart(reader, asked, session):
    """A form beside keeps its own words; the draft goes into the form that it was typed into."""
    officer, case = reader("town1.officer"), f"/cases/{asked.id}"
    save(officer, case, "/moves/return", say=SAID)
    page = officer.get(case)
    others = [
        node.text or ""
        for form in page.tree.iter("form")
        if form is not page.form("/moves/return")
        for node in every(form, "textarea")
    ]
    assert SAID not in others
    refused = officer.submit(page, "/desk/comment", 422, note="")
    assert refused.value("say") == SAID, "the page of a refusal elsewhere shows it too"
