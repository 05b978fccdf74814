"""The control API as a page, for people: forms that send the same orders, tables of what there is."""

from datetime import UTC, datetime

from payments.providers.simulator import faults, webhooks
from payments.providers.simulator.exchange import Html, Response, fragment, page
from payments.providers.simulator.store import Json
from payments.providers.simulator.stripe.cards import CARDS
from payments.providers.simulator.world import World

SHOWN = 25


def show(world: World) -> Response:
    """What there is and what can be made to happen."""
    body = fragment(
        "control.html",
        now=_moment(world.now()),
        webhook_url=world.config.webhook_url or "nowhere",
        plan=", ".join(f"{name} {value}" for name, value in webhooks.plan_of(world).items() if value) or "nothing",
        faults="; ".join(_words(fault) for fault in faults.planned(world)) or "nothing",
        kinds=Html("".join(fragment("_option.html", value=kind, text=kind) for kind in faults.KINDS)),
        sessions=Html("".join(_session(item) for item in world.store.find("checkout.session", limit=SHOWN))),
        events=Html("".join(_event(world, item) for item in world.store.find("event", limit=SHOWN))),
    )
    return page("base_control.html", lang="en", title="Provider simulator", label="Provider simulator", body=body)


def _words(fault: Json) -> str:
    times = "always" if fault["times"] == 0 else f"{fault['times']} times"
    return f"{times} {fault['kind']} on {fault['method'] or 'any'} {fault['path']}"


def _session(session: Json) -> Html:
    pay = Html("")
    if session["status"] == "open":
        cards = [fragment("_option.html", value=card.number, text=f"…{card.last4} {card.says}") for card in CARDS]
        pay = fragment("_pay.html", session=session["id"], cards=Html("".join(cards)), url=session["url"])
    return fragment(
        "_session.html",
        created=_moment(session["created"]),
        amount=f"{session['amount_total']} {session['currency']}",
        status=f"{session['status']}, {session['payment_status']}",
        reference=session["client_reference_id"] or "",
        id=session["id"],
        pay=pay,
    )


def _event(world: World, event: Json) -> Html:
    tries = [
        f"{row['state']} after {row['attempts']} ({row['last_status'] or row['last_error'] or 'no answer yet'})"
        for row in webhooks.deliveries(world, event["id"])
    ]
    return fragment(
        "_event.html",
        created=_moment(event["created"]),
        type=event["type"],
        id=event["id"],
        subject=event["data"]["object"]["id"],
        deliveries="; ".join(tries) or "not sent anywhere",
    )


def _moment(seconds: int) -> str:
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%d %H:%M:%S UTC")
