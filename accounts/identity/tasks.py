"""The workers' side of identity: messages on their way out, and accounts nobody ever verified."""

from __future__ import annotations

from uuid import UUID

from celery import shared_task

from accounts.identity import services
from accounts.identity.services.messages import DELIVER_TASK, SWEEP_TASK
from accounts.identity.services.people import FORGET_TASK
from wallet_project.lib import clock


@shared_task(name=DELIVER_TASK)
def deliver_one_time_message(message_id: str) -> bool:
    """Sends one message and deletes it."""
    return services.deliver_one_time_message(message_id=UUID(message_id), at=clock.now())


@shared_task(name=SWEEP_TASK)
def sweep_one_time_messages() -> int:
    """Sends what was left behind."""
    return services.sweep_one_time_messages(at=clock.now())


@shared_task(name=FORGET_TASK)
def forget_unverified() -> int:
    """Deletes accounts that never proved a contact."""
    return services.forget_unverified(at=clock.now())
