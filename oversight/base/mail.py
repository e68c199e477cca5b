"""Letters to a mail server: who it is, what may be an address, one letter sent. Knows no person."""

from __future__ import annotations

import hashlib
import re
import smtplib
import ssl
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from email.message import EmailMessage
from email.utils import format_datetime
from typing import Any
from urllib.parse import unquote, urlsplit

from . import outward

SECONDS = 10
IN_ALL = 60  # seconds of one letter, whoever gives his answers drop by drop
CLOSING = 421  # what a server says that goes away, whatever it was asked
PORTS = {"smtp": 25, "smtps": 465, "starttls": 587}
LONGEST = 120  # characters of an address
ADDRESS = re.compile(
    r"[A-Za-z0-9](?:[A-Za-z0-9._%+-]{0,62}[A-Za-z0-9_])?"
    r"@(?:[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?\.)+[A-Za-z]{2,24}"
)


class Unsent(Exception):
    """A letter that was not taken; says why in a few plain words without address or password."""


class Deferred(Unsent):
    """The server is well and takes this letter later, perhaps: a full box, a stranger who must wait."""


class Refused(Unsent):
    """The server takes no letter for this address, now or later."""


@dataclass(frozen=True)
class Server:
    """A mail server: `kind` smtp, smtps (TLS from the start) or starttls."""

    kind: str
    host: str
    port: int
    sender: str
    user: str = ""
    password: str = field(default="", repr=False)


@dataclass(frozen=True)
class Letter:
    """What is sent to one address; `key` makes it the same letter when it is sent twice."""

    to: str
    subject: str
    text: str
    key: str
    files: tuple[tuple[str, str], ...] = ()  # name and text of JSON files


def server(url: str, sender: str, password: str) -> Server | None:
    """Read `smtps://user@host:465`; None where nothing is set. Raises ValueError."""
    if not url:
        return None
    found = urlsplit(url)
    if found.scheme not in PORTS or not found.hostname or not is_address(sender):
        raise ValueError("OVERSIGHT_MAIL")
    port = found.port or PORTS[found.scheme]
    secret = password or unquote(found.password or "")
    return Server(found.scheme, found.hostname, port, sender, unquote(found.username or ""), secret)


def is_address(text: str) -> bool:
    """True for a plain address: no name beside it, nothing that a mail server would read otherwise."""
    return len(text) <= LONGEST and ADDRESS.fullmatch(text) is not None


def in_domains(address: str, domains: Iterable[str]) -> bool:
    """True where no domain is asked for, or the address is of one of them or below it."""
    wanted = tuple(domains)
    domain = address.rpartition("@")[2].lower()
    return not wanted or any(domain == one or domain.endswith(f".{one}") for one in wanted)


def send(server: Server, letter: Letter, now: datetime, seconds: float = SECONDS) -> None:
    """Send one letter. Raises Unsent, Deferred, Refused."""
    link = _line(server, seconds)
    try:
        with outward.cut_off(link, IN_ALL):
            _greet(link, server)
            link.send_message(_message(server, letter, now), server.sender, [letter.to])
            with suppress(OSError, smtplib.SMTPException):  # it has been taken
                link.quit()
    except smtplib.SMTPRecipientsRefused as error:
        raise _refused(next(iter(error.recipients.values()))[0]) from None
    except smtplib.SMTPResponseException as error:
        only_this = isinstance(error, smtplib.SMTPDataError) and error.smtp_code != CLOSING
        raise (Deferred if only_this else Unsent)(f"SMTP {error.smtp_code}") from None
    except (OSError, smtplib.SMTPException) as error:
        raise Unsent(type(error).__name__) from None
    finally:
        link.close()


def _refused(code: int) -> Unsent:
    """Return what it means that a server takes no letter for an address."""
    kind = Unsent if code == CLOSING else Refused if code >= 500 else Deferred
    return kind(f"SMTP {code}")


def _line(server: Server, seconds: float) -> smtplib.SMTP:
    """Return what will be connected."""
    named = server.sender.rpartition("@")[2]  # not this machine's own name
    if server.kind == "smtps":
        context = ssl.create_default_context()
        link: Any = smtplib.SMTP_SSL("", 0, named, timeout=seconds, context=context)
    else:
        link = smtplib.SMTP("", 0, named, timeout=seconds)
    link._host = server.host  # whose name a certificate must have
    return link


def _greet(link: smtplib.SMTP, server: Server) -> None:
    """Connect and shake hands. Raises what smtplib raises."""
    code, _said = link.connect(server.host, server.port)
    if code != 220:
        raise smtplib.SMTPConnectError(code, "")
    if server.kind == "starttls":
        link.starttls(context=ssl.create_default_context())
    if server.user:
        link.login(server.user, server.password)


def _message(server: Server, letter: Letter, now: datetime) -> EmailMessage:
    message = EmailMessage()
    message["From"], message["To"], message["Subject"] = server.sender, letter.to, letter.subject
    message["Date"] = format_datetime(now)
    which = hashlib.sha256(letter.key.encode()).hexdigest()[:32]
    message["Message-ID"] = f"<{which}@{server.sender.rpartition('@')[2]}>"
    message["Auto-Submitted"] = "auto-generated"
    message.set_content(letter.text)
    for name, text in letter.files:
        message.add_attachment(text.encode(), "application", "json", filename=name)
    return message
