"""Events: what happened, as it was at that moment, and the signed message that tells it."""

import hashlib
import hmac
import json
import time
from contextvars import ContextVar
from copy import deepcopy

from payments.providers.simulator.store import Json
from payments.providers.simulator.stripe.wire import API_VERSION, shown
from payments.providers.simulator.webhooks import Message, enqueue
from payments.providers.simulator.world import World, new_id

CAUSE: ContextVar[Json | None] = ContextVar("cause", default=None)


def emit(world: World, kind: str, item: Json, *, before: Json | None = None) -> Json:
    """Record an event with a snapshot of the object, and queue its webhook. `before`: the fields' previous values."""
    data: Json = {"object": shown(deepcopy(item))}
    if before is not None:
        data["previous_attributes"] = before
    event = world.store.put(
        {
            "id": new_id("evt"),
            "object": "event",
            "api_version": API_VERSION,
            "created": world.now(),
            "data": data,
            "livemode": False,
            "pending_webhooks": 0,
            "request": CAUSE.get() or {"id": None, "idempotency_key": None},
            "type": kind,
        }
    )
    enqueue(world, event["id"])
    return event


def with_pending_count(world: World, event: Json) -> Json:
    """The event as the API shows it now: how many deliveries have not been taken yet."""
    rows = world.store.query(
        "SELECT count(*) AS n FROM delivery WHERE event = ? AND state IN ('pending', 'held', 'gathered')",
        (event["id"],),
    )
    return {**event, "pending_webhooks": rows[0]["n"]}


def write_message(world: World, event_id: str) -> Message:
    """The event's bytes and their signature, made with the real time: receivers refuse old signatures."""
    event = world.store.get(event_id, "event") or {}
    body = json.dumps({**event, "pending_webhooks": 1}, indent=2, ensure_ascii=False).encode()
    headers = {
        "Content-Type": "application/json; charset=utf-8",
        "User-Agent": "Stripe/1.0 (+https://docs.stripe.com/webhooks)",
        "Accept": "*/*; q=0.5, application/xml",
        "Cache-Control": "no-cache",
        "Stripe-Signature": sign(body, world.config.webhook_secrets, int(time.time())),
    }
    return Message(body, headers)


def sign(body: bytes, secrets: tuple[str, ...], at: int) -> str:
    """`t=…,v1=…`: HMAC-SHA256 over `t.body`, once per secret so that an endpoint's secret can be rolled."""
    signed = str(at).encode() + b"." + body
    signatures = [hmac.new(secret.encode(), signed, hashlib.sha256).hexdigest() for secret in secrets]
    return ",".join([f"t={at}", *(f"v1={signature}" for signature in signatures)])
