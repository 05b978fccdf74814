"""The desk's queues: a room registers what waits for a person, the admin index shows counts and oldest age."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from wallet_project.lib.registry import Registry

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from django.utils.functional import Promise


@dataclass(frozen=True, slots=True)
class Waiting:
    """How many items wait, and since when the oldest does."""

    count: int
    oldest_at: datetime | None


@dataclass(frozen=True, slots=True)
class Queue:
    """``url_name`` is the admin page that lists it; ``permission`` who may see it; ``measure`` asks one query."""

    title: str | Promise
    url_name: str
    permission: str
    measure: Callable[[], Waiting]


queues: Registry[Queue] = Registry("desk queue")
