"""Stripe's objects, with every field the wallet or its operators may look at. Amounts are in minor units."""

from payments.providers.simulator.store import Json
from payments.providers.simulator.stripe.cards import Card, Failure
from payments.providers.simulator.world import World, new_id

NO_BILLING: Json = {
    "address": {"city": None, "country": None, "line1": None, "line2": None, "postal_code": None, "state": None},
    "email": None,
    "name": None,
    "phone": None,
    "tax_id": None,
}
FIXED_FEE_MINOR = {"eur": 25, "usd": 30, "gbp": 20, "chf": 30, "cny": 200}
DISPUTE_FEE_MINOR = {"eur": 2000, "usd": 1500, "gbp": 2000, "chf": 2000}
SETTLES_AFTER_SECONDS = 7 * 24 * 3600


def payment_intent(world: World, session: Json) -> Json:
    """The intent behind a Checkout Session, before any card was tried."""
    intent_id = new_id("pi_3", 23)
    data = session["_intent_data"]
    return {
        "id": intent_id,
        "object": "payment_intent",
        "amount": session["amount_total"],
        "amount_capturable": 0,
        "amount_details": {"tip": {}},
        "amount_received": 0,
        "application": None,
        "application_fee_amount": None,
        "automatic_payment_methods": None,
        "canceled_at": None,
        "cancellation_reason": None,
        "capture_method": "automatic_async",
        "client_secret": new_id(f"{intent_id}_secret"),
        "confirmation_method": "automatic",
        "created": world.now(),
        "currency": session["currency"],
        "customer": None,
        "description": data["description"],
        "last_payment_error": None,
        "latest_charge": None,
        "livemode": False,
        "metadata": data["metadata"],
        "next_action": None,
        "on_behalf_of": None,
        "payment_method": None,
        "payment_method_options": {"card": {"request_three_d_secure": "automatic"}},
        "payment_method_types": session["payment_method_types"],
        "processing": None,
        "receipt_email": data["receipt_email"],
        "review": None,
        "setup_future_usage": None,
        "shipping": None,
        "source": None,
        "statement_descriptor": data["statement_descriptor"],
        "statement_descriptor_suffix": data["statement_descriptor_suffix"],
        "status": "requires_payment_method",
        "transfer_data": None,
        "transfer_group": None,
        "_session": session["id"],
    }


def payment_method(world: World, card: Card, expiry: tuple[int, int], email: str | None) -> Json:
    """A card as it was typed; only its last digits are kept."""
    return {
        "id": new_id("pm_1", 23),
        "object": "payment_method",
        "allow_redisplay": "limited",
        "billing_details": {**NO_BILLING, "email": email},
        "card": _card_facts(card, expiry),
        "created": world.now(),
        "customer": None,
        "livemode": False,
        "metadata": {},
        "type": "card",
    }


def _card_facts(card: Card, expiry: tuple[int, int]) -> Json:
    return {
        "brand": card.brand,
        "checks": {"address_line1_check": None, "address_postal_code_check": None, "cvc_check": "pass"},
        "country": card.country,
        "display_brand": card.brand,
        "exp_month": expiry[0],
        "exp_year": expiry[1],
        "fingerprint": card.fingerprint,
        "funding": card.funding,
        "last4": card.last4,
        "networks": {"available": [card.brand], "preferred": None},
        "three_d_secure_usage": {"supported": True},
        "wallet": None,
    }


def charge(
    world: World, intent: Json, method: Json, card: Card, *, failure: Failure | None, authenticated: bool
) -> Json:
    """One try at the issuer: taken, or refused with a reason."""
    charge_id = new_id("ch_3", 23)
    facts = {**method["card"], "amount_authorized": intent["amount"], "network": card.brand}
    facts["three_d_secure"] = (
        {"authentication_flow": "challenge", "result": "authenticated", "version": "2.2.0"} if authenticated else None
    )
    taken = 0 if failure else intent["amount"]
    return {
        "id": charge_id,
        "object": "charge",
        "amount": intent["amount"],
        "amount_captured": taken,
        "amount_refunded": 0,
        "application": None,
        "application_fee": None,
        "balance_transaction": None,
        "billing_details": method["billing_details"],
        "calculated_statement_descriptor": "TEST PAYMENT",
        "captured": failure is None,
        "created": world.now(),
        "currency": intent["currency"],
        "customer": None,
        "description": intent["description"],
        "disputed": False,
        "failure_balance_transaction": None,
        "failure_code": failure.code if failure else None,
        "failure_message": failure.message if failure else None,
        "fraud_details": {},
        "livemode": False,
        "metadata": intent["metadata"],
        "outcome": _outcome(card, failure),
        "paid": failure is None,
        "payment_intent": intent["id"],
        "payment_method": method["id"],
        "payment_method_details": {"card": facts, "type": "card"},
        "receipt_email": intent["receipt_email"],
        "receipt_url": None,
        "refunded": False,
        "review": None,
        "shipping": None,
        "source_transfer": None,
        "statement_descriptor": intent["statement_descriptor"],
        "status": "failed" if failure else "succeeded",
        "transfer_group": None,
        "_card": card.number,
    }


def _outcome(card: Card, failure: Failure | None) -> Json:
    scores = {"normal": 20, "elevated": 70, "highest": 95}
    outcome: Json = {
        "advice_code": None,
        "network_advice_code": None,
        "network_decline_code": None,
        "network_status": "approved_by_network",
        "reason": None,
        "risk_level": card.risk,
        "risk_score": scores[card.risk],
        "seller_message": "Payment complete.",
        "type": "authorized",
    }
    if failure and failure.blocked:
        return outcome | {
            "network_status": "not_sent_to_network",
            "reason": "highest_risk_level",
            "seller_message": "Stripe blocked this payment as too risky.",
            "type": "blocked",
        }
    if failure:
        return outcome | {
            "network_status": "declined_by_network",
            "reason": failure.decline_code or failure.code,
            "seller_message": "The bank did not return any further details with this decline.",
            "type": "issuer_declined",
        }
    if card.risk == "elevated":
        return outcome | {"reason": "elevated_risk_level", "type": "manual_review"}
    return outcome


def payment_error(failure: Failure, method: Json | None, charge_id: str | None) -> Json:
    """`last_payment_error`, as the intent carries it. Authentication failures are not card errors."""
    kind = "invalid_request_error" if failure.code == "payment_intent_authentication_failure" else "card_error"
    error = {
        "charge": charge_id,
        "code": failure.code,
        "decline_code": failure.decline_code,
        "doc_url": f"https://docs.stripe.com/error-codes#{failure.code.replace('_', '-')}",
        "message": failure.message,
        "payment_method": method,
        "type": kind,
    }
    return {key: value for key, value in error.items() if value is not None}


def processing_fee(amount: int, currency: str) -> int:
    """What the provider keeps: 1.5 % rounded half up, and a fixed part. Its published price for EEA cards in EUR."""
    return (amount * 15 + 500) // 1000 + FIXED_FEE_MINOR.get(currency, 0)


def balance_transaction(
    world: World, kind: str, source: Json, amount: int, *, fee: int = 0, available_at_once: bool = False
) -> Json:
    """One line of the merchant's balance with the provider. `amount` is signed; `net` is what is left of it."""
    now = world.now()
    details = [{"amount": fee, "application": None, "currency": source["currency"], "type": "stripe_fee"}]
    return {
        "id": new_id("txn_3", 23),
        "object": "balance_transaction",
        "amount": amount,
        "available_on": now if available_at_once else now + SETTLES_AFTER_SECONDS,
        "balance_type": "payments",
        "created": now,
        "currency": source["currency"],
        "description": source.get("description"),
        "exchange_rate": None,
        "fee": fee,
        "fee_details": details if fee else [],
        "net": amount - fee,
        "reporting_category": {"adjustment": "dispute"}.get(kind, kind),
        "source": source["id"],
        "status": "available" if available_at_once else "pending",
        "type": kind,
    }
