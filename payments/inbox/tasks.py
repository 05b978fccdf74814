"""Acting on providers' notices, by a worker."""

from __future__ import annotations

from celery import shared_task
from django.utils.translation import gettext_lazy as _

from payments.inbox import services
from wallet_project.lib import clock
from wallet_project.lib.jobs import Job, jobs


@shared_task(name="payments.inbox.process_due", queue="webhooks", ignore_result=True)
def process_due() -> int:
    """Acts on what is due."""
    return services.process_due(at=clock.now())


def register_jobs() -> None:
    """The sweep over the inbox."""
    jobs.register(
        "payments.inbox.process_due",
        Job(
            task="payments.inbox.process_due", every_seconds=5, queue="webhooks", summary=_("Act on providers' notices")
        ),
    )
