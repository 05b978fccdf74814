"""Stripe through its own SDK. The development simulator is only another base address."""

from __future__ import annotations

import logging
from datetime import UTC, datetime
from functools import cache
from typing import TYPE_CHECKING, Any, NoReturn

import stripe
from django.conf import settings

from ledger.money import Money
from payments.providers.base import HostedPage, MoneyState, PageState, PaymentNow, Refused, Retryable, Unknown
from wallet_project.lib import db

if TYPE_CHECKING:
    from uuid import UUID

log = logging.getLogger(__name__)

TIMEOUT_SECONDS = 5
"""A person waits for this answer; after it the state is unknown and a worker asks."""

_PAGE = {"open": PageState.OPEN, "complete": PageState.COMPLETE, "expired": PageState.EXPIRED}
# An intent is cancelled with its page: only its last error tells whether a card was declined or nobody ever paid.
_MONEY = {
    "requires_payment_method": MoneyState.NONE,
    "requires_confirmation": MoneyState.NONE,
    "requires_action": MoneyState.ACTION,
    "processing": MoneyState.PROCESSING,
    "requires_capture": MoneyState.PROCESSING,
    "succeeded": MoneyState.RECEIVED,
    "canceled": MoneyState.NONE,
}


def _client() -> stripe.StripeClient:
    return _client_of(settings.STRIPE_API_KEY, settings.STRIPE_API_BASE)


@cache
def _client_of(api_key: str, address: str) -> stripe.StripeClient:
    return stripe.StripeClient(
        api_key,
        base_addresses={"api": address},
        http_client=stripe.RequestsClient(timeout=TIMEOUT_SECONDS),
        max_network_retries=0,
    )


class StripeCards:
    """Card top-ups by Checkout in redirect mode: no card number ever reaches us."""

    def open_page(
        self, *, top_up_id: UUID, amount: Money, expires_at: datetime, return_url: str, cancel_url: str
    ) -> HostedPage:
        """Opens a Checkout Session that names our row in both of its reference fields."""
        reference = str(top_up_id)
        params: Any = {
            "mode": "payment",
            "client_reference_id": reference,
            "success_url": return_url,
            "cancel_url": cancel_url,
            "expires_at": int(expires_at.timestamp()),
            "line_items": [
                {
                    "quantity": 1,
                    "price_data": {
                        "currency": amount.currency.lower(),
                        "unit_amount": amount.amount_minor,
                        "product_data": {"name": settings.PRODUCT_NAME},
                    },
                }
            ],
            "payment_intent_data": {"metadata": {"top_up": reference}},
            "payment_method_types": ["card"],
        }
        made = _ask(lambda: _client().v1.checkout.sessions.create(params, {"idempotency_key": f"top-up-{reference}"}))
        return HostedPage(
            provider_id=made["id"], url=made["url"] or "", expires_at=datetime.fromtimestamp(made["expires_at"], UTC)
        )

    def read(self, *, provider_id: str) -> PaymentNow:
        """Reads the session with its payment intent and charge: what was received, not what was asked."""
        params: Any = {"expand": ["payment_intent.latest_charge"]}
        return _payment(_ask(lambda: _client().v1.checkout.sessions.retrieve(provider_id, params)))

    def close_page(self, *, provider_id: str) -> None:
        """Expires the session at Stripe. Refused when it is complete or already expired."""
        _ask(lambda: _client().v1.checkout.sessions.expire(provider_id))


def _payment(session: dict[str, Any]) -> PaymentNow:
    intent: dict[str, Any] = session.get("payment_intent") or {}
    charge: dict[str, Any] = intent.get("latest_charge") or {}
    card: dict[str, Any] = (charge.get("payment_method_details") or {}).get("card") or {}
    failure: dict[str, Any] = intent.get("last_payment_error") or {}
    money = _MONEY.get(intent.get("status", "requires_payment_method"), MoneyState.PROCESSING)
    if money is MoneyState.NONE and failure:
        money = MoneyState.FAILED
    received = (
        Money(int(intent["amount_received"]), str(intent["currency"]).upper()) if money is MoneyState.RECEIVED else None
    )
    return PaymentNow(
        page=_PAGE[session["status"]],
        money=money,
        reference=session.get("client_reference_id") or "",
        received=received,
        payment_id=intent.get("id", ""),
        failure_code=failure.get("decline_code") or failure.get("code") or "",
        card_brand=card.get("brand") or "",
        card_last4=card.get("last4") or "",
        given_back_minor=int(charge.get("amount_refunded") or 0),
        is_disputed=bool(charge.get("disputed")),
    )


def _ask(call: Any) -> dict[str, Any]:
    """Makes one call outside any transaction and sorts what can go wrong into the three answers."""
    db.refuse_in_transaction()
    try:
        answer: dict[str, Any] = call().to_dict()
    except stripe.StripeError as error:
        _sort(error)
    return answer


def _sort(error: stripe.StripeError) -> NoReturn:
    code = error.code or type(error).__name__
    if isinstance(error, (stripe.AuthenticationError, stripe.PermissionError)):
        # Our key is wrong, not the person's payment: somebody must put it right, then the same request is sent again.
        log.error("the card provider refuses our key", extra={"provider": "stripe", "code": code})
        raise Retryable(code) from error
    if isinstance(error, stripe.RateLimitError) or error.http_status == 409:
        raise Retryable(code) from error
    if isinstance(error, (stripe.APIConnectionError, stripe.APIError)) or (error.http_status or 500) >= 500:
        raise Unknown(code) from error
    raise Refused(code) from error
