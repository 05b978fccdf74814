"""Ways around a proof: an old challenge brought back, and money that was held before its owner was frozen."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import pytest
from django.test import Client

from accounts.identity.models import OneTimeMessage
from accounts.identity.services import freeze
from accounts.mfa.hashing import pin_matches
from accounts.mfa.models import PaymentPinDevice
from accounts.stepup.services import answer, begin_reset, renew, send_code
from ledger.errors import AccountFrozen
from ledger.money import Money
from tests.factories.people import ORIGIN, PIN, available_minor, give_money, make_person, now
from tests.factories.sessions import app_token
from tests.factories.stepup import OTHER_PIN
from tests.factories.transfers import confirm, known_payee, send
from transfers.p2p.errors import StateConflict
from transfers.p2p.models import Status

if TYPE_CHECKING:
    from accounts.identity.models import User
    from accounts.stepup.models import Challenge

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def fresh_limits(settings: Any) -> None:
    settings.RATELIMIT_PREFIX = f"test:{uuid4()}"


def the_code(user: User) -> str:
    newest = next(row for row in OneTimeMessage.objects.order_by("-created_at", "-id") if row.to == user.email)
    found = re.search(r"\b\d{6}\b", newest.body)
    assert found is not None
    return found.group()


def by_email(user: User, challenge: Challenge) -> Any:
    """Answers a challenge as somebody who reads the person's mail and knows nothing."""
    send_code(challenge_id=challenge.pk, user=user, method="email", at=now(), origin=ORIGIN)
    return answer(
        challenge_id=challenge.pk, user=user, method="email", code=the_code(user), at=now(), origin=ORIGIN
    ).outcome


def pin_is(user: User, pin: str) -> bool:
    return pin_matches(user.pk, pin, PaymentPinDevice.objects.get(user=user).pin_hash or "")


def test_an_old_challenge_brings_no_second_code_in_the_place_of_the_password() -> None:
    """A stolen mailbox and a stolen session: the reset's first challenge, renewed, must not ask for a code again."""
    alice = make_person("alice")
    first = begin_reset(user=alice, pin=OTHER_PIN, at=now())
    second = renew(challenge_id=first.pk, user=alice, at=now(), origin=ORIGIN)
    outcome = by_email(alice, second)
    assert outcome.challenge is not None
    assert list(outcome.challenge.methods) == ["password"]

    again = renew(challenge_id=first.pk, user=alice, at=now(), origin=ORIGIN)

    assert list(again.methods) == ["password"]
    assert pin_is(alice, PIN)


def test_what_was_used_up_cannot_be_renewed_from_an_older_page() -> None:
    alice, bob = make_person("alice"), make_person("bob")
    give_money(alice, Money(10_000, "EUR"))
    sent = send(alice, known_payee(alice, bob), 4_000)
    assert sent.challenge is not None
    fresh = renew(challenge_id=sent.challenge.pk, user=alice, at=now(), origin=ORIGIN)
    answer(challenge_id=fresh.pk, user=alice, method="pin", code=PIN, at=now(), origin=ORIGIN)
    assert available_minor(bob) == 4_000
    with pytest.raises(StateConflict):
        renew(challenge_id=sent.challenge.pk, user=alice, at=now(), origin=ORIGIN)
    assert available_minor(bob) == 4_000


def test_a_frozen_person_cannot_confirm_what_they_sent_before() -> None:
    alice, bob = make_person("alice"), make_person("bob")
    give_money(alice, Money(10_000, "EUR"))
    sent = send(alice, known_payee(alice, bob), 4_000)
    assert sent.challenge is not None
    freeze(user=alice, by="staff:test", at=now(), origin=ORIGIN)

    with pytest.raises(AccountFrozen):
        confirm(alice, sent)
    sent.transfer.refresh_from_db()
    assert sent.transfer.status == Status.AWAITING_STEP_UP
    assert available_minor(bob) == 0

    # Nor over the API, signed in anew.
    answered = Client().post(
        f"/api/v1/step-up/{sent.challenge.public_id}/",
        {"method": "pin", "code": PIN},
        content_type="application/json",
        headers={"X-Session-Token": app_token(alice)},
    )
    assert (answered.status_code, answered.json()["code"]) == (422, "account_frozen")
    assert available_minor(bob) == 0
