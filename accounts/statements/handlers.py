"""What the room tells the house when it is ready: the jobs that make statements and let their files go."""

from __future__ import annotations

from accounts.statements.tasks import EXPIRE_TASK, MAKE_TASK
from wallet_project.lib.jobs import Job, jobs


def connect() -> None:
    """Called once when the app is ready."""
    jobs.register(
        "statements.make",
        Job(task=MAKE_TASK, every_seconds=3, queue="reports", summary="Makes statements that wait."),
    )
    jobs.register(
        "statements.expire",
        Job(
            task=EXPIRE_TASK,
            every_seconds=3600,
            queue="reports",
            summary="Deletes files of statements after a year; the figures stay.",
        ),
    )
