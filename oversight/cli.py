"""The command line's table of contents: which command lives in which module of `commands`, and its
line of help.

Loads nothing else, so that `--help` answers at once; a subject is loaded when one of its commands
is called.
"""

from __future__ import annotations

from oversight.commands.click_i18n import N_, Contents

main = Contents(
    "main",
    help=N_("党日督导台：组织生活的排定、督导与台账。"),
    contents={
        "setup": {
            "upgrade": N_("升级数据库，并备好密钥"),
            "init": N_("建库并设第一个管理员，只能一次"),
            "demo": N_("在空数据库里载入示范区"),
            "reseal": N_("换了密钥以后，把电话和动态码按新密钥重新封存"),
            "serve": N_("启动网页服务（端口由 PORT 指定）"),
        },
        "keeping": {
            "backup": N_("备份全部数据，运行时也可以做"),
            "restore": N_("把备份恢复到空的数据目录"),
            "doctor": N_("体检：版本、权限、磁盘、时钟、待办、密钥、附件"),
        },
        "moving": {"migrate_to": N_("把全部数据迁移到另一个空的数据库，逐行核对")},
        "people": {
            "accounts": N_("账号"),
            "token": N_("发一个接口令牌，只显示这一次"),
            "roster_template": N_("写一份空的名册模板"),
            "import_roster": N_("从 Excel 导入党组织和党员，有一处不对就一行也不导入"),
        },
        "days": {
            "schedule": N_("排定各支部一年的党日"),
            "calendar": N_("放假安排"),
            "settings": N_("区的设置"),
            "sweep": N_("办理到期的事：提醒、失效、送达，可重复运行"),
        },
        "background": {"worker": N_("后台办理：送达、文书文件、邮件和群消息，直到停止")},
        "law": {"workflow": N_("流程定义")},
        "obligations": {"obligations": N_("应办台账")},
        "journal": {"audit": N_("办理日志")},
        "checking": {"verify": N_("核验一份文书文件是否就是印发的那一份")},
        "simulate": {"simulate": N_("在单独的数据目录里模拟一年，按种子可重复，最后逐项核对")},
        "bench": {"bench": N_("测速：与直接写 SQL 和同类软件比")},
    },
)
