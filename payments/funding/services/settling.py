"""Making our row agree with what the provider says: the one verb behind return page, webhook and sweep."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from ledger.errors import AccountClosed, AccountFrozen, CeilingExceeded
from payments.funding import policy
from payments.funding.records import asked, get, lock
from payments.funding.services import outcomes
from payments.funding.services.starting import CARDS, open_page
from payments.funding.states import LEFT_ALONE, TopUpStatus
from payments.providers.base import PaymentNow, Refused, Retryable, Unknown
from wallet_project.lib import db
from wallet_project.lib.failpoints import failpoint

if TYPE_CHECKING:
    from datetime import datetime
    from uuid import UUID

    from payments.funding.models import TopUp


@dataclass(frozen=True, slots=True)
class Settled:
    """A top-up after a reading; ``is_known`` is false when the provider gave no answer."""

    top_up: TopUp
    is_known: bool


def settle_from_provider(*, top_up_id: UUID, at: datetime, cause: str) -> Settled:
    """Reads the payment at the provider and makes our row agree; nothing changes without an answer.

    Whoever comes first credits; the others find it done. A declined try closes the page first and counts as failed
    only when that succeeded. Raises NotFound.
    """
    top_up = get(top_up_id)
    if top_up.status in LEFT_ALONE:
        return Settled(top_up, is_known=True)
    if not top_up.provider_id:
        top_up = open_page(top_up_id=top_up_id, at=at)
        if not top_up.provider_id:
            return Settled(top_up, is_known=top_up.status in LEFT_ALONE)
    try:
        now = _read_and_close_if_declined(top_up)
    except (Retryable, Unknown, Refused):
        return Settled(top_up, is_known=False)
    failpoint("top_up.before_settle")
    return Settled(_apply(top_up_id, now, cause=cause, at=at), is_known=True)


def _read_and_close_if_declined(top_up: TopUp) -> PaymentNow:
    now = CARDS.read(provider_id=top_up.provider_id)
    if not policy.next_step(now, asked=asked(top_up), reference=str(top_up.pk)).close_page:
        return now
    try:
        CARDS.close_page(provider_id=top_up.provider_id)
    except Refused:
        # Not open any more: paid or expired in the meantime. The next reading says which.
        return CARDS.read(provider_id=top_up.provider_id)
    return CARDS.read(provider_id=top_up.provider_id)


def _apply(top_up_id: UUID, now: PaymentNow, *, cause: str, at: datetime) -> TopUp:
    try:
        return _follow(top_up_id, now, cause=cause, at=at)
    except (AccountClosed, AccountFrozen, CeilingExceeded, outcomes.WalletGone) as refusal:
        # The card was charged and the wallet takes nothing: that transaction is spoiled, the fact is kept in another.
        return _keep_for_desk(top_up_id, now, reason=refusal.code, cause=cause, at=at)


def _follow(top_up_id: UUID, now: PaymentNow, *, cause: str, at: datetime) -> TopUp:
    with db.transaction():
        top_up = lock(top_up_id)
        step = policy.next_step(now, asked=asked(top_up), reference=str(top_up.pk))
        if top_up.status in LEFT_ALONE or step.status is None or step.status == top_up.status:
            return top_up
        _remember_payment(top_up, now)
        if step.status is TopUpStatus.CREDITED and now.received is not None:
            outcomes.credit(top_up=top_up, received=now.received, cause=cause, at=at)
        elif step.status is TopUpStatus.MISMATCH:
            outcomes.break_off(top_up=top_up, reason=step.reason, cause=cause, at=at)
        elif step.status is TopUpStatus.PROCESSING:
            outcomes.wait(top_up=top_up, status=step.status, cause=cause, at=at)
        elif step.status is TopUpStatus.EXPIRED and top_up.reason == policy.STOPPED_BY_PERSON:
            # The person closed the page; whoever reads that first says so.
            outcomes.end(
                top_up=top_up, status=TopUpStatus.CANCELLED, reason=policy.STOPPED_BY_PERSON, cause=cause, at=at
            )
        else:
            outcomes.end(top_up=top_up, status=step.status, reason=step.reason, cause=cause, at=at)
    return top_up


def _keep_for_desk(top_up_id: UUID, now: PaymentNow, *, reason: str, cause: str, at: datetime) -> TopUp:
    with db.transaction():
        top_up = lock(top_up_id)
        if top_up.status not in LEFT_ALONE:
            _remember_payment(top_up, now)
            outcomes.break_off(top_up=top_up, reason=reason, cause=cause, at=at)
    return top_up


def _remember_payment(top_up: TopUp, now: PaymentNow) -> None:
    top_up.provider_payment_id = now.payment_id
    top_up.card_brand, top_up.card_last4 = now.card_brand[:20], now.card_last4[:4]
