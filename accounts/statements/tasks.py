"""Background work of statements."""

from __future__ import annotations

from celery import shared_task

from accounts.statements import services
from wallet_project.lib import clock

MAKE_TASK = "accounts.make_statements"
EXPIRE_TASK = "accounts.expire_statements"


# Longer than other tasks may take, shorter than the broker's visibility timeout and the lease of a statement.
@shared_task(name=MAKE_TASK, queue="reports", soft_time_limit=240, time_limit=270)
def make_statements() -> int:
    """Makes the one that waits longest: large ones, and small ones whose request ended before they were made."""
    return services.make_due(at=clock.now(), limit=1)


@shared_task(name=EXPIRE_TASK, queue="reports")
def expire_statements() -> int:
    """Deletes files that were kept for their time."""
    return services.expire_due(at=clock.now())
