"""A delayed method, SEPA debit: the session completes unpaid, and days later the money has come or it has not."""

from payments.providers.simulator.store import Json
from payments.providers.simulator.stripe import objects, sessions
from payments.providers.simulator.stripe.cards import Card, Failure
from payments.providers.simulator.stripe.events import emit
from payments.providers.simulator.stripe.payments import (
    NotPayable,
    Result,
    book,
    complete,
    fail,
    intent_of,
    open_session,
)
from payments.providers.simulator.world import World, new_id

ACCOUNT = Card("3000", "a bank account", country="DE")
ACCOUNT_FACTS: Json = {
    "bank_code": "37040044",
    "branch_code": None,
    "country": "DE",
    "fingerprint": ACCOUNT.fingerprint,
    "last4": "3000",
}
RETURNED = Failure("payment_method_provider_decline", None, "The debit was returned by the bank.")


def pay_by_debit(world: World, session_id: str) -> Result:
    """The person chose the debit. Raises NotPayable unless the session is open and offers it."""
    with world.store.transaction():
        session = open_session(world, session_id)
        if not sessions.DELAYED_METHODS & set(session["payment_method_types"]):
            raise NotPayable
        intent = intent_of(world, session)
        method = world.store.put(_method(world, session))
        intent.update(status="processing", payment_method=method["id"], last_payment_error=None, next_action=None)
        world.store.put(intent)
        emit(world, "payment_intent.processing", intent)
        complete(world, session, "unpaid")
        return Result("paid", session)


def settle_debit(world: World, session_id: str, *, succeeded: bool) -> Json:
    """The bank's answer came in. Raises NotPayable when the session does not wait for one."""
    with world.store.transaction():
        session = sessions.get(world, session_id)
        intent = world.store.get(session["payment_intent"]) if session["payment_intent"] else None
        if not intent or intent["status"] != "processing":
            raise NotPayable
        method = world.store.get(intent["payment_method"]) or {}
        if not succeeded:
            fail(world, session, intent, method, RETURNED, None)
            emit(world, "checkout.session.async_payment_failed", session)
            return session
        charge = _charge(world, intent, method)
        intent.update(status="succeeded", amount_received=intent["amount"], latest_charge=charge["id"])
        emit(world, "charge.succeeded", charge)
        emit(world, "payment_intent.succeeded", world.store.put(intent))
        session["payment_status"] = "paid"
        emit(world, "checkout.session.async_payment_succeeded", world.store.put(session))
        book(world, charge)
        return session


def _method(world: World, session: Json) -> Json:
    return {
        "id": new_id("pm_1", 23),
        "object": "payment_method",
        "billing_details": {**objects.NO_BILLING, "email": session["customer_email"]},
        "created": world.now(),
        "customer": None,
        "livemode": False,
        "metadata": {},
        "sepa_debit": ACCOUNT_FACTS,
        "type": "sepa_debit",
    }


def _charge(world: World, intent: Json, method: Json) -> Json:
    as_card = {**method, "card": {}}
    charge = objects.charge(world, intent, as_card, ACCOUNT, failure=None, authenticated=False)
    charge["payment_method_details"] = {"sepa_debit": ACCOUNT_FACTS, "type": "sepa_debit"}
    return world.store.put(charge)
