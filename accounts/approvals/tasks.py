"""Background work of approvals."""

from __future__ import annotations

from celery import shared_task

from accounts.approvals import services
from wallet_project.lib import clock

EXPIRE_TASK = "accounts.expire_approvals"


@shared_task(name=EXPIRE_TASK, queue="money")
def expire_approvals() -> int:
    """Ends proposals whose time is over."""
    return services.expire_due(at=clock.now())
