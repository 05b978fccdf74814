"""What waits at the desk."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from payments.inbox import selectors
from wallet_project.lib.desk import Queue, queues


def connect() -> None:
    """Registers the queue of notices that fit no row of ours."""
    queues.register(
        "unmatched_provider_events",
        Queue(
            title=_("Unmatched provider events"),
            url_name="admin:payments_providerevent_changelist",
            permission="payments.view_providerevent",
            measure=selectors.unmatched,
        ),
    )
