"""What waits at the desk."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from payments.payouts import selectors
from wallet_project.lib.desk import Queue, queues


def connect() -> None:
    """Registers the queues of files without an answer and of messages that need a person."""
    queues.register(
        "payouts_without_answer",
        Queue(
            title=_("Payouts without an answer"),
            url_name="admin:payments_payoutbatch_changelist",
            permission="payments.view_payoutbatch",
            measure=selectors.waiting_without_answer,
        ),
    )
    queues.register(
        "bank_messages_with_problems",
        Queue(
            title=_("Bank messages with problems"),
            url_name="admin:payments_bankmessage_changelist",
            permission="payments.view_bankmessage",
            measure=selectors.problem_messages,
        ),
    )
