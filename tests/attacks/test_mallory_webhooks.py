"""Forged notices: none is believed, none leaves a row, none is answered with an error of ours."""

from __future__ import annotations

import hashlib
import hmac
import json
import time
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import pytest
from django.conf import settings as configured
from django.test import Client

from payments.funding.models import TopUp
from payments.inbox.models import ProviderEvent
from tests.factories.people import available_minor
from tests.factories.top_ups import wish

if TYPE_CHECKING:
    from accounts.identity.models import User

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def fresh_limits(settings: Any) -> None:
    settings.RATELIMIT_PREFIX = f"test:{uuid4()}"


def signed(body: bytes, *, secret: str | None = None, at: float | None = None, scheme: str = "v1") -> str:
    stamp = int(at if at is not None else time.time())
    key = (secret or configured.STRIPE_WEBHOOK_SECRETS[0]).encode()
    return f"t={stamp},{scheme}={hmac.new(key, f'{stamp}.'.encode() + body, hashlib.sha256).hexdigest()}"


def notice(**changes: Any) -> dict[str, Any]:
    paid = {"id": "cs_forged", "client_reference_id": str(uuid4()), "payment_status": "paid", "amount_total": 99_999}
    event = {"id": f"evt_{uuid4().hex}", "object": "event", "type": "checkout.session.completed", "livemode": False}
    return event | {"created": int(time.time()), "data": {"object": paid}} | changes


def deliver(body: bytes, signature: str) -> int:
    return (
        Client(raise_request_exception=False)
        .post("/webhooks/stripe/", body, content_type="application/json", headers={"Stripe-Signature": signature})
        .status_code
    )


BODY = json.dumps(notice()).encode()
FORGERIES = {
    "none": "",
    "another secret": signed(BODY, secret="whsec_guessed"),
    "another body": signed(BODY + b" "),
    "too old": signed(BODY, at=time.time() - 3_600),
    "old scheme": signed(BODY, scheme="v0"),
    "no time": "t=,v1=" + "0" * 64,
    "words": "t=now,v1=please",
    "very many": f"t={int(time.time())}," + "v1=00," * 3_000,
}


@pytest.mark.parametrize("forged", FORGERIES)
def test_a_signature_that_is_not_the_providers(forged: str) -> None:
    assert deliver(BODY, FORGERIES[forged]) == 400
    assert ProviderEvent.objects.count() == 0


WORTHLESS: dict[str, bytes] = {
    "live": json.dumps(notice(livemode=True)).encode(),
    "list": b"[]",
    "null": b"null",
    "without end": b"[" * 200_000,
    "half a character": rb'{"id":"\ud800","type":"x","livemode":false,"created":1,"data":{"object":{"id":"x"}}}',
    "nul": json.dumps(notice(data={"object": {"client_reference_id": "a\x00"}})).encode(),
    "nothing in it": json.dumps(notice(data={"object": []})).encode(),
    "end of time": json.dumps(notice(created=10**30)).encode(),
    "no number": b'{"id":"e","type":"x","livemode":false,"created":NaN,"object":"event","data":{"object":{}}}',
    "long number": b'{"id":"e","type":"x","livemode":false,"created":' + b"9" * 5_000 + b',"data":{"object":{}}}',
}


@pytest.mark.parametrize("worthless", WORTHLESS)
def test_a_true_signature_on_nonsense(worthless: str) -> None:
    body = WORTHLESS[worthless]
    assert deliver(body, signed(body)) == 400
    assert ProviderEvent.objects.count() == 0


def test_a_body_of_five_megabytes_is_not_read() -> None:
    body = b'{"id":"' + b"x" * 5_000_000 + b'"}'
    assert deliver(body, signed(body)) == 413
    assert ProviderEvent.objects.count() == 0


def test_a_true_notice_moves_nothing_by_itself_and_counts_once(alice: User) -> None:
    """What it says of amounts and states is never believed: it only makes us look at the provider."""
    top_up, before = wish(alice, 7_700).top_up, available_minor(alice)
    event = notice(data={"object": {"id": "cs_x", "client_reference_id": str(top_up.pk), "amount_total": 10**9}})
    body = json.dumps(event).encode()
    assert [deliver(body, signed(body)) for _ in range(3)] == [200] * 3
    assert ProviderEvent.objects.count() == 1
    assert TopUp.objects.get(pk=top_up.pk).status == "DRAFT"
    assert available_minor(alice) == before
