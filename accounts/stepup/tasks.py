"""Background work of step-up."""

from __future__ import annotations

from celery import shared_task

from accounts.stepup.services import expire_challenges as expire
from wallet_project.lib import clock


@shared_task(name="accounts.expire_challenges", queue="money")
def expire_challenges() -> int:
    """Closes challenges whose time is over."""
    return expire(at=clock.now())
