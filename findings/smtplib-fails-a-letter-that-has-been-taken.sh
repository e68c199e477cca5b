#!/bin/sh
# smtplib of Python's standard library (seen with 3.11.7; the Python that runs this is printed), before aiosmtpd 1.4.6.
#
# Expected: when sendmail has returned, the letter is the server's (RFC 5321, 4.2.5), and the end of the `with` block only
#   closes the line. A server that is being stopped may answer 421 to any command (3.8), also to QUIT.
# Seen: leaving the block sends QUIT and raises SMTPResponseException for any answer but 221. The letter is with the server,
#   and the caller is told that sending failed. A line that is merely cut at that moment is passed over in silence.
# Why it matters here: what fails is sent again, so the summons or reminder comes twice each time the office's mail server is
#   restarted, and a record “not sent” stands beside a letter that was delivered. 421 also reads as “try later”.
set -eu
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/python" -m pip install -qq --disable-pip-version-check 'aiosmtpd==1.4.6'
"$work/venv/bin/python" - <<'PY'
import platform
import smtplib
import socket

from aiosmtpd.controller import Controller

LETTER = "Subject: =?utf-8?b?5o+Q6YaS?=\r\n\r\n12-04\r\n"


class Stopping:
    def __init__(self, answer):
        self.answer, self.taken = answer, 0

    async def handle_DATA(self, server, session, envelope):
        self.taken += 1
        return "250 OK"

    async def handle_QUIT(self, server, session, envelope):
        return self.answer


def send(answer):
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    handler = Stopping(answer)
    controller = Controller(handler, hostname="127.0.0.1", port=port)
    controller.start()
    refused = error = None
    try:
        with smtplib.SMTP("127.0.0.1", port, timeout=10) as link:
            refused = link.sendmail("office@example.org", ["branch@example.org"], LETTER)
    except smtplib.SMTPException as problem:
        error = f"{type(problem).__name__} {problem.args[0]}"
    controller.stop()
    print(f"QUIT answered {answer!r}: letters taken {handler.taken}, recipients refused {refused}, raised {error}")
    return handler.taken, refused, error


print("Python", platform.python_version())
seen = {"221 Bye": (1, {}, None), "421 Service not available": (1, {}, "SMTPResponseException 421")}
changed = [answer for answer, outcome in seen.items() if send(answer) != outcome]
raise SystemExit(f"no longer as seen: {changed}" if changed else 0)
PY
