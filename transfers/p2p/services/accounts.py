"""Rows and accounts a transfer stands on, and the ledger's refusals in the words of this room."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from accounts.identity.models import User
from accounts.wallets.policy import CODE
from ledger.errors import AccountClosed, AccountFrozen, CeilingExceeded, CurrencyMismatch
from ledger.selectors import accounts_for_owners
from transfers.p2p.models import Transfer
from transfers.p2p.postings import Movement
from transfers.payees.errors import PayeeCannotReceive
from wallet_project.lib.errors import NotFound

if TYPE_CHECKING:
    from collections.abc import Iterator
    from uuid import UUID


@dataclass(frozen=True, slots=True)
class Accounts:
    """The ledger accounts of both people in the transfer's currency."""

    sender: int
    receiver: int

    def movement(self, transfer: Transfer) -> Movement:
        """The transfer between these accounts."""
        return Movement(transfer.pk, self.sender, self.receiver, transfer.amount_minor, transfer.currency)


def accounts_for(*, sender_id: UUID, receiver_id: UUID, currency: str) -> Accounts:
    """Both wallets in ``currency``, in one query.

    Raises CurrencyMismatch when the sender has none, PayeeCannotReceive when the receiver has none or it takes no
    money now: the sender is not told which.
    """
    found = accounts_for_owners(owner_ids=[sender_id, receiver_id], code=CODE, currency=currency)
    sender, receiver = found.get(sender_id), found.get(receiver_id)
    if sender is None:
        raise CurrencyMismatch(currency=currency)
    if receiver is None or not receiver.takes_credits:
        raise PayeeCannotReceive
    return Accounts(sender.id, receiver.id)


@contextmanager
def receiver_refusals(accounts: Accounts) -> Iterator[None]:
    """A refusal about the receiver's account (frozen since, closed, full) says only that they cannot receive now."""
    try:
        yield
    except (AccountFrozen, AccountClosed, CeilingExceeded) as refusal:
        if refusal.params.get("account_id") == accounts.receiver:
            raise PayeeCannotReceive from refusal
        raise


def require_both(*, sender_id: UUID, receiver_id: UUID) -> None:
    """Asks anew, for money that was held and may go now: a person may have been frozen in between.

    Raises AccountFrozen unless the sender may send, PayeeCannotReceive unless the receiver may receive. One query.
    """
    active = User.objects.filter(pk__in=[sender_id, receiver_id], state=User.State.ACTIVE)
    allowed = set(active.values_list("pk", flat=True))
    if sender_id not in allowed:
        raise AccountFrozen
    if receiver_id not in allowed:
        raise PayeeCannotReceive


def require_sender(sender: User) -> None:
    """Raises AccountFrozen unless the person may send money."""
    if sender.state != User.State.ACTIVE:
        raise AccountFrozen


def locked(transfer_id: UUID) -> Transfer:
    """The transfer with its row locked: confirm, cancel, expire and review queue here. Raises NotFound."""
    transfer = Transfer.objects.select_for_update().filter(pk=transfer_id).first()
    if transfer is None:
        raise NotFound
    return transfer
