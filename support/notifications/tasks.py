"""Sending notices, by a worker."""

from __future__ import annotations

from celery import shared_task
from django.utils.translation import gettext_lazy as _

from support.notifications import services
from wallet_project.lib import clock
from wallet_project.lib.jobs import Job, jobs


@shared_task(name="support.notifications.send_due", queue="notify", ignore_result=True)
def send_due() -> int:
    """Sends what is due."""
    return services.send_due(at=clock.now())


def register_jobs() -> None:
    """The sweep that sends notices; losing the broker costs seconds, never a notice."""
    jobs.register(
        "support.notifications.send_due",
        Job(
            task="support.notifications.send_due",
            every_seconds=3,
            queue="notify",
            summary=_("Send notices that are due"),
        ),
    )
