"""What the ledger does every night: look at everything, and sign what it saw."""

from __future__ import annotations

from pathlib import Path

from celery import shared_task
from django.conf import settings
from django.utils.translation import gettext_lazy as _

from ledger import selectors, services
from wallet_project.lib import clock
from wallet_project.lib.jobs import Job, jobs

NIGHTLY = 24 * 60 * 60
LIMIT_SECONDS = 240
"""Below the time after which the broker hands an unfinished task out again."""


class BooksAreWrong(RuntimeError):
    """check_ledger found wrong rows: the job has failed, and its page on the desk names them."""


def register() -> None:
    """Called by AppConfig.ready()."""
    jobs.register(
        "ledger.check_books",
        Job(
            task="ledger.check_books",
            every_seconds=NIGHTLY,
            queue="reports",
            summary=_("Checks what the books took in since the last night without a fault."),
        ),
    )
    jobs.register(
        "ledger.sign_checkpoint",
        Job(
            task="ledger.sign_checkpoint",
            every_seconds=NIGHTLY,
            queue="reports",
            summary=_("Signs a checkpoint over all balances of the books."),
        ),
    )


@shared_task(name="ledger.check_books", queue="reports", soft_time_limit=LIMIT_SECONDS, time_limit=LIMIT_SECONDS + 20)
def check_books() -> int:
    """Looks at what was recorded since the last look that found nothing wrong; returns how many postings there are.

    The first look, and each after a fault, is at everything. All of a large ledger is ``manage.py check_ledger``: that
    takes longer than a task may. Raises BooksAreWrong.
    """
    look = services.check_books(at=clock.now(), since=selectors.checked_until())
    if look.problems:
        first = look.problems[0]
        raise BooksAreWrong(f"{len(look.problems)} wrong rows, the first: {first.check}: {first.where}: {first.found}")
    return look.postings


@shared_task(
    name="ledger.sign_checkpoint", queue="reports", soft_time_limit=LIMIT_SECONDS, time_limit=LIMIT_SECONDS + 20
)
def sign_checkpoint() -> int:
    """Signs a checkpoint and puts its export into ``LEDGER_EXPORTS``, where that is set; returns its number."""
    signed = services.sign_checkpoint(at=clock.now())
    if settings.LEDGER_EXPORTS:
        name = f"checkpoint-{signed.book}-{signed.no:06}"
        services.export_checkpoint(file=Path(settings.LEDGER_EXPORTS) / name, no=signed.no)
    return signed.no
