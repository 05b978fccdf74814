"""What waits at the desk."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from support.help import selectors
from wallet_project.lib.desk import Queue, queues


def connect() -> None:
    """Registers the queue of open requests."""
    queues.register(
        "help_requests",
        Queue(
            title=_("Help requests"),
            url_name="admin:support_helprequest_changelist",
            permission="support.view_helprequest",
            measure=selectors.waiting,
        ),
    )
