"""The same unit of work in other libraries, each as its documentation would write it."""

from __future__ import annotations

from urllib.parse import parse_qs, urlsplit

from .product import NOW, TODAY
from .raw import STATES, Own

BPMN = """<?xml version="1.0" encoding="UTF-8"?>
<definitions xmlns="http://www.omg.org/spec/BPMN/20100524/MODEL" targetNamespace="http://bench">
<process id="request" isExecutable="true">
<startEvent id="start"><outgoing>a</outgoing></startEvent>
<sequenceFlow id="a" sourceRef="start" targetRef="draft"/>
<userTask id="draft" name="draft"><incoming>a</incoming><incoming>c</incoming><outgoing>b</outgoing></userTask>
<sequenceFlow id="b" sourceRef="draft" targetRef="pending"/>
<userTask id="pending" name="pending"><incoming>b</incoming><outgoing>c</outgoing></userTask>
<sequenceFlow id="c" sourceRef="pending" targetRef="end"/>
<endEvent id="end"><incoming>c</incoming></endEvent>
</process></definitions>"""


class Spiff(Own):
    """SpiffWorkflow: a BPMN process whose state is JSON in the case's row, on raw SQL.

    A case is taken from draft to pending, and begins anew where it has come to its end.
    """

    def __init__(self, url: str, folder: str = "", sync: str | None = None):
        from lxml import etree
        from SpiffWorkflow.bpmn.parser.BpmnParser import BpmnParser
        from SpiffWorkflow.bpmn.serializer import BpmnWorkflowSerializer
        from SpiffWorkflow.bpmn.workflow import BpmnWorkflow
        from SpiffWorkflow.util.task import TaskState

        parser = BpmnParser()
        parser.add_bpmn_xml(etree.fromstring(BPMN.encode()))
        spec, self.ready = parser.get_spec("request"), TaskState.READY
        self.serializer = BpmnWorkflowSerializer()
        workflow = BpmnWorkflow(spec)
        workflow.do_engine_steps()
        self.fresh = self.serializer.serialize_json(workflow)
        super().__init__(url, folder, sync)
        self.link.script("ALTER TABLE cases ADD COLUMN process TEXT")
        self.link.cursor.execute(
            self.link.prepared(it="UPDATE cases SET process=?")["it"], (self.fresh,)
        )
        self.link.raw.commit()
        self.sql |= self.link.prepared(
            case="SELECT id, state, unit_id, entered_at, version, process FROM cases WHERE id=?",
            write="UPDATE cases SET state=?, entered_at=?, version=?, process=? WHERE id=? AND version=?",
        )

    def step(self, key: str, unit: str, person: str) -> None:
        link, ask, sql, now = self.link, self.link.cursor.execute, self.sql, str(NOW)
        link.begin()
        ask(sql["case"], (key,))
        case = link.cursor.fetchone()
        ask(sql["post"], (person, unit))
        assert link.cursor.fetchone()
        workflow = self.serializer.deserialize_json(case[5])
        task = next(iter(workflow.get_tasks(state=self.ready, manual=True)))
        assert task.task_spec.name == case[1]
        task.run()
        workflow.do_engine_steps()
        waits = next(iter(workflow.get_tasks(state=self.ready, manual=True)), None)
        to = waits.task_spec.name if waits else STATES[0]
        process = self.serializer.serialize_json(workflow) if waits else self.fresh
        ask(sql["write"], (to, now, case[4] + 1, process, key, case[4]))
        assert link.cursor.rowcount == 1
        ask(sql["note"], (self.key(), key, case[4], now, person, "submit", case[1], to))
        ask(sql["desk"], (unit, to, TODAY, key))
        link.commit()


class Orm(Own):
    """SQLAlchemy's ORM with a machine of `transitions` on each case."""

    def __init__(self, url: str, folder: str = "", sync: str | None = None):
        import sqlalchemy as sa

        from . import models

        super().__init__(url, folder, sync)
        self.link.raw.close()
        self.models = models
        self.engine = sa.create_engine(url)
        models.durable(self.engine, sync)

    def fire(self, case) -> None:
        from transitions import Machine

        Machine(
            model=case,
            states=list(STATES),
            initial=case.state,
            auto_transitions=False,
            transitions=[["submit", "draft", "pending"], ["send_back", "pending", "draft"]],
        )
        case.submit() if case.state == "draft" else case.send_back()

    def step(self, key: str, unit: str, person: str) -> None:
        with self.models.Session(self.engine) as session:
            self.models.move(session, key, unit, person, self.fire, self.key())
            session.commit()


class StateMachine(Orm):
    """SQLAlchemy's ORM with a python-statemachine on each case."""

    def __init__(self, url: str, folder: str = "", sync: str | None = None):
        from statemachine import State
        from statemachine import StateMachine as Base

        super().__init__(url, folder, sync)

        class Request(Base):
            draft, pending = State(initial=True), State()
            submit, send_back = draft.to(pending), pending.to(draft)

        self.machine = Request

    def fire(self, case) -> None:
        machine = self.machine(model=case, state_field="state")
        machine.send("submit" if case.state == "draft" else "send_back")


class DjangoFsm(Own):
    """Django's ORM with django-fsm."""

    def __init__(self, url: str, folder: str = "", sync: str | None = None):
        super().__init__(url, folder, sync)
        self.link.raw.close()
        self._configure(url, sync)
        from . import django_models

        self.models = django_models

    def _configure(self, url: str, sync: str | None) -> None:
        import warnings

        import django
        from django.conf import settings

        init = f"PRAGMA journal_mode=WAL; PRAGMA synchronous={sync}; PRAGMA foreign_keys=ON;"
        lite = {
            "ENGINE": "django.db.backends.sqlite3",
            "NAME": url.removeprefix("sqlite:///"),
            "OPTIONS": {"transaction_mode": "IMMEDIATE", "init_command": init},
        }
        parts = urlsplit(url)
        server = {
            "ENGINE": "django.db.backends.postgresql",
            "NAME": parts.path.lstrip("/"),
            "USER": parts.username or "postgres",
            "HOST": parse_qs(parts.query).get("host", [parts.hostname])[0],
        }
        chosen = lite if url.startswith("sqlite") else server
        settings.configure(DATABASES={"default": {**chosen, "CONN_MAX_AGE": None}}, USE_TZ=True)
        warnings.simplefilter("ignore")  # django-fsm says that viewflow took it in
        django.setup()

    def step(self, key: str, unit: str, person: str) -> None:
        self.models.move(key, unit, person, self.key())
