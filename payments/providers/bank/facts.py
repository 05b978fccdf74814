"""What the bank and we tell each other, as values: no XML, no database."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date, datetime

    from ledger.money import Money


class MessageKind(StrEnum):
    """The bank's messages that we act on; OTHER is kept and left alone."""

    STATUS = "pain.002"
    NOTICE = "camt.054"
    STATEMENT = "camt.053"
    REPORT = "camt.052"
    RETURN = "pacs.004"
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class Debtor:
    """Whose account pays: ours at the bank."""

    name: str
    iban: str
    bic: str


@dataclass(frozen=True, slots=True)
class Payment:
    """One credit transfer. ``end_to_end_id`` (≤ 35 characters) comes back in every message about it."""

    end_to_end_id: str
    amount: Money
    iban: str
    bic: str
    holder_name: str
    remittance: str


@dataclass(frozen=True, slots=True)
class PaymentFile:
    """What one pain.001 says. The same value always gives the same bytes."""

    message_id: str
    debtor: Debtor
    payments: Sequence[Payment]
    created_at: datetime
    execute_on: date


@dataclass(frozen=True, slots=True)
class Receipt:
    """The bank's answer to a file it took in. What becomes of each payment comes later, as messages."""

    message_id: str
    status: str


class Standing(StrEnum):
    """How one payment stands when we ask for it."""

    NOT_THERE = "NOT_THERE"
    """The bank surely does not have it."""
    ACCEPTED = "ACCEPTED"
    REJECTED = "REJECTED"


@dataclass(frozen=True, slots=True)
class PaymentAtBank:
    """One reading of a payment. ``reason`` is the bank's code of a rejection."""

    standing: Standing
    reason: str = ""
    bank_reference: str = ""


@dataclass(frozen=True, slots=True)
class Letter:
    """A message in the bank's mailbox. ``number`` is the bank's own, rising; the mailbox is shared by accounts."""

    number: int
    account: str | None
    body: str


@dataclass(frozen=True, slots=True)
class FileStatus:
    """pain.002: what the bank says about a whole file. ``status`` is "" when it says nothing about the whole."""

    message_id: str
    status: str
    reason: str


@dataclass(frozen=True, slots=True)
class PaymentStatus:
    """pain.002: what the bank says about one payment. ``message_id`` names the file it was in."""

    end_to_end_id: str
    status: str
    reason: str
    bank_reference: str
    message_id: str


@dataclass(frozen=True, slots=True)
class StatementHead:
    """camt.052/.053/.054: whose account, and where it stood. What a bank may leave out is None or ""."""

    identification: str
    number: str
    account: str
    currency: str
    opening_minor: int | None
    closing_minor: int | None
    day: date | None


@dataclass(frozen=True, slots=True)
class Movement:
    """One booked movement, credit or debit, as far as the bank itemises it.

    ``return_reason`` is set when it takes an earlier payment back. ``bank_reference`` is the bank's own.
    """

    amount: Money
    is_credit: bool
    is_booked: bool
    is_reversal: bool
    booked_on: date | None
    value_on: date | None
    end_to_end_id: str
    message_id: str
    bank_reference: str
    return_reason: str


@dataclass(frozen=True, slots=True)
class UnreadableEntry:
    """An entry of a statement that says something no reader understands; ``problem`` is the reader's word for it."""

    problem: str


@dataclass(frozen=True, slots=True)
class ReturnedPayment:
    """pacs.004: a payment that had left, coming back. ``message_id`` names the file it was in, "" if none is named."""

    end_to_end_id: str
    amount: Money
    reason: str
    bank_reference: str
    booked_on: date | None
    message_id: str


ACCEPTED_STATUSES = frozenset({"ACCP", "ACSP", "ACSC", "ACWC", "ACCC", "ACWP"})
"""The bank will pay, or has. ACTC, RCVD and PDNG say only that it looks (ISO 20022 external status codes)."""
REJECTED_STATUSES = frozenset({"RJCT", "CANC"})
DUPLICATE = frozenset({"DUPL", "AM05", "DU01", "DU02", "DU03"})
"""Reasons that say "I have this already": about the copy, never about the original."""
