"""Reminders that leave the program: to a real mail server and real robots on loopback."""

from __future__ import annotations

import logging
import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from email import message_from_bytes, policy

import pytest
import sqlalchemy as sa

from oversight.base import mail, outward
from oversight.commands import background
from oversight.engine import desk_acts, outbox
from oversight.models import Account, Notice, OutboxMessage, Outlet, Reach
from oversight.register import zone_settings
from oversight.time import outside, sweep, work
from tests.support.outside import Post, Robot

ADDRESS = "http://oversight.example:8000"
SECRET = "0f9a-secret-key"
sqlite = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


@pytest.fixture
def post():
    made = Post()
    made.start()
    yield made
    made.stop()


@pytest.fixture
def robot():
    made = Robot()
    yield made
    made.end()


class Office:
    """The small world with people who have addresses, and what is sent to them."""

    def __init__(self, app, session, world, clock):
        self.app, self.session, self.world, self.clock = app, session, world, clock

    @property
    def at(self):
        return self.clock.moment()

    def has_mail(self, *names: str) -> None:
        for name in names:
            account = sa.update(Account).where(Account.person_id == self.world.people[name].id)
            self.session.execute(account.values(mail=f"{name}@office.example.cn"))
        self.session.commit()

    def set(self, **chosen: str) -> None:
        for name, value in chosen.items():
            zone = self.world.zone.id
            zone_settings.change(self.session, zone, f"outside_{name}", value, None, self.at)
        self.session.commit()

    def turn(self) -> None:
        """Do what the minute brings, and all that is due after it."""
        self.session.commit()
        sweep.sweep(self.session, self.at)
        background.remind(self.at)
        work.drain(self.session, self.at, background.hands())
        self.session.rollback()
        self.session.expire_all()

    def local(self, day: int, hour: int, minute: int = 0) -> None:
        """Set the clock to an hour of November 2026, in Shanghai."""
        self.clock.now = datetime(2026, 11, day, hour, minute, tzinfo=UTC) - timedelta(hours=8)

    def rows(self, kind: str) -> list[OutboxMessage]:
        found = sa.select(OutboxMessage).where(OutboxMessage.kind == kind)
        return list(self.session.scalars(found.order_by(OutboxMessage.id)))

    def reach(self, name: str) -> Reach:
        return self.session.get(Reach, (self.world.zone.id, name))


@pytest.fixture
def office(app, session, world, clock, post, robot, reader):
    app.config["OVERSIGHT"] = replace(
        app.config["OVERSIGHT"],
        mail=mail.Server("smtp", "127.0.0.1", post.port, "oversight@office.example.cn"),
        webhooks=outward.listed([robot.host]),
        address=ADDRESS,
    )
    return Office(app, session, world, clock)


def letters(post) -> dict[str, object]:
    return {
        to[0].partition("@")[0]: message_from_bytes(text, policy=policy.default)
        for to, text in post.box.letters
    }


def add_robot(reader, robot, unit, kind="wecom", key="", status=200):
    desk = reader("zone.sysadmin")
    words = {
        "unit": unit,
        "kind": kind,
        "url": f"http://{robot.host}/send?key={SECRET}",
        "key": key,
    }
    return desk.submit(desk.get("/admin/outlets"), "/admin/outlets", status=status, **words)


def town_of(office) -> str:
    return office.world.units["town1"].name


# The morning --------------------------------------------------------------------------------------


def test_in_the_morning_who_has_work_gets_one_letter(office, play, post):
    office.has_mail("town1.officer", "village.secretary", "zone.officer")
    play.asked()
    office.turn()
    office.turn()
    [(to, letter)] = letters(post).items()
    assert to == "town1.officer" and letter["Subject"] == "您有1件待办"
    assert letter.get_content().split() == ["您有1件待办。", ADDRESS]
    assert letter["Auto-Submitted"] == "auto-generated" and letter["Message-ID"]
    for word in ("石桥村", "town1.officer"):
        assert word not in letter.get_content() + letter["Subject"]
    assert len(post.box.letters) == 1
    assert {row.last_error for row in office.rows("mail")} == {None, "nothing waits"}


@sqlite
@pytest.mark.parametrize(
    ("day", "hour", "chosen", "sent"),
    [(25, 8, {}, 0), (25, 9, {}, 1), (28, 9, {}, 0), (25, 9, {"digest": "off"}, 0)],
    ids=["before the hour", "after it", "a Saturday", "not wanted"],
)
def test_the_hour_and_the_day(office, play, post, day, hour, chosen, sent):
    office.has_mail("town1.officer")
    office.set(**chosen)
    play.asked()
    office.local(day, hour)
    office.session.execute(sa.delete(OutboxMessage).where(OutboxMessage.kind == "urgent"))
    office.session.commit()
    background.remind(office.at)
    work.drain(office.session, office.at, background.hands())
    assert len(post.box.letters) == sent


def test_a_group_hears_how_much_waits_for_its_unit(office, play, reader, robot):
    assert "群机器人已设好" in add_robot(reader, robot, town_of(office)).text
    add_robot(reader, robot, office.world.units["zone"].name, "dingtalk", "SECx")
    play.asked()
    office.turn()
    [(path, body)] = robot.heard
    assert path == f"/send?key={SECRET}"
    assert body["text"]["content"] == f"本单位有1件待办。{ADDRESS}"


# At once ------------------------------------------------------------------------------------------


def test_what_is_overdue_is_told_at_once_but_not_at_night(office, play, post):
    office.has_mail("town1.officer")
    office.set(digest="off")
    play.asked()
    office.local(28, 0, 30)  # due on the 27th
    office.turn()
    assert post.box.letters == []
    [row] = office.rows("mail")
    assert row.last_error == "quiet" and row.due_at.hour == 0 and row.attempts == 0
    office.local(28, 8, 0)
    office.turn()
    assert letters(post)["town1.officer"]["Subject"] == "您有1件待办，请尽快办理"


@sqlite
def test_the_morning_s_letter_of_a_server_begun_at_night_comes_in_no_other_morning(
    office, play, post
):
    office.has_mail("town1.officer")
    office.set(urgent="off")
    play.asked()
    sent = []
    for day, hour, minute in (
        (27, 22, 0),
        (28, 9, 0),
        (30, 8, 10),
        (30, 8, 40),
    ):  # from a Friday on
        office.local(day, hour, minute)
        office.turn()
        sent.append(len(post.box.letters))
    assert sent == [0, 0, 0, 1]


@sqlite
def test_what_was_done_by_then_is_not_told(office, play, post):
    office.has_mail("town1.officer")
    office.set(digest="off")
    case = play.asked()
    office.local(28, 0, 30)
    office.turn()
    play.on("2026-11-28").move(case, "town1.officer", "approve")
    office.local(28, 8, 0)
    office.turn()
    assert post.box.letters == [] and office.rows("mail")[0].last_error == "nothing waits"


@sqlite
def test_nobody_is_told_at_once_where_all_waits_for_the_morning(office, play, post):
    office.has_mail("town1.officer")
    office.set(digest="off", urgent="off")
    play.asked()
    office.local(28, 9)
    office.turn()
    assert post.box.letters == []


@sqlite
def test_who_is_urged_hears_at_once(office, play, post):
    office.has_mail("town1.officer")
    office.set(digest="off")
    case = play.asked()
    who = play.who("village.secretary")
    desk_acts.submit(office.session, case.id, "nudge", who, play.at, {})
    office.turn()
    assert list(letters(post)) == ["town1.officer"]


@sqlite
def test_there_is_an_end_to_it_each_day(office, play, post):
    office.has_mail("town1.officer")
    office.set(most="3", digest="off", quiet="off")
    case = play.asked()
    for n in range(5):
        payload = {"person": office.world.people["town1.officer"].id, "on": "2026-11-24"}
        outbox.enqueue(office.session, case.zone_id, f"x{n}", "mail", payload, office.at.now)
    office.turn()
    assert len(post.box.letters) == 3
    assert [row.last_error for row in office.rows("mail")].count("enough for today") == 2


# What fails ---------------------------------------------------------------------------------------


def test_a_mail_server_that_is_down_blocks_nothing_and_is_seen(office, play, post, reader):
    office.has_mail("town1.officer", "town1.secretary")
    play.asked()
    post.stop()
    office.turn()
    server = office.reach("server")
    assert (server.failures, server.last_error) == (1, "ConnectionRefusedError")
    assert server.rests_until == office.at.now + timedelta(minutes=1)
    assert sum(row.attempts for row in office.rows("mail")) == 1, "one try, not one a letter"
    assert {row.done_at is None for row in office.rows("notify")} == {False}
    desk = reader("zone.sysadmin")
    assert "对方没有开通" in desk.get("/admin/outlets").main
    assert "发邮件" in desk.get("/admin/work").main
    for failures in (2, 3):
        office.clock.now = office.reach("server").rests_until
        office.turn()
        assert office.reach("server").failures == failures
    post.start()
    page = desk.submit(desk.get("/admin/work"), "/admin/retry-work", work="")
    assert "马上再试" in page.text
    office.turn()
    assert sorted(letters(post)) == ["town1.officer", "town1.secretary"]
    assert office.reach("server").failures == 0


@sqlite
def test_an_address_that_is_refused_is_said_to_its_owner_alone(office, play, post, reader):
    office.has_mail("town1.officer", "town1.secretary")
    post.box.refuses = {"town1.officer@office.example.cn"}
    play.asked()
    office.turn()
    assert list(letters(post)) == ["town1.secretary"] and office.reach("server").failures == 0
    assert "没有送到（SMTP 550）" in reader("town1.officer").get("/me/reminders").main
    assert "没有送到" not in reader("town1.secretary").get("/me/reminders").main


@sqlite
@pytest.mark.parametrize(
    ("asked", "answer"),
    [("later", "450 greylisted"), ("later", "452 mailbox full"), ("unread", "552 mailbox full")],
)
def test_one_address_that_is_put_off_holds_up_nobody_else(
    office, play, post, reader, asked, answer
):
    office.has_mail("town1.officer", "town1.secretary")
    put_off = getattr(post.box, asked)
    put_off["town1.officer@office.example.cn"] = answer
    play.asked()
    office.turn()
    assert list(letters(post)) == ["town1.secretary"] and office.reach("server").failures == 0
    waits = next(row for row in office.rows("mail") if row.done_at is None)
    assert (waits.attempts, waits.last_error) == (1, f"SMTP {answer[:3]}")
    assert waits.due_at == office.at.now + timedelta(minutes=1)
    assert answer[:3] in reader("town1.officer").get("/me/reminders").main
    put_off.clear()
    office.clock.now = waits.due_at
    office.turn()
    assert sorted(letters(post)) == ["town1.officer", "town1.secretary"]
    assert "没有送到" not in reader("town1.officer").get("/me/reminders").main


@sqlite
def test_a_server_that_goes_away_at_an_address_rests(office, play, post):
    office.has_mail("town1.officer", "town1.secretary")
    post.box.later = {
        f"town1.{one}@office.example.cn": "421 going" for one in ("officer", "secretary")
    }
    play.asked()
    office.turn()
    assert office.reach("server").failures == 1
    assert sum(row.attempts for row in office.rows("mail")) == 1


@sqlite
def test_a_letter_that_was_taken_is_not_sent_again_whatever_the_goodbye(office, play, post):
    office.has_mail("town1.officer")
    post.box.goodbye = "421 busy"
    play.asked()
    office.turn()
    office.clock.now += timedelta(minutes=2)
    office.turn()
    assert len(post.box.letters) == 1 and office.reach("server").failures == 0


@sqlite
def test_tries_in_vain_are_not_counted_as_reminders(office, play, post):
    office.has_mail("town1.officer")
    office.set(most="3")
    play.asked()
    post.stop()
    for _ in range(5):
        office.turn()
        office.clock.now = office.reach("server").rests_until
    post.start()
    office.turn()
    assert list(letters(post)) == ["town1.officer"]


@sqlite
def test_a_letter_that_was_put_off_for_days_is_dropped(office, play, post):
    office.has_mail("town1.officer")
    play.asked()
    post.box.busy = "451 later"
    office.turn()
    post.box.busy = ""
    office.local(26, 9)
    office.set(digest="off", urgent="off")
    office.turn()
    assert post.box.letters == [] and office.rows("mail")[0].last_error == "old"


@sqlite
def test_a_morning_s_letter_that_was_put_off_comes_on_no_rest_day(office, play, post):
    office.has_mail("town1.officer")
    office.set(urgent="off")
    play.asked()
    office.local(27, 9)
    post.stop()
    office.turn()
    post.start()
    office.local(28, 9)  # a Saturday
    office.turn()
    assert post.box.letters == [] and office.rows("mail")[0].last_error == "old"


@sqlite
def test_a_killed_sender_sends_the_same_letter_again(office, play, post, monkeypatch):
    office.has_mail("town1.officer")
    play.asked()
    office.local(24, 9)

    def killed(*given):
        monkeypatch.undo()
        mail.send(*given)
        raise KeyboardInterrupt

    monkeypatch.setattr(outside.mail, "send", killed)
    with pytest.raises(KeyboardInterrupt):
        office.turn()
    office.session.rollback()
    work.drain(office.session, office.at, background.hands())
    assert len(post.box.letters) == 1, "somebody has it"
    office.clock.now += outbox.LEASE
    office.turn()
    first, second = (re.search(b"Message-ID: (.*)", text)[1] for _to, text in post.box.letters)
    assert first == second


# Who sets it --------------------------------------------------------------------------------------


@sqlite
def test_a_person_sets_his_own_address(office, reader, session):
    me = reader("town1.officer")
    page = me.submit(me.get("/me/reminders"), "/me/reminders", mail="x@y", status=422)
    assert "邮箱要写成" in page.main and 'value="x@y"' in page.html
    me.submit(me.get("/me/reminders"), "/me/reminders", mail="zhang@office.example.cn")
    kept = sa.select(Account.username, Account.mail).where(Account.mail.is_not(None))
    assert session.execute(kept).all() == [("town1.officer", "zhang@office.example.cn")]
    me.submit(me.get("/me/reminders"), "/me/reminders", mail="")
    assert session.execute(kept).all() == []
    told = sa.select(Notice.id).where(Notice.text.contains("办公邮箱"))
    assert session.scalar(told) is None, "he knows what he did himself"


@sqlite
def test_the_administrator_sets_that_of_others(office, reader, session):
    desk = reader("zone.sysadmin")
    words = {"username": "town1.officer", "mail": "zhang@office.example.cn"}
    page = desk.submit(desk.get("/admin/outlets"), "/admin/outlets/mail", **words)
    assert "办公邮箱已登记" in page.text and "1 人" in page.main
    told = sa.select(Notice.text).where(Notice.person_id == office.world.people["town1.officer"].id)
    assert [one for one in session.scalars(told) if "办公邮箱" in one and "zhang" not in one]
    words["username"] = "nobody"
    page = desk.submit(desk.get("/admin/outlets"), "/admin/outlets/mail", status=422, **words)
    assert "没有这个用户名" in page.main


@sqlite
@pytest.mark.parametrize("name", ["town1.officer", "zone.auditor", "zone.secadmin", "zone.officer"])
def test_nobody_else_sees_or_sets_the_ways_out(office, reader, name):
    for path in ("/admin/outlets", "/admin/work"):
        reader(name).get(path, status=403)


@sqlite
def test_what_is_secret_is_neither_shown_nor_logged_nor_kept_open(
    office, play, reader, robot, session, caplog
):
    caplog.set_level(logging.DEBUG)
    shown = add_robot(reader, robot, town_of(office), "dingtalk", "SECx").text
    wrong = add_robot(reader, robot, "没有这个单位", "dingtalk", "SECx", status=422).text
    robot.answers = {"errcode": 310000, "errmsg": SECRET}
    play.asked()
    office.turn()
    desk = reader("zone.sysadmin")
    tried = desk.submit(desk.get("/admin/outlets"), "/try").text
    said = " ".join((shown, wrong, tried, caplog.text, desk.get("/admin/work").text))
    assert SECRET not in said and "SECx" not in said
    kept = session.execute(sa.select(Outlet.sealed, Outlet.host)).all()
    assert SECRET not in str(kept) and "errcode 310000" in tried
    errors = [row.last_error for row in office.rows("group")]
    assert errors == ["errcode 310000"]


@sqlite
def test_a_robot_is_tried_and_ended(office, play, reader, robot, session):
    add_robot(reader, robot, town_of(office))
    desk = reader("zone.sysadmin")
    page = desk.submit(desk.get("/admin/outlets"), "/try")
    assert "已发到群里" in page.text and "测试" in robot.heard[0][1]["text"]["content"]
    desk.submit(page, "/end")
    play.asked()
    office.turn()
    assert len(robot.heard) == 1 and session.scalar(sa.select(Outlet.sealed)) == ""


# Beside -------------------------------------------------------------------------------------------


@sqlite
def test_the_seal_of_the_day_goes_to_the_auditor(office, play, post):
    office.has_mail("zone.auditor", "zone.sysadmin")
    office.set(seal="on", digest="off")
    play.asked()
    office.turn()
    office.local(25, 9)
    office.turn()
    [letter] = letters(post).values()
    [file] = letter.iter_attachments()
    assert letter["To"] == "zone.auditor@office.example.cn" and "每日封印" in letter["Subject"]
    assert '"checkpoint"' in file.get_content().decode()


@sqlite
def test_metrics_tell_of_what_is_late_and_given_up(office, app, session, clock):
    zone = office.world.zone.id
    outbox.enqueue(session, zone, "late", "tomorrow", {}, clock.now - timedelta(minutes=11))
    outbox.enqueue(session, zone, "lost", "notify", {}, clock.now)
    session.execute(sa.update(OutboxMessage).where(OutboxMessage.key == "lost").values(attempts=5))
    session.commit()
    said = app.test_client().get("/metrics").get_data(as_text=True)
    for line in (
        "oversight_work_late 1.0",
        "oversight_work_given_up 1.0",
        "oversight_worker_lives 0.0",
    ):
        assert line in said
