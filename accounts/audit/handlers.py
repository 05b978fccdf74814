"""What the room offers to the house: the outbox's sweep, the record of jobs, and two queues on the desk."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from accounts.audit import job_runs, nudge, selectors
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
            summary=_("Delivers what nobody was told of: the broker may lose a nudge, never an event."),
        ),
    )
    jobs.register(
        "audit.sign_checkpoint",
        Job(
            task="audit.sign_checkpoint",
            every_seconds=24 * 60 * 60,
            queue="reports",
            summary=_("Signs what was recorded since the last night, and looks whether earlier nights are unchanged."),
        ),
    )
    job_runs.connect()
    queues.register(
        "jobs",
        Queue(
            title=_("Jobs that fail or are late"),
            url_name="admin:accounts_jobrun_changelist",
            permission="accounts.view_jobrun",
            measure=selectors.jobs_in_trouble,
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
