"""Looking after top-ups and maturing money, by a worker."""

from __future__ import annotations

from celery import shared_task
from django.utils.translation import gettext_lazy as _

from payments.funding import services
from wallet_project.lib import clock
from wallet_project.lib.jobs import Job, jobs


@shared_task(name="payments.funding.check_due", queue="money", ignore_result=True)
def check_due() -> int:
    """Asks the provider about top-ups that have been quiet; returns how many."""
    return services.check_due(at=clock.now())


@shared_task(name="payments.funding.release_matured", queue="money", ignore_result=True)
def release_matured() -> int:
    """Ends holds whose time is over; returns how many."""
    return services.release_matured(at=clock.now())


def register_jobs() -> None:
    """The sweep over top-ups that have not ended, and over money that has matured."""
    jobs.register(
        "payments.funding.check_due",
        Job(
            task="payments.funding.check_due",
            every_seconds=10,
            queue="money",
            summary=_("Ask the provider about top-ups that have not ended"),
        ),
    )
    jobs.register(
        "payments.funding.release_matured",
        Job(
            task="payments.funding.release_matured",
            every_seconds=60,
            queue="money",
            summary=_("Make matured card money available"),
        ),
    )
