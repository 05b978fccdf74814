"""The workers' side of devices."""

from __future__ import annotations

from celery import shared_task

from accounts.devices import services
from wallet_project.lib import clock


@shared_task(name=services.SWEEP_TASK, queue="reports")
def forget_ended_sessions() -> int:
    """Deletes sessions past their end."""
    return services.forget_ended(at=clock.now())
