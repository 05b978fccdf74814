"""Adding money by card: start it, open the provider's page, and settle it from what the provider says."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from accounts.wallets.selectors import wallet_of
from django.conf import settings
from django.urls import reverse

from accounts.activity.services import NewItem, change_state, record
from accounts.audit.services import publish
from accounts.limits.services import check, give_back
from ledger import services as ledger
from ledger.money import Money
from payments.funding import policy
from payments.funding.events import TopUpClosed, TopUpCredited, TopUpMismatched, TopUpStarted
from payments.funding.models import MaturedAtOnce, TopUp
from payments.funding.policy import TERMINAL, TopUpStatus
from payments.funding.postings import card_credit
from payments.funding.records import asked, fingerprint, get, insert, lock, move, write_event
from payments.providers.base import PageState, PaymentNow, Refused, Retryable, Unknown
from payments.providers.stripe.adapter import StripeCards
from wallet_project.lib import db, ids
from wallet_project.lib.api import IdempotencyKeyReused
from wallet_project.lib.errors import WalletError
from wallet_project.lib.failpoints import failpoint
from wallet_project.lib.origin import Origin

if TYPE_CHECKING:
    from datetime import datetime
    from uuid import UUID

    from accounts.identity.models import User

CARDS = StripeCards()
_PROVIDER = Origin(channel="provider")


class WalletMissing(WalletError):
    """The person has no wallet in this currency, or cards cannot add this currency."""

    code = "currency_mismatch"


class BelowMinimum(WalletError):
    """Less than a card payment can be. ``minimum`` shows the smallest sum."""

    code = "below_minimum"


class TopUpNotCancellable(WalletError):
    """It has ended already, or the provider has the money."""

    code = "state_conflict"


@dataclass(frozen=True, slots=True)
class Started:
    """A top-up, and whether this request made it or found it."""

    top_up: TopUp
    is_replay: bool


@dataclass(frozen=True, slots=True)
class Settled:
    """A top-up after a reading; ``is_known`` is false when the provider gave no answer."""

    top_up: TopUp
    is_known: bool


def start_top_up(
    *, user: User, amount: Money, method: str, idempotency_key: str, origin: Origin, at: datetime
) -> Started:
    """Stores the wish to add ``amount`` (minor units) and takes it from the day's limit. No money moves yet.

    The same key and body returns the first row as it is now. Raises IdempotencyKeyReused, WalletMissing,
    BelowMinimum, OverLimit; after a refusal no row is left.
    """
    wanted = fingerprint(amount, method)
    with db.transaction():
        earlier = TopUp.objects.filter(user=user, idempotency_key=idempotency_key).first()
        if earlier is not None:
            return _replayed(earlier, wanted)
        _refuse_amount(user, amount)
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
    provider's idempotency key, so asking twice opens one page.
    """
    top_up = get(top_up_id)
    if top_up.status != TopUpStatus.DRAFT:
        return top_up
    failpoint("top_up.before_open")
    back = settings.PUBLIC_URL + reverse("top_up_return", args=[ids.public("top", top_up.pk)])
    try:
        page = CARDS.open_page(
            top_up_id=top_up.pk,
            amount=Money(top_up.amount_minor, top_up.currency),
            expires_at=top_up.expires_at,
            return_url=back,
            cancel_url=f"{back}?stopped=1",
        )
    except (Retryable, Unknown):
        return top_up
    except Refused as refusal:
        return _close(top_up.pk, TopUpStatus.FAILED, reason="provider_refused", cause=f"stripe:{refusal.code}", at=at)
    failpoint("top_up.after_open")
    with db.transaction():
        locked = lock(top_up_id)
        if locked.status == TopUpStatus.DRAFT:
            locked.provider_id, locked.redirect_url = page.provider_id, page.url
            move(locked, TopUpStatus.AWAITING_ACTION, actor="provider:stripe", cause="page_opened", at=at)
            locked.save()
    return locked


def settle_from_provider(*, top_up_id: UUID, at: datetime, cause: str) -> Settled:
    """Reads the payment at the provider and makes our row agree: the one verb behind return page, webhook and sweep.

    Whoever comes first credits; the others find it done. A declined try closes the page first and counts as failed
    only when that succeeded. Without an answer nothing changes. Raises NotFound.
    """
    top_up = get(top_up_id)
    if top_up.status in TERMINAL:
        return Settled(top_up, is_known=True)
    if not top_up.provider_id:
        top_up = open_page(top_up_id=top_up_id, at=at)
        if not top_up.provider_id:
            return Settled(_expire_unopened(top_up, at=at), is_known=top_up.status in TERMINAL)
    try:
        now = _read_and_close_if_declined(top_up)
    except (Retryable, Unknown, Refused):
        return Settled(top_up, is_known=False)
    failpoint("top_up.before_settle")
    return Settled(_apply(top_up_id, now, cause=cause, at=at), is_known=True)


def cancel_top_up(*, top_up_id: UUID, user: User, at: datetime) -> TopUp:
    """The person does not want to pay after all: the page is closed at the provider, then the row is CANCELLED.

    If the money turns out to be there, it is credited instead. Raises NotFound, TopUpNotCancellable.
    """
    top_up = get(top_up_id, user=user)
    if top_up.status in TERMINAL:
        raise TopUpNotCancellable
    if top_up.provider_id:
        try:
            CARDS.close_page(provider_id=top_up.provider_id)
        except Refused:
            return settle_from_provider(top_up_id=top_up_id, at=at, cause="cancel").top_up
        except (Retryable, Unknown) as error:
            raise ProviderUnavailable from error
    return _close(top_up_id, TopUpStatus.CANCELLED, reason="by_person", cause="cancel", at=at)


class ProviderUnavailable(WalletError):
    """The card provider gives no answer; nothing was changed."""

    code = "provider_unavailable"


def check_due(*, at: datetime, limit: int = 50) -> int:
    """Asks the provider about top-ups that have been quiet; returns how many were looked at."""
    with db.transaction():
        due = list(
            TopUp.objects.select_for_update(skip_locked=True)
            .filter(next_check_at__lte=at)
            .order_by("next_check_at")[:limit]
        )
        for top_up in due:
            top_up.next_check_at, top_up.checks = at + policy.check_again_in(top_up.checks), top_up.checks + 1
            top_up.save(update_fields=["next_check_at", "checks"])
    for top_up in due:
        settle_from_provider(top_up_id=top_up.pk, at=at, cause="sweep")
    return len(due)


def release_matured(*, at: datetime) -> int:
    """Ends the holds whose time is over, so that matured money shows as available; returns how many.

    Correctness does not wait for it: the ledger lets an account that is short use what has matured.
    """
    with db.transaction():
        return ledger.expire_holds(at=at)


# --- reading


def _read_and_close_if_declined(top_up: TopUp) -> PaymentNow:
    now = CARDS.read(provider_id=top_up.provider_id)
    if policy.next_step(now, asked=asked(top_up), reference=str(top_up.pk)).close_page:
        try:
            CARDS.close_page(provider_id=top_up.provider_id)
        except Refused:
            # Not open any more: paid or expired in the meantime. The next reading says which.
            return CARDS.read(provider_id=top_up.provider_id)
        return CARDS.read(provider_id=top_up.provider_id)
    return now


def _apply(top_up_id: UUID, now: PaymentNow, *, cause: str, at: datetime) -> TopUp:
    with db.transaction():
        top_up = lock(top_up_id)
        if top_up.status in TERMINAL:
            return top_up
        step = policy.next_step(now, asked=asked(top_up), reference=str(top_up.pk))
        if step.status is None or step.status == top_up.status:
            return top_up
        _remember_payment(top_up, now)
        if step.status is TopUpStatus.CREDITED:
            _credit(top_up, now, cause=cause, at=at)
        elif step.status in TERMINAL:
            _end(top_up, step.status, reason=step.reason, cause=cause, at=at)
        else:
            _wait(top_up, step.status, reason=step.reason, cause=cause, at=at)
    return top_up


def _remember_payment(top_up: TopUp, now: PaymentNow) -> None:
    top_up.provider_payment_id = now.payment_id
    top_up.card_brand, top_up.card_last4 = now.card_brand[:20], now.card_last4[:4]


def _credit(top_up: TopUp, now: PaymentNow, *, cause: str, at: datetime) -> None:
    """Row, activity, event, books: one transaction, the books last."""
    if now.received is None or (now.page is PageState.EXPIRED and not now.payment_id):
        raise ValueError("a top-up is credited from what was received")
    wallet = wallet_of(top_up.user, top_up.currency)
    if wallet is None:
        raise WalletMissing
    maturing_minor = _take_maturing(top_up, at=at)
    move(top_up, TopUpStatus.CREDITED, actor="provider:stripe", cause=cause, at=at)
    top_up.next_check_at, top_up.reason = None, ""
    top_up.save()
    change_state(subject_id=top_up.pk, state=top_up.status, at=at)
    event = TopUpCredited(
        top_up_id=top_up.pk,
        user_id=top_up.user_id,
        amount_minor=now.received.amount_minor,
        currency=now.received.currency,
        maturing_minor=maturing_minor,
    )
    publish(event, actor="provider:stripe", subject_id=top_up.pk, origin=_PROVIDER, at=at)
    draft = card_credit(
        top_up_id=top_up.pk, wallet_account_id=wallet.id, received=now.received, actor="provider:stripe", at=at
    )
    if maturing_minor:
        ledger.post_and_hold(
            draft,
            hold_id=ids.derive(top_up.pk, "maturing"),
            account_id=wallet.id,
            amount=Money(maturing_minor, top_up.currency),
            reason="MATURING",
            expires_at=top_up.matures_at,
            at=at,
        )
    else:
        ledger.post(draft)


def _take_maturing(top_up: TopUp, *, at: datetime) -> int:
    """How much of this money must mature first; takes the rest from the person's lifetime allowance, row-locked."""
    MaturedAtOnce.objects.bulk_create([MaturedAtOnce(user_id=top_up.user_id)], ignore_conflicts=True)
    allowance = MaturedAtOnce.objects.select_for_update().get(user_id=top_up.user_id)
    at_once = policy.matures_at_once_minor(asked(top_up), used_minor=allowance.used_minor)
    if at_once:
        allowance.used_minor += at_once
        allowance.save(update_fields=["used_minor"])
    days = policy.MATURING_DAYS.get(top_up.user.tier, policy.MATURING_DAYS[0])
    top_up.maturing_minor = top_up.amount_minor - at_once if days else 0
    top_up.matures_at = at + timedelta(days=days) if top_up.maturing_minor else None
    return top_up.maturing_minor


def _end(top_up: TopUp, status: TopUpStatus, *, reason: str, cause: str, at: datetime) -> None:
    """Ends a top-up without money: its allowance is given back, the person is told."""
    actor = f"person:{top_up.user_id}" if status is TopUpStatus.CANCELLED else "provider:stripe"
    move(top_up, status, actor=actor, cause=cause, at=at)
    top_up.reason, top_up.next_check_at = reason, None
    top_up.save()
    change_state(subject_id=top_up.pk, state=top_up.status, at=at)
    give_back(
        user_id=top_up.user_id,
        product="TOP_UP",
        amount=asked(top_up),
        at_of_use=top_up.created_at,
        time_zone=top_up.user.time_zone,
    )
    event = TopUpClosed(
        top_up_id=top_up.pk,
        user_id=top_up.user_id,
        amount_minor=top_up.amount_minor,
        currency=top_up.currency,
        status=status.value,
        reason=reason,
    )
    publish(event, actor=actor, subject_id=top_up.pk, origin=_PROVIDER, at=at)


def _wait(top_up: TopUp, status: TopUpStatus, *, reason: str, cause: str, at: datetime) -> None:
    move(top_up, status, actor="provider:stripe", cause=cause, at=at)
    top_up.reason = reason
    top_up.save()
    change_state(subject_id=top_up.pk, state=top_up.status, at=at)
    if status is TopUpStatus.MISMATCH:
        event = TopUpMismatched(
            top_up_id=top_up.pk, user_id=top_up.user_id, amount_minor=top_up.amount_minor, currency=top_up.currency
        )
        publish(event, actor="provider:stripe", subject_id=top_up.pk, origin=_PROVIDER, at=at)


def _close(top_up_id: UUID, status: TopUpStatus, *, reason: str, cause: str, at: datetime) -> TopUp:
    with db.transaction():
        top_up = lock(top_up_id)
        if top_up.status not in TERMINAL:
            _end(top_up, status, reason=reason, cause=cause, at=at)
    return top_up


# --- small parts of starting


def _refuse_amount(user: User, amount: Money) -> None:
    minimum = policy.MIN_MINOR.get(amount.currency)
    if minimum is None or wallet_of(user, amount.currency) is None:
        raise WalletMissing
    if amount.amount_minor < minimum:
        raise BelowMinimum(minimum=Money(minimum, amount.currency))


def _replayed(earlier: TopUp, wanted: str) -> Started:
    if earlier.fingerprint != wanted:
        raise IdempotencyKeyReused
    return Started(earlier, is_replay=True)


def _expire_unopened(top_up: TopUp, *, at: datetime) -> TopUp:
    """A page nobody could ever see: nobody can have paid it."""
    if at < top_up.expires_at:
        return top_up
    return _close(top_up.pk, TopUpStatus.EXPIRED, reason="page_never_opened", cause="sweep", at=at)


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
