"""Background work of transfers."""

from __future__ import annotations

from celery import shared_task

from transfers.p2p import services
from wallet_project.lib import clock


@shared_task(name="transfers.expire_transfers", queue="money")
def expire_transfers() -> int:
    """Ends transfers whose confirmation did not come in time."""
    return services.expire_transfers(at=clock.now())
