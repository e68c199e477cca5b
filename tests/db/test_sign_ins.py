"""Log-ins: what wrong tries cost who makes them and nobody else, the second factor, their end."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
import sqlalchemy as sa
from cryptography.hazmat.primitives.hashes import SHA1
from cryptography.hazmat.primitives.twofactor.totp import TOTP

from oversight.base.clock import Moment
from oversight.base.refusals import InvalidInput, NotLoggedIn, RuleViolation, TooMany
from oversight.base.sealing import Sealer
from oversight.models import Account, Login, Notice, SignIn
from oversight.register import accounts, credentials, second_factor, sign_ins, zone_settings
from oversight.register.sign_ins import Place
from tests.support.html import PASSWORD, open_accounts
from tests.support.world import at

NOW = at("2026-11-24")
OFFICER, OTHER = "town1.officer", "village.secretary"
OFFICE, HOME, STRANGE = (Place(f"192.0.2.{n}", "a browser") for n in (1, 2, 3))
SEALER = Sealer("t" * 32)


@pytest.fixture(autouse=True)
def _accounts(world):
    open_accounts(world)


def later(**more) -> Moment:
    return Moment(NOW.now + timedelta(**more), NOW.today)


def right(session, name=OFFICER, when=NOW, where=OFFICE):
    return credentials.sign_in(session, name, PASSWORD, when, where)


def wrong(session, times, name=OFFICER, when=NOW, where=STRANGE):
    for _ in range(times):
        assert credentials.sign_in(session, name, "wrong-wrong", when, where) is None


def account(session, name=OFFICER) -> Account:
    return session.scalar(sa.select(Account).where(Account.username == name))


def choose(session, world, name: str, value: str) -> None:
    zone_settings.change(session, world.zone.id, name, value, None, NOW)
    session.commit()


# Delay --------------------------------------------------------------------------------------------


def test_the_delay_grows_and_ends(session):
    wrong(session, 5)
    wait, when = [], 0
    for _ in range(12):
        with pytest.raises(TooMany) as no:
            wrong(session, 1, when=later(seconds=when))
        wait.append(no.value.extra["retry_after"])
        when += wait[-1]
        wrong(session, 1, when=later(seconds=when))
    assert wait[:4] == [2, 4, 8, 16] and wait[-1] == 900
    with pytest.raises(TooMany):
        right(session, when=later(seconds=when), where=STRANGE)
    assert right(session, when=later(seconds=when + 900), where=STRANGE)
    wrong(session, 4, when=later(seconds=when + 900))


def test_a_wrong_try_waits_for_no_disk_and_what_follows_does(session):
    """SQLite: a flood of wrong tries must not make each write wait for so many syncs."""
    if session.get_bind().dialect.name != "sqlite":
        return  # it alone has one writer
    levels = []

    def note(connection, *_):
        row = connection.connection.driver_connection.execute("PRAGMA synchronous").fetchone()
        levels.append(row[0])

    bind = session.get_bind()
    sa.event.listen(bind, "commit", note)
    try:
        wrong(session, 1)
        assert right(session)
    finally:
        sa.event.remove(bind, "commit", note)
    assert levels == [1, 2], "NORMAL, then FULL"


def test_a_stranger_holds_up_nobody_else(session):
    wrong(session, 5)
    assert right(session) and right(session, OTHER, where=STRANGE)


def test_an_unknown_name_waits_as_a_known_one(session):
    said = []
    for name in (OFFICER, "nobody"):
        wrong(session, 5, name)
        with pytest.raises(TooMany) as no:
            wrong(session, 1, name)
        said.append(no.value.sentence)
    assert said[0] == said[1]


def test_success_costs_nothing(session):
    for _ in range(100):
        assert right(session)


def test_a_name_tried_from_everywhere_opens_where_its_owner_has_been(session):
    assert right(session)
    for n in range(sign_ins.FREE_BY_NAME):
        wrong(session, 1, when=later(hours=1), where=Place(f"198.51.100.{n}"))
    assert right(session, when=later(hours=1))
    for n in range(sign_ins.FREE_BY_NAME):
        wrong(session, 1, when=later(hours=2), where=Place(f"198.51.100.{n}"))
    with pytest.raises(TooMany):
        right(session, when=later(hours=2), where=HOME)
    assert right(session, when=later(hours=2, minutes=1), where=HOME)


def test_an_address_that_tries_many_names_is_held_up_at_strange_ones(session):
    assert right(session, where=STRANGE)
    for n in range(sign_ins.FREE_BY_ADDRESS):
        wrong(session, 1, f"name{n}")
    with pytest.raises(TooMany):
        right(session, OTHER, where=STRANGE)
    assert right(session, where=STRANGE)
    assert right(session, OTHER, where=HOME)
    assert right(session, OTHER, later(seconds=10), STRANGE)


def test_no_transaction_is_open_while_a_password_is_compared(session, monkeypatch):
    seen, real = [], credentials.check

    def watched(*given):
        seen.append(session().in_transaction())
        return real(*given)

    monkeypatch.setattr(credentials, "check", watched)
    account(session)  # as a request does that asks who is logged in
    wrong(session, 1)
    right(session)
    credentials.change_password(session, account(session), PASSWORD, "another-word-2", NOW)
    assert seen == [False] * 3


def test_nothing_is_hashed_for_who_must_wait(session, monkeypatch):
    wrong(session, 5)
    monkeypatch.setattr(credentials, "check", None)
    with pytest.raises(TooMany):
        wrong(session, 1)


def test_a_password_is_compared_as_it_is(session):
    longest = "Aa " * 42 + "长短"
    hashed = credentials.hash_password(longest)
    assert credentials.check(hashed, longest)
    for other in (longest.lower(), longest.strip() + " ", longest[:-1], longest + "x"):
        assert not credentials.check(hashed, other)


# The record ---------------------------------------------------------------------------------------


def test_owner_and_auditor_read_what_was_tried(session, world):
    wrong(session, 2)
    wrong(session, 1, "secret-typed-into-the-wrong-field")
    assert right(session)
    mine = sign_ins.of_account(session, account(session).id)
    assert [(row.what, row.address) for row in mine] == [
        ("in", OFFICE.address),
        ("password", STRANGE.address),
        ("password", STRANGE.address),
    ]
    assert len(sign_ins.of_zone(session, world.zone.id)) == 3
    refused = sign_ins.of_zone(session, world.zone.id, wrong=True)
    assert [who.username for _row, who in refused] == [OFFICER] * 2
    older = sign_ins.of_zone(session, world.zone.id, before=refused[-1][0].id)
    assert older == []
    assert "secret-typed" not in str(session.execute(sa.select(SignIn)).all())


def test_tries_are_kept_for_half_a_year(session):
    wrong(session, 1)
    wrong(session, 1, "nobody")

    def left(**more):
        sign_ins.forget_old(session, later(**more))
        return session.scalar(sa.select(sa.func.count()).select_from(SignIn))

    assert [left(hours=23), left(hours=25), left(days=180), left(days=181)] == [2, 1, 1, 0]


@pytest.mark.parametrize(
    ("said", "kept"),
    [
        ("192.0.2.1", "192.0.2.1"),
        ("::ffff:192.0.2.1", "192.0.2.1"),
        ("2001:db8::7:1", "2001:db8::/64"),
        ("fe80::1%eth0", "fe80::/64"),
        ("::1", "::1"),
        ("<script>", ""),
        (None, ""),
    ],
)
def test_an_address_is_an_address(said, kept):
    assert Place.of(said, "a\nb" * 100) == Place(kept, ("ab" * 100)[:120])


# The end of a log-in ------------------------------------------------------------------------------


def test_a_log_in_ends_unused_and_after_half_a_day(session):
    token = right(session)
    assert credentials.live_login(session, token, later(minutes=119).now)
    assert credentials.live_login(session, token, later(minutes=120).now) is None
    login = session.scalar(sa.select(Login))
    for hours in range(1, 12):
        credentials.renew(session, login.id, later(hours=hours).now)
        session.commit()
    assert credentials.live_login(session, token, later(hours=11, minutes=59).now)
    assert credentials.live_login(session, token, later(hours=12).now) is None


def test_the_graded_profile_is_stricter(session, world):
    choose(session, world, "password_profile", "graded")
    fresh = account(session)
    credentials.set_password(fresh, fresh.password_hash, NOW)
    session.commit()
    token = right(session)
    assert credentials.live_login(session, token, later(minutes=30).now) is None
    owes = [row.owes for row in session.scalars(sa.select(Login))]
    right(session, when=later(days=91))
    owes += [row.owes for row in session.scalars(sa.select(Login).order_by(Login.id))][1:]
    assert owes == ["", "password"]
    with pytest.raises(InvalidInput, match="三种"):
        credentials.change_password(session, account(session), PASSWORD, "another-word", NOW)


def test_own_log_ins_are_listed_and_ended(session):
    tokens = [right(session), right(session, where=HOME)]
    mine = credentials.log_ins(session, account(session), NOW)
    assert {row.address for row in mine} == {OFFICE.address, HOME.address}
    credentials.sign_out(session, account(session).id, NOW.now, login_id=mine[0].id)
    session.commit()
    assert len(credentials.log_ins(session, account(session), NOW)) == 1
    credentials.sign_out(session, account(session).id, NOW.now)
    session.commit()
    assert [credentials.live_login(session, one, NOW.now) for one in tokens] == [None, None]


# The second factor --------------------------------------------------------------------------------


def code_at(session, when: Moment, name=OFFICER) -> str:
    """Say what a telephone shows."""
    secret = second_factor._secret(
        account(session, name), account(session, name).totp_sealed, SEALER
    )
    return TOTP(secret, 6, SHA1(), 30).generate(int(when.now.timestamp())).decode()


@pytest.fixture
def codes(session) -> list[str]:
    owner = account(session)
    sealed = second_factor.draw(owner, SEALER)
    secret = second_factor._secret(owner, sealed, SEALER)
    code = TOTP(secret, 6, SHA1(), 30).generate(int(NOW.now.timestamp())).decode()
    made = second_factor.turn_on(session, owner, sealed, code, NOW, SEALER)
    session.commit()
    return made


def test_a_password_alone_opens_nothing(session, codes):
    half = right(session, when=later(minutes=1))
    assert credentials.live_login(session, half, later(minutes=1).now) is None
    assert credentials.waits_for_code(session, half, later(minutes=1))
    when = later(minutes=1)
    whole = credentials.enter_code(session, half, code_at(session, when), when, SEALER, OFFICE)
    assert whole != half and credentials.live_login(session, whole, when.now)
    assert not credentials.waits_for_code(session, half, when)


def test_a_code_is_used_once(session, codes):
    when = later(minutes=1)
    said = code_at(session, when)
    for expected in (True, False):
        half = right(session, when=when)
        assert bool(credentials.enter_code(session, half, said, when, SEALER)) is expected


@pytest.mark.parametrize(("seconds", "good"), [(-30, True), (30, True), (90, False), (-90, False)])
def test_clocks_may_differ_by_half_a_minute(session, codes, seconds, good):
    when = later(minutes=5)
    said = code_at(session, later(minutes=5, seconds=seconds))
    half = right(session, when=when)
    assert bool(credentials.enter_code(session, half, said, when, SEALER)) is good


def test_a_recovery_code_stands_in_once(session, codes):
    assert len(set(codes)) == second_factor.CODES
    for written, expected in ((codes[0].lower(), True), (codes[0], False), (codes[1], True)):
        half = right(session)
        assert bool(credentials.enter_code(session, half, written, NOW, SEALER)) is expected
    assert second_factor.codes_left(session, account(session)) == second_factor.CODES - 2
    assert not re.search(
        codes[2].replace(" ", ""),
        str(session.execute(sa.text("SELECT code_hash FROM recovery_codes")).all()),
    )


def test_codes_are_not_guessed(session, codes):
    half = right(session)
    for _ in range(5):
        assert credentials.enter_code(session, half, "000000", NOW, SEALER, STRANGE) is None
    with pytest.raises(TooMany):
        credentials.enter_code(session, half, code_at(session, NOW), NOW, SEALER, STRANGE)
    with pytest.raises(NotLoggedIn):
        credentials.enter_code(session, half, "000000", later(minutes=11), SEALER, OFFICE)


def test_a_reset_leaves_the_second_factor_and_another_act_takes_it(session, world, codes):
    keeper, person = world.actor("zone.sysadmin", NOW.today), account(session).person_id
    accounts.set_password(session, account(session), "a-sentence-as-password", NOW)
    session.commit()
    half = credentials.sign_in(session, OFFICER, "a-sentence-as-password", NOW)
    assert credentials.live_login(session, half, NOW.now) is None
    accounts.drop_factor(session, person, keeper, NOW)
    session.commit()
    told = session.scalars(
        sa.select(Notice.person_id).where(Notice.text.contains("手机动态码已取消"))
    ).all()
    others = [world.people[name].id for name in ("zone.auditor", "zone.secadmin")]
    assert sorted(told) == sorted([person, *others])
    whole = credentials.sign_in(session, OFFICER, "a-sentence-as-password", NOW)
    assert credentials.live_login(session, whole, NOW.now)
    assert second_factor.codes_left(session, account(session)) == 0
    with pytest.raises(RuleViolation):
        accounts.drop_factor(session, person, keeper, NOW)


def test_another_s_secret_is_not_taken(session):
    sealed = second_factor.draw(account(session, OTHER), SEALER)
    with pytest.raises(InvalidInput):
        second_factor.turn_on(session, account(session), sealed, "123456", NOW, SEALER)


@pytest.mark.parametrize(
    ("value", "who"),
    [("off", set()), ("administrators", {"zone.sysadmin"}), ("organs", {"zone.sysadmin", OFFICER})],
)
def test_the_zone_says_who_must_have_one(session, world, value, who):
    choose(session, world, "second_factor", value)
    asked = set()
    for name in ("zone.sysadmin", OFFICER, OTHER, "village.member1"):
        right(session, name)
        login = session.scalar(
            sa.select(Login).where(Login.account_id == account(session, name).id)
        )
        if login.owes == "factor":
            asked.add(name)
    assert asked == who
