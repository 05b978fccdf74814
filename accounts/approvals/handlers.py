"""What the room tells the house when it is ready: its queue on the desk, and the job that ends old proposals."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from accounts.approvals import selectors
from accounts.approvals.tasks import EXPIRE_TASK
from wallet_project.lib.desk import Queue, queues
from wallet_project.lib.jobs import Job, jobs


def connect() -> None:
    """Called once when the app is ready."""
    jobs.register(
        "approvals.expire",
        Job(
            task=EXPIRE_TASK,
            every_seconds=60,
            queue="money",
            summary=_("Ends proposals that nobody decided about in time."),
        ),
    )
    queues.register(
        "approvals",
        Queue(
            title=_("Approvals"),
            url_name="admin:accounts_approval_changelist",
            permission="accounts.view_approval",
            measure=selectors.waiting,
        ),
    )
