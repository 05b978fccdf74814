"""Stripe's REST API: which call does what, who may call, and what the caller sees when it goes wrong."""

import base64
import hmac
import json
import re
from collections.abc import Callable
from typing import NamedTuple

from payments.providers.simulator.exchange import ConnectionDropped, Request, Response, as_json
from payments.providers.simulator.faults import Fault
from payments.providers.simulator.store import Json
from payments.providers.simulator.stripe import aftermath, idempotency, sessions
from payments.providers.simulator.stripe.events import CAUSE, with_pending_count
from payments.providers.simulator.stripe.wire import (
    API_VERSION,
    ApiError,
    Params,
    a_list,
    expand,
    listing,
    missing,
    parse_form,
    shown,
)
from payments.providers.simulator.world import World, new_id


class Call(NamedTuple):
    """One API call, ready to be worked on."""

    world: World
    path: str
    params: Params
    base_url: str


Work = Callable[..., Json]


def _create_session(call: Call) -> Json:
    return sessions.create(call.world, call.params, call.base_url)


def _get_session(call: Call, session_id: str) -> Json:
    call.params.done()
    sessions.expire_if_late(call.world, session_id)
    return sessions.get(call.world, session_id)


def _expire_session(call: Call, session_id: str) -> Json:
    call.params.done()
    sessions.expire_if_late(call.world, session_id)
    return sessions.expire(call.world, session_id)


def _line_items(call: Call, session_id: str) -> Json:
    return a_list(call.path, sessions.get(call.world, session_id)["_line_items"])


def _cancel_intent(call: Call, intent_id: str) -> Json:
    """Every intent here was made by Checkout, and those Stripe refuses to cancel: expire the session instead."""
    if call.world.store.get(intent_id, "payment_intent") is None:
        raise missing("payment_intent", intent_id, "intent")
    raise ApiError(
        "You cannot perform this action on PaymentIntents created by Checkout. Expire the Checkout Session instead.",
        code="payment_intent_unexpected_state",
        executed=True,
    )


def _create_refund(call: Call) -> Json:
    return aftermath.create_refund(call.world, call.params)


def _answer_dispute(call: Call, dispute_id: str) -> Json:
    return aftermath.answer_dispute(call.world, dispute_id, call.params)


def _get_event(call: Call, event_id: str) -> Json:
    call.params.done()
    event = call.world.store.get(event_id, "event")
    if event is None:
        raise missing("event", event_id)
    return with_pending_count(call.world, event)


def _get(kind: str, param: str = "id") -> Work:
    def get(call: Call, object_id: str) -> Json:
        call.params.done()
        item = call.world.store.get(object_id, kind)
        if item is None:
            raise missing(kind, object_id, param)
        return item

    return get


def _list(kind: str, *filters: str) -> Work:
    def list_kind(call: Call) -> Json:
        found = listing(call.world, kind, call.path, call.params, filters)
        call.params.done()
        return found

    return list_kind


ROUTES: tuple[tuple[str, str, Work], ...] = (
    ("POST", "/v1/checkout/sessions", _create_session),
    ("GET", "/v1/checkout/sessions", _list("checkout.session", "payment_intent", "status")),
    ("GET", "/v1/checkout/sessions/{id}", _get_session),
    ("POST", "/v1/checkout/sessions/{id}/expire", _expire_session),
    ("GET", "/v1/checkout/sessions/{id}/line_items", _line_items),
    ("GET", "/v1/payment_intents", _list("payment_intent")),
    ("GET", "/v1/payment_intents/{id}", _get("payment_intent", "intent")),
    ("POST", "/v1/payment_intents/{id}/cancel", _cancel_intent),
    ("GET", "/v1/payment_methods/{id}", _get("payment_method", "payment_method")),
    ("GET", "/v1/charges", _list("charge", "payment_intent")),
    ("GET", "/v1/charges/{id}", _get("charge")),
    ("GET", "/v1/events", _list("event", "type", "types")),
    ("GET", "/v1/events/{id}", _get_event),
    ("POST", "/v1/refunds", _create_refund),
    ("GET", "/v1/refunds", _list("refund", "charge", "payment_intent")),
    ("GET", "/v1/refunds/{id}", _get("refund")),
    ("GET", "/v1/disputes", _list("dispute", "charge", "payment_intent")),
    ("GET", "/v1/disputes/{id}", _get("dispute", "dispute")),
    ("POST", "/v1/disputes/{id}", _answer_dispute),
    ("GET", "/v1/balance_transactions", _list("balance_transaction", "source", "type")),
    ("GET", "/v1/balance_transactions/{id}", _get("balance_transaction")),
    ("GET", "/v1/reviews/{id}", _get("review")),
    ("GET", "/v1/radar/early_fraud_warnings/{id}", _get("radar.early_fraud_warning")),
)
PATTERNS = [(method, re.compile(path.replace("{id}", "([A-Za-z0-9_]{1,255})")), work) for method, path, work in ROUTES]


def handle(world: World, request: Request, base_url: str, fault: Fault) -> Response:
    """Answer one API call, with the fault that was planned for it. Raises ConnectionDropped."""
    request_id = new_id("req", 14)
    if fault.kind == "drop_before":
        raise ConnectionDropped
    if fault.kind == "error_before":
        return _respond(_trouble(fault), request_id, request)
    response = _answer(world, request, base_url, fault, request_id)
    fault.wait_if("slow_answer")
    if fault.kind == "drop_after":
        raise ConnectionDropped
    if fault.kind == "error_after":
        return _respond(_trouble(fault), request_id, request)
    return response


def _trouble(fault: Fault) -> ApiError:
    if fault.status == 429:
        message = "Too many requests hit the API too quickly. We recommend an exponential backoff of your requests."
        return ApiError(message, status=429, code="rate_limit")
    return ApiError("An unknown error occurred. The simulator was told to fail.", status=fault.status, kind="api_error")


def _answer(world: World, request: Request, base_url: str, fault: Fault, request_id: str) -> Response:
    key = request.headers.get("idempotency-key", "") if request.method == "POST" else ""
    try:
        _check_caller(world, request)
        body = request.body.decode("utf-8", "replace") if request.method == "POST" else request.query
        work, arguments = _route(request)
        earlier = idempotency.begin(world, key, request.path, body, request_id) if key else None
        if earlier:
            replayed = {"Idempotent-Replayed": "true", "Original-Request": earlier.request_id}
            return _envelope(earlier.body, earlier.status, request_id, request, replayed)
        try:
            fault.wait_if("slow_work")
            answer = _work(world, request, base_url, (work, arguments, body), (key, request_id))
        finally:
            idempotency.forget(world, key)
        return _envelope(answer, 200, request_id, request, {"Original-Request": request_id} if key else {})
    except ApiError as refused:
        return _respond(refused, request_id, request)
    finally:
        world.nudge()


def _work(
    world: World,
    request: Request,
    base_url: str,
    job: tuple[Work, tuple[str, ...], str],
    cause: tuple[str, str],
) -> Json:
    """Do the work and remember its answer in one transaction; a refusal undoes the work and is remembered alone."""
    (work, arguments, body), (key, request_id) = job, cause
    token = CAUSE.set({"id": request_id, "idempotency_key": key or None})
    try:
        values = parse_form(body)
        paths = Params(values).strings("expand")
        values.pop("expand", None)
        with world.store.transaction():
            answer = work(Call(world, request.path, Params(values), base_url), *arguments)
            answer = shown(expand(world, answer, paths))
            idempotency.finish(world, key, 200, answer)
            return answer
    except ApiError as refused:
        if refused.executed:
            idempotency.finish(world, key, refused.status, refused.body)
        raise
    finally:
        CAUSE.reset(token)


def _check_caller(world: World, request: Request) -> None:
    sent = _key_of(request.headers.get("authorization", ""))
    expected = world.config.api_key
    if not sent:
        message = (
            "You did not provide an API key. You need to provide your API key in the Authorization header, using"
            " Bearer auth (e.g. 'Authorization: Bearer YOUR_SECRET_KEY')."
        )
        raise ApiError(message, status=401)
    known = hmac.compare_digest(sent, expected) if expected else sent.startswith(("sk_test_", "rk_test_"))
    if not known:
        raise ApiError(f"Invalid API Key provided: {sent[:8]}{'*' * 12}{sent[-4:]}", status=401)
    version = request.headers.get("stripe-version", API_VERSION)
    if not re.fullmatch(r"\d{4}-\d{2}-\d{2}(\.[a-z]+)?", version):
        raise ApiError(f"Invalid Stripe API version: {version}")


def _key_of(authorization: str) -> str:
    scheme, _, value = authorization.partition(" ")
    if scheme.lower() == "basic":
        try:
            return base64.b64decode(value).decode("ascii", "replace").partition(":")[0]
        except ValueError:
            return ""
    return value.strip() if scheme.lower() == "bearer" else ""


def _route(request: Request) -> tuple[Work, tuple[str, ...]]:
    for method, pattern, work in PATTERNS:
        match = pattern.fullmatch(request.path)
        if match and method == request.method:
            return work, match.groups()
    raise ApiError(f"Unrecognized request URL ({request.method}: {request.path}).", status=404)


def _respond(refused: ApiError, request_id: str, request: Request) -> Response:
    return _envelope(refused.body, refused.status, request_id, request, {})


def _envelope(body: Json, status: int, request_id: str, request: Request, more: dict[str, str]) -> Response:
    headers = {
        "Request-Id": request_id,
        "Stripe-Version": request.headers.get("stripe-version", API_VERSION),
        "Cache-Control": "no-cache, no-store",
        **({"Idempotency-Key": request.headers["idempotency-key"]} if "idempotency-key" in request.headers else {}),
        **more,
    }
    return as_json(json.loads(json.dumps(body)), status, headers)
