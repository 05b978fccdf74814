"""What happened to a transfer: ids, amounts and codes only."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar
from uuid import UUID

from wallet_project.lib.events import Event


@dataclass(frozen=True, slots=True, kw_only=True)
class TransferEventBase(Event):
    """Who, to whom, how much. ``amount_minor`` is in minor units of ``currency``."""

    transfer_id: UUID
    sender_id: UUID
    receiver_id: UUID
    amount_minor: int
    currency: str


@dataclass(frozen=True, slots=True, kw_only=True)
class TransferCompleted(TransferEventBase):
    """The money is in the receiver's wallet."""

    name: ClassVar[str] = "transfer.completed"


@dataclass(frozen=True, slots=True, kw_only=True)
class TransferAwaitsStepUp(TransferEventBase):
    """The money is held until the sender confirms."""

    name: ClassVar[str] = "transfer.awaits_step_up"


@dataclass(frozen=True, slots=True, kw_only=True)
class TransferUnderReview(TransferEventBase):
    """The money is held until staff decide."""

    name: ClassVar[str] = "transfer.under_review"


@dataclass(frozen=True, slots=True, kw_only=True)
class TransferDeclined(TransferEventBase):
    """A rule said no; no money moved. ``reason`` is a code."""

    name: ClassVar[str] = "transfer.declined"
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class TransferCancelled(TransferEventBase):
    """The sender took it back before it was confirmed; the hold is released."""

    name: ClassVar[str] = "transfer.cancelled"


@dataclass(frozen=True, slots=True, kw_only=True)
class TransferExpired(TransferEventBase):
    """Nobody confirmed in time; the hold is released."""

    name: ClassVar[str] = "transfer.expired"
