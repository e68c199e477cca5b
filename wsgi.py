"""What a WSGI server imports: `gunicorn wsgi:app`. Nothing else lives here."""

from oversight import create_app
from oversight.commands.timekeeper import Timekeeper
from oversight.views.loopback import LoopbackOnly

app = create_app()
app.wsgi_app = Timekeeper(app)  # type: ignore[method-assign]  # as Flask's own manual does it
app.wsgi_app = LoopbackOnly(app)  # type: ignore[method-assign]
