"""Questions about the trail and the outbox."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.db import connection
from django.db.models import Case, Count, F, Min, Q, When
from django.db.models.functions import Now

from accounts.audit import signing
from accounts.audit.events import PERSONAL_DATA_READ, SecurityEvent
from accounts.audit.models import AuditCheckpoint, Delivery, DeliveryState, JobRun, RecordedEvent
from wallet_project.lib import db
from wallet_project.lib.desk import Waiting
from wallet_project.lib.jobs import jobs

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime
    from uuid import UUID

    from django.db.models import QuerySet

    from wallet_project.lib.jobs import Job


def events_of(subject_id: UUID) -> QuerySet[RecordedEvent]:
    """What was recorded about one subject, oldest first."""
    return RecordedEvent.objects.filter(subject_id=subject_id).order_by("occurred_at", "id")


def readings_of(user_id: UUID) -> QuerySet[RecordedEvent]:
    """When staff read this person's contact data, newest first."""
    rows = RecordedEvent.objects.filter(subject_id=user_id, name=SecurityEvent.name, payload__kind=PERSONAL_DATA_READ)
    return rows.order_by("-occurred_at", "-id")


def dead_deliveries() -> Waiting:
    """How many deliveries wait for a person, and since when the oldest one's event."""
    found = Delivery.objects.filter(state=DeliveryState.DEAD).aggregate(n=Count("pk"), oldest=Min("event__occurred_at"))
    return Waiting(count=found["n"], oldest_at=found["oldest"])


@dataclass(frozen=True, slots=True)
class JobState:
    """A registered job and its last run (None: it never ran and nothing expects it)."""

    name: str
    job: Job
    run: JobRun | None
    is_failing: bool
    is_late: bool

    @property
    def in_trouble(self) -> bool:
        """Whether somebody should look."""
        return self.is_failing or self.is_late


def job_states(*, at: datetime) -> list[JobState]:
    """Every registered job, those in trouble first, then by name; one query."""
    runs = {run.name: run for run in JobRun.objects.filter(name__in=list(jobs))}
    states = [_state(name, job, runs.get(name), at) for name, job in jobs.items()]
    return sorted(states, key=lambda state: (not state.in_trouble, state.name))


def jobs_in_trouble() -> Waiting:
    """How many jobs fail or did not come when they should, and since when; by the database's clock."""
    late = Q(overdue_at__lt=Now())
    row = JobRun.objects.filter(late | Q(failing_since__isnull=False), name__in=list(jobs)).aggregate(
        count=Count("pk"),
        oldest=Min(Case(When(late, then=F("overdue_at")), default=F("failing_since"))),
    )
    return Waiting(count=row["count"], oldest_at=row["oldest"])


def _state(name: str, job: Job, run: JobRun | None, at: datetime) -> JobState:
    failing = run is not None and run.failing_since is not None
    return JobState(name, job, run, is_failing=failing, is_late=run is None or run.overdue_at < at)


_LEAVES = """
SELECT id, name, payload, actor_kind, actor_id, subject_id, channel, request_id, session_id, occurred_at, recorded_at,
       transaction_id
FROM accounts_recorded_event
WHERE transaction_id::text::bigint >= %s AND transaction_id::text::bigint < %s ORDER BY id
"""
_AT_ONCE = 2_000


def leaves_of(from_xid: int, watermark: int) -> Iterator[signing.Leaf]:
    """The facts of a window of transactions, in the order of their ids, a few at a time. Raises NotInTransaction."""
    db.transaction_required()
    payload, number = signing.COLUMNS.index("payload"), signing.COLUMNS.index("transaction_id")
    with connection.chunked_cursor() as cursor:
        cursor.execute(_LEAVES, [from_xid, watermark])
        while rows := cursor.fetchmany(_AT_ONCE):
            for row in map(list, rows):
                row[payload], row[number] = json.loads(row[payload]), int(row[number])
                yield signing.leaf(row)


def audit_checkpoints(*, since_no: int = 1) -> list[signing.TrailCheckpoint]:
    """What was signed about the trail, oldest first."""
    return [_signed(row) for row in AuditCheckpoint.objects.filter(no__gte=since_no).order_by("no")]


def audit_checkpoint(no: int | None = None) -> signing.TrailCheckpoint | None:
    """The newest checkpoint of the trail, or the one with this number."""
    rows = AuditCheckpoint.objects.order_by("-no")
    row = (rows if no is None else rows.filter(no=no)).first()
    return None if row is None else _signed(row)


def _signed(row: AuditCheckpoint) -> signing.TrailCheckpoint:
    return signing.TrailCheckpoint(
        no=row.no,
        from_xid=row.from_xid,
        watermark=row.watermark,
        count=row.count,
        root=bytes(row.root),
        previous_root=None if row.previous_root is None else bytes(row.previous_root),
        created_at=row.created_at,
        key_id=row.key_id,
        signature=bytes(row.signature),
    )
