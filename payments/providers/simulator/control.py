"""Steering the simulator: everything a test or a developer makes happen, as JSON under /_control/ and as a page.

Every POST takes JSON or a form. A form is answered with a redirect back to the page, JSON with the new facts.
"""

import json
from collections.abc import Callable
from typing import Any, NamedTuple

from payments.providers.simulator import control_page, faults, webhooks
from payments.providers.simulator.exchange import Request, Response, as_json, redirect
from payments.providers.simulator.store import Json
from payments.providers.simulator.stripe import aftermath, debits, payments
from payments.providers.simulator.stripe.cards import card_for
from payments.providers.simulator.stripe.hosted import FieldsMalformed, read_card
from payments.providers.simulator.stripe.timetable import run_due
from payments.providers.simulator.stripe.wire import ApiError, shown
from payments.providers.simulator.webhooks import Postman
from payments.providers.simulator.world import World

LISTED = {
    "sessions": "checkout.session",
    "payment_intents": "payment_intent",
    "charges": "charge",
    "events": "event",
    "refunds": "refund",
    "disputes": "dispute",
}


class Refused(Exception):
    """The order cannot be carried out; the message says why."""


class Order(NamedTuple):
    """What was asked for."""

    world: World
    postman: Postman
    values: Json

    def text(self, name: str, default: str | None = None) -> str:
        """A string."""
        value = self.values.get(name, default)
        if not isinstance(value, str) or value == "":
            raise Refused(f"{name} is missing.")
        return value

    def number(self, name: str, default: float | None = None) -> float:
        """A number that is not negative; a form sends it as text."""
        value = self.values.get(name, default)
        try:
            number = float(value if value != "" else default)  # type: ignore[arg-type]  # None raises TypeError
        except (TypeError, ValueError):
            raise Refused(f"{name} must be a number.") from None
        if not 0 <= number < 10**10:
            raise Refused(f"{name} must be a number between 0 and 10000000000.")
        return number

    def yes(self, name: str) -> bool:
        """A switch: true, or any of the words forms send for it."""
        return str(self.values.get(name, "")).lower() in {"1", "true", "on", "yes"}


def _pay(order: Order) -> Json:
    """Pay a session as a person would, 3-D Secure included: `card`, `three_d_secure` (approve, fail, abandon)."""
    session_id = order.text("session")
    if order.values.get("method") == "sepa_debit":
        result = debits.pay_by_debit(order.world, session_id)
    else:
        form = {"card_number": order.text("card", "4242424242424242"), "expiry": "12/40", "cvc": "123"}
        number, expiry = read_card(form, order.world.now())
        result = payments.try_card(order.world, session_id, card_for(number), expiry)
        if result.outcome == "challenge":
            answer = order.text("three_d_secure", "approve")
            if answer not in {"approve", "fail", "abandon"}:
                raise Refused("three_d_secure must be approve, fail or abandon.")
            result = payments.answer_challenge(order.world, session_id, answer)  # type: ignore[arg-type]  # checked above
    return {"outcome": result.outcome, "redirect": result.url, "session": shown(result.session)}


def _settle_debit(order: Order) -> Json:
    """The bank's answer to a debit: `outcome` succeeded or failed."""
    outcome = order.text("outcome")
    if outcome not in {"succeeded", "failed"}:
        raise Refused("outcome must be succeeded or failed.")
    session = debits.settle_debit(order.world, order.text("session"), succeeded=outcome == "succeeded")
    return {"session": shown(session)}


def _dispute(order: Order) -> Json:
    """Dispute a charge: `reason`, and `inquiry` for one that only asks."""
    reason = order.text("reason", "fraudulent")
    item = aftermath.dispute(order.world, order.text("charge"), reason, inquiry=order.yes("inquiry"))
    return {"dispute": shown(item)}


def _plan_webhooks(order: Order) -> Json:
    """`drop`, `double`, `delay` (how many of the next, with `delay_seconds`), `reorder` (a permutation), `hold`."""
    changes: Json = {name: int(order.number(name, 0)) for name in ("drop", "double", "delay") if name in order.values}
    if "delay_seconds" in order.values:
        changes["delay_seconds"] = order.number("delay_seconds", 0)
    if "hold" in order.values:
        changes["hold"] = order.yes("hold")
    if order.values.get("reorder"):
        changes["reorder"] = _permutation(order.values["reorder"])
    return {"plan": webhooks.change_plan(order.world, **changes)}


def _permutation(value: Any) -> list[int]:
    wanted = value.replace(",", " ").split() if isinstance(value, str) else value
    try:
        places = [int(place) for place in wanted]
    except (TypeError, ValueError):
        places = []
    if not places or sorted(places) != list(range(len(places))):
        raise Refused("reorder must be a permutation of 0, 1, 2, …: [2, 0, 1] sends the third first.")
    return places


def _release(order: Order) -> Json:
    """Send held webhooks: `events` names which, in which order; without it all of them, in order of creation."""
    events = order.values.get("events") or None
    if isinstance(events, str):
        events = events.replace(",", " ").split()
    try:
        return {"released": webhooks.release(order.world, events)}
    except KeyError as unknown:
        raise Refused(f"No webhook of event {unknown.args[0]} is held.") from None


def _retry(order: Order) -> Json:
    return {"due": webhooks.retry_now(order.world)}


def _resend(order: Order) -> Json:
    event_id = order.text("event")
    if order.world.store.get(event_id, "event") is None:
        raise Refused(f"There is no event {event_id}.")
    if not order.world.config.webhook_url:
        raise Refused("Webhooks go nowhere: the simulator was started without --webhook-url.")
    webhooks.resend(order.world, event_id)
    return {"deliveries": webhooks.deliveries(order.world, event_id)}


def _settle(order: Order) -> Json:
    """Wait until no webhook is due (at most `timeout` seconds). What waits for a retry or is held does not count."""
    return {"settled": order.postman.settle(min(order.number("timeout", 10), 60))}


def _add_fault(order: Order) -> Json:
    """`kind`, `times`, `seconds`, `status`, `method`, `path`: see faults.py."""
    fault = faults.Fault(
        kind=order.text("kind"),
        times=int(order.number("times", 1)),
        seconds=order.number("seconds", 0),
        status=int(order.number("status", 500)),
        method=order.values.get("method", ""),
        path=order.text("path", "/v1/"),
    )
    faults.add(order.world, fault)
    return {"faults": faults.planned(order.world)}


def _clear(order: Order) -> Json:
    """No faults, and webhooks go out as they should; what was held is sent."""
    faults.clear(order.world)
    webhooks.release(order.world)
    return {"faults": [], "plan": webhooks.change_plan(order.world, **webhooks.NO_PLAN)}


def _clock(order: Order) -> Json:
    """Advance the clock by `seconds`, put it `back` by them, or `reset` it to the real time.

    What is due by then happens at once. A clock that was put back lets demo data have a past.
    """
    if order.yes("reset"):
        order.world.store.set_setting("clock_offset", 0)
    else:
        seconds = int(order.number("seconds"))
        order.world.advance_clock(-seconds if order.yes("back") else seconds)
    run_due(order.world)
    return {"now": order.world.now()}


ORDERS: dict[str, Callable[[Order], Json]] = {
    "pay": _pay,
    "debit": _settle_debit,
    "dispute": _dispute,
    "webhooks": _plan_webhooks,
    "webhooks/release": _release,
    "webhooks/retry": _retry,
    "webhooks/resend": _resend,
    "webhooks/settle": _settle,
    "faults": _add_fault,
    "clear": _clear,
    "clock": _clock,
}
WAITS = {"webhooks/settle"}


def handle(world: World, postman: Postman, request: Request) -> Response:
    """Answer under /_control/."""
    name = request.path.removeprefix("/_control/").strip("/")
    if request.method == "GET":
        return _tell(world, name)
    order = ORDERS.get(name)
    if request.method != "POST" or order is None:
        return as_json({"error": f"There is no {request.method} /_control/{name}."}, 404)
    if _foreign(request):
        return as_json({"error": "Orders are taken from this simulator's own page or from tools."}, 403)
    from_page = "form-urlencoded" in request.headers.get("content-type", "")
    try:
        values = request.form if from_page else json.loads(request.body or b"{}")
        if not isinstance(values, dict):
            raise Refused("The body must be a JSON object.")
        answer = _carry_out(order, Order(world, postman, values), waits=name in WAITS)
    except payments.NotPayable:
        return as_json({"error": "This session takes no such payment: it is over, or does not offer it."}, 409)
    except (Refused, faults.FaultMalformed, FieldsMalformed, ApiError, json.JSONDecodeError) as refused:
        return as_json({"error": str(refused)}, 400)
    postman.nudge()
    return redirect("/_control/", 303) if from_page else as_json(answer)


def _carry_out(do: Callable[[Order], Json], order: Order, *, waits: bool) -> Json:
    if waits:
        return do(order)
    with order.world.store.transaction():
        return do(order)


def _foreign(request: Request) -> bool:
    """Whether a browser sends this from some other site's page."""
    origin = request.headers.get("origin")
    return origin is not None and origin.partition("://")[2] != request.headers.get("host")


def _tell(world: World, name: str) -> Response:
    if name == "":
        return control_page.show(world)
    if name == "health":
        return as_json({"status": "ok", "now": world.now(), "webhook_url": world.config.webhook_url})
    if name == "deliveries":
        return as_json({"deliveries": webhooks.deliveries(world, limit=1000)})
    if name == "plan":
        return as_json({"plan": webhooks.plan_of(world), "faults": faults.planned(world)})
    if name in LISTED:
        return as_json({name: [shown(item) for item in world.store.find(LISTED[name])]})
    return as_json({"error": f"There is no /_control/{name}."}, 404)
