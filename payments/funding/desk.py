"""What waits at the desk."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from payments.funding import selectors
from wallet_project.lib.desk import Queue, queues


def connect() -> None:
    """Registers the queue of top-ups whose money could not simply be credited."""
    queues.register(
        "mismatched_top_ups",
        Queue(
            title=_("Top-ups that do not match"),
            url_name="admin:payments_topup_changelist",
            permission="payments.view_topup",
            measure=selectors.mismatched,
        ),
    )
