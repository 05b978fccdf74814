"""Asks a worker to look at the inbox now. A lost nudge costs seconds: the sweep looks anyway."""

from __future__ import annotations

import logging

from celery import current_app
from kombu.exceptions import OperationalError

PROCESS_TASK = "payments.inbox.process_due"

log = logging.getLogger(__name__)


def nudge() -> None:
    """Queues one look."""
    try:
        current_app.send_task(PROCESS_TASK, queue="webhooks", retry=False)
    except OperationalError:
        log.warning("the broker did not take a nudge; the sweep will do the work")
