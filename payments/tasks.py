"""Celery's entry to the rooms' tasks."""

from payments.funding import tasks as funding_tasks
from payments.inbox import tasks as inbox_tasks

__all__ = ["funding_tasks", "inbox_tasks"]
