"""Payees and transfers for tests, through the services that real people use."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any
from uuid import uuid4

from accounts.stepup import services as stepup
from ledger.money import Money
from tests.factories.people import PIN, now
from transfers.p2p.services import send_money
from transfers.payees.models import Payee
from transfers.payees.services import resolve
from wallet_project.lib.origin import Origin

if TYPE_CHECKING:
    from accounts.identity.models import User
    from transfers.p2p.services import Sent


def long_session() -> Origin:
    """A session old enough to raise no question."""
    return Origin(channel="app", request_id="test", session_started_at=(now() - timedelta(days=5)).isoformat())


def known_payee(payer: User, person: User, *, trusted: bool = False) -> Payee:
    """``person`` as ``payer`` knows them by handle: paid once before and, if asked, trusted."""
    payee = resolve(payer=payer, identifier=f"@{person.handle}", at=now()).payee
    at = now() - timedelta(days=1)
    payee.paid_count, payee.first_paid_at, payee.last_paid_at = 1, at, at
    payee.trusted_at = at if trusted else None
    payee.save(update_fields=["paid_count", "first_paid_at", "last_paid_at", "trusted_at"])
    return payee


def send(payer: User, payee: Payee, minor: int, **changes: Any) -> Sent:
    """A payment in euro from an old session."""
    asked = {
        "sender": payer,
        "payee_id": payee.pk,
        "amount": Money(minor, "EUR"),
        "idempotency_key": uuid4().hex,
        "origin": long_session(),
        "at": now(),
    }
    return send_money(**(asked | changes))


def confirm(payer: User, sent: Sent, *, pin: str = PIN, **changes: Any) -> stepup.Answered:
    """Answers the challenge of a waiting payment with the PIN."""
    assert sent.challenge is not None
    asked = {
        "challenge_id": sent.challenge.pk,
        "user": payer,
        "method": "pin",
        "code": pin,
        "at": now(),
        "origin": long_session(),
    }
    return stepup.answer(**(asked | changes))
