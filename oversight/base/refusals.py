"""Every refusal: one HTTP status and one sentence for the user each.

Nothing here knows the web or the database; views turn these into pages and problem documents.
"""

from __future__ import annotations

from collections.abc import Mapping

from .sentences import N_


class DomainError(Exception):
    """Refuse; `sentence` is what the user reads, `extra` what a problem document adds."""

    status = 500
    title = N_("没有办成")
    code = ""  # names the kind to API clients, for ever
    kept = False  # True once its row is written, or will be at the end of the transaction

    def __init__(self, sentence: str, **extra):
        super().__init__(sentence)
        self.sentence = sentence
        self.extra = {name: value for name, value in extra.items() if value is not None}


class NotLoggedIn(DomainError):
    status, title = 401, N_("请先登录")
    code = "NotLoggedIn"


class Forbidden(DomainError):
    """In the actor's sight, but somebody else's to do."""

    status, title = 403, N_("不由您办理")
    code = "NotYours"


class NotFound(DomainError):
    """Outside the actor's subtree: answered as if it did not exist."""

    status, title = 404, N_("没有找到")
    code = "NotInSight"

    def __init__(self, sentence: str = N_("没有找到，或不在您的管理范围内。"), **extra):
        super().__init__(sentence, **extra)


class InvalidTransition(DomainError):
    """The move does not leave the present state."""

    status, title = 409, N_("现在不能这样办")
    code = "NotOpen"


class VersionConflict(DomainError):
    """Somebody changed the case after the actor read it."""

    status, title = 409, N_("刚刚已有人办理")
    code = "Stale"


class AlreadyTaken(DomainError):
    """Somebody was first; `matters` are the business keys of what is open already."""

    status, title = 409, N_("已有人先办")
    code = "SomebodyFirst"
    matters: tuple[str, ...] = ()


class TooLarge(DomainError):
    status, title = 413, N_("内容太大")
    code = "TooLarge"


class WrongType(DomainError):
    status, title = 415, N_("文件类型不对")
    code = "WrongType"


class RuleViolation(DomainError):
    """A guard refuses; `rule` names it and `clause` or `house_rule` says on what ground."""

    status, title = 422, N_("规定不允许")
    code = "RuleSaysNo"


class InvalidInput(DomainError):
    """Words are missing or cannot be read; `fields` maps each field to its sentence."""

    status, title = 422, N_("需要修改")
    code = "WordsWrong"

    def __init__(self, fields: Mapping[str, str]):
        super().__init__("；".join(fields.values()), fields=fields)
        self.fields = dict(fields)


class BadRequest(DomainError):
    status, title = 400, N_("请求不完整")
    code = "BadRequest"


class VersionMissing(DomainError):
    status, title = 428, N_("缺少版本号")
    code = "VersionMissing"


class TooMany(DomainError):
    """Tried too often; `retry_after` says in how many seconds it may be tried again."""

    status, title = 429, N_("请稍后再试")
    code = "TooMany"


class Unavailable(DomainError):
    status, title = 503, N_("暂时不能办理")
    code = "Unavailable"


class Unsure(Unavailable):
    """The database went away while it was told to keep something: nobody knows whether it did."""


class InvalidDefinition(Exception):
    """A definition that contradicts itself; raised while it is imported, never shown to users."""
