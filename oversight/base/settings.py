"""What may be set: the environment of an installation, and the choices of a zone with their
defaults.

Only names, kinds and defaults live here; a zone's own choices are rows of `zone_settings`.
"""

from __future__ import annotations

import ipaddress
import os
import re
import secrets
import shlex
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from . import mail, outward, written
from .outside import OUTSIDE
from .sentences import N_
from .terms import TERMS
from .terms import ZoneSetting as ZoneSetting


@dataclass(frozen=True)
class Environment:
    """The installation's settings, as read once at start."""

    database_url: str
    owner_url: str
    secret_key: str | None
    data_dir: Path
    locale: str
    timezone: str
    port: int
    workflow_dirs: tuple[Path, ...]
    https: bool
    proxies: tuple[str, ...]
    metrics_token: str | None
    seal_key: Path
    seal_dir: Path
    scanner: tuple[str, ...]
    address: str
    backup_dir: Path
    backups: bool
    log_requests: bool
    mail: mail.Server | None
    mail_domains: tuple[str, ...]
    webhooks: outward.Listed

    @property
    def sqlite(self) -> bool:
        return self.database_url.startswith("sqlite")


def environment(instance: Path, source: dict[str, str] | None = None) -> Environment:
    """Read the environment; paths default to the instance folder."""
    env = os.environ if source is None else source

    def given(name: str, default: Any = "") -> Any:
        return env.get(f"OVERSIGHT_{name}") or default

    def parts(name: str, between: str) -> list[str]:
        return list(filter(None, map(str.strip, given(name).split(between))))

    def read(name: str, reader: Callable[..., Any], default: Any = "") -> Any:
        return _read(name, reader, given(name, default))

    url = given("DATABASE_URL", f"sqlite:///{instance / 'oversight.db'}")
    password = given("MAIL_PASSWORD") or _laid(given("MAIL_PASSWORD_FILE"))
    return Environment(
        database_url=url,
        owner_url=given("OWNER_URL", url),
        secret_key=given("SECRET_KEY", None) or _brought(env) or None,
        data_dir=Path(given("DATA_DIR", instance / "data")),
        locale=read("LOCALE", _language, "zh_CN"),
        timezone=read("TIMEZONE", _time_zone, "Asia/Shanghai"),
        port=_read("PORT", _port, env.get("PORT") or "8000"),
        https=read("HTTPS", _yes, "0"),
        proxies=tuple(_read("PROXIES", _peer, one) for one in parts("PROXIES", ",")),
        metrics_token=given("METRICS_TOKEN", None),
        seal_key=Path(given("SEAL_KEY", instance / "seal_key")),
        seal_dir=Path(given("SEAL_DIR", instance / "seals")),
        scanner=tuple(read("SCANNER", shlex.split)),
        address=read("ADDRESS", _reached),
        backup_dir=Path(given("BACKUP_DIR", instance / "backups")),
        backups=read("BACKUPS", _yes, "1"),
        log_requests=read("LOG", _requests),
        mail=read("MAIL", lambda url: mail.server(url, given("MAIL_FROM"), password)),
        mail_domains=tuple(
            _read("MAIL_DOMAINS", _domain, one) for one in parts("MAIL_DOMAINS", ",")
        ),
        webhooks=_read("WEBHOOK_HOSTS", outward.listed, parts("WEBHOOK_HOSTS", ",")),
        workflow_dirs=tuple(
            _read("WORKFLOW_DIRS", _folder, one) for one in parts("WORKFLOW_DIRS", os.pathsep)
        ),
    )


SWITCHED = N_("只写 1（是）或 0（否）。")
WANTED = {  # how a variable is written, where what it says is none
    "PORT": N_("要写成 1 到 65535 的整数。"),
    "LOCALE": N_("要写成 zh_CN 这样的语言。"),
    "TIMEZONE": N_("要写成 Asia/Shanghai 这样的时区。"),
    "HTTPS": SWITCHED,
    "BACKUPS": SWITCHED,
    "PROXIES": N_("要写代理服务器的 IP 地址，几个的用逗号隔开。"),
    "SCANNER": N_("里的引号没有成对。"),
    "LOG": N_("只写 errors，或者不写。"),
    "MAIL_DOMAINS": N_("要写成 example.org 这样的域名，几个的用逗号隔开。"),
    "WORKFLOW_DIRS": N_("里有不存在的文件夹。"),
    "ADDRESS": N_("要写成 http://10.1.2.3:8000 这样的地址，不带中文。"),
    "MAIL": N_(
        "要写成 smtps://用户名@主机:465（或 starttls://、smtp://），OVERSIGHT_MAIL_FROM 写发信的邮箱。"
    ),
    "WEBHOOK_HOSTS": N_("要写成主机名、主机名:端口或 10.1.0.0/16 这样的网段，用逗号隔开。"),
}


def _read(name: str, reader: Callable[[Any], Any], text: str | list[str]) -> Any:
    """Read what a variable says. Raises Unfit."""
    try:
        return reader(text)
    except (ValueError, LookupError, OSError):
        variable = name if name == "PORT" else f"OVERSIGHT_{name}"
        raise Unfit(f"{variable} {WANTED[name]}") from None


def _language(text: str) -> str:
    from babel import Locale, UnknownLocaleError  # where none is chosen it is not loaded

    try:
        return text if text == "zh_CN" else str(Locale.parse(text))
    except UnknownLocaleError as error:
        raise ValueError(text) from error


def _time_zone(text: str) -> str:
    return ZoneInfo(text).key


def _port(text: str) -> int:
    port = int(text)
    if not 0 < port < 65536:
        raise ValueError(text)
    return port


def _yes(text: str) -> bool:
    return {"1": True, "0": False}[text]


def _requests(text: str) -> bool:
    return {"": True, "errors": False}[text]


def _peer(text: str) -> str:
    """Read an address as the server writes that of who asks."""
    return str(ipaddress.ip_address(text))


def _domain(text: str) -> str:
    if not re.fullmatch(r"[\w-]+(\.[\w-]+)+", text):
        raise ValueError(text)
    return text.lower()


def _folder(text: str) -> Path:
    if not Path(text).is_dir():
        raise ValueError(text)
    return Path(text)


def _reached(address: str) -> str:
    """Read under which address people reach the program."""
    if address and not re.fullmatch(r"https?://[!-~]+", address):
        raise ValueError(address)
    return address.rstrip("/")


def _brought(env: Mapping[str, str]) -> str:
    """Read the secret key from where a vault or the service manager lays it for this process."""
    return _laid(env.get("OVERSIGHT_SECRET_KEY_FILE", ""))


def _laid(path: str) -> str:
    return Path(path).read_text("utf-8").strip() if path else ""


ON, OFF = "on", "off"
EVER = "ever"
MEMBER_LOGIN = "member_login"


SHORTEST_KEY = 32
KEY_FILE = "secret_key"
made_now: set[Path] = set()  # keys that this process has made: nothing is sealed by them yet


def switch(name: str, label: str, effect: str) -> ZoneSetting:
    """Make a choice between on and off; off until the zone turns it on."""
    return ZoneSetting(name, OFF, label, effect, ((OFF, N_("不开办")), (ON, N_("开办"))))


KEEPS = (("183", N_("半年")), ("365", N_("一年")), ("1095", N_("三年")))  # half a year by law

RETAIN = (("permanent", N_("永久")), ("30", N_("30 年")), ("10", N_("10 年")))
RETAINED = N_("写在案卷的档号和目录里，供移交档案室；系统里的记录不因到期而删除。")

ZONE_SETTINGS = {
    setting.name: setting
    for setting in (
        ZoneSetting(
            "week_rule",
            "first_friday",
            N_("“第一周的周五”怎么算"),
            N_("指导书只说“第一周的周五”。改动后，还没有到的党日按新算法重排。"),
            (
                ("first_friday", N_("当月第一个周五")),
                ("iso_week", N_("以周四所在月为准的第一周")),
                ("full_week", N_("第一个完整周")),
            ),
        ),
        ZoneSetting(
            "holiday_scope",
            "rest_days",
            N_("遇哪些日子顺延"),
            N_("遇到这些日子，党日顺延到下一个周五。改动后，还没有到的党日重排。"),
            (
                ("rest_days", N_("放假通知中的所有休息日")),
                ("statutory_only", N_("只有法定节日当天")),
            ),
        ),
        ZoneSetting(
            "july_mode",
            "combined",
            N_("“七一”活动"),
            N_(
                "合并的，7 月只有“七一”这一次，由区里定日期；分开的，“七一”活动由区里定日期、单独登记，7 月另有党日。"
            ),
            (("combined", N_("就是 7 月主题党日")), ("separate", N_("与 7 月主题党日分开"))),
        ),
        ZoneSetting(
            "july_day",
            "07-01",
            N_("“七一”活动日（月-日）"),
            N_(
                "须在 6 月 20 日至 7 月 31 日之间，例如 07-01、06-30。改动后，还没有到的“七一”活动重排。"
            ),
        ),
        ZoneSetting(
            "reply_series",
            N_("党日"),
            N_("批复编号用的字"),
            N_(
                "接在机关代字后面，例如“青委党日〔2026〕1号”，不占用机关发文的编号。从下一份批复起按新的字编。"
            ),
        ),
        ZoneSetting(
            "reply_numbers",
            "own",
            N_("文号怎么编"),
            N_(
                "手工登记的，先印发，文号写“文号待登记”，由经办人照本机关发文登记簿补上，登记错了的可以说明原因更正。从下一份文书起按新的办法。"
            ),
            (
                ("own", N_("由系统连续编号")),
                ("typed", N_("批复照机关发文登记簿手工登记")),
                ("all", N_("所有文书都照机关发文登记簿手工登记")),
            ),
        ),
        ZoneSetting(
            "reset_confirmation",
            ON,
            N_("决定事项的账号重置以后"),
            N_("镇（部门）以上任职的人，账号重置以后要不要由同事或上级确认是本人在用。"),
            ((ON, N_("由同事或上级确认后才能办理决定事项")), (OFF, N_("凭激活单设好密码即可办理"))),
        ),
        ZoneSetting(
            "makeup_confirmation",
            OFF,
            N_("补课登记要不要由他人确认"),
            N_("从下一次补课登记起按新的办法；机关的补课仍要编号归档。"),
            ((OFF, N_("登记即可")), (ON, N_("由补课人以外的人确认"))),
        ),
        ZoneSetting(
            "appraisal_final_step",
            "approve",
            N_("民主评议等次最后由谁定"),
            N_("从下一次提出等次起按新的办法。"),
            (
                ("approve", N_("上级党组织会议审定")),
                ("record", N_("支部确定，报上级备案")),
                ("none", N_("支部确定")),
            ),
        ),
        ZoneSetting(
            "appraisal_vote",
            "open",
            N_("上级会议怎样表决民主评议等次"),
            N_("从下一次报上级会议起按新的办法；已经报到会议的不变。"),
            (("open", N_("每名成员各自表决，记名")), ("secret", N_("无记名投纸票，录入票数"))),
        ),
        ZoneSetting(
            "appraisal_share",
            "warn",
            N_("优秀等次超过三分之一时"),
            N_("优秀等次一般不超过党员总数的三分之一。"),
            (("warn", N_("提醒")), ("refuse", N_("不允许"))),
        ),
        ZoneSetting(
            "appraisal_share_of",
            "members",
            N_("优秀比例按什么算"),
            N_("计算三分之一时的分母。"),
            (("members", N_("党员总数")), ("present", N_("参加测评人数"))),
        ),
        ZoneSetting(
            "appraisal_quorum",
            "half",
            N_("民主测评到会人数"),
            N_("达不到的，本次测评无效，另行召开。"),
            (
                ("half", N_("不少于应到人数的二分之一")),
                ("two_thirds", N_("不少于应到人数的三分之二")),
            ),
        ),
        ZoneSetting(
            "password_profile",
            "modern",
            N_("密码和登录时限按什么办"),
            N_(
                "两种办法都拒绝常见密码和含本人姓名的密码。从下一次设密码、下一次登录起按新的办法。"
            ),
            (
                ("modern", N_("长度优先：不强制字符种类，不定期更换，两小时不用才退出")),
                ("graded", N_("等级保护：字符至少三种，90 天更换，半小时不用就退出")),
            ),
        ),
        ZoneSetting(
            "login_idle",
            "profile",
            N_("多久不用就退出登录"),
            N_("存草稿也算在用。按等级保护办的，最长半小时。从下一次登录起按新的办法。"),
            (
                ("profile", N_("按上一项的办法")),
                ("30", N_("半小时")),
                ("60", N_("一小时")),
                ("120", N_("两小时")),
                ("240", N_("四小时")),
            ),
        ),
        ZoneSetting(
            "login_hours",
            "12",
            N_("登录一次最长用多久"),
            N_("到时要重新登录，填到一半的内容不会丢。从下一次登录起按新的办法。"),
            (("8", N_("八小时")), ("12", N_("十二小时")), ("24", N_("二十四小时"))),
        ),
        ZoneSetting(
            "second_factor",
            "off",
            N_("谁登录时必须再输手机动态码"),
            N_("任何人都可以自己开通。规定必须的，下次登录时先开通，才能办别的。"),
            (
                ("off", N_("不作要求")),
                ("administrators", N_("系统、安全、审计管理员")),
                ("organs", N_("管理员和区、镇（部门）有职务的人")),
            ),
        ),
        ZoneSetting(
            "keep_logins",
            "365",
            N_("登录记录保存多久"),
            N_(
                "登录和接口令牌的记录，从最后一次使用起算，到期自动清理；登录日志另有规定，保存半年。"
            ),
            KEEPS,
        ),
        ZoneSetting(
            "keep_notices",
            "1095",
            N_("读过的通知保存多久"),
            N_("从读过那天起算，到期自动清理。没有读过的通知、办理日志和文书一直保存。"),
            KEEPS,
        ),
        ZoneSetting(
            "keep_work",
            "183",
            N_("办完的后台事项保存多久"),
            N_("送通知、发邮件、制作文书文件等，从办完那天起算。没有办完的一直保存。"),
            KEEPS,
        ),
        ZoneSetting(
            "keep_reminders",
            "1095",
            N_("自动提醒的记录保存多久"),
            N_("从这件事办结那天起算，到期自动清理。没有办结的一直保存。"),
            KEEPS,
        ),
        *(
            ZoneSetting(name, default, label, RETAINED, RETAIN)
            for name, default, label in (
                ("retain_replies", "30", N_("请示批复、通知和任免的档案保管多久")),
                ("retain_inspections", "30", N_("督查、整改和通报的档案保管多久")),
                ("retain_attendance", "10", N_("考勤、补课和月报的档案保管多久")),
                ("retain_appraisals", "permanent", N_("民主评议的档案保管多久")),
            )
        ),
        ZoneSetting(
            "keep_drafts",
            "30",
            N_("草稿保存多久"),
            N_("从最后一次改动起算，到期自动清理。"),
            (("30", N_("30 天")), ("90", N_("90 天")), KEEPS[0]),
        ),
        ZoneSetting(
            "keep_refusals",
            EVER,
            N_("拒绝办理的记录保存多久"),
            N_(
                "已经加封的才清理，清理本身记入管理日志。数据库另有所有者账户的，由 oversight audit prune 清理。"
            ),
            ((EVER, N_("一直保存")), *KEEPS[1:]),
        ),
        ZoneSetting(
            MEMBER_LOGIN,
            OFF,
            N_("党员手机保持登录"),
            N_(
                "只有党员身份、没有职务也不代理的人，登录时可以选“在这台手机上保持登录”；任职以后当天失效。按等级保护办的区不适用。"
            ),
            ((OFF, N_("不保持")), ("7", N_("7 天")), ("30", N_("30 天")), ("90", N_("90 天"))),
        ),
        *TERMS,
        *OUTSIDE,
    )
}


class Unfit(ValueError):
    """A setting that says nothing we know, or would leave the installation open; says so in a sentence."""


def secret_key(env: Environment, instance: Path) -> str:
    """Return the secret key; a first one is made and kept in the instance folder. Raises Unfit.

    Where the key of a SQLite database is gone, another is returned that is kept nowhere.
    """
    key = env.secret_key or _kept_key(env, instance)
    if len(key) < SHORTEST_KEY:
        raise Unfit(
            f"密钥太短：OVERSIGHT_SECRET_KEY 或 secret_key 文件至少要有 {SHORTEST_KEY} 个字符。"
        )
    return key


def key_is_gone(env: Environment, instance: Path) -> bool:
    """True where SQLite's file holds something, and the key that lay beside it is not there.

    Of a database elsewhere its own check tells.
    """
    if env.secret_key or (instance / KEY_FILE).exists() or not env.sqlite:
        return False
    path = Path(env.database_url.removeprefix("sqlite:///"))
    beside = path.parent.resolve() == instance.resolve()
    return beside and path.is_file() and path.stat().st_size > 0


def _kept_key(env: Environment, instance: Path) -> str:
    path = instance / KEY_FILE
    if path.exists():
        return path.read_text().strip()
    made = secrets.token_hex(32)
    if key_is_gone(env, instance):
        return made
    instance.mkdir(parents=True, exist_ok=True)
    with suppress(FileExistsError):  # two started at once: both use the first one's
        written.whole(path, f"{made}\n".encode(), over=False)
        made_now.add(path)
    return path.read_text().strip()


def keep_key(env: Environment, instance: Path, key: str) -> None:
    """Keep a key from now on that was kept nowhere; one that is there stays."""
    path = instance / KEY_FILE
    if not env.secret_key and not path.exists():
        written.whole(path, f"{key}\n".encode(), over=False)


def keep_private(env: Environment, instance: Path) -> None:
    """Let only its owner read SQLite's files, and enter the folder if it is this program's own, or made
    by it.

    Files and folders of others are left as they are.
    """
    if not env.sqlite:
        with suppress(OSError):
            instance.mkdir(parents=True, exist_ok=True, mode=0o700)
        return
    path = Path(env.database_url.removeprefix("sqlite:///"))
    if env.database_url in ("sqlite://", "sqlite:///:memory:"):
        return
    with suppress(OSError):
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        if path.parent.resolve() == instance.resolve():
            path.parent.chmod(0o700)
        os.close(os.open(path, os.O_CREAT | os.O_RDWR, 0o600))
        for end in ("", "-wal", "-shm"):  # SQLite gives the other two what the first one has
            file = path.with_name(path.name + end)
            if file.exists():
                file.chmod(0o600)
