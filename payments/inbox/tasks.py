"""Acting on providers' notices, by a worker."""

from __future__ import annotations

import logging

from celery import shared_task
from kombu.exceptions import OperationalError

from payments.inbox import services
from wallet_project.lib import clock
from wallet_project.lib.jobs import Job, jobs

log = logging.getLogger(__name__)


@shared_task(name="payments.inbox.process_due", queue="webhooks", ignore_result=True)
def process_due() -> None:
    """Acts on what is due."""
    services.process_due(at=clock.now())


def nudge() -> None:
    """Asks a worker to look now. A lost nudge costs seconds: the sweep looks anyway."""
    try:
        process_due.apply_async(retry=False)
    except OperationalError:
        log.warning("the broker did not take a nudge; the sweep will do the work")


def register_jobs() -> None:
    """The sweep over the inbox."""
    jobs.register(
        "payments.inbox.process_due",
        Job(task="payments.inbox.process_due", every_seconds=5, queue="webhooks", summary="Act on providers' notices"),
    )
