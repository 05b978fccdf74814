"""The wish to add money, and the provider's page where it is paid."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.conf import settings
from django.urls import reverse

from accounts.activity.services import NewItem, change_state, record
from accounts.audit.services import publish
from accounts.limits.services import check
from accounts.wallets.selectors import wallet_of
from ledger.errors import AccountFrozen
from ledger.money import Money
from payments.funding import policy
from payments.funding.events import TopUpStarted
from payments.funding.models import TopUp
from payments.funding.records import asked, fingerprint, get, insert, lock, move, write_event
from payments.funding.services.outcomes import PROVIDER, close
from payments.funding.states import TopUpStatus
from payments.providers.base import Refused, Retryable, Unknown
from payments.providers.stripe.adapter import StripeCards
from wallet_project.lib import db, ids
from wallet_project.lib.api import IdempotencyKeyReused
from wallet_project.lib.errors import WalletError
from wallet_project.lib.failpoints import failpoint

if TYPE_CHECKING:
    from datetime import datetime
    from uuid import UUID

    from accounts.identity.models import User
    from payments.providers.base import CardRail
    from wallet_project.lib.origin import Origin

CARDS: CardRail = StripeCards()


class WalletMissing(WalletError):
    """The person has no wallet in this currency, or cards cannot add this currency."""

    code = "currency_mismatch"


class BelowMinimum(WalletError):
    """Less than a card payment can be. ``minimum`` shows the smallest sum."""

    code = "below_minimum"


@dataclass(frozen=True, slots=True)
class Started:
    """A top-up, and whether this request made it or found it."""

    top_up: TopUp
    is_replay: bool


def start_top_up(
    *, user: User, amount: Money, method: str, idempotency_key: str, origin: Origin, at: datetime
) -> Started:
    """Stores the wish to add ``amount`` (minor units) and takes it from the day's limit. No money moves yet.

    The same key and body returns the first row as it is now. Raises IdempotencyKeyReused, AccountFrozen (a frozen
    person adds no money), WalletMissing, BelowMinimum, OverLimit; after a refusal no row is left.
    """
    wanted = fingerprint(amount, method)
    with db.transaction():
        earlier = TopUp.objects.filter(user=user, idempotency_key=idempotency_key).first()
        if earlier is not None:
            return _replayed(earlier, wanted)
        _refuse(user, amount)
        made = insert(user, amount, method, idempotency_key, at)
        if made is None:
            twin = TopUp.objects.get(user=user, idempotency_key=idempotency_key)
            return _replayed(twin, wanted)
        check(user_id=user.pk, tier=user.tier, product="TOP_UP", amount=amount, at=at, time_zone=user.time_zone)
        actor = f"person:{user.pk}"
        write_event(made, "", TopUpStatus.DRAFT, actor=actor, cause="asked", at=at)
        record(_activity(made, at))
        event = TopUpStarted(
            top_up_id=made.pk,
            user_id=user.pk,
            amount_minor=amount.amount_minor,
            currency=amount.currency,
            method=method,
        )
        publish(event, actor=actor, subject_id=made.pk, origin=origin, at=at)
    return Started(made, is_replay=False)


def open_page(*, top_up_id: UUID, at: datetime) -> TopUp:
    """Opens the provider's page for a DRAFT; without an answer it stays DRAFT and a worker tries again.

    Outside any transaction: the row is committed before the provider hears of it, and the row's id is the
    provider's idempotency key, so asking twice opens one page. Raises NotFound.
    """
    top_up = get(top_up_id)
    if top_up.status != TopUpStatus.DRAFT:
        return top_up
    if top_up.expires_at - at < policy.PAGE_LIFE_MIN:
        # Nobody was ever shown a page, so nobody can have paid.
        return close(
            top_up_id=top_up_id, status=TopUpStatus.EXPIRED, reason="page_never_opened", cause="too_late", at=at
        )
    failpoint("top_up.before_open")
    back = settings.PUBLIC_URL + reverse("top_up_return", args=[ids.public("top", top_up.pk)])
    try:
        page = CARDS.open_page(
            top_up_id=top_up.pk,
            amount=asked(top_up),
            expires_at=top_up.expires_at,
            return_url=back,
            cancel_url=f"{back}?stopped=1",
        )
    except (Retryable, Unknown):
        return get(top_up_id)
    except Refused as refusal:
        return close(
            top_up_id=top_up_id,
            status=TopUpStatus.FAILED,
            reason="provider_refused",
            cause=f"stripe:{refusal.code}",
            at=at,
        )
    failpoint("top_up.after_open")
    with db.transaction():
        locked = lock(top_up_id)
        if locked.status == TopUpStatus.DRAFT:
            locked.provider_id, locked.redirect_url = page.provider_id, page.url
            locked.next_check_at = at + policy.check_again_in(0)
            move(locked, TopUpStatus.AWAITING_ACTION, actor=PROVIDER, cause="page_opened", at=at)
            locked.save()
            change_state(subject_id=locked.pk, state=locked.status, at=at)
    return locked


def _refuse(user: User, amount: Money) -> None:
    if user.state != user.State.ACTIVE:
        raise AccountFrozen
    minimum = policy.MIN_MINOR.get(amount.currency)
    if minimum is None or wallet_of(user, amount.currency) is None:
        raise WalletMissing
    if amount.amount_minor < minimum:
        raise BelowMinimum(minimum=Money(minimum, amount.currency))


def _replayed(earlier: TopUp, wanted: str) -> Started:
    if earlier.fingerprint != wanted:
        raise IdempotencyKeyReused
    return Started(earlier, is_replay=True)


def _activity(top_up: TopUp, at: datetime) -> NewItem:
    return NewItem(
        user_id=top_up.user_id,
        kind="top_up",
        direction="IN",
        state=top_up.status,
        amount_minor=top_up.amount_minor,
        currency=top_up.currency,
        subject_kind="top_up",
        subject_id=top_up.pk,
        reference=ids.public("top", top_up.pk),
        url_name="top_up",
        occurred_at=at,
    )
