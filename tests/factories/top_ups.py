"""Top-ups for tests: through the services and the real simulator, with every webhook in the test's own hands."""

from __future__ import annotations

import hashlib
import hmac
import json
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Self
from uuid import uuid4

from django.test import Client

from accounts.activity.models import ActivityItem
from accounts.audit.models import RecordedEvent
from accounts.limits.models import LimitUsage
from accounts.wallets.selectors import balances_of
from ledger.money import Money
from payments.funding import services
from payments.funding.models import TopUp, TopUpEvent
from payments.funding.policy import in_order
from payments.inbox.models import ProviderEvent
from tests.factories.people import ORIGIN, now
from tests.fakes.simulator import WEBHOOK_SECRET

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime
    from types import TracebackType
    from uuid import UUID

    import requests

    from accounts.identity.models import User
    from tests.fakes.simulator import Simulator
    from tests.fakes.webhook_receiver import Received

GOOD_CARD = "4242 4242 4242 4242"
DECLINED_CARD = "4000 0000 0000 0002"
SECURE_CARD = "4000 0025 0000 3155"


@dataclass(frozen=True)
class Page:
    """A provider's page as the simulator's helper takes it."""

    url: str


def wish(user: User, minor: int = 2_500, **changes: Any) -> services.Started:
    """The wish alone: the provider has not heard of it."""
    asked: dict[str, Any] = {
        "user": user,
        "amount": Money(minor, "EUR"),
        "method": "card",
        "idempotency_key": uuid4().hex,
        "origin": ORIGIN,
        "at": now(),
    }
    return services.start_top_up(**(asked | changes))


def start(user: User, minor: int = 2_500, **changes: Any) -> TopUp:
    """A top-up whose page is open."""
    started = wish(user, minor, **changes)
    return services.open_page(top_up_id=started.top_up.pk, at=changes.get("at", started.top_up.created_at))


def enter_card(simulator: Simulator, top_up: TopUp, number: str = GOOD_CARD) -> requests.Response:
    """The person fills in the provider's page; nobody follows the redirect."""
    return simulator.enter_card(Page(top_up.redirect_url), number)


def answer_bank(simulator: Simulator, top_up: TopUp, answer: str) -> requests.Response:
    """The person presses a button of the 3-D Secure page."""
    return simulator.answer_bank(Page(top_up.redirect_url), answer)


def settle(top_up: TopUp, *, cause: str = "test", at: datetime | None = None) -> TopUp:
    """Looks at the provider; the row as it is then."""
    return services.settle_from_provider(top_up_id=top_up.pk, at=at or now(), cause=cause).top_up


def paid(simulator: Simulator, user: User, minor: int = 2_500, **changes: Any) -> TopUp:
    """A credited top-up."""
    top_up = start(user, minor, **changes)
    enter_card(simulator, top_up)
    return settle(top_up)


def deliver(notice: Received) -> int:
    """Brings a webhook to our door exactly as the simulator sent it; the status we answer."""
    return post_webhook(notice.body, notice.headers["Stripe-Signature"])


def post_webhook(body: bytes, signature: str, **headers: str) -> int:
    """Brings any bytes to the webhook address."""
    response = Client(enforce_csrf_checks=True).generic(
        "POST",
        "/webhooks/stripe/",
        body,
        content_type="application/json",
        headers={"Stripe-Signature": signature, **headers},
    )
    return int(response.status_code)


def notice_body(**changes: Any) -> bytes:
    """A well-formed notice that concerns nothing of ours."""
    subject = {"id": "pi_test", "object": "payment_intent", "metadata": {}}
    event = {
        "id": f"evt_{uuid4().hex}",
        "object": "event",
        "type": "payment_intent.succeeded",
        "livemode": False,
        "created": int(time.time()),
        "data": {"object": subject},
    }
    return json.dumps(event | changes).encode()


def signature(body: bytes, *, secret: str = WEBHOOK_SECRET, timestamp: int | None = None) -> str:
    """Stripe's scheme: HMAC-SHA256 over ``timestamp.body``."""
    stamp = int(time.time()) if timestamp is None else timestamp
    digest = hmac.new(secret.encode(), f"{stamp}.".encode() + body, hashlib.sha256).hexdigest()
    return f"t={stamp},v1={digest}"


def moves(top_up: TopUp) -> list[str]:
    """The states a top-up passed."""
    return sorted(TopUpEvent.objects.filter(top_up=top_up).values_list("to_status", flat=True), key=in_order)


def told(top_up: TopUp) -> list[str]:
    """The events published about it, in order."""
    rows = RecordedEvent.objects.filter(subject_id=top_up.pk).order_by("occurred_at", "id")
    return list(rows.values_list("name", flat=True))


def euros(user: User) -> tuple[int, int]:
    """What is available and what matures, in cents."""
    balance = next(wallet for wallet in balances_of(user) if wallet.currency == "EUR")
    return balance.available_minor, balance.maturing_minor


def limit_used(user: User) -> int:
    """What today counts against the limit, in euro cents."""
    rows = LimitUsage.objects.filter(user_id=user.pk, product="TOP_UP")
    return sum(rows.values_list("used_minor", flat=True))


def counted(user: User) -> dict[str, Any]:
    """Everything a refused or repeated request must leave alone."""
    return {
        "top_ups": TopUp.objects.filter(user=user).count(),
        "activity": ActivityItem.objects.filter(user=user).count(),
        "events": RecordedEvent.objects.filter(name__startswith="top_up.").count(),
        "notices": ProviderEvent.objects.count(),
        "limit": limit_used(user),
        "euros": euros(user),
    }


class NothingMoves:
    """``with NothingMoves(alice): …`` fails if anything was written or moved for her."""

    def __init__(self, user: User) -> None:
        self.user = user

    def __enter__(self) -> Self:
        self.before = counted(self.user)
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        if error is None:
            assert counted(self.user) == self.before


def ended(rows: Iterable[UUID]) -> list[str]:
    """The states of these top-ups, in order of their ids."""
    return list(TopUp.objects.filter(pk__in=rows).order_by("pk").values_list("status", flat=True))
