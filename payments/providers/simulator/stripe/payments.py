"""What happens when a person pays: card, 3-D Secure, charge, and the events that tell of it, in that order.

Every function runs in one transaction: a second try waits for the first and then finds the session paid.
"""

from dataclasses import dataclass
from typing import Literal

from payments.providers.simulator.store import Json
from payments.providers.simulator.stripe import aftermath, objects, sessions
from payments.providers.simulator.stripe.cards import BY_NUMBER, NOT_AUTHENTICATED, Card, Failure
from payments.providers.simulator.stripe.events import emit
from payments.providers.simulator.world import World

Answer = Literal["approve", "fail", "abandon"]


class NotPayable(Exception):
    """The session is complete or expired; nothing was charged."""


@dataclass(frozen=True)
class Result:
    """Where the person goes next: `paid`, `declined`, `challenge` (3-D Secure) or `left`."""

    outcome: Literal["paid", "declined", "challenge", "left"]
    session: Json

    @property
    def url(self) -> str | None:
        """The merchant's page for this outcome, or the 3-D Secure page. None: the merchant named no page."""
        if self.outcome == "paid":
            return success_url(self.session)
        if self.outcome == "challenge":
            return f"{self.session['url']}/authenticate"
        cancel: str | None = self.session["cancel_url"]
        return cancel


def success_url(session: Json) -> str:
    """Where a paid session sends the person, with its own id filled in."""
    return str(session["success_url"]).replace("{CHECKOUT_SESSION_ID}", session["id"])


def try_card(world: World, session_id: str, card: Card, expiry: tuple[int, int]) -> Result:
    """A card was entered. Raises NotPayable unless the session is open."""
    with world.store.transaction():
        session = open_session(world, session_id)
        intent = intent_of(world, session)
        method = objects.payment_method(world, card, expiry, session["customer_email"])
        world.store.put(method)
        intent.update(payment_method=method["id"], last_payment_error=None, next_action=None, _card=card.number)
        if card.unreachable:
            return fail(world, session, intent, method, card.failure or NOT_AUTHENTICATED, None)
        if not card.challenge:
            return _charge(world, session, intent, method, card, authenticated=False)
        page = f"{session['url']}/authenticate"
        intent["status"] = "requires_action"
        intent["next_action"] = {
            "type": "redirect_to_url",
            "redirect_to_url": {"url": page, "return_url": session["url"]},
        }
        world.store.put(intent)
        emit(world, "payment_intent.requires_action", intent)
        return Result("challenge", session)


def awaits_challenge(world: World, session: Json) -> bool:
    """Whether a 3-D Secure question is open on this session."""
    intent = world.store.get(session["payment_intent"]) if session["payment_intent"] else None
    return bool(intent and intent["status"] == "requires_action")


def answer_challenge(world: World, session_id: str, answer: Answer) -> Result:
    """The person answered, or left, their bank's question. Raises NotPayable when there is none to answer."""
    with world.store.transaction():
        session = open_session(world, session_id)
        if not awaits_challenge(world, session):
            raise NotPayable
        if answer == "abandon":
            return Result("left", session)
        intent = intent_of(world, session)
        method = world.store.get(intent["payment_method"]) or {}
        intent["next_action"] = None
        if answer == "fail":
            return fail(world, session, intent, method, NOT_AUTHENTICATED, None)
        return _charge(world, session, intent, method, BY_NUMBER[intent["_card"]], authenticated=True)


def open_session(world: World, session_id: str) -> Json:
    """The session, if it can still be paid. Raises NotPayable."""
    sessions.expire_if_late(world, session_id)
    session = sessions.get(world, session_id)
    if session["status"] != "open":
        raise NotPayable
    return session


def intent_of(world: World, session: Json) -> Json:
    """The session's intent; Checkout makes it at the first try, not when the session is opened."""
    if session["payment_intent"]:
        return world.store.get(session["payment_intent"]) or {}
    intent = world.store.put(objects.payment_intent(world, session))
    session["payment_intent"] = intent["id"]
    world.store.put(session)
    emit(world, "payment_intent.created", intent)
    return intent


def _charge(world: World, session: Json, intent: Json, method: Json, card: Card, *, authenticated: bool) -> Result:
    failure = card.failure
    if failure and not failure.reaches_issuer:
        return fail(world, session, intent, method, failure, None)
    charge = objects.charge(world, intent, method, card, failure=failure, authenticated=authenticated)
    world.store.put(charge)
    intent["latest_charge"] = charge["id"]
    if failure:
        emit(world, "charge.failed", charge)
        return fail(world, session, intent, method, failure, charge["id"])
    emit(world, "charge.succeeded", charge)
    _succeed(world, session, intent)
    book(world, charge, available_at_once=card.available_at_once)
    aftermath.follow(world, charge, card)
    return Result("paid", session)


def fail(world: World, session: Json, intent: Json, method: Json, failure: Failure, charge_id: str | None) -> Result:
    """The session stays open, as Stripe leaves it: the merchant decides whether there is a next try."""
    intent.update(
        status="requires_payment_method",
        payment_method=None,
        last_payment_error=objects.payment_error(failure, method, charge_id),
    )
    world.store.put(intent)
    emit(world, "payment_intent.payment_failed", intent)
    return Result("declined", session)


def _succeed(world: World, session: Json, intent: Json) -> None:
    intent.update(status="succeeded", amount_received=intent["amount"], processing=None)
    world.store.put(intent)
    emit(world, "payment_intent.succeeded", intent)
    complete(world, session, "paid")


def complete(world: World, session: Json, payment_status: str) -> None:
    """The person is done with the session; `payment_status` says whether the money is."""
    session.update(status="complete", payment_status=payment_status, url=None)
    session["customer_details"] = {
        "address": None,
        "email": session["customer_email"],
        "name": None,
        "phone": None,
        "tax_exempt": "none",
        "tax_ids": [],
    }
    world.store.put(session)
    emit(world, "checkout.session.completed", session)


def book(world: World, charge: Json, *, available_at_once: bool = False) -> None:
    """The merchant's balance follows a moment later: `charge.succeeded` did not carry it yet (automatic_async)."""
    line = objects.balance_transaction(
        world,
        "charge",
        charge,
        charge["amount"],
        fee=objects.processing_fee(charge["amount"], charge["currency"]),
        available_at_once=available_at_once,
    )
    world.store.put(line)
    charge["balance_transaction"] = line["id"]
    world.store.put(charge)
    emit(world, "charge.updated", charge, before={"balance_transaction": None})
