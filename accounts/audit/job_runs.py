"""Who runs a job writes down that it did: started, ended, how many rows, what stopped it, when the next is due.

Only messages that beat sent count: they carry the job's name (``lib.jobs.JOB_HEADER``).
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

from celery import signals
from django.db.models.functions import Coalesce

from accounts.audit.models import JobRun, Outcome
from wallet_project.lib import clock
from wallet_project.lib.jobs import JOB_HEADER, jobs

if TYPE_CHECKING:
    from datetime import datetime

GRACE = timedelta(seconds=60)
"""Queues are allowed to be busy for this long, or for two rounds of the job, before a missing run is a problem."""


def connect() -> None:
    """Follows every task of this process; harmless when called twice."""
    signals.task_prerun.connect(_before, dispatch_uid="accounts.audit.job_began")
    signals.task_postrun.connect(_after, dispatch_uid="accounts.audit.job_ended")


def expect(*, at: datetime) -> None:
    """Beat begins: every registered job has its row, so that one that never runs is seen too."""
    rows = [JobRun(name=name, **_due(name, at)) for name in jobs]
    JobRun.objects.bulk_create(rows, ignore_conflicts=True)


def began(name: str, *, at: datetime) -> None:
    """A run begins; one statement."""
    row = JobRun(name=name, outcome=Outcome.RUNNING, last_started_at=at, **_due(name, at))
    JobRun.objects.bulk_create(
        [row],
        update_conflicts=True,
        unique_fields=["name"],
        update_fields=["outcome", "last_started_at", "next_run_at", "overdue_at"],
    )


def ended(name: str, *, rows: int | None, error: str, at: datetime) -> None:
    """A run ended, well or not; one statement."""
    if error:
        JobRun.objects.filter(name=name).update(
            outcome=Outcome.FAILED,
            last_ended_at=at,
            rows=None,
            error=error[:80],
            failing_since=Coalesce("failing_since", at),
        )
    else:
        JobRun.objects.filter(name=name).update(
            outcome=Outcome.DONE, last_ended_at=at, rows=rows, error="", failing_since=None
        )


def _due(name: str, at: datetime) -> dict[str, datetime]:
    every = timedelta(seconds=jobs[name].every_seconds)
    return {"next_run_at": at + every, "overdue_at": at + every + max(GRACE, 2 * every)}


def _job_of(task: Any) -> str | None:
    """A worker finds a message's headers on the request itself, an eager call in its ``headers``."""
    name = getattr(task.request, JOB_HEADER, None) or (task.request.headers or {}).get(JOB_HEADER)
    return name if name is not None and name in jobs else None


def _before(*, task: Any, **kwargs: Any) -> None:
    name = _job_of(task)
    if name is not None:
        began(name, at=clock.now())


def _after(*, task: Any, retval: Any = None, state: str = "", **kwargs: Any) -> None:
    name = _job_of(task)
    if name is None:
        return
    failed = state == "FAILURE"
    rows = retval if isinstance(retval, int) and not isinstance(retval, bool) else None
    ended(name, rows=None if failed else rows, error=type(retval).__name__ if failed else "", at=clock.now())
