"""What a person has: the ledger's numbers with the words people know."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from accounts.activity.selectors import pending_in
from accounts.wallets.policy import CODE, DEBT_CODE, MATURING, OWNER_KIND, PENDING, PREFIX, sentence
from ledger import selectors as ledger
from ledger.money import Money
from wallet_project.lib import ids

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime
    from uuid import UUID

    from accounts.identity.models import User
    from ledger.facts import AccountView
    from ledger.facts import WalletBalance as LedgerBalance


@dataclass(frozen=True, slots=True)
class Part:
    """Money that is theirs or coming but cannot be used yet, and the sentence that says why."""

    amount: Money
    sentence: str


@dataclass(frozen=True, slots=True)
class WalletBalance:
    """One wallet of a person, in minor units of ``currency``.

    ``available_minor`` can be used now. ``held_minor`` is reserved by payments under way, ``maturing_minor`` is fresh
    card money, ``pending_minor`` is on its way in and not yet on the account, ``owed_minor`` is a debt to us.
    """

    account_id: int
    public_id: UUID
    currency: str
    available_minor: int
    held_minor: int
    maturing_minor: int
    pending_minor: int
    owed_minor: int
    is_frozen: bool
    holds_by_reason: dict[str, int] = field(default_factory=dict)

    @property
    def id(self) -> str:
        """``wal_…``"""
        return ids.public(PREFIX, self.public_id)

    @property
    def available(self) -> Money:
        """What can be used now."""
        return Money(self.available_minor, self.currency)

    @property
    def owed(self) -> Money:
        """What the person owes us."""
        return Money(self.owed_minor, self.currency)

    @property
    def not_available(self) -> Money:
        """Everything that is theirs or coming, and cannot be used yet."""
        return Money(self.held_minor + self.maturing_minor + self.pending_minor, self.currency)

    @property
    def is_all_available(self) -> bool:
        """Whether everything that is theirs can be used now."""
        return self.not_available.amount_minor == 0

    @property
    def parts(self) -> list[Part]:
        """Why what is not available is not, largest first."""
        sums = self.holds_by_reason | ({PENDING: self.pending_minor} if self.pending_minor else {})
        largest_first = sorted(sums.items(), key=lambda item: -item[1])
        amounts = [(code, Money(minor, self.currency)) for code, minor in largest_first]
        return [Part(amount, sentence(code, amount)) for code, amount in amounts]


def balances_of(user: User, *, at: datetime | None = None) -> list[WalletBalance]:
    """Every wallet of ``user``, by currency, in two queries. With ``at``, holds that lapsed by then count no more.

    A third query is made only for somebody whose wallet is frozen: debts freeze.
    """
    wallets = ledger.wallets_of(owner_kind=OWNER_KIND, owner_id=user.pk, code=CODE, at=at)
    pending = pending_in(user.pk) if wallets else {}
    owed = _owed(user) if any(_is_frozen(wallet) for wallet in wallets) else {}
    return [_labelled(wallet, pending, owed) for wallet in wallets]


def main_first(balances: Sequence[WalletBalance], currency: str) -> list[WalletBalance]:
    """The same wallets, the one in ``currency`` first."""
    return sorted(balances, key=lambda balance: (balance.currency != currency, balance.currency))


def wallet_of(user: User, currency: str) -> AccountView | None:
    """The ledger account of one wallet, or None; one query."""
    return ledger.account_for(owner_kind=OWNER_KIND, owner_id=user.pk, code=CODE, currency=currency)


def _labelled(wallet: LedgerBalance, pending: dict[str, int], owed: dict[str, int]) -> WalletBalance:
    maturing = wallet.holds_by_reason.get(MATURING, 0)
    return WalletBalance(
        account_id=wallet.account_id,
        public_id=wallet.public_id,
        currency=wallet.currency,
        available_minor=wallet.available_minor,
        held_minor=wallet.held_minor - maturing,
        maturing_minor=maturing,
        pending_minor=pending.get(wallet.currency, 0),
        owed_minor=owed.get(wallet.currency, 0),
        is_frozen=_is_frozen(wallet),
        holds_by_reason=dict(wallet.holds_by_reason),
    )


def _is_frozen(wallet: LedgerBalance) -> bool:
    return bool(wallet.flags & 1)


def _owed(user: User) -> dict[str, int]:
    debts = ledger.wallets_of(owner_kind=OWNER_KIND, owner_id=user.pk, code=DEBT_CODE)
    return {debt.currency: max(-debt.posted_minor, 0) for debt in debts}
