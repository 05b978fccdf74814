"""Makes people and money for tests, through the services that real people use."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any
from uuid import uuid4

from allauth.account.models import EmailAddress

from accounts.activity.services import NewItem, record
from accounts.devices.models import AppToken
from accounts.identity.models import User
from accounts.identity.services import people
from accounts.mfa import services as mfa
from accounts.wallets.selectors import wallet_of
from ledger import services as ledger
from ledger.chart import platform_account_id
from ledger.entries import EntryDraft, Leg
from wallet_project.lib import db, ids
from wallet_project.lib.origin import Origin

if TYPE_CHECKING:
    from ledger.money import Money

PASSWORD = "calm-heron-reads-42"
PIN = "739154"
ORIGIN = Origin(channel="web", request_id="test")


def now() -> datetime:
    """The moment a test acts."""
    return datetime.now(UTC)


def make_person(handle: str, *, pin: str | None = PIN, **fields: Any) -> User:
    """A verified customer with an open wallet and, unless ``pin`` is None, a payment PIN."""
    at = now()
    values = {
        "shown_name": handle.title() + " Example",
        "email": f"{handle}@example.com",
        "terms_accepted_at": at,
    } | fields
    with db.transaction_if_not_already():
        user = User.objects.create_user(password=PASSWORD, handle=handle, **values)
        if user.email:
            EmailAddress.objects.create(user=user, email=user.email, verified=True, primary=True)
        people.verification_completed(user=user, contact="email" if user.email else "phone", at=at, origin=ORIGIN)
    if pin is not None:
        mfa.set_pin(user=user, pin=pin, at=at, origin=ORIGIN)
    return User.objects.get(pk=user.pk)


def make_staff(handle: str, **fields: Any) -> User:
    """A member of staff without a second factor and without a wallet."""
    user = User.objects.create_user(
        password=PASSWORD, handle=handle, email=f"{handle}@example.com", is_staff=True, **fields
    )
    EmailAddress.objects.create(user=user, email=user.email, verified=True, primary=True)
    return user


def give_money(user: User, money: Money) -> None:
    """Puts matured money into a wallet: one entry from the card clearing account, and its activity row."""
    at, intent = now(), uuid4()
    wallet = wallet_of(user, money.currency)
    assert wallet is not None
    clearing = platform_account_id("clearing.stripe", money.currency)
    with db.transaction_if_not_already():
        record(
            NewItem(
                user_id=user.pk,
                kind="top_up",
                direction="IN",
                state="CREDITED",
                amount_minor=money.amount_minor,
                currency=money.currency,
                subject_kind="top_up",
                subject_id=intent,
                reference=ids.public("top", intent),
                url_name="top_up",
                occurred_at=at,
            )
        )
        ledger.post(
            EntryDraft(
                intent_id=intent,
                step="credit",
                kind="top_up.card",
                legs=(
                    Leg(wallet.id, money.amount_minor, money.currency),
                    Leg(clearing, -money.amount_minor, money.currency),
                ),
                effective_at=at,
                actor="test",
                reference=str(intent),
            )
        )


def available_minor(user: User, currency: str = "EUR") -> int:
    """What the person can spend now."""
    from accounts.wallets.selectors import balances_of

    return next(balance.available_minor for balance in balances_of(user) if balance.currency == currency)


def tokens_of(user: User) -> int:
    """How many app sessions the person has."""
    return AppToken.objects.filter(session__user=user).count()
