"""Requests to addresses that people have typed in: to the internet and nowhere else, at the address that
was looked at, following nobody. What private network may be reached stands in the environment.
"""

from __future__ import annotations

import http.client
import ipaddress
import json
import socket
import ssl
import threading
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import Any
from urllib.parse import SplitResult, urlsplit

from .sentences import N_

SECONDS = 10  # for the name, the connection, and each piece of the answer
LONGEST = 20  # for all of it
ANSWER_MOST = 64 * 2**10
PORTS = {"https": 443, "http": 80}
_WITHIN = (  # what carries another address in itself
    (ipaddress.ip_network("64:ff9b::/96"), 4),
    (ipaddress.ip_network("64:ff9b:1::/48"), None),  # a network's own translation: any place in it
    (ipaddress.ip_network("::/96"), None),
)
NOT_WRITTEN = N_("地址要以 https:// 开头，照平台给的整行复制。")
NOT_OUTSIDE = N_("这个地址在内部网络里，不能使用；确需使用的，请系统管理员在服务器上列出。")


class Unreached(Exception):
    """An address that could not be reached, or gave no good answer; says why in a few plain words
    without the address, which may hold a secret.
    """


@dataclass(frozen=True)
class Listed:
    """Hosts (`name` or `name:port`) and networks of our own that may be reached, also without TLS."""

    hosts: frozenset[str] = frozenset()
    networks: tuple[ipaddress.IPv4Network | ipaddress.IPv6Network, ...] = ()

    def names(self, host: str, port: int) -> bool:
        return host in self.hosts or f"{host}:{port}" in self.hosts

    def holds(self, address: str) -> bool:
        found = ipaddress.ip_address(address)
        return any(found in network for network in self.networks)


def listed(entries: Iterable[str]) -> Listed:
    """Read what an installation lists. Raises ValueError."""
    hosts, networks = set(), []
    for entry in filter(None, map(str.strip, entries)):
        if "/" in entry:
            networks.append(ipaddress.ip_network(entry))
        else:
            hosts.add(entry.lower())
    return Listed(frozenset(hosts), tuple(networks))


def parts(url: str, known: Listed) -> SplitResult:
    """Return the parts of an address that may be asked, its name not looked up yet. Raises ValueError
    with the sentence that says why not.
    """
    try:
        found = urlsplit(url)
        port = found.port or PORTS.get(found.scheme, 0)
    except ValueError:
        raise ValueError(NOT_WRITTEN) from None
    plain = url.isascii() and url.isprintable() and " " not in url and len(url) <= 500
    whole = found.hostname and not found.username and not found.password and not found.fragment
    if not plain or not whole or found.scheme not in PORTS:
        raise ValueError(NOT_WRITTEN)
    if known.names(found.hostname, port):
        return found
    if found.scheme != "https" and not _literal_in(found.hostname, known):
        raise ValueError(NOT_WRITTEN)
    if port != PORTS[found.scheme] and not _literal_in(found.hostname, known):
        raise ValueError(NOT_OUTSIDE)
    if _literal(found.hostname) and not allowed(found.hostname, known):
        raise ValueError(NOT_OUTSIDE)
    return found


def _literal(host: str) -> bool:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True


def _literal_in(host: str, known: Listed) -> bool:
    return _literal(host) and known.holds(host)


def allowed(address: str, known: Listed = Listed()) -> bool:
    """True for an address of the internet, or of a network that is listed."""
    if known.holds(address):
        return True
    found = ipaddress.ip_address(address.partition("%")[0])
    inner = getattr(found, "ipv4_mapped", None) or getattr(found, "sixtofour", None)
    if inner is not None:
        return allowed(str(inner), known)
    for network, size in _WITHIN:
        if found.version == 6 and found in network:
            return size is not None and allowed(
                str(ipaddress.ip_address(found.packed[-size:])), known
            )
    teredo = getattr(found, "teredo", None)
    return found.is_global and not found.is_multicast and teredo is None


def post(url: str, body: dict, known: Listed, seconds: float = SECONDS) -> dict:
    """Send JSON and return the JSON of the answer. Raises Unreached.

    The name is looked up once, every address it has is looked at, and the connection goes to one of
    them; no redirect is followed, no proxy asked.
    """
    try:
        found = parts(url, known)
    except ValueError as error:
        raise Unreached("refused: address") from error
    port = found.port or PORTS[found.scheme]
    address = _address(found.hostname, port, known)
    link = _link(found, port, address, seconds)
    try:
        with cut_off(link, LONGEST):
            return _asked(link, found, body)
    except (OSError, http.client.HTTPException, ValueError, RecursionError) as error:
        raise Unreached(type(error).__name__) from None  # its text may hold the address
    finally:
        link.close()


def _address(host: str, port: int, known: Listed) -> str:
    try:
        rows = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):
        raise Unreached("no such host") from None
    addresses = [str(row[4][0]) for row in rows]
    if not known.names(host, port) and not all(allowed(one, known) for one in addresses):
        raise Unreached("refused: private address")
    return addresses[0]


def _link(found: SplitResult, port: int, address: str, seconds: float):
    """Return a connection that goes to an address and speaks to a name."""
    host = str(found.hostname)
    if found.scheme == "http":
        link = http.client.HTTPConnection(host, port, timeout=seconds)
    else:
        link = http.client.HTTPSConnection(
            host, port, timeout=seconds, context=ssl.create_default_context()
        )
    dial = socket.create_connection

    def there(_of, timeout, source):
        return dial((address, port), timeout, source)

    link._create_connection = there  # type: ignore[attr-defined]  # where the class itself dials
    return link


@contextmanager
def cut_off(link: Any, seconds: float) -> Iterator[None]:
    """End a connection (its `sock`) that inside takes longer in all: its other end may give its answer
    drop by drop. Raises TimeoutError then.
    """
    ended = threading.Event()
    watch = threading.Timer(seconds, _cut, (link, ended))
    watch.daemon = True
    watch.start()
    try:
        yield
    except Exception:
        if ended.is_set():
            raise TimeoutError from None
        raise
    finally:
        watch.cancel()


def _cut(link: Any, ended: threading.Event) -> None:
    ended.set()
    sock = getattr(link, "line", link.sock)
    if sock is not None:
        with suppress(OSError):
            sock.shutdown(socket.SHUT_RDWR)


def _asked(link: Any, found: SplitResult, body: dict) -> dict:
    path = (found.path or "/") + (f"?{found.query}" if found.query else "")
    data = json.dumps(body, ensure_ascii=False).encode()
    link.request("POST", path, data, {"Content-Type": "application/json; charset=utf-8"})
    link.line = link.sock  # which it forgets where an answer has no length
    answer = link.getresponse()
    text = answer.read(ANSWER_MOST)
    if answer.status != 200:
        raise Unreached(f"HTTP {answer.status}")
    read = json.loads(text)
    if not isinstance(read, dict):
        raise ValueError("no object")
    return read
