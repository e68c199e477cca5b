"""The nouns: tables with what each column means. No rules and no queries beyond a row's own."""

from .access import Account, ApiToken, Idempotency, Login, Refusal
from .activities import Activity, ActivityChange
from .administration import AdminAct, RosterDraft, Slip
from .attachments import Attachment
from .attendance import Attendance, Invitee
from .calendar import CalendarRow, PublishedYear, ZoneNotice, ZoneSettingRow
from .cases import Case, Desk, Recusal, Reminder
from .journal import Checkpoint, JournalRow
from .organizations import Post, Unit, UnitChange, Zone
from .papers import NumberSeries, Paper
from .people import Membership, Person
from .work import Notice, Work

__all__ = [
    "Account", "Activity", "ActivityChange", "AdminAct", "ApiToken", "Attachment", "Attendance",
    "CalendarRow", "Case", "Checkpoint", "Desk", "Idempotency", "Invitee", "JournalRow", "Login",
    "Membership", "Notice", "NumberSeries", "Paper", "Person", "Post", "PublishedYear", "Recusal", "Refusal",
    "Reminder", "RosterDraft", "Slip", "Unit", "UnitChange", "Work", "Zone", "ZoneNotice", "ZoneSettingRow",
]
