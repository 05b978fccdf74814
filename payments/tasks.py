"""Celery's entry to the rooms' tasks."""

from payments.banking import tasks as banking_tasks
from payments.funding import tasks as funding_tasks
from payments.inbox import tasks as inbox_tasks
from payments.payouts import tasks as payouts_tasks
from payments.reconciliation import tasks as reconciliation_tasks

__all__ = ["banking_tasks", "funding_tasks", "inbox_tasks", "payouts_tasks", "reconciliation_tasks"]
