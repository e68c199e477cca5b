"""What robots of group chats want to be sent: 企业微信, and 钉钉 with its signature. One function each
behind one interface; nothing here sends.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import quote_plus, urlsplit

from .outward import Unreached
from .sentences import N_


@dataclass(frozen=True)
class Robot:
    """A kind of robot: `ask` makes address and body of a message from its address, key, words and
    moment; `signed` where it may have a key.
    """

    label: str
    ask: Callable[[str, str, str, datetime], tuple[str, dict]]
    host: str
    signed: bool = False


def _wecom(url: str, _key: str, text: str, _now: datetime) -> tuple[str, dict]:
    return url, {"msgtype": "text", "text": {"content": text}}


def _dingtalk(url: str, key: str, text: str, now: datetime) -> tuple[str, dict]:
    body = {"msgtype": "text", "text": {"content": text}}
    if not key:
        return url, body
    stamp = int(now.timestamp() * 1000)
    signed = hmac.new(key.encode(), f"{stamp}\n{key}".encode(), hashlib.sha256).digest()
    sign = quote_plus(base64.b64encode(signed))
    return f"{url}{'&' if urlsplit(url).query else '?'}timestamp={stamp}&sign={sign}", body


ROBOTS = {
    "wecom": Robot(N_("企业微信"), _wecom, "qyapi.weixin.qq.com"),
    "dingtalk": Robot(N_("钉钉"), _dingtalk, "oapi.dingtalk.com", signed=True),
}


def heard(answer: dict) -> None:
    """Make sure that a robot has taken a message: both say so by number. Raises Unreached."""
    code = answer.get("errcode")
    if type(code) is not int:  # to Python false is a 0 too
        raise Unreached("no errcode")
    if code:
        raise Unreached(f"errcode {code}")
