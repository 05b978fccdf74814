"""What happened to top-ups."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar
from uuid import UUID

from wallet_project.lib.events import Event


@dataclass(frozen=True, slots=True, kw_only=True)
class TopUpStarted(Event):
    """A person asked to add money."""

    name: ClassVar[str] = "top_up.started"
    top_up_id: UUID
    user_id: UUID
    amount_minor: int
    currency: str
    method: str


@dataclass(frozen=True, slots=True, kw_only=True)
class TopUpCredited(Event):
    """Money arrived in the wallet; ``maturing_minor`` of it cannot be sent yet."""

    name: ClassVar[str] = "top_up.credited"
    top_up_id: UUID
    user_id: UUID
    amount_minor: int
    currency: str
    maturing_minor: int


@dataclass(frozen=True, slots=True, kw_only=True)
class TopUpClosed(Event):
    """A top-up ended without money: failed, cancelled or expired."""

    name: ClassVar[str] = "top_up.closed"
    top_up_id: UUID
    user_id: UUID
    amount_minor: int
    currency: str
    status: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class TopUpMismatched(Event):
    """The provider received something else than was asked: a person must look."""

    name: ClassVar[str] = "top_up.mismatched"
    top_up_id: UUID
    user_id: UUID
    amount_minor: int
    currency: str
