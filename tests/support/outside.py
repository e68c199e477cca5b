"""What reminders leave to, on loopback and real: a mail server, and a robot that hears messages."""

from __future__ import annotations

import json
import socket
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from aiosmtpd.controller import Controller


def free_port() -> int:
    """Return a port of loopback at which nobody listens."""
    with socket.create_server(("127.0.0.1", 0)) as sock:
        return sock.getsockname()[1]


class Mailbox:
    """Takes letters; `refuses` are addresses that it knows not, `later` what it answers to others,
    `unread` the same when it has the letter, `busy` an answer to all letters, `goodbye` to who leaves.
    """

    def __init__(self):
        self.letters, self.refuses, self.busy = [], set(), ""
        self.later, self.unread, self.goodbye = {}, {}, "221 Bye"

    async def handle_RCPT(self, _server, _session, envelope, address, _options):
        if address in self.refuses:
            return "550 no such user"
        if address in self.later:
            return self.later[address]
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, _server, _session, envelope):
        answer = self.busy or self.unread.get(envelope.rcpt_tos[0])
        if answer:
            return answer
        self.letters.append((envelope.rcpt_tos, bytes(envelope.content)))
        return "250 OK"

    async def handle_QUIT(self, _server, _session, _envelope):
        return self.goodbye


class Post:
    """A mail server that can be stopped and begun again at the same port."""

    def __init__(self):
        self.port, self.box, self.running = free_port(), Mailbox(), None

    def start(self) -> None:
        self.running = Controller(self.box, hostname="127.0.0.1", port=self.port)
        self.running.start()

    def stop(self) -> None:
        if self.running:
            self.running.stop()
        self.running = None


class Robot(ThreadingHTTPServer):
    """Hears messages: `heard` are path and body; `answers` what it says, `leads` where it sends on."""

    daemon_threads = True

    def __init__(self):
        super().__init__(("127.0.0.1", 0), _Handler)
        self.heard, self.answers, self.leads = [], {"errcode": 0, "errmsg": "ok"}, ""
        self.thread = threading.Thread(target=self.serve_forever, args=(0.05,), daemon=True)
        self.thread.start()

    @property
    def host(self) -> str:
        return f"127.0.0.1:{self.server_port}"

    def end(self) -> None:
        self.shutdown()
        self.server_close()
        self.thread.join()


class _Handler(BaseHTTPRequestHandler):
    server: Robot

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.heard.append((self.path, json.loads(body)))
        if self.server.leads:
            self.send_response(307)
            self.send_header("Location", self.server.leads)
            self.send_header("Content-Length", "0")
            self.end_headers()
            return
        said = self.server.answers
        data = said if isinstance(said, bytes) else json.dumps(said).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, *_given) -> None:
        """Say nothing."""
