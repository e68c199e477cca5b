"""What a WSGI server imports: `gunicorn wsgi:app`. Nothing else lives here."""

from oversight import create_app

app = create_app()  # first: it loads what stays for good, without the collector looking through it

from oversight.commands.timekeeper import Timekeeper  # noqa: E402
from oversight.views.loopback import LoopbackOnly  # noqa: E402

app.wsgi_app = Timekeeper(app)  # type: ignore[method-assign]  # as Flask's own manual does it
app.wsgi_app = LoopbackOnly(app)  # type: ignore[method-assign]
