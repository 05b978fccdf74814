"""Guessing a payment PIN or a code, spread over endpoints, challenges, sessions and threads."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import pytest
from django.db import connection

from accounts.identity.models import OneTimeMessage
from accounts.mfa.models import PaymentPinDevice, SMSDevice
from tests.factories.people import PIN
from tests.factories.stepup import OTHER_PIN, Things, again, app_client, person, registered_things
from wallet_project.lib import clock

if TYPE_CHECKING:
    from collections.abc import Iterator

    from rest_framework.test import APIClient

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def fresh_limits(settings) -> None:
    settings.RATELIMIT_PREFIX = f"test:{uuid4()}"


@pytest.fixture
def things() -> Iterator[Things]:
    with registered_things() as registered:
        yield registered


def post(client: APIClient, path: str, body: dict[str, Any]) -> dict[str, Any]:
    return client.post(f"/api/v1/{path}", body, format="json").json()


def test_guesses_at_every_door_count_together(things: Things) -> None:
    """Payment, change and a second challenge share one count: five in all, not five each."""
    alice = person()
    client = app_client(alice, signed_in_at=clock.now())
    first, second = things.ask(alice, at=clock.now()), things.ask(alice, at=clock.now())
    change = {"pin": OTHER_PIN, "old_pin": "000001"}
    lefts = [
        post(client, f"step-up/{first.public_id}/", {"method": "pin", "code": "000001"})["tries_left"],
        client.put("/api/v1/me/pin/", change, format="json").json()["tries_left"],
        post(client, f"step-up/{second.public_id}/", {"method": "pin", "code": "000002"})["tries_left"],
        client.put("/api/v1/me/pin/", change, format="json").json()["tries_left"],
    ]
    assert lefts == [4, 3, 2, 1]
    assert client.put("/api/v1/me/pin/", change, format="json").json()["code"] == "pin_locked"
    answer = post(client, f"step-up/{first.public_id}/", {"method": "pin", "code": PIN})
    assert answer["code"] == "pin_locked"
    assert things.done == []


def test_another_device_gets_no_new_tries(things: Things) -> None:
    alice = person()
    challenge = things.ask(alice, at=clock.now())
    for turn in range(5):
        client = app_client(again(alice), signed_in_at=clock.now())
        answer = post(client, f"step-up/{challenge.public_id}/", {"method": "pin", "code": f"00000{turn}"})
    assert answer["code"] == "pin_locked"


def test_a_locked_account_cannot_ask_for_a_confirmation_but_keeps_its_money(things: Things) -> None:
    alice = person()
    old = things.ask(alice, at=clock.now())
    PaymentPinDevice.objects.filter(user=alice).update(rounds=1, locked_until=clock.now() + timedelta(minutes=30))
    client = app_client(again(alice), signed_in_at=clock.now())
    answer = post(client, f"step-up/{old.public_id}/renew/", {})
    assert (answer["status"], answer["code"], answer["money_moved"]) == (403, "pin_locked", False)


def test_choosing_a_pin_is_no_oracle_for_the_one_they_have() -> None:
    """Asking to change to the current PIN must read the same as any other choice."""
    alice = person()
    client = app_client(alice, signed_in_at=clock.now())
    answers = [client.put("/api/v1/me/pin/", {"pin": pin}, format="json") for pin in (PIN, OTHER_PIN)]
    assert [answer.status_code for answer in answers] == [202, 202]
    assert [sorted(answer.json()) for answer in answers] == [["next_action", "pin_set"]] * 2


def test_a_code_for_the_pin_confirms_no_payment(things: Things) -> None:
    """A code of another purpose is worth nothing here, though it went to the same person in the same minute."""
    alice = person(pin=None, phone="+4915123456789", phone_verified_at=clock.now())
    client = app_client(alice, signed_in_at=clock.now())
    action = client.put("/api/v1/me/pin/", {"pin": PIN}, format="json").json()["next_action"]
    post(client, f"step-up/{action['challenge']}/send/", {"method": "sms"})
    code = re.findall(r"\b\d{6}\b", OneTimeMessage.objects.get().body)[0]
    payment = things.ask(alice, at=clock.now(), methods=("sms",))
    SMSDevice.objects.create(
        user=alice, challenge=payment, code_hmac="0" * 64, sent_at=clock.now(), expires_at=payment.expires_at
    )
    answer = post(client, f"step-up/{payment.public_id}/", {"method": "sms", "code": code})
    assert answer["code"] == "code_wrong"
    assert things.done == []


def test_moving_a_code_to_another_challenge_in_the_database_opens_nothing(things: Things) -> None:
    """Even who can write rows cannot re-use a code: it is keyed with its challenge."""
    alice = person()
    client = app_client(alice, signed_in_at=clock.now())
    cheap = things.ask(alice, at=clock.now(), methods=("email",), amount_minor=100)
    dear = things.ask(alice, at=clock.now(), methods=("email",), amount_minor=49_900)
    post(client, f"step-up/{cheap.public_id}/send/", {"method": "email"})
    code = re.findall(r"\b\d{6}\b", OneTimeMessage.objects.get().body)[0]
    with connection.cursor() as cursor:
        cursor.execute("UPDATE accounts_emaildevice SET challenge_id = %s", [dear.pk])
    answer = post(client, f"step-up/{dear.public_id}/", {"method": "email", "code": code})
    assert answer["code"] == "code_wrong"
    assert things.done == []


def test_nothing_secret_reaches_the_log(things: Things, caplog, capfd) -> None:
    alice = person()
    client = app_client(alice, signed_in_at=clock.now())
    challenge = things.ask(alice, at=clock.now())
    post(client, f"step-up/{challenge.public_id}/", {"method": "pin", "code": "864209"})
    post(client, f"step-up/{challenge.public_id}/", {"method": "pin", "code": PIN})
    client.put("/api/v1/me/pin/", {"pin": OTHER_PIN, "old_pin": PIN}, format="json")
    written = caplog.text + "".join(capfd.readouterr())
    assert "step-up" in written
    assert not [secret for secret in ("864209", PIN, OTHER_PIN) if secret in written]
