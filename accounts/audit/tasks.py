"""The workers' side of the outbox: one task, started by a nudge or by the sweep."""

from __future__ import annotations

from celery import shared_task

from accounts.audit import nudge, services
from wallet_project.lib import clock

BATCHES_MAX = 40


@shared_task(name=nudge.DISPATCH_TASK, queue="notify")
def dispatch_deliveries() -> int:
    """Delivers until nothing is due; returns how many. Ends after a while, so that the queue stays fair."""
    nudge.begun()
    done = 0
    for _ in range(BATCHES_MAX):
        taken = services.dispatch_due(at=clock.now())
        done += taken
        if taken < services.BATCH:
            break
    else:
        nudge.nudge()
    return done
