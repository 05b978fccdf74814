"""What happened to a transfer: ids, amounts and codes only."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar
from uuid import UUID

from wallet_project.lib.events import Event

if TYPE_CHECKING:
    from transfers.p2p.models import Transfer


@dataclass(frozen=True, slots=True, kw_only=True)
class TransferFact(Event):
    """Who, to whom, how much. ``amount_minor`` is in minor units of ``currency``."""

    transfer_id: UUID
    sender_id: UUID
    receiver_id: UUID
    amount_minor: int
    currency: str


@dataclass(frozen=True, slots=True, kw_only=True)
class TransferCompleted(TransferFact):
    """The money is in the receiver's wallet."""

    name: ClassVar[str] = "transfer.completed"


@dataclass(frozen=True, slots=True, kw_only=True)
class TransferAwaitsStepUp(TransferFact):
    """The money is held until the sender confirms."""

    name: ClassVar[str] = "transfer.awaits_step_up"


@dataclass(frozen=True, slots=True, kw_only=True)
class TransferUnderReview(TransferFact):
    """The money is held until staff decide."""

    name: ClassVar[str] = "transfer.under_review"


@dataclass(frozen=True, slots=True, kw_only=True)
class TransferDeclined(TransferFact):
    """A rule said no; no money moved. ``reason`` is a code."""

    name: ClassVar[str] = "transfer.declined"
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class TransferCancelled(TransferFact):
    """The sender took it back before it was confirmed; the hold is released."""

    name: ClassVar[str] = "transfer.cancelled"


@dataclass(frozen=True, slots=True, kw_only=True)
class TransferExpired(TransferFact):
    """Nobody confirmed in time; the hold is released."""

    name: ClassVar[str] = "transfer.expired"


def parties(transfer: Transfer) -> dict[str, Any]:
    """The fields every one of these events has."""
    return {
        "transfer_id": transfer.pk,
        "sender_id": transfer.sender_id,
        "receiver_id": transfer.receiver_id,
        "amount_minor": transfer.amount_minor,
        "currency": transfer.currency,
    }
