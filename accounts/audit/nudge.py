"""Tells the workers that something was recorded, at most once per burst.

Only a hint: the sweep finds every delivery by itself. So a broker that is down costs seconds, never an event,
and never the request that is being answered.
"""

from __future__ import annotations

import logging
import time
from functools import cache

import redis
from celery import current_app
from django.conf import settings
from kombu.exceptions import OperationalError

DISPATCH_TASK = "accounts.dispatch_deliveries"
_KEY = "wallet:nudge"
_BURST_MS = 5_000
_QUIET_NS = 2_000_000_000
_GATHER_MS = 200
"""A dispatch begins this long after its first event, so that under load one does the work of many."""

logger = logging.getLogger(__name__)


class _Quiet:
    """After a failure this process stops asking for a moment, so that requests do not queue behind a dead broker."""

    until_ns = 0


@cache
def _client() -> redis.Redis:
    return redis.Redis.from_url(settings.REDIS_URL, socket_timeout=1, socket_connect_timeout=1)


def nudge() -> None:
    """Queues one dispatch, unless one is already queued and has not begun."""
    if time.monotonic_ns() < _Quiet.until_ns:
        return
    try:
        if _client().set(_KEY, "1", nx=True, px=_BURST_MS):
            current_app.send_task(DISPATCH_TASK, queue="notify", countdown=_GATHER_MS / 1000, retry=False)
    except (redis.RedisError, OperationalError) as error:
        _Quiet.until_ns = time.monotonic_ns() + _QUIET_NS
        logger.warning("the broker cannot be reached; the sweep will deliver", extra={"error": type(error).__name__})


def begun() -> None:
    """A dispatch begins: what is recorded from now on needs a new nudge."""
    try:
        _client().delete(_KEY)
    except redis.RedisError as error:
        logger.warning("the broker cannot be reached", extra={"error": type(error).__name__})
