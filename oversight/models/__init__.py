"""The nouns: tables with what each column means. No rules and no queries beyond a row's own."""

from .access import Account, ApiToken, Idempotency, Login, Refusal
from .activities import Activity, ActivityChange
from .attachments import Attachment
from .attendance import Attendance, Invitee
from .calendar import CalendarRow, PublishedYear, ZoneNotice, ZoneSettingRow
from .cases import Case, Desk, Recusal, Reminder
from .journal import Checkpoint, JournalRow
from .office import Acting, AdminChange, FollowUp
from .organizations import Post, Unit, UnitChange, Zone
from .papers import NumberSeries, Paper
from .people import Membership, Person
from .work import Notice, Work

__all__ = [
    "Account", "Acting", "Activity", "ActivityChange", "AdminChange", "ApiToken", "Attachment", "Attendance",
    "CalendarRow", "Case", "Checkpoint", "Desk", "FollowUp", "Idempotency", "Invitee", "JournalRow", "Login",
    "Membership", "Notice", "NumberSeries", "Paper", "Person", "Post", "PublishedYear", "Recusal", "Refusal",
    "Reminder", "Unit", "UnitChange", "Work", "Zone", "ZoneNotice", "ZoneSettingRow",
]
