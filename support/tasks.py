"""Celery's entry to the rooms' tasks."""

from support.cases import tasks as cases_tasks
from support.notifications import tasks as notifications_tasks

__all__ = ["cases_tasks", "notifications_tasks"]
