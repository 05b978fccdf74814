"""Celery's entry to the rooms' tasks."""

from support.notifications import tasks as notifications_tasks

__all__ = ["notifications_tasks"]
