"""The four tables of the raw limit as Django models with a state of django-fsm;

settings come first.
"""

from __future__ import annotations

from django.db import models, transaction
from django_fsm import FSMField, transition

from .product import NOW, TODAY


class Case(models.Model):
    id = models.CharField(max_length=32, primary_key=True)
    state = FSMField(default="draft")
    unit_id = models.CharField(max_length=32)
    entered_at = models.CharField(max_length=40)
    version = models.IntegerField()

    class Meta:
        app_label, db_table = "bench", "cases"

    @transition(state, source="draft", target="pending")
    def submit(self):
        pass

    @transition(state, source="pending", target="draft")
    def send_back(self):
        pass


class Post(models.Model):
    pk = models.CompositePrimaryKey("person_id", "unit_id")
    person_id = models.CharField(max_length=32)
    unit_id = models.CharField(max_length=32)
    office = models.CharField(max_length=20)

    class Meta:
        app_label, db_table = "bench", "posts"


class Journal(models.Model):
    id = models.CharField(max_length=32, primary_key=True)
    case_id = models.CharField(max_length=32)
    seq = models.IntegerField()
    at = models.CharField(max_length=40)
    actor_id = models.CharField(max_length=32)
    move = models.CharField(max_length=40)
    from_state = models.CharField(max_length=40)
    to_state = models.CharField(max_length=40)

    class Meta:
        app_label, db_table = "bench", "journal"


class Desk(models.Model):
    case_id = models.CharField(max_length=32, primary_key=True)
    unit_id = models.CharField(max_length=32)
    role = models.CharField(max_length=20)
    due_on = models.CharField(max_length=10)

    class Meta:
        app_label, db_table = "bench", "desks"


def move(key: str, unit: str, person: str, note: str) -> None:
    """Make one move and commit."""
    with transaction.atomic():
        case = Case.objects.get(pk=key)
        assert Post.objects.filter(person_id=person, unit_id=unit).exists()
        before, version = case.state, case.version
        case.submit() if before == "draft" else case.send_back()
        done = Case.objects.filter(pk=key, version=version).update(
            state=case.state, entered_at=str(NOW), version=version + 1
        )
        assert done == 1
        Journal.objects.create(
            id=note,
            case_id=key,
            seq=version,
            at=str(NOW),
            actor_id=person,
            move="submit",
            from_state=before,
            to_state=case.state,
        )
        Desk.objects.filter(pk=key).update(unit_id=unit, role=case.state, due_on=TODAY)
