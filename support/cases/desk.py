"""What waits at the desk."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from support.cases import selectors
from wallet_project.lib.desk import Queue, queues


def connect() -> None:
    """Registers the queue of withdrawals."""
    queues.register(
        "withdrawals",
        Queue(
            title=_("Withdrawals"),
            url_name="admin:payments_withdrawal_changelist",
            permission="payments.view_withdrawal",
            measure=selectors.waiting,
        ),
    )
