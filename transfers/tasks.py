"""Every room's tasks, for Celery."""

from transfers.p2p.tasks import expire_transfers

__all__ = ["expire_transfers"]
