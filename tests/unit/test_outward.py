"""Where webhooks may go: the internet, at the address that was looked at; nowhere within."""

from __future__ import annotations

import base64
import hashlib
import hmac
import socket
import threading
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from urllib.parse import parse_qs, urlsplit

import pytest

from oversight.base import mail, outward, robots, settings
from tests.support.outside import Robot

NOBODY = outward.Listed()


@pytest.fixture
def robot():
    made = Robot()
    yield made
    made.end()


def names(monkeypatch, *addresses: str) -> list[str]:
    """Let every name stand for these addresses, one a look; returns the names that were asked."""
    asked: list[str] = []

    def look(host, port, **_more):
        asked.append(host)
        found = addresses[min(len(asked), len(addresses)) - 1].split()
        family = {False: socket.AF_INET, True: socket.AF_INET6}
        return [(family[":" in one], socket.SOCK_STREAM, 6, "", (one, port)) for one in found]

    monkeypatch.setattr(socket, "getaddrinfo", look)
    return asked


@pytest.mark.parametrize(
    "address",
    [
        *("127.0.0.1", "10.1.2.3", "172.16.0.1", "192.168.1.1", "169.254.169.254", "100.64.0.1"),
        *("0.0.0.0", "224.0.0.1", "255.255.255.255", "192.0.0.1", "198.18.0.1", "240.0.0.1"),
        *("::1", "::", "fe80::1", "fe80::1%eth0", "fc00::1", "ff02::1", "::ffff:10.0.0.1"),
        *("64:ff9b::10.0.0.1", "64:ff9b:1::8.8.8.8", "2002:a00:1::", "2001::1", "::10.0.0.1"),
    ],
)
def test_no_address_within_is_reached(monkeypatch, address):
    assert not outward.allowed(address)
    names(monkeypatch, address)
    with pytest.raises(outward.Unreached, match="private"):
        outward.post("https://robot.example/send?key=secret", {}, NOBODY)


@pytest.mark.parametrize("address", ["8.8.8.8", "2001:4860:4860::8888", "64:ff9b::8.8.8.8"])
def test_addresses_of_the_internet_are(address):
    assert outward.allowed(address)


def test_one_address_within_is_enough_to_refuse(monkeypatch):
    names(monkeypatch, "8.8.8.8 10.0.0.1")
    with pytest.raises(outward.Unreached, match="private"):
        outward.post("https://robot.example/send", {}, NOBODY)


def test_a_name_is_looked_up_once_and_kept_to(monkeypatch, robot):
    """Who answers otherwise at the second look is not asked a second time."""
    asked = names(monkeypatch, "8.8.8.8", "127.0.0.1")
    dialled = []

    def dial(address, *_more):
        dialled.append(address)
        raise ConnectionRefusedError

    monkeypatch.setattr(socket, "create_connection", dial)
    with pytest.raises(outward.Unreached, match="ConnectionRefused"):
        outward.post("https://robot.example/send", {}, NOBODY)
    assert asked == ["robot.example"] and dialled == [("8.8.8.8", 443)]


@pytest.mark.parametrize(
    "url",
    [
        *("http://robot.example/x", "ftp://robot.example/x", "robot.example", "", "https://"),
        *("https://user:pw@robot.example/", "https://robot.example:22/", "https://10.0.0.1/"),
        *("https://[::1]/", "https://robot.example/a b", "https://例子.example/", "https://a:b/"),
        *("https://robot.example/#x", "https://robot.example/\nHost: a", "https://a/" + "x" * 500),
    ],
)
def test_what_is_no_address_outside_is_refused_when_it_is_typed(url):
    with pytest.raises(ValueError):
        outward.parts(url, NOBODY)


def test_what_is_listed_may_be_reached(robot):
    with pytest.raises(ValueError):
        outward.parts(f"http://{robot.host}/send", NOBODY)
    for entry in (robot.host, "127.0.0.1", "127.0.0.0/8"):
        known = outward.listed([entry])
        assert outward.post(f"http://{robot.host}/send", {"a": 1}, known)["errcode"] == 0
    assert robot.heard == [("/send", {"a": 1})] * 3
    with pytest.raises(ValueError):
        outward.listed(["10.0.0.0/99"])


def test_a_redirect_is_not_followed(robot):
    robot.leads = f"http://{robot.host}/within"
    with pytest.raises(outward.Unreached, match="HTTP 307"):
        outward.post(f"http://{robot.host}/send", {}, outward.listed([robot.host]))
    assert [path for path, _body in robot.heard] == ["/send"]


def test_an_answer_that_never_ends_is_cut_off(monkeypatch):
    monkeypatch.setattr(outward, "LONGEST", 0.2)
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        with pytest.raises(outward.Unreached):
            outward.post(f"http://127.0.0.1:{port}/", {}, outward.listed(["127.0.0.1"]), 30)


@contextmanager
def dripping(*said: bytes):
    """Serve one who says something and then the last of it again and again, and hangs up after five
    seconds; yields the port. Whoever was inside must have left before.
    """
    to_the_end = threading.Event()

    def drips(sock):
        link, _from = sock.accept()
        with link, suppress(OSError):
            link.sendall(b"".join(said))
            for _ in range(100):
                link.sendall(said[-1])
                threading.Event().wait(0.05)
            to_the_end.set()

    with socket.create_server(("127.0.0.1", 0)) as sock:
        threading.Thread(target=drips, args=(sock,), daemon=True).start()
        yield sock.getsockname()[1]
        assert not to_the_end.is_set()


@pytest.mark.parametrize(
    "said",
    [
        (b"HTTP/1.1 100 Continue\r\n\r\n",),
        (b"HTTP/1.1 200 OK\r\n", b"A: b\r\n"),
        (b"HTTP/1.1 200 OK\r\n\r\n", b" "),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 60000\r\n\r\n", b" "),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", b"1\r\n \r\n"),
    ],
)
def test_an_answer_that_comes_drop_by_drop_is_cut_off(monkeypatch, said):
    monkeypatch.setattr(outward, "LONGEST", 0.2)
    known = outward.listed(["127.0.0.1"])
    with dripping(*said) as port, pytest.raises(outward.Unreached, match="TimeoutError"):
        outward.post(f"http://127.0.0.1:{port}/", {}, known)


def test_a_mail_server_that_never_ends_its_answer_is_cut_off(monkeypatch):
    monkeypatch.setattr(mail, "IN_ALL", 0.2)
    letter = mail.Letter("b@office.cn", "", "", "")
    with dripping(b"220-wait\r\n") as port:
        server = mail.Server("smtp", "127.0.0.1", port, "a@office.cn")
        with pytest.raises(mail.Unsent, match="TimeoutError"):
            mail.send(server, letter, datetime(2026, 11, 24, tzinfo=UTC))


def test_dingtalk_is_signed_as_it_asks():
    now = datetime(2026, 11, 24, 1, 0, tzinfo=UTC)
    url, body = robots.ROBOTS["dingtalk"].ask(
        "https://a.b/send?access_token=t", "SECx", "您有1件待办", now
    )
    given = {name: value[0] for name, value in parse_qs(urlsplit(url).query).items()}
    text = f"{given['timestamp']}\nSECx"
    wanted = base64.b64encode(hmac.new(b"SECx", text.encode(), hashlib.sha256).digest()).decode()
    assert given == {"access_token": "t", "timestamp": "1795482000000", "sign": wanted}
    assert body == {"msgtype": "text", "text": {"content": "您有1件待办"}}


@pytest.mark.parametrize(
    "answer", [{"errcode": 310000, "errmsg": "secret"}, {}, {"errcode": "x"}, {"errcode": False}]
)
def test_a_robot_says_by_number_that_it_did_not_hear(answer):
    with pytest.raises(outward.Unreached) as no:
        robots.heard(answer)
    assert "secret" not in str(no.value)


@pytest.mark.parametrize(
    ("text", "good"),
    [
        *((one, True) for one in ("a@b.gov.cn", "zhang.san_1@mail.example.org", "a+b@x.cn")),
        *(
            (one, False)
            for one in ("", "a", "a@b", "a@@b.cn", "张@b.cn", "a b@c.cn", "a@b.cn\nBcc: c@d.cn")
        ),
        *(
            (one, False)
            for one in ("<a@b.cn>", '"a"@b.cn', "a@[10.0.0.1]", "a@b.cn,c@d.cn", "-a@b.cn")
        ),
        ("a" * 64 + "@" + "b" * 60 + ".cn", False),
    ],
)
def test_what_may_be_an_office_address(text, good):
    assert mail.is_address(text) is good


def test_only_domains_of_the_office_where_they_are_named():
    domains = ("qx.gov.cn",)
    assert mail.in_domains("a@qx.gov.cn", domains) and mail.in_domains("a@mail.QX.gov.cn", domains)
    assert not mail.in_domains("a@evilqx.gov.cn", domains) and mail.in_domains("a@b.cn", ())


def test_the_environment_names_the_mail_server(tmp_path):
    given = {"OVERSIGHT_MAIL": "smtps://office@mail.example.cn", "OVERSIGHT_MAIL_FROM": "a@b.cn"}
    laid = tmp_path / "password"
    laid.write_text("s3cret\n", "utf-8")
    env = settings.environment(tmp_path, given | {"OVERSIGHT_MAIL_PASSWORD_FILE": str(laid)})
    assert (env.mail.port, env.mail.user, env.mail.password) == (465, "office", "s3cret")
    assert "s3cret" not in repr(env)
    assert settings.environment(tmp_path, {}).mail is None
    for wrong in ({"OVERSIGHT_MAIL": "mail.example.cn"}, {**given, "OVERSIGHT_MAIL_FROM": "x"}):
        with pytest.raises(settings.Unfit, match="OVERSIGHT_MAIL"):
            settings.environment(tmp_path, wrong)
    with pytest.raises(settings.Unfit, match="WEBHOOK"):
        settings.environment(tmp_path, {"OVERSIGHT_WEBHOOK_HOSTS": "10.0.0.0/99"})
