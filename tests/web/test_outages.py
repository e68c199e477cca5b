"""Full disks and databases that are away: a sentence, nothing half-done, and all is well again unaided."""

from __future__ import annotations

import errno
from dataclasses import replace

import pytest
import sqlalchemy as sa

from oversight.base import files, outages, written
from oversight.base.refusals import Unsure
from oversight.commands import audit
from oversight.models import Activity, Attachment, Case
from oversight.time import due
from oversight.views import present
from tests.db.test_rectification_walk import fixing
from tests.support.actors import Play
from tests.support.world import at
from tests.web.test_evidence import PHOTO, post

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


@pytest.mark.parametrize(
    ("code", "sentence"), [(errno.ENOSPC, outages.FULL), (errno.EIO, outages.DISK)]
)
def test_a_disk_that_takes_no_photo(reader, session, world, app, monkeypatch, code, sentence):
    case, sender = fixing(session, world), reader("village.secretary")

    def full(*_):
        raise OSError(code, "no")

    with monkeypatch.context() as patch:
        patch.setattr(written.os, "fsync", full)
        answer = post(sender, case, ("一.jpg", PHOTO), status=503, **{"ev-finding": "1"})
        assert sentence in answer.text
        assert sender.get(f"/cases/{case.id}").title, "reading goes on"
    folder = app.config["OVERSIGHT"].data_dir
    assert not [path for path in files.all_of(folder) if path.is_file()]
    session.rollback()
    assert session.scalar(sa.select(sa.func.count()).select_from(Attachment)) == 0
    post(sender, case, ("一.jpg", PHOTO), **{"ev-finding": "1"})


@pytest.mark.parametrize("said", ["attempt to write a readonly database", "disk is full"])
def test_a_database_that_takes_nothing(reader, world, monkeypatch, said):
    admin, path = reader("zone.sysadmin"), f"/admin/units/{world.units['village'].id}/people"
    form = admin.get(path)

    def broken(*_, **_more):
        raise sa.exc.OperationalError("INSERT", {}, Exception(said))

    with monkeypatch.context() as patch:
        patch.setattr("oversight.engine.repeats.insert_once", broken)
        answer = admin.submit(form, "/people", 503, name="赵老同志", on="2026-11-24")
        assert "内容没有保存" in answer.text and answer.value("name") == "赵老同志", (
            "nor what was typed lost"
        )
    admin.submit(form, "/people", name="赵老同志", on="2026-11-24")


def test_a_database_that_goes_away_before_it_is_known_who_writes(reader, world, monkeypatch):
    admin, path = reader("zone.sysadmin"), f"/admin/units/{world.units['village'].id}/people"
    form, asked = admin.get(path), []

    def gone(*_, **_more):
        asked.append(1)
        raise sa.exc.OperationalError("SELECT", {}, Exception("database is locked"))

    with monkeypatch.context() as patch:
        patch.setattr("oversight.register.credentials.live", gone)
        answer = admin.submit(form, "/people", 503, name="赵老同志", on="2026-11-24")
    assert outages.BUSY in answer.text and answer.value("kept"), "nor what was typed lost"
    assert len(asked) == 1, "nobody waits for it twice"
    admin.submit(form, "/people", name="赵老同志", on="2026-11-24")


@pytest.mark.parametrize(
    "error", [Unsure(outages.UNSURE), sa.exc.InterfaceError("", {}, Exception())]
)
def test_what_is_written_beside_an_answer_takes_none_away(reader, world, monkeypatch, error):
    admin, path = reader("zone.sysadmin"), f"/admin/units/{world.units['village'].id}/people"
    form = admin.get(path)

    def gone(*_, **_more):
        raise error

    with monkeypatch.context() as patch:
        patch.setattr("oversight.engine.repeats.keep_page", gone)
        patch.setattr("oversight.register.drafts.drop", gone)
        assert "赵老同志" in admin.submit(form, "/people", name="赵老同志", on="2026-11-24").text


def test_a_case_whose_data_is_broken_leaves_others_where_they_are(session, world, reader):
    case, play = fixing(session, world), Play(session, world)
    sound = play.open("village.secretary", "village", day="2026-12-04")
    sound = play.move(
        sound, "village.secretary", "ask", new_day="2026-12-11", reason="村里统一打药，党员多在田里"
    )
    officer = reader("town1.officer")

    def seen(**broken) -> str:
        session.execute(sa.update(Case).where(Case.id == case.id).values(**broken))
        session.commit()
        answer = officer.raw("GET", "/desk?box=units")
        assert answer.status_code == 200 and sound.id in answer.text and case.id in answer.text
        return answer.text

    assert present.BROKEN not in seen(state=case.state)
    assert present.BROKEN in seen(facts={})
    assert "没有这个状态" in seen(state="nowhere")


@pytest.mark.parametrize("facts", ["[]", "{}", "7"])
def test_an_order_whose_facts_are_none_stops_no_list(session, world, reader, facts):
    case, play = fixing(session, world), Play(session, world)
    met = play.open("village.secretary", "village", day="2026-12-04")
    session.execute(
        sa.text("UPDATE cases SET facts = :facts, state = 'closed' WHERE id = :case"),
        {"facts": facts, "case": case.id.replace("-", "")},
    )
    session.commit()
    secretary, officer = reader("village.secretary"), reader("town1.officer")
    unit = world.units["village"].id
    for path in (f"/units/{unit}/year/2026", "/desk?box=done", f"/units/{unit}/ledger"):
        assert secretary.raw("GET", path).status_code == 200, path
    for path in (f"/admin/units/{world.units['town1'].id}/handover", "/overview", "/months"):
        assert officer.raw("GET", path).status_code == 200, path
    assert met.id in secretary.raw("GET", "/desk?box=units").text


def test_a_request_whose_facts_are_none_stops_no_desk(session, world, reader):
    case = Play(session, world).asked()
    session.execute(sa.update(Case).where(Case.id == case.id).values(facts={}))
    session.commit()
    answer = reader("town1.officer").raw("GET", "/desk")
    assert answer.status_code == 200 and case.id in answer.text
    assert present.BROKEN in answer.text


@pytest.mark.parametrize("day", ["2026/12/04", "2026-13-45", ""])
def test_a_day_that_is_none_stops_no_list(session, world, reader, day):
    play = Play(session, world)
    play.open("village.secretary", "village", day="2026-12-04")
    session.execute(
        sa.text("UPDATE activities SET day = :day, held_on = :day WHERE unit_id = :unit"),
        {"day": day, "unit": world.units["village"].id.replace("-", "")},
    )
    session.commit()
    assert session.execute(sa.select(Activity.day)).scalars().all()[0] is None
    secretary, officer = reader("village.secretary"), reader("town1.officer")
    unit = world.units["village"].id
    for path in ("/months", "/overview", "/units", "/desk?box=units"):
        assert officer.raw("GET", path).status_code == 200, path
    new = f"/new/date_change?unit={unit}"
    for path in (f"/units/{unit}/ledger", f"/units/{unit}/year/2026", new, "/me"):
        assert secretary.raw("GET", path).status_code == 200, path
    assert any("activities" in line for line in audit.verify(session)), "and it is told"


def test_a_language_that_is_none_is_the_zone_s(session, world, reader):
    secretary = reader("village.secretary")
    session.execute(sa.text("UPDATE accounts SET locale = 'xx_YY'"))
    session.commit()
    assert secretary.raw("GET", "/months").status_code == 200


def ready(api) -> tuple[int, str]:
    answer = api(None).send("GET", "//readyz")
    return answer.status_code, answer.get_data(as_text=True)


def test_not_ready_where_the_disk_takes_nothing(api, app, tmp_path):
    assert ready(api) == (200, "ready\nnever swept\n")
    (tmp_path / "file").touch()
    env = app.config["OVERSIGHT"]
    app.config["OVERSIGHT"] = replace(env, data_dir=tmp_path / "file")
    status, text = ready(api)
    assert status == 503 and text.startswith("disk takes no writes: ")
    app.config["OVERSIGHT"] = env
    assert ready(api)[0] == 200


def test_ready_says_when_the_clock_s_work_was_done(api, app, session, world, clock):
    due.sweep(session, at("2026-11-24"))
    assert ready(api) == (200, f"ready\nswept {at('2026-11-24').now.isoformat()}\n")
    clock.now = at("2026-11-25").now
    assert "sweep is late" in ready(api)[1]
    clock.now = at("2027-01-11").now
    status, text = ready(api)
    assert status == 200 and "the clock stands 48 days later" in text
    figures = api(None).send("GET", "//metrics").get_data(as_text=True)
    assert "oversight_sweep_leapt_days 48.0" in figures


def test_the_administrator_sees_it_and_tries_again_by_hand(reader, session, world, clock):
    due.sweep(session, at("2026-11-24"))
    session.execute(
        sa.text(
            "INSERT INTO sweep_faults (step, subject, error, times, since, last_at)"
            " VALUES ('tick', 'x', 'ValueError', 3, :now, :now)"
        ),
        {"now": "2026-11-24 01:00:00.000000"},
    )
    session.commit()
    admin = reader("zone.sysadmin")
    page = admin.get("/admin/")
    assert "最近一次办理到期的事" in page.main and "试了 3 次" in page.main
    assert "1 件一分钟内再试" in admin.submit(page, "/admin/retry").text
    assert reader("zone.secadmin").raw("POST", "/admin/retry").status_code in (400, 403)
    clock.now = at("2026-12-24").now
    reader("zone.auditor")
    page = reader("town2.officer").get("/desk")
    assert "--catch-up" not in page.text


@pytest.mark.parametrize("said", ["database is locked", "disk is full"])
def test_a_page_that_cannot_be_read_says_nothing_of_what_was_sent_before(reader, monkeypatch, said):
    def broken(*_, **_more):
        raise sa.exc.OperationalError("SELECT", {}, Exception(said))

    admin = reader("zone.sysadmin")
    with monkeypatch.context() as patch:
        patch.setattr("oversight.register.zone_settings.history", broken)
        answer = admin.raw("GET", "/zone/settings")
    assert answer.status_code == 503 and "这一页没有打开" in answer.text
    assert "没有改动" not in answer.text and "没有保存" not in answer.text
