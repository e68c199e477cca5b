"""党日督导台. `create_app()` is the only place where rooms are wired together."""

from __future__ import annotations

import gc
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from flask import Flask

ROOT = Path(__file__).resolve().parents[1]


def create_app(source: dict[str, str] | None = None, clock=None) -> Flask:
    """Wire the program from the environment (or `source`) and a clock (or the real one)."""
    with _loading():
        return _wired(source, clock)


@contextmanager
def _loading() -> Iterator[None]:
    """Keep the garbage collector from what is loaded and stays for good: to look through it time and
    again is a third of the start, and goes on in every request.
    """
    first, collects = f"{__name__}.views" not in sys.modules, gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if first:
            gc.freeze()
        if collects:
            gc.enable()


def _wired(source: dict[str, str] | None, clock) -> Flask:
    from flask import Flask
    from flask_babel import Babel
    from werkzeug.local import LocalProxy

    from oversight import views, workflows
    from oversight.base import settings
    from oversight.base.clock import Clock
    from oversight.base.db import db, engine_options, prepare
    from oversight.base.signing import Signer
    from oversight.views.compiled import Compiled, Pages

    given = os.environ if source is None else source
    instance = Path(given.get("OVERSIGHT_INSTANCE") or ROOT / "instance")
    env = settings.environment(instance, source)
    settings.keep_private(env, instance)
    static = ROOT / "oversight" / "static"
    app = Flask(
        __name__,
        instance_path=str(instance.resolve()),
        template_folder=str(ROOT / "templates"),
        static_url_path=f"/static/{views.assets.digest(static)}",
    )
    # before Babel looks at the environment
    app.jinja_environment = Pages
    app.jinja_options = {"bytecode_cache": Compiled(instance / "templates")}
    app.config.update(
        SECRET_KEY=settings.secret_key(env, instance),
        SQLALCHEMY_DATABASE_URI=env.database_url,
        SQLALCHEMY_ENGINE_OPTIONS=engine_options(env.database_url),
        BABEL_DEFAULT_LOCALE=env.locale,
        BABEL_TRANSLATION_DIRECTORIES=str(ROOT / "oversight" / "translations"),
        MAX_CONTENT_LENGTH=2 * 1024 * 1024,
        MAX_FORM_MEMORY_SIZE=2 * 1024 * 1024,
        OVERSIGHT=env,
        WTF_CSRF_TIME_LIMIT=None,
    )
    app.extensions["clock"] = clock or Clock(env.timezone)
    app.extensions["signer"] = Signer(env.seal_key, env.seal_dir)
    for folder in env.workflow_dirs:
        workflows.load(folder)
        app.jinja_loader = _with_templates(app, folder)
    db.init_app(app)
    app.extensions["migrate"] = LocalProxy(lambda: _migrations(app))
    Babel(app, locale_selector=views.chosen_locale)
    views.register(app)
    with app.app_context():
        prepare(db.engine)
        _watch_key(app, db.engine, settings.key_is_gone(env, instance))
    return app


def _watch_key(app: Flask, engine, gone: bool) -> None:
    """Learn from each new connection whether the secret key is the database's own."""
    from sqlalchemy import event

    from oversight.register import key_check

    app.extensions["other_key"] = gone

    @event.listens_for(engine, "connect")
    def _connect(connection, _record):
        fits = key_check.known_by(connection, app.config["SECRET_KEY"])
        app.extensions["other_key"] = gone if fits is None else not fits


def _migrations(app: Flask):
    """Bring in Flask-Migrate where the schema is asked for: a request has no use for Alembic."""
    from flask_migrate import Migrate

    Migrate(app, app.extensions["sqlalchemy"], directory=str(ROOT / "migrations"))
    return app.extensions["migrate"]


def _with_templates(app: Flask, folder: Path):
    """Let a folder of definitions bring its templates: `templates/cases/NAME.html` beside them."""
    from jinja2 import ChoiceLoader, FileSystemLoader

    return ChoiceLoader([app.jinja_loader, FileSystemLoader(str(folder / "templates"))])
