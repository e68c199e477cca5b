"""The nouns: tables with what each column means. No rules and no queries beyond a row's own."""

from .access import Account, ApiToken, Idempotency, Login, Refusal
from .activities import Activity, ActivityChange
from .administration import RosterDraft, Slip
from .appraisal import Appraised, PeerReview
from .attachments import Attachment
from .attendance import Attendance, Invitee
from .calendar import CalendarRow, PublishedYear, SettingChange, ZoneNotice, ZoneSettingRow
from .cases import Case, Desk, Recusal, Reminder, Sighting
from .journal import Checkpoint, JournalRow
from .life_meetings import LifeMeeting
from .office import Acting, AdminChange, FollowUp
from .organizations import Post, Unit, UnitChange, Zone
from .papers import NumberSeries, Paper
from .people import Membership, Person, PhoneLook
from .work import Notice, Work

__all__ = [
    "Account",
    "Acting",
    "Activity",
    "ActivityChange",
    "AdminChange",
    "ApiToken",
    "Appraised",
    "Attachment",
    "Attendance",
    "CalendarRow",
    "Case",
    "Checkpoint",
    "Desk",
    "FollowUp",
    "Idempotency",
    "Invitee",
    "JournalRow",
    "LifeMeeting",
    "Login",
    "Membership",
    "Notice",
    "NumberSeries",
    "Paper",
    "PeerReview",
    "Person",
    "PhoneLook",
    "Post",
    "PublishedYear",
    "Recusal",
    "Refusal",
    "Reminder",
    "RosterDraft",
    "SettingChange",
    "Sighting",
    "Slip",
    "Unit",
    "UnitChange",
    "Work",
    "Zone",
    "ZoneNotice",
    "ZoneSettingRow",
]
