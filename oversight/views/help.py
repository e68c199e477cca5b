"""One line of help for each page, by its endpoint or, for those of one kind, by their blueprint."""

from __future__ import annotations

from oversight.base.sentences import N_

LINES = {
    "": N_("每一步由谁办、依据哪一条，页面上都写着；想看全部步骤，请查“办事流程”。"),
    "desk.queue": N_("挑一件打开就能办，办完接着办下一件；等别人办的、已办结的，在上面的分类里。"),
    "desk.notices": N_("点“去看”就打开那件事，同时记为已读。"),
    "desk.me": N_("这里看自己的党日和补课，也改密码、字号和登录安全。"),
    "desk.bulk": N_("没有疑点的几件可以一并同意；有疑点的，请逐件打开看。"),
    "case.show": N_("先看核对结果和依据，再答复；每一步都记入经过，删不掉。"),
    "year": N_("点开一个月，可以登记到会，也看得到哪天、为什么改过；支部多的，按名称查找。"),
    "attend": N_("先当作都到会，只点没来的和用其他方式参加的；存了以后还能更正，改动留痕。"),
    "contact": N_("没来的人逐个联系、通报、补课；情况一样的，勾上几个一起登记。"),
    "life": N_("组织生活会的准备、召开和整改，按顺序登记；写错了可以更正，改动留痕。"),
    "opening": N_("填之前就看得到谁来答复、最晚哪天有结果；批复以前可以撤回。"),
    "papers": N_("文号照发文登记簿抄一遍；登记错了的，说明原因更正，支部会收到提醒。"),
    "ledger": N_(
        "左边是自己应办的，右边是别人应给的；一份记录可以结清好几项，选一天就看那一天的。"
    ),
    "overview": N_("每个数点开就是那几项；选以前的一天看当时，选以后的一天看没人办会怎样。"),
    "law": N_("程序照这些表和条款办事；写“本区约定”的，不是指导书的规定。"),
    "zone": N_("指导书没有写明的，由区里在这里定；改动从当天起算，留有记录。"),
    "search.show": N_("找得到的都是您能打开的；两个字起，用空格隔开表示都要有。"),
    "admin": N_("改动都留记录；登记错了的，在原来的页面说明原因收回。"),
    "accounts": N_("激活单只显示一次，打印后当面交给本人；丢了的，收回再发。"),
    "roster": N_("先上传比对，看清会改什么，再确认导入；没有确认以前什么都不改。"),
    "security": N_("不认得的登录，请立即退出其他登录并改密码。"),
    "tokens": N_("接口令牌只显示一次；不用了就停用。"),
}


def line(endpoint: str | None) -> str:
    """Return the line of a page."""
    name = endpoint or ""
    return LINES.get(name) or LINES.get(name.partition(".")[0]) or LINES[""]


FIND, HELP = ("/", N_("查找")), ("?", N_("打开或收起这里的帮助"))
ANSWERS = (("A R N", N_("移到答复按钮")), ("Ctrl+Enter", N_("送出正在填的答复")))
DESK = (("J K", N_("下一件、上一件")), ("X", N_("选中这一件")), *ANSWERS)
KEYS = {"desk.queue": DESK, "case.show": ANSWERS}


def keys(endpoint: str | None) -> tuple:
    """Return the keys of a page, each with what it does; none decides by itself."""
    return FIND, HELP, *KEYS.get(endpoint or "", ())
