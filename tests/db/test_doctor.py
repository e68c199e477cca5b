"""What ails an installation is told by name, with what to do; a sound one is called so."""

from __future__ import annotations

import os
from datetime import timedelta

import pytest
import sqlalchemy as sa

from oversight.base import files
from oversight.base.settings import ZONE_SETTINGS
from oversight.calendar.zone import zone_settings
from oversight.engine import outbox
from oversight.models import ZoneSettingRow
from oversight.time import due, growth
from tests.db.test_backup import PHOTO, lived  # noqa: F401
from tests.support.world import MADE, at

sqlite = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


@pytest.fixture
def found(lived):  # noqa: F811
    """Return what the doctor says, by name."""

    def said() -> dict[str, tuple[str, str]]:
        result = lived("doctor")
        assert "Traceback" not in result.output
        rows = [line.split("\t") for line in result.output.splitlines()]
        assert (result.exit_code == 1) == any(row[0] == "要处理" for row in rows), result.output
        return {name: (level, text) for level, name, text in rows}

    return said


def test_a_sound_one(found, session, lived):  # noqa: F811
    due.sweep(session, at("2026-11-24"))
    lived.ok("backup", "--daily")
    said = found()
    odd = {name: text for name, (level, text) in said.items() if level != "正常"}
    grown = lived.url.startswith("postgresql")  # where one account owns the tables here
    assert set(odd) - {"文件权限", "磁盘"} == ({"数据库权限"} if grown else set()), odd
    assert ("PostgreSQL" if grown else "SQLite") in said["版本"][1]


def test_work_that_nobody_did_is_odd(found, lived, session, world):  # noqa: F811
    due.sweep(session, at("2026-11-24"))
    assert found()["后台办理"][0] == "正常"
    then = at("2026-11-24").now - timedelta(minutes=11)
    outbox.enqueue(session, world.zone.id, "late", "tomorrow", {}, then)
    session.commit()
    level, text = found()["后台办理"]
    assert level == "注意" and "迟了十分钟以上 1 件" in text


@sqlite
def test_photos_that_are_gone_changed_or_known_to_nobody(found, lived, tmp_path):  # noqa: F811
    data = tmp_path / "here" / "data"
    first, small = sorted(files.all_of(data), key=lambda path: path.read_bytes() != PHOTO)
    first.write_bytes(PHOTO[::-1])
    files.keep(data, b"known to nobody")
    said = found()
    assert said["附件"] == (
        "要处理", "有 0 个附件的文件不在，1 个与登记时不一致，请从备份里取回。",
    )  # fmt: skip
    assert said["没有登记的文件"][0] == "注意"
    small.write_bytes(b"another picture")
    first.unlink()
    assert "有 1 个附件的文件不在，1 个与登记时不一致" in found()["附件"][1]


@sqlite
def test_a_janitor_takes_what_nobody_knows_after_a_day(session, lived, tmp_path):  # noqa: F811
    data, moment = tmp_path / "here" / "data", at("2026-11-24")
    loose = files.place(data, files.keep(data, b"known to nobody"))
    part = loose.with_name(f".{loose.name}.0000.part")
    part.write_bytes(b"half")
    young = moment.now.timestamp() - 3600
    for path in (loose, part):
        os.utime(path, (young, young))
    assert growth.tidy(session, data, moment) == 0, "its change may not be committed yet"
    assert growth.tidy(session, data, at("2026-11-26")) == 2
    assert not loose.exists() and not part.exists() and len(list(files.all_of(data))) == 2


def test_a_setting_that_nobody_can_have_chosen_stops_nothing(found, session, world, lived):  # noqa: F811
    broken = {"term_reply": "abc", "july_day": "13-45", "login_idle": "", "outside_quiet": "24-x"}
    assert found()["区的设置"][0] == "正常"
    for name, value in broken.items():
        session.add(ZoneSettingRow(zone_id=world.zone.id, name=name, value=value, at=MADE))
    session.commit()
    stand = zone_settings(session, world.zone.id)
    assert all(stand[name] == ZONE_SETTINGS[name].default for name in broken)
    level, text = found()["区的设置"]
    assert level == "要处理" and all(ZONE_SETTINGS[name].label in text for name in broken)


def test_a_trigger_that_was_taken_away(found, lived):  # noqa: F811
    engine = sa.create_engine(lived.url)
    with engine.begin() as link:
        if engine.dialect.name == "sqlite":
            text = "SELECT name FROM sqlite_master WHERE type = 'trigger' AND tbl_name = 'journal'"
            for name in link.exec_driver_sql(text).scalars().all():
                link.exec_driver_sql(f"DROP TRIGGER {name}")
        else:
            link.exec_driver_sql("ALTER TABLE journal DISABLE TRIGGER USER")
    engine.dispose()
    assert found()["数据库结构"][0] == "要处理"


@sqlite
def test_a_clock_that_leapt(found, lived, session):  # noqa: F811
    due.sweep(session, at("2026-11-24"))
    lived.app.extensions["clock"].now = at("2027-01-24").now
    assert found()["到期办理"] == (
        "要处理", "距上次办理到期的事已有 61 天；时钟无误，请运行 oversight sweep --catch-up。",
    )  # fmt: skip
    assert "逐日补办" in lived.no("sweep")
    lived.ok("sweep", "--catch-up")
    assert found()["到期办理"][0] == "正常"


@sqlite
def test_a_clock_behind_the_journal(found, lived):  # noqa: F811
    lived.app.extensions["clock"].now = at("2026-10-24").now
    assert found()["时钟"][0] == "要处理"
