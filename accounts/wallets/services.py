"""Open a place for a person's money."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from accounts.audit.services import publish
from accounts.devices.errors import StaffOwnNoWallet
from accounts.jurisdictions.policy import currencies
from accounts.wallets.events import WalletOpened
from accounts.wallets.policy import CODE, OWNER_KIND
from accounts.wallets.selectors import wallet_of
from ledger import selectors as books
from ledger import services as ledger
from wallet_project.lib import db
from wallet_project.lib.errors import WalletError

if TYPE_CHECKING:
    from datetime import datetime
    from uuid import UUID

    from accounts.identity.models import User
    from ledger.facts import AccountView
    from wallet_project.lib.origin import Origin


class CurrencyNotOffered(WalletError):
    """We keep no wallets in this currency. ``currency`` names it."""

    code = "currency_not_offered"


class NotVerified(WalletError):
    """No contact is verified yet, so there is no first wallet either."""

    code = "not_verified"


@dataclass(frozen=True, slots=True)
class Opened:
    """The wallet's account, and whether this call opened it."""

    account: AccountView
    is_new: bool


def open_wallet(*, user: User, currency: str, at: datetime, origin: Origin) -> AccountView:
    """Opens the person's wallet in ``currency`` (once; again it answers the one there) and publishes WalletOpened.

    Joins the caller's transaction or opens one. Raises StaffOwnNoWallet, CurrencyNotOffered.
    """
    return _open(user=user, currency=currency, at=at, origin=origin).account


def add_wallet(*, user: User, currency: str, at: datetime, origin: Origin) -> Opened:
    """A verified person adds a currency. Raises NotVerified, StaffOwnNoWallet, CurrencyNotOffered."""
    if user.verified_at is None:
        raise NotVerified
    return _open(user=user, currency=currency, at=at, origin=origin)


def _open(*, user: User, currency: str, at: datetime, origin: Origin) -> Opened:
    if user.is_staff:
        raise StaffOwnNoWallet
    if currency not in currencies():
        raise CurrencyNotOffered(currency=currency)
    with db.transaction_if_not_already():
        there = wallet_of(user, currency)
        if there is not None:
            return Opened(there, is_new=False)
        account = ledger.open_account(
            owner_kind=OWNER_KIND, owner_id=user.pk, code=CODE, currency=currency, at=at, floor_minor=0
        )
        event = WalletOpened(user_id=user.pk, wallet_id=account.public_id, currency=currency)
        publish(event, actor=f"person:{user.pk}", subject_id=user.pk, origin=origin, at=at)
        return Opened(account, is_new=True)


def stop_spending(*, user_id: UUID, at: datetime) -> None:
    """Lets nothing leave the person's wallets any more; money that arrives is still taken.

    The books refuse it themselves, whatever a payment that is under way had read before. Joins the caller's
    transaction or opens one.
    """
    with db.transaction_if_not_already():
        for wallet in books.wallets_of(owner_kind=OWNER_KIND, owner_id=user_id, code=CODE):
            ledger.freeze(account_id=wallet.account_id, debit=True, credit=False, at=at)


def allow_spending(*, user_id: UUID, at: datetime) -> None:
    """Ends ``stop_spending``. Joins the caller's transaction or opens one."""
    with db.transaction_if_not_already():
        for wallet in books.wallets_of(owner_kind=OWNER_KIND, owner_id=user_id, code=CODE):
            ledger.unfreeze(account_id=wallet.account_id, debit=True, credit=False, at=at)
