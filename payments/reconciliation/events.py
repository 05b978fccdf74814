"""What happened to breaks."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar
from uuid import UUID

from wallet_project.lib.events import Event


@dataclass(frozen=True, slots=True, kw_only=True)
class BreakFound(Event):
    """Our books and the bank's do not agree about something."""

    name: ClassVar[str] = "break.found"
    break_id: UUID
    kind: str


@dataclass(frozen=True, slots=True, kw_only=True)
class BreakResolved(Event):
    """A person said what it was."""

    name: ClassVar[str] = "break.resolved"
    break_id: UUID
    kind: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PayoutFoundNotPaid(Event):
    """Two officers found that the bank never paid it. ``until`` is the last statement's day, ``answer`` the bank's."""

    name: ClassVar[str] = "payout.found_not_paid"
    withdrawal_id: UUID
    approval_id: UUID
    statements: int
    until: str
    answer: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PayoutSettledAsBooked(Event):
    """Two officers settled a payment with the amount the bank booked."""

    name: ClassVar[str] = "payout.settled_as_booked"
    withdrawal_id: UUID
    approval_id: UUID
    booked_minor: int
    currency: str
