"""Checkout Sessions: opened by the merchant's server, paid or left by a person, expired by either or by time."""

from typing import Any

from payments.providers.simulator.store import Json
from payments.providers.simulator.stripe.events import emit
from payments.providers.simulator.stripe.wire import ApiError, Params, missing
from payments.providers.simulator.world import World, new_id

SHORTEST_SECONDS = 30 * 60
LONGEST_SECONDS = 24 * 3600
CLOCK_DIFFERENCE_SECONDS = 60
LARGEST_AMOUNT = 99_999_999
SMALLEST_AMOUNT = {"eur": 50, "usd": 50, "gbp": 30, "chf": 50, "jpy": 50}
_CURRENCIES = (
    "aed aud bgn bhd brl cad chf clp cny czk dkk eur gbp hkd huf idr ils inr isk jod jpy krw kwd mxn myr nok nzd"
    " omr php pln ron sar sek sgd thb tnd try twd uah usd vnd zar"
)
_LOCALES = (
    "auto bg cs da de el en en-GB es es-419 et fi fil fr fr-CA hr hu id it ja ko lt lv ms mt nb nl pl pt pt-BR ro ru"
    " sk sl sv th tr vi zh zh-HK zh-TW"
)
CURRENCIES = frozenset(_CURRENCIES.split())
LOCALES = tuple(_LOCALES.split())
METHODS = ("card", "sepa_debit")
# Accepted because real callers send them, kept as sent, without effect on what is simulated.
KEPT_AS_SENT = ("billing_address_collection", "customer_creation", "submit_type", "origin_context")
DELAYED_METHODS = frozenset({"sepa_debit"})


def create(world: World, params: Params, base_url: str) -> Json:
    """Open a session in payment mode. `base_url` is where the person's browser reaches the hosted page."""
    now = world.now()
    mode = params.choice("mode", ("payment", "setup", "subscription"), required=True)
    if mode != "payment":
        raise ApiError("This simulator supports Checkout in `payment` mode only.", param="mode")
    params.choice("ui_mode", ("hosted_page", "hosted"))
    items = [_line_item(world, item) for item in params.groups("line_items")]
    if not items:
        raise ApiError("Missing required param: line_items.", code="parameter_missing", param="line_items")
    currency, total = _total(items, params)
    session_id = new_id("cs_test", 58)
    session = {
        "id": session_id,
        "object": "checkout.session",
        **_fixed_fields(),
        **{name: params.text(name) for name in KEPT_AS_SENT},
        "adaptive_pricing": {"enabled": False},
        "amount_subtotal": total,
        "amount_total": total,
        "cancel_url": params.url("cancel_url"),
        "client_reference_id": params.text("client_reference_id", longest=200),
        "created": now,
        "currency": currency,
        "customer_email": params.text("customer_email", longest=512),
        "expires_at": _expiry(params, now),
        "locale": params.choice("locale", LOCALES),
        "metadata": params.metadata(),
        "mode": mode,
        "payment_method_options": _method_options(params),
        "payment_method_types": _method_types(params),
        "success_url": params.url("success_url", required=True),
        "total_details": {"amount_discount": 0, "amount_shipping": 0, "amount_tax": 0},
        "url": f"{base_url}/c/pay/{session_id}",
        "_intent_data": _intent_data(params.group("payment_intent_data")),
        "_line_items": items,
    }
    params.group("adaptive_pricing").choice("enabled", ("true", "false"))
    params.done()
    world.store.put(session)
    world.do_later(session["expires_at"] - now, "expire_session", session_id)
    return session


def _fixed_fields() -> Json:
    return {
        "after_expiration": None,
        "allow_promotion_codes": None,
        "automatic_tax": {"enabled": False, "liability": None, "provider": None, "status": None},
        "client_secret": None,
        "collected_information": None,
        "consent": None,
        "consent_collection": None,
        "custom_fields": [],
        "custom_text": {"after_submit": None, "shipping_address": None, "submit": None},
        "customer": None,
        "customer_details": None,
        "discounts": [],
        "invoice": None,
        "livemode": False,
        "payment_intent": None,
        "payment_link": None,
        "payment_method_collection": "if_required",
        "payment_status": "unpaid",
        "phone_number_collection": {"enabled": False},
        "recovered_from": None,
        "return_url": None,
        "setup_intent": None,
        "shipping_cost": None,
        "shipping_options": [],
        "status": "open",
        "subscription": None,
        "ui_mode": "hosted_page",
    }


def _line_item(world: World, item: Params) -> Json:
    price = item.group("price_data")
    currency = (price.text("currency", required=True) or "").lower()
    if currency not in CURRENCIES:
        raise ApiError(
            f"Invalid currency: {currency}. Supported currencies: {', '.join(sorted(CURRENCIES))}",
            param=price.name_of("currency"),
        )
    unit_amount = price.integer("unit_amount", required=True)
    product = price.group("product_data")
    name = product.text("name", required=True, longest=250)
    product.text("description", longest=1000)
    product.metadata()
    product.done()
    price.done()
    quantity = item.integer("quantity", required=True, smallest=1) or 1
    item.done()
    total = (unit_amount or 0) * quantity
    return {
        "id": new_id("li_1", 23),
        "object": "item",
        "amount_discount": 0,
        "amount_subtotal": total,
        "amount_tax": 0,
        "amount_total": total,
        "currency": currency,
        "description": name,
        "price": {
            "id": new_id("price_1", 23),
            "object": "price",
            "active": False,
            "created": world.now(),
            "currency": currency,
            "livemode": False,
            "metadata": {},
            "product": new_id("prod", 14),
            "type": "one_time",
            "unit_amount": unit_amount,
        },
        "quantity": quantity,
    }


def _total(items: list[Json], params: Params) -> tuple[str, int]:
    named = params.text("currency")
    currencies = {item["currency"] for item in items} | ({named.lower()} if named else set())
    if len(currencies) != 1:
        raise ApiError("All line items must have the same currency.", param="line_items")
    currency = currencies.pop()
    total = sum(item["amount_total"] for item in items)
    if total < SMALLEST_AMOUNT.get(currency, 1):
        message = "The Checkout Session's total amount due must add up to at least the minimum charge amount."
        raise ApiError(message, code="amount_too_small")
    if total > LARGEST_AMOUNT:
        raise ApiError("The Checkout Session's total amount is too large.", code="amount_too_large")
    return currency, total


def _expiry(params: Params, now: int) -> int:
    asked = params.integer("expires_at")
    if asked is None:
        return now + LONGEST_SECONDS
    earliest = now + SHORTEST_SECONDS - CLOCK_DIFFERENCE_SECONDS
    if not earliest <= asked <= now + LONGEST_SECONDS + CLOCK_DIFFERENCE_SECONDS:
        raise ApiError(
            "The `expires_at` timestamp must be between 30 minutes and 24 hours from Checkout Session creation.",
            param="expires_at",
        )
    return asked


def _method_types(params: Params) -> list[str]:
    asked = params.strings("payment_method_types") or ["card"]
    for place, name in enumerate(asked):
        if name not in METHODS:
            raise ApiError(f"Invalid payment_method_types[{place}]: {name}", param=f"payment_method_types[{place}]")
    return asked


def _method_options(params: Params) -> Json:
    options = params.group("payment_method_options")
    card = options.group("card")
    asked = card.choice("request_three_d_secure", ("any", "automatic", "challenge"))
    card.done()
    options.done()
    return {"card": {"request_three_d_secure": asked or "automatic"}}


def _intent_data(data: Params) -> Json:
    data.choice("capture_method", ("automatic", "automatic_async"))
    values: Json = {
        "description": data.text("description", longest=1000),
        "metadata": data.metadata(),
        "receipt_email": data.text("receipt_email", longest=512),
        "statement_descriptor": data.text("statement_descriptor", longest=22),
        "statement_descriptor_suffix": data.text("statement_descriptor_suffix", longest=22),
    }
    data.done()
    return values


def get(world: World, session_id: str) -> Json:
    """The session, or Stripe's 404."""
    session = world.store.get(session_id, "checkout.session")
    if session is None:
        raise missing("checkout.session", session_id, "session")
    return session


def expire(world: World, session_id: str) -> Json:
    """End an open session: nobody can pay it any more. What is not open is refused and stays as it is."""
    session = get(world, session_id)
    if session["status"] != "open":
        raise ApiError(
            'Only Checkout Sessions with a status in ["open"] can be expired.'
            f" This Checkout Session has a status of `{session['status']}`.",
            executed=True,
        )
    session.update(status="expired", url=None)
    world.store.put(session)
    intent = world.store.get(session["payment_intent"]) if session["payment_intent"] else None
    if intent:
        changes: dict[str, Any] = {"status": "canceled", "next_action": None, "canceled_at": world.now()}
        intent.update(changes, cancellation_reason="automatic")
        world.store.put(intent)
        emit(world, "payment_intent.canceled", intent)
    emit(world, "checkout.session.expired", session)
    return session


def expire_if_late(world: World, session_id: str) -> None:
    """Expire an open session whose time is up, whether or not the clock's thread has come round to it."""
    session = get(world, session_id)
    if session["status"] == "open" and session["expires_at"] <= world.now():
        expire(world, session_id)
