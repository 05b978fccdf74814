"""What rooms offer privacy: how they forget, and what they hold about a person."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from wallet_project.lib.registry import Registry

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from datetime import date, datetime

    from django.utils.functional import Promise

    from accounts.identity.models import User
    from ledger.money import Money

    Value = str | int | bool | date | datetime | Money | None


class Forget(Protocol):
    """Deletes at most ``limit`` rows from before a moment, in a transaction of its own; returns how many.

    Registered by the code of its line in ``policy.RETENTION``.
    """

    def __call__(self, *, before: datetime, limit: int) -> int: ...


forgetting: Registry[Forget] = Registry("forgetting")


@dataclass(frozen=True, slots=True)
class Section:
    """One table of what is held about a person: its columns (code → words) and its rows, in the order of the columns.

    Other people are in it as the person was shown them, never as they are.
    """

    name: str
    title: str | Promise
    columns: Mapping[str, str | Promise]
    rows: Iterable[Sequence[Value]]


class Holding(Protocol):
    """What one app holds about a person, table by table. Reads only."""

    def __call__(self, *, user: User, at: datetime) -> Iterable[Section]: ...


holdings: Registry[Holding] = Registry("holding")
