"""A pool of PostgreSQL connections that goes where writing is: an address may name several hosts
(`?host=a:5432&host=b:5432&target_session_attrs=read-write`), and the one that wrote may have become a standby
without hanging up.
"""

from __future__ import annotations

import sqlalchemy as sa

READ_ONLY = "25006"


def listen(engine: sa.Engine) -> None:
    """Let an engine open all its connections anew where one of them may only read: the driver then
    takes the host that writes.
    """

    @sa.event.listens_for(engine, "handle_error")
    def _look(context) -> None:
        if getattr(context.original_exception, "sqlstate", None) == READ_ONLY:
            context.is_disconnect = True
