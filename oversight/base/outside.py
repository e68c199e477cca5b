"""What a zone chooses about reminders that leave the program: when, how many, how urgent."""

from __future__ import annotations

from .sentences import N_
from .terms import ZoneSetting

GROUP = N_("邮件和群消息提醒")
DIGEST, QUIET, URGENT, MOST, SEAL = (
    f"outside_{name}" for name in ("digest", "quiet", "urgent", "most", "seal")
)
NEVER = "off"
_HOURS = tuple((hour, hour) for hour in ("07:30", "08:00", "08:30", "09:00", "09:30"))
OUTSIDE = tuple(
    ZoneSetting(*one, group=GROUP)
    for one in (
        (
            DIGEST,
            "08:30",
            N_("每天早上提醒的时间"),
            N_("工作日到了这个时间，有待办的人（单位的群）各收一条，没有待办的不发。"),
            (*_HOURS, (NEVER, N_("不发"))),
        ),
        (
            URGENT,
            "late",
            N_("哪些事马上提醒"),
            N_("其余的等第二天早上一起提醒。"),
            (("late", N_("逾期的")), ("last", N_("最后一天的和逾期的")), (NEVER, N_("都等早上"))),
        ),
        (
            QUIET,
            "20-8",
            N_("不打扰的时间"),
            N_("这段时间里不发，过后再发；到那时已经办好的就不发了。"),
            (
                ("18-9", N_("18 点到次日 9 点")),
                ("20-8", N_("20 点到次日 8 点")),
                ("22-7", N_("22 点到次日 7 点")),
                (NEVER, N_("不设")),
            ),
        ),
        (
            MOST,
            "10",
            N_("一天最多提醒几条"),
            N_("每个人、每个群各算各的，超过的不再发，待办都在系统里。"),
            tuple((number, number) for number in ("3", "5", "10", "20")),
        ),
        (
            SEAL,
            NEVER,
            N_("每日封印寄给审计管理员"),
            N_("寄到他登记的办公邮箱，只有编号和校验值，没有内容；另存一份，日后可以核对。"),
            ((NEVER, N_("不寄")), ("on", N_("寄"))),
        ),
    )
)
