"""Guards and effects: the verbs of definitions that touch the nouns.

They get an `Attempt` and neither commit nor know who called.
"""

from . import absence, appraisal, date_change, notices, organization, people, rectification
from .activities import apply_late, excuse_month, move_activity, take_back
from .attempt import Attempt
from .common import another_person, common_moves, second_person
from .notices import end_notice, publish_notice
from .papers import issue_joint_replies, issue_reply, issue_zone_notice, void_papers

__all__ = [
    "Attempt",
    "absence",
    "another_person",
    "apply_late",
    "appraisal",
    "common_moves",
    "date_change",
    "end_notice",
    "excuse_month",
    "issue_joint_replies",
    "issue_reply",
    "issue_zone_notice",
    "move_activity",
    "notices",
    "organization",
    "people",
    "publish_notice",
    "rectification",
    "second_person",
    "take_back",
    "void_papers",
]
