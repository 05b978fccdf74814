"""The workers' side of the outbox, started by a nudge or by the sweep; and the signature over the trail at night."""

from __future__ import annotations

from celery import shared_task

from accounts.audit import integrity, nudge, services
from wallet_project.lib import clock

BATCHES_MAX = 40
NIGHTS_LOOKED_BACK = 30
LIMIT_SECONDS = 240
"""Below the time after which the broker hands an unfinished task out again."""


class TrailIsWrong(RuntimeError):
    """A fact that was signed is not what it was: the job has failed, and ``manage.py check_audit`` says where."""


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


@shared_task(
    name="audit.sign_checkpoint", queue="reports", soft_time_limit=LIMIT_SECONDS, time_limit=LIMIT_SECONDS + 20
)
def sign_checkpoint() -> int:
    """Signs the facts since last night, then looks at the last thirty nights again; returns how many facts are new.

    Raises TrailIsWrong. Everything since the beginning is ``manage.py check_audit``.
    """
    signed = services.sign_checkpoint(at=clock.now())
    found = integrity.faults(since_no=max(1, signed.no - NIGHTS_LOOKED_BACK))
    if found:
        raise TrailIsWrong(f"{len(found)} faults, the first: {found[0]}")
    return signed.count
