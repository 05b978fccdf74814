"""Counting what waits, by a worker, so that pages need not."""

from __future__ import annotations

from celery import shared_task

from support.cases import rail

COUNT_TASK = "support.cases.count_queues"


@shared_task(name=COUNT_TASK, queue="notify")
def count_queues() -> int:
    """Counts every queue of the desk."""
    return rail.count_all()
