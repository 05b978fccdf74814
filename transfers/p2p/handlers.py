"""What the room tells the house when it is ready."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from accounts.privacy.registry import forgetting
from accounts.stepup.registry import Purpose, purposes
from transfers.p2p import services
from transfers.p2p.policy import PURPOSE
from transfers.p2p.selectors import reviews_waiting
from wallet_project.lib.desk import Queue, queues
from wallet_project.lib.jobs import Job, jobs

EXPIRE_TASK = "transfers.expire_transfers"


def connect() -> None:
    """Called once when the app is ready."""
    purposes.register(
        PURPOSE,
        Purpose(
            payload=services.payload_of_transfer,
            confirm=services.confirm_transfer,
            show=services.show_transfer,
            release=services.release_transfer,
        ),
    )
    jobs.register(
        "transfers.expire_transfers",
        Job(
            task=EXPIRE_TASK,
            every_seconds=15,
            queue="money",
            summary=_("Ends transfers nobody confirmed within 15 minutes and releases their money."),
        ),
    )
    forgetting.register("looked_up", services.forget_looked_up)
    queues.register(
        "transfer_reviews",
        Queue(
            title=_("Transfers to check"),
            url_name="admin:transfers_transfer_changelist",
            permission="transfers.change_transfer",
            measure=reviews_waiting,
        ),
    )
