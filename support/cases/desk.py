"""What waits at the desk, and who counts it."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from support.cases import selectors
from support.cases.tasks import COUNT_TASK
from wallet_project.lib.desk import Queue, queues
from wallet_project.lib.jobs import Job, jobs


def connect() -> None:
    """Registers the queue of withdrawals, and the job that counts all queues."""
    jobs.register(
        COUNT_TASK,
        Job(task=COUNT_TASK, every_seconds=5, queue="notify", summary=_("Counts what waits in the desk's queues.")),
    )
    queues.register(
        "withdrawals",
        Queue(
            title=_("Withdrawals"),
            url_name="admin:payments_withdrawal_changelist",
            permission="payments.view_withdrawal",
            measure=selectors.waiting,
        ),
    )
