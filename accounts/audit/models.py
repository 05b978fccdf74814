"""The trail and the outbox: one row per fact, one row per fact and listener."""

from __future__ import annotations

from typing import Any

from django.db import models
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from wallet_project.lib.ids import uuid7


class TransactionId(models.Func):
    """The database's own number of the running transaction: a checkpoint can tell which facts are surely complete."""

    function = "pg_current_xact_id"
    template = "%(function)s()"


class TransactionIdField(models.BigIntegerField):
    """``xid8``: written by the database, read as a whole number."""

    def db_type(self, connection: Any) -> str:
        return "xid8"

    def from_db_value(self, value: Any, _expression: Any, _connection: Any) -> int | None:
        return None if value is None else int(value)


class RecordedEvent(models.Model):
    """Something that happened. Never changed, never deleted; ids, amounts and codes only, no personal data."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    name = models.CharField(max_length=80)
    payload = models.JSONField()
    actor_kind = models.CharField(max_length=16)
    actor_id = models.CharField(max_length=64, blank=True)
    subject_id = models.UUIDField()
    channel = models.CharField(max_length=16)
    request_id = models.CharField(max_length=64, blank=True)
    session_id = models.UUIDField(null=True)
    occurred_at = models.DateTimeField()
    recorded_at = models.DateTimeField(db_default=Now())
    transaction_id = TransactionIdField(db_default=TransactionId())

    class Meta:
        app_label = "accounts"
        db_table = "accounts_recorded_event"
        verbose_name = _("recorded event")
        verbose_name_plural = _("recorded events")
        indexes = [
            models.Index(fields=["subject_id", "occurred_at"], name="event_subject"),
            models.Index(fields=["actor_id", "occurred_at"], name="event_actor"),
        ]

    def __str__(self) -> str:
        return f"{self.name} {self.id}"


class AuditCheckpoint(models.Model):
    """A signed root over the facts of one window of transactions; the windows follow each other without a gap.

    Never changed, never deleted. Whoever owns the database could do both, but cannot sign.
    """

    no = models.BigIntegerField(primary_key=True)
    from_xid = models.BigIntegerField(unique=True)
    watermark = models.BigIntegerField(unique=True)
    count = models.BigIntegerField()
    root = models.BinaryField(max_length=32)
    previous_root = models.BinaryField(max_length=32, null=True)
    created_at = models.DateTimeField()
    key_id = models.CharField(max_length=16)
    signature = models.BinaryField(max_length=64)

    class Meta:
        app_label = "accounts"
        db_table = "accounts_audit_checkpoint"
        verbose_name = _("checkpoint of the trail")
        verbose_name_plural = _("checkpoints of the trail")
        constraints = [
            models.CheckConstraint(
                condition=models.Q(no=1, from_xid=0, previous_root__isnull=True)
                | models.Q(no__gt=1, previous_root__isnull=False),
                name="audit_checkpoint_first_is_first",
            ),
            models.CheckConstraint(
                condition=models.Q(watermark__gte=models.F("from_xid"), count__gte=0),
                name="audit_checkpoint_window_in_order",
            ),
        ]

    def __str__(self) -> str:
        return str(self.no)


class DeliveryState(models.TextChoices):
    """``PENDING → DONE | DEAD``; a dead one goes back to PENDING only by a person's hand."""

    PENDING = "PENDING"
    DONE = "DONE"
    DEAD = "DEAD"


class Delivery(models.Model):
    """One event on its way to one handler. Its id is derived from both, so the pair exists once."""

    id = models.UUIDField(primary_key=True, editable=False)
    event = models.ForeignKey(RecordedEvent, on_delete=models.PROTECT, related_name="deliveries")
    handler = models.CharField(max_length=80)
    state = models.CharField(max_length=8, choices=DeliveryState.choices, default=DeliveryState.PENDING)
    attempts = models.PositiveSmallIntegerField(default=0)
    next_attempt_at = models.DateTimeField()
    last_error = models.CharField(max_length=80, blank=True)

    class Meta:
        app_label = "accounts"
        db_table = "accounts_delivery"
        verbose_name = _("delivery")
        verbose_name_plural = _("deliveries")
        constraints = [
            models.UniqueConstraint(fields=["event", "handler"], name="delivery_once_per_handler"),
            models.CheckConstraint(condition=models.Q(state__in=DeliveryState.values), name="delivery_state_known"),
        ]
        indexes = [
            models.Index(fields=["next_attempt_at"], name="delivery_due", condition=models.Q(state="PENDING")),
            models.Index(fields=["next_attempt_at"], name="delivery_dead", condition=models.Q(state="DEAD")),
        ]

    def __str__(self) -> str:
        return f"{self.handler} {self.id}"


class Outcome(models.TextChoices):
    """How a job's last run went."""

    NEVER = "NEVER", _("Not yet run")
    RUNNING = "RUNNING", _("Running")
    DONE = "DONE", _("Done")
    FAILED = "FAILED", _("Failed")


class JobRun(models.Model):
    """The last run of one registered job; one row per job, written by the worker that runs it.

    ``rows`` is how many things it did (its task's return value), ``error`` the class of what stopped it, never its
    words. ``overdue_at`` is when a missing next run becomes a problem.
    """

    name = models.CharField(max_length=80, primary_key=True)
    outcome = models.CharField(max_length=8, choices=Outcome.choices, default=Outcome.NEVER)
    last_started_at = models.DateTimeField(null=True)
    last_ended_at = models.DateTimeField(null=True)
    rows = models.BigIntegerField(null=True)
    error = models.CharField(max_length=80, blank=True, default="")
    failing_since = models.DateTimeField(null=True)
    next_run_at = models.DateTimeField()
    overdue_at = models.DateTimeField()

    class Meta:
        app_label = "accounts"
        db_table = "accounts_job_run"
        verbose_name = _("job")
        verbose_name_plural = _("jobs")
        constraints = [
            models.CheckConstraint(condition=models.Q(outcome__in=Outcome.values), name="job_run_outcome_known"),
            models.CheckConstraint(
                condition=~models.Q(outcome="FAILED") | models.Q(error__gt="", failing_since__isnull=False),
                name="job_run_failed_says_why",
            ),
        ]

    def __str__(self) -> str:
        return self.name
