"""Background work of privacy."""

from __future__ import annotations

from celery import shared_task

from accounts.privacy import services
from accounts.privacy.policy import RETENTION_JOB
from wallet_project.lib import clock

LIMIT_SECONDS = 240


@shared_task(name=RETENTION_JOB, queue="reports", soft_time_limit=LIMIT_SECONDS, time_limit=LIMIT_SECONDS + 20)
def retention() -> int:
    """Deletes what was kept long enough; returns how many rows."""
    return sum(services.forget_old(at=clock.now()).values())
