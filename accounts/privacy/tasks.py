"""Background work of privacy."""

from __future__ import annotations

from celery import shared_task

from accounts.privacy import exporting, services
from accounts.privacy.policy import RETENTION_JOB
from wallet_project.lib import clock

LIMIT_SECONDS = 240


@shared_task(name=RETENTION_JOB, queue="reports", soft_time_limit=LIMIT_SECONDS, time_limit=LIMIT_SECONDS + 20)
def retention() -> int:
    """Deletes what was kept long enough; returns how many rows."""
    return sum(services.forget_old(at=clock.now()).values())


@shared_task(name="privacy.make_exports", queue="reports", soft_time_limit=LIMIT_SECONDS, time_limit=LIMIT_SECONDS + 20)
def make_exports() -> int:
    """Makes the copy that waits longest; returns how many are ready now."""
    return exporting.make_due(at=clock.now())


@shared_task(name="privacy.expire_exports", queue="reports")
def expire_exports() -> int:
    """Deletes copies whose week is over; returns how many."""
    return exporting.expire_due(at=clock.now())
