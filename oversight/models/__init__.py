"""The nouns: tables with what each column means. No rules and no queries beyond a row's own."""

from .access import Account, ApiToken, Draft, Idempotency, Login, RecoveryCode, Refusal, SignIn
from .activities import Activity, ActivityChange
from .administration import PostProposal, RosterDraft, Slip
from .appraisal import Appraised, PeerReview
from .attachments import Attachment
from .attendance import Attendance, Exempted, Invitee, LeaveNotice
from .calendar import CalendarRow, PublishedYear, SettingChange, ZoneNotice, ZoneSettingRow
from .cases import Case, Recusal, Reminder, Sighting, WorkItem
from .chains import RecordChain
from .duty_records import DutyRecord, YearSheet
from .installation import InstallationFact
from .journal import Checkpoint, JournalRow
from .life_meetings import LifeMeeting
from .office import AdminChange, FollowUp, Substitution
from .organizations import Post, Reorganization, Unit, UnitChange, Zone
from .outbox import Notice, OutboxMessage
from .outlets import Outlet, Reach
from .papers import NumberSeries, Paper, PaperFile, SealedCopy
from .people import Membership, Person, PhoneLook
from .register_entries import RegisterEntry
from .rollups import Rollup
from .sweeps import SweepFault, SweepMark
from .words import CaseGram

__all__ = [
    "Account",
    "Substitution",
    "Activity",
    "ActivityChange",
    "AdminChange",
    "ApiToken",
    "Appraised",
    "Attachment",
    "Attendance",
    "CalendarRow",
    "Case",
    "CaseGram",
    "Checkpoint",
    "WorkItem",
    "DutyRecord",
    "Exempted",
    "LeaveNotice",
    "FollowUp",
    "Draft",
    "Idempotency",
    "InstallationFact",
    "Invitee",
    "JournalRow",
    "LifeMeeting",
    "Login",
    "Membership",
    "Notice",
    "NumberSeries",
    "Paper",
    "PaperFile",
    "PeerReview",
    "Person",
    "PhoneLook",
    "Post",
    "PostProposal",
    "PublishedYear",
    "RecordChain",
    "RecoveryCode",
    "Recusal",
    "Refusal",
    "RegisterEntry",
    "Reminder",
    "Reorganization",
    "Rollup",
    "RosterDraft",
    "SettingChange",
    "SealedCopy",
    "SignIn",
    "Sighting",
    "Slip",
    "SweepFault",
    "SweepMark",
    "Unit",
    "UnitChange",
    "OutboxMessage",
    "Outlet",
    "Reach",
    "YearSheet",
    "Zone",
    "ZoneNotice",
    "ZoneSettingRow",
]
