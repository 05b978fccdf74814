"""What the ledger answers: plain values, no rows."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from ledger.money import Money

if TYPE_CHECKING:
    from datetime import datetime
    from uuid import UUID


@dataclass(frozen=True, slots=True)
class AccountView:
    """An account as it was opened, and whether it is frozen or closed. ``flags``: 1 no debit, 2 no credit, 4 closed."""

    id: int
    public_id: UUID
    owner_kind: str
    owner_id: UUID
    code: str
    currency: str
    flags: int
    closed_at: datetime | None

    @property
    def takes_debits(self) -> bool:
        """Money can leave."""
        return not self.flags & 5

    @property
    def takes_credits(self) -> bool:
        """Money can arrive."""
        return not self.flags & 6


@dataclass(frozen=True, slots=True)
class BalanceAfter:
    """One balance right after an entry."""

    account_id: int
    stripe: int
    posted_minor: int
    held_minor: int


@dataclass(frozen=True, slots=True)
class Posted:
    """The entry is in the books. ``replayed``: it already was, and nothing moved now."""

    entry_id: UUID
    replayed: bool
    balances: tuple[BalanceAfter, ...]


@dataclass(frozen=True, slots=True)
class HoldView:
    """A hold as it stands. ``state``: OPEN, CAPTURED, RELEASED or EXPIRED."""

    id: UUID
    account_id: int
    destination_account_id: int | None
    amount: Money
    captured_minor: int
    released_minor: int
    reason: str
    state: str
    expires_at: datetime | None
    created_at: datetime

    @property
    def remaining_minor(self) -> int:
        """What is still reserved."""
        return self.amount.amount_minor - self.captured_minor - self.released_minor


@dataclass(frozen=True, slots=True)
class Amounts:
    """What is on an account, what of it is held, and what is left to use."""

    posted_minor: int
    held_minor: int

    @property
    def available_minor(self) -> int:
        """What can be used now."""
        return self.posted_minor - self.held_minor


@dataclass(frozen=True, slots=True)
class WalletBalance:
    """One account of an owner with its money. ``holds_by_reason`` adds up to ``held_minor``."""

    account_id: int
    public_id: UUID
    currency: str
    flags: int
    posted_minor: int
    held_minor: int
    holds_by_reason: dict[str, int] = field(default_factory=dict)

    @property
    def available_minor(self) -> int:
        """What can be used now."""
        return self.posted_minor - self.held_minor

    @property
    def posted(self) -> Money:
        """All that is on the account."""
        return Money(self.posted_minor, self.currency)

    @property
    def held(self) -> Money:
        """What is reserved."""
        return Money(self.held_minor, self.currency)

    @property
    def available(self) -> Money:
        """What can be used now."""
        return Money(self.available_minor, self.currency)


@dataclass(frozen=True, slots=True)
class PostingView:
    """One line on an account. ``posted_after_minor`` is the balance of its stripe right after it."""

    entry_id: UUID
    line: int
    account_id: int
    stripe: int
    seq: int
    currency: str
    amount_minor: int
    posted_after_minor: int
    held_after_minor: int
    effective_at: datetime
    created_at: datetime


@dataclass(frozen=True, slots=True)
class EntryView:
    """An entry with its lines, in their order."""

    id: UUID
    kind: str
    actor: str
    reference: str
    details: dict[str, object]
    reverses: UUID | None
    effective_at: datetime
    created_at: datetime
    postings: tuple[PostingView, ...]


@dataclass(frozen=True, slots=True)
class PostingsPage:
    """Newest first. ``next_cursor`` is None on the last page."""

    postings: tuple[PostingView, ...]
    next_cursor: str | None


@dataclass(frozen=True, slots=True)
class TrialRow:
    """All accounts of one code and currency together."""

    code: str
    kind: str
    currency: str
    accounts: int
    posted_minor: int
    held_minor: int


@dataclass(frozen=True, slots=True)
class Turnover:
    """What came in and went out of an account since a moment. Both are ≥ 0."""

    credited_minor: int
    debited_minor: int
    count: int
