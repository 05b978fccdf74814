"""What waits at the desk, and what is forgotten."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from accounts.privacy.registry import forgetting
from support.help import selectors, services
from wallet_project.lib.desk import Queue, queues


def connect() -> None:
    """Registers the queue of open requests, and the end of closed ones."""
    forgetting.register("help_requests", services.forget_requests)
    queues.register(
        "help_requests",
        Queue(
            title=_("Help requests"),
            url_name="admin:support_helprequest_changelist",
            permission="support.view_helprequest",
            measure=selectors.waiting,
        ),
    )
