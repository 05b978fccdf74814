"""What the outbox offers to the house: its sweep, and its queue on the desk."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from accounts.audit import nudge, selectors
from wallet_project.lib.desk import Queue, queues
from wallet_project.lib.jobs import Job, jobs


def connect() -> None:
    """Called once when the app is ready."""
    jobs.register(
        "audit.sweep",
        Job(
            task=nudge.DISPATCH_TASK,
            every_seconds=3,
            queue="notify",
            summary="Delivers what nobody was told of: the broker may lose a nudge, never an event.",
        ),
    )
    queues.register(
        "dead_deliveries",
        Queue(
            title=_("Dead deliveries"),
            url_name="admin:accounts_delivery_changelist",
            permission="accounts.view_delivery",
            measure=selectors.dead_deliveries,
        ),
    )
