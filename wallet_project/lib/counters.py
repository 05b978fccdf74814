"""Numbers for the desk about what leaves no row: how often something happened on a day (UTC).

Kept in Valkey for a month. They inform and decide nothing: when Valkey is out of reach a count is lost, no more.
"""

from __future__ import annotations

import logging
from functools import cache
from typing import TYPE_CHECKING

import redis
from django.conf import settings

if TYPE_CHECKING:
    from datetime import datetime

log = logging.getLogger(__name__)

_KEPT_SECONDS = 31 * 86_400


@cache
def _client() -> redis.Redis:
    return redis.Redis.from_url(settings.REDIS_URL, socket_timeout=1, socket_connect_timeout=1)


def _key(name: str, at: datetime) -> str:
    return f"{settings.RATELIMIT_PREFIX}:count:{name}:{at.date().isoformat()}"


def add(name: str, *, at: datetime) -> None:
    """Counts one ``name`` on the day of ``at``."""
    key = _key(name, at)
    try:
        with _client().pipeline() as pipeline:
            pipeline.incr(key)
            pipeline.expire(key, _KEPT_SECONDS)
            pipeline.execute()
    except redis.RedisError:
        log.warning("a count was lost", extra={"counter": name})


def on_day(name: str, *, at: datetime) -> int | None:
    """How often ``name`` happened on the day of ``at``; None when nobody can say."""
    try:
        found = _client().get(_key(name, at))
    except redis.RedisError:
        return None
    return int(found) if isinstance(found, (bytes, str)) else 0
