"""Celery's entry to the rooms' tasks."""

from accounts.approvals import tasks as approvals_tasks
from accounts.audit import tasks as audit_tasks
from accounts.devices import tasks as devices_tasks
from accounts.identity import tasks as identity_tasks
from accounts.privacy import tasks as privacy_tasks
from accounts.statements import tasks as statements_tasks
from accounts.stepup import tasks as stepup_tasks

__all__ = [
    "approvals_tasks",
    "audit_tasks",
    "devices_tasks",
    "identity_tasks",
    "privacy_tasks",
    "statements_tasks",
    "stepup_tasks",
]
