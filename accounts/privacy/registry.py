"""How rooms forget: each registers, by the code of its line in ``policy.RETENTION``, what deletes rows of before."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from wallet_project.lib.registry import Registry

if TYPE_CHECKING:
    from datetime import datetime


class Forget(Protocol):
    """Deletes at most ``limit`` rows from before a moment, in a transaction of its own; returns how many."""

    def __call__(self, *, before: datetime, limit: int) -> int: ...


forgetting: Registry[Forget] = Registry("forgetting")
