"""What a WSGI server imports: `gunicorn wsgi:app`. Nothing else lives here."""

from oversight import create_app

app = create_app()
