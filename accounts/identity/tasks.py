"""The workers' side of identity: messages on their way out, and accounts nobody ever verified."""

from __future__ import annotations

from uuid import UUID

from celery import shared_task

from accounts.identity import services
from accounts.identity.services.messages import DELIVER_TASK, SWEEP_TASK
from accounts.identity.services.people import FORGET_TASK
from wallet_project.lib import clock
from wallet_project.lib.messaging import NotSent


@shared_task(name=DELIVER_TASK, queue="notify")
def deliver_one_time_message(message_id: str) -> bool:
    """Sends one message and deletes it; what the transport does not take now, the sweep tries again."""
    try:
        return services.deliver_one_time_message(message_id=UUID(message_id), at=clock.now())
    except NotSent:
        return False


@shared_task(name=SWEEP_TASK, queue="notify")
def sweep_one_time_messages() -> int:
    """Sends what was left behind."""
    return services.sweep_one_time_messages(at=clock.now())


@shared_task(name=FORGET_TASK, queue="reports")
def forget_unverified() -> int:
    """Deletes accounts that never proved a contact."""
    return services.forget_unverified(at=clock.now())
