"""What waits at the desk."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from payments.reconciliation import selectors
from wallet_project.lib.desk import Queue, queues


def connect() -> None:
    """Registers the queue of breaks."""
    queues.register(
        "reconciliation_breaks",
        Queue(
            title=_("Breaks in reconciliation"),
            url_name="admin:payments_reconciliationbreak_changelist",
            permission="payments.view_reconciliationbreak",
            measure=selectors.open_breaks,
        ),
    )
