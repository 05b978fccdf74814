"""Comparing, by workers."""

from __future__ import annotations

from celery import shared_task
from django.utils.translation import gettext_lazy as _

from payments.reconciliation import services
from wallet_project.lib import clock
from wallet_project.lib.jobs import Job, jobs


@shared_task(name="payments.reconciliation.reconcile", queue="money", ignore_result=True)
def reconcile() -> int:
    """Compares the statements that have been handled; returns how many."""
    return services.reconcile_due(at=clock.now())


@shared_task(name="payments.reconciliation.check_clearing", queue="money", ignore_result=True)
def check_clearing() -> int:
    """Says which clearing accounts are not zero, and why; returns how many."""
    return len(services.check_clearing(at=clock.now()))


def register_jobs() -> None:
    """After every statement; and the day's check each hour, so that a restart of beat never skips a day."""
    jobs.register(
        "payments.reconciliation.reconcile",
        Job(
            task="payments.reconciliation.reconcile",
            every_seconds=30,
            queue="money",
            summary=_("Compare the bank's statements with our books"),
        ),
    )
    jobs.register(
        "payments.reconciliation.check_clearing",
        Job(
            task="payments.reconciliation.check_clearing",
            every_seconds=3600,
            queue="money",
            summary=_("Explain every cent on the clearing accounts"),
        ),
    )
