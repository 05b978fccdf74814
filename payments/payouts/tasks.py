"""Paying out, by workers: each task does a bounded piece and may run twice."""

from __future__ import annotations

from celery import shared_task
from django.conf import settings
from django.utils.translation import gettext_lazy as _

from payments.payouts import services
from wallet_project.lib import clock
from wallet_project.lib.jobs import Job, jobs


@shared_task(name="payments.payouts.send", queue="money", ignore_result=True)
def send() -> int:
    """Writes what is approved into a file and hands in what is due; returns how many payments were written."""
    at = clock.now()
    batch = services.build_batch(at=at)
    services.send_due(at=at)
    return batch.count if batch is not None else 0


@shared_task(name="payments.payouts.collect", queue="money", ignore_result=True)
def collect() -> int:
    """Fetches the bank's messages and acts on them; returns how many messages were followed."""
    at = clock.now()
    services.collect(at=at)
    return services.handle_due(at=at)


@shared_task(name="payments.payouts.ask", queue="money", ignore_result=True)
def ask() -> int:
    """Asks the bank about files whose answer was lost; returns how many."""
    return services.ask_due(at=clock.now())


def register_jobs() -> None:
    """The three recurring pieces of paying out."""
    summaries = {
        "send": (settings.PAYOUT_EVERY_SECONDS, _("Send approved withdrawals to the bank in one file")),
        "collect": (10, _("Fetch the bank's messages and settle what they say")),
        "ask": (30, _("Ask the bank about payment files whose answer was lost")),
    }
    for name, (every_seconds, summary) in summaries.items():
        task = f"payments.payouts.{name}"
        jobs.register(task, Job(task=task, every_seconds=every_seconds, queue="money", summary=summary))
