#!/bin/sh
# The e-mail package of Python's standard library (seen with 3.11.7; the Python that runs this is printed), read back by
# itself and by mail-parser 4.8.0.
#
# Expected: a mailbox's display name that is written with email.policy.SMTP and read with email.policy.default is the
#   name that was given. A name of more than one RFC 2047 word is joined without the fold between the words.
# Seen: from 16 Chinese characters on the name is folded into two encoded words, rightly, but the parser of address
#   headers keeps the fold as a blank in the midst of the name: “…工作委员 会组织部…”. A subject of the same length
#   comes back whole, and so does the name by the older email.header and by mail-parser, which rests on that.
# Why it matters here: full names of Party organizations have 16 to 40 characters, so nearly all of them are hit. A name
#   read from a bounce or an answer no longer equals the unit's and is not found by it.
set -eu
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/python" -m pip install -qq --disable-pip-version-check 'mail-parser==4.8.0'
"$work/venv/bin/python" - <<'PY'
import platform
from email import message_from_bytes, policy
from email.header import decode_header, make_header
from email.headerregistry import Address
from email.message import EmailMessage

import mailparser

SHORT = "高新技术产业开发区党工委组织部"
LONG = "中共高新技术产业开发区工作委员会组织部（督导组）"


def sent(name):
    message = EmailMessage(policy=policy.SMTP)
    message["To"] = Address(name, "office", "example.org")
    message["Subject"] = name
    return message.as_bytes()


def names(raw):
    message = message_from_bytes(raw, policy=policy.default)
    older = str(make_header(decode_header(message_from_bytes(raw)["To"])))
    return {
        "email, address": message["To"].addresses[0].display_name,
        "email, subject": str(message["Subject"]),
        "email.header": older.removesuffix(" <office@example.org>"),
        "mail-parser": mailparser.parse_from_bytes(raw).to[0][0],
    }


print("Python", platform.python_version())
print(sent(LONG).decode("ascii").split("Subject")[0])
wrong = {}
for name in (SHORT, LONG):
    for reader, found in names(sent(name)).items():
        print(f"{reader:15} {found}")
        if found != name:
            wrong[reader] = found
seen = {"email, address": "中共高新技术产业开发区工作委员 会组织部（督导组）"}
raise SystemExit(0 if wrong == seen else f"no longer as seen: {wrong}")
PY
