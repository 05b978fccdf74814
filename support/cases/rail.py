"""The desk's queues with their counts, beside every page of a case.

A worker counts every few seconds and keeps the numbers for all officers, since ten queues would be ten statements on
every page. What nobody has counted is counted on the spot; the desk's index always counts anew.
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING

import redis
from django.core.cache import cache
from django.urls import reverse

from wallet_project.lib.desk import queues

if TYPE_CHECKING:
    from django.utils.functional import Promise

    from accounts.identity.models import User

KEPT_SECONDS = 60
FIRST = ("withdrawals", "transfer_reviews", "approvals", "reconciliation_breaks", "mismatched_top_ups", "help_requests")
"""What officers work on most comes first; the others follow in the order rooms registered them."""
_KEY = "desk:count:"


@dataclass(frozen=True, slots=True)
class RailLine:
    """One queue an officer may see."""

    name: str
    title: str | Promise
    url: str
    count: int


def rail_of(officer: User) -> list[RailLine]:
    """Every queue this officer may see."""
    ranked = sorted(queues.items(), key=lambda item: FIRST.index(item[0]) if item[0] in FIRST else len(FIRST))
    visible = {name: queue for name, queue in ranked if officer.has_perm(queue.permission)}
    known = _kept([_KEY + name for name in visible])
    missing = {_KEY + name: queue.measure().count for name, queue in visible.items() if _KEY + name not in known}
    if missing:
        with suppress(redis.RedisError):
            cache.set_many(missing, KEPT_SECONDS)
    counted = known | missing
    return [
        RailLine(name, queue.title, reverse(queue.url_name), counted[_KEY + name]) for name, queue in visible.items()
    ]


def count_all() -> int:
    """Counts every queue and keeps the numbers; how many queues there are. Raises RedisError."""
    counted = {_KEY + name: queue.measure().count for name, queue in queues.items()}
    cache.set_many(counted, KEPT_SECONDS)
    return len(counted)


def forget_counts(*names: str) -> None:
    """After a decision: the officer who took it sees the new numbers of these queues (of all) at once."""
    with suppress(redis.RedisError):
        cache.delete_many([_KEY + name for name in names or list(queues)])


def _kept(keys: list[str]) -> dict[str, int]:
    """What is still known; nothing when Valkey is out of reach."""
    try:
        return cache.get_many(keys)
    except redis.RedisError:
        return {}
