"""Applications to serve: nothing but WSGI, the program, and a queue page in Flask with an ORM."""

from __future__ import annotations

from .product import Program

PAGE = b"<!doctype html><title>floor</title><p>" + b"x" * 200


def floor():
    """Answer everything with the same bytes."""

    def app(environ, start_response):
        environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
        start_response(
            "200 OK", [("Content-Type", "text/html"), ("Content-Length", str(len(PAGE)))]
        )
        return [PAGE]

    return app


def program(**given):
    """The program at its stopped clock."""
    made = Program(**given)
    made.db.engine.dispose()
    made.context.pop()
    return made.app


def orm(url: str):
    """A queue of 25 rows and a move, as the documentation of Flask-SQLAlchemy would write them."""
    from flask import Flask, redirect, render_template, url_for
    from flask_sqlalchemy import SQLAlchemy
    from transitions import Machine

    from . import models

    app, db = Flask("bench.peer"), SQLAlchemy(model_class=models.Base)
    app.config["SQLALCHEMY_DATABASE_URI"] = url
    db.init_app(app)
    with app.app_context():
        models.durable(db.engine, "FULL")
    page = app.jinja_env.from_string(QUEUE)

    def fire(case):
        ways = [["submit", "draft", "pending"], ["send_back", "pending", "draft"]]
        Machine(case, states=["draft", "pending"], initial=case.state, transitions=ways)
        case.submit() if case.state == "draft" else case.send_back()

    @app.get("/desk")
    def queue():
        rows = db.session.scalars(models.queue()).all()
        return render_template(page, rows=rows, me=db.session.get(models.Post, models.ME))

    @app.get("/cases/<key>")
    def case(key):
        return key

    @app.post("/cases/<key>/moves/<name>")
    def move(key, name):
        case = db.session.get(models.Case, key)
        models.move(db.session, key, case.unit_id, models.ME[0], fire, models.fresh())
        db.session.commit()
        return redirect(url_for("case", key=key))

    return app


QUEUE = """<!doctype html><title>queue</title><p>{{ me.office }}</p><table>{% for row in rows %}<tr>
<td><a href="{{ url_for('case', key=row.id) }}">{{ row.id }}</a></td><td>{{ row.state }}</td>
<td>{{ row.entered_at }}</td><td><a href="{{ url_for('move', key=row.id, name='submit') }}">open</a>
</td></tr>{% endfor %}</table>"""
