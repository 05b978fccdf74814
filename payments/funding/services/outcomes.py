"""What becomes of a top-up: credited, ended without money, or waiting for a person. Each joins a transaction."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from accounts.activity.services import change_state
from accounts.audit.services import publish
from accounts.jurisdictions.rates import from_euro_cents, in_euro_cents
from accounts.limits.services import give_back
from accounts.wallets.selectors import wallet_of
from ledger import services as ledger
from ledger.money import Money
from payments.funding import policy
from payments.funding.events import TopUpClosed, TopUpCredited, TopUpMismatched
from payments.funding.models import MaturedAtOnce
from payments.funding.postings import card_credit
from payments.funding.records import asked, lock, move
from payments.funding.states import TERMINAL, TopUpStatus
from wallet_project.lib import db, ids
from wallet_project.lib.errors import WalletError
from wallet_project.lib.origin import Origin

if TYPE_CHECKING:
    from datetime import datetime
    from uuid import UUID

    from payments.funding.models import TopUp

PROVIDER = "provider:stripe"
_ORIGIN = Origin(channel="provider")


class WalletGone(WalletError):
    """There is no wallet the received money could be credited to."""

    code = "account_closed"


def credit(*, top_up: TopUp, received: Money, cause: str, at: datetime, actor: str = PROVIDER) -> None:
    """Credits what the provider ``received``: row, activity, event and books in one transaction, the books last.

    ``actor`` is who decided so, if not the provider's word. Raises WalletGone and what ``ledger.post`` raises when the
    wallet takes no money.
    """
    db.transaction_required()
    wallet = wallet_of(top_up.user, top_up.currency)
    if wallet is None:
        raise WalletGone
    maturing_minor = _take_maturing(top_up, received, at=at)
    move(top_up, TopUpStatus.CREDITED, actor=actor, cause=cause, at=at)
    top_up.next_check_at, top_up.reason = None, ""
    top_up.save()
    change_state(subject_id=top_up.pk, state=top_up.status, at=at)
    event = TopUpCredited(
        top_up_id=top_up.pk,
        user_id=top_up.user_id,
        amount_minor=received.amount_minor,
        currency=received.currency,
        maturing_minor=maturing_minor,
    )
    publish(event, actor=actor, subject_id=top_up.pk, origin=_ORIGIN, at=at)
    draft = card_credit(top_up_id=top_up.pk, wallet_account_id=wallet.id, received=received, actor=actor, at=at)
    if not maturing_minor:
        ledger.post(draft)
        return
    ledger.post_and_hold(
        draft,
        hold_id=ids.derive(top_up.pk, "maturing"),
        account_id=wallet.id,
        amount=Money(maturing_minor, received.currency),
        reason="MATURING",
        expires_at=top_up.matures_at,
        at=at,
    )


def _take_maturing(top_up: TopUp, received: Money, *, at: datetime) -> int:
    """How much of this money must mature first; takes the rest from the person's lifetime allowance, row-locked."""
    days = policy.maturing_days(top_up.user.tier)
    if not days:
        return 0
    MaturedAtOnce.objects.bulk_create([MaturedAtOnce(user_id=top_up.user_id)], ignore_conflicts=True)
    allowance = MaturedAtOnce.objects.select_for_update().get(user_id=top_up.user_id)
    left = policy.matures_at_once_minor(used_minor=allowance.used_minor)
    at_once = min(received.amount_minor, from_euro_cents(left, received.currency))
    if at_once:
        allowance.used_minor += in_euro_cents(at_once, received.currency)
        allowance.save(update_fields=["used_minor"])
    top_up.maturing_minor = received.amount_minor - at_once
    top_up.matures_at = at + timedelta(days=days) if top_up.maturing_minor else None
    return top_up.maturing_minor


def end(*, top_up: TopUp, status: TopUpStatus, reason: str, cause: str, at: datetime, actor: str = PROVIDER) -> None:
    """Ends a top-up without money: its limit is given back, the person is told."""
    db.transaction_required()
    if status is TopUpStatus.CANCELLED:
        actor = f"person:{top_up.user_id}"
    move(top_up, status, actor=actor, cause=cause, at=at)
    top_up.reason, top_up.next_check_at = reason, None
    top_up.save()
    change_state(subject_id=top_up.pk, state=top_up.status, at=at)
    give_back(
        user_id=top_up.user_id,
        product="TOP_UP",
        amount=asked(top_up),
        at_of_use=top_up.created_at,
    )
    event = TopUpClosed(
        top_up_id=top_up.pk,
        user_id=top_up.user_id,
        amount_minor=top_up.amount_minor,
        currency=top_up.currency,
        status=status.value,
        reason=reason,
    )
    publish(event, actor=actor, subject_id=top_up.pk, origin=_ORIGIN, at=at)


def wait(*, top_up: TopUp, status: TopUpStatus, cause: str, at: datetime) -> None:
    """The provider is still at it: the sweep asks again."""
    db.transaction_required()
    move(top_up, status, actor=PROVIDER, cause=cause, at=at)
    top_up.save()
    change_state(subject_id=top_up.pk, state=top_up.status, at=at)


def break_off(*, top_up: TopUp, reason: str, cause: str, at: datetime) -> None:
    """The provider has money that cannot simply be credited: nothing is booked, a person at the desk decides."""
    db.transaction_required()
    move(top_up, TopUpStatus.MISMATCH, actor=PROVIDER, cause=cause, at=at)
    top_up.reason, top_up.next_check_at = reason, None
    top_up.save()
    change_state(subject_id=top_up.pk, state=top_up.status, at=at)
    event = TopUpMismatched(
        top_up_id=top_up.pk, user_id=top_up.user_id, amount_minor=top_up.amount_minor, currency=top_up.currency
    )
    publish(event, actor=PROVIDER, subject_id=top_up.pk, origin=_ORIGIN, at=at)


def close(*, top_up_id: UUID, status: TopUpStatus, reason: str, cause: str, at: datetime) -> TopUp:
    """Ends a top-up without money unless it has ended; opens the transaction. Raises NotFound."""
    with db.transaction():
        top_up = lock(top_up_id)
        if top_up.status not in TERMINAL:
            end(top_up=top_up, status=status, reason=reason, cause=cause, at=at)
    return top_up
