"""Background work of the banking room."""

from __future__ import annotations

from celery import shared_task

from payments.banking import services
from wallet_project.lib import clock


@shared_task(name="payments.banking.expire", queue="money", ignore_result=True)
def expire() -> int:
    """Ends what nobody confirmed in time."""
    at = clock.now()
    return services.expire_withdrawals(at=at) + services.expire_bank_accounts(at=at)
