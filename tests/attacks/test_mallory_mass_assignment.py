"""Every writable endpoint × every column there is: refused by name, and nothing is changed."""

from __future__ import annotations

import json
from typing import Any
from uuid import uuid4

import pytest
from django.apps import apps
from django.test import Client

from accounts.identity.models import User
from accounts.mfa.models import PaymentPinDevice
from ledger.money import Money
from payments.banking.models import BankAccount, Withdrawal
from payments.funding.models import TopUp
from tests.factories.people import PIN, give_money
from tests.factories.sessions import app_token, browser
from tests.factories.stepup import OTHER_PIN
from tests.factories.transfers import known_payee, send
from transfers.p2p.models import Transfer
from transfers.payees.policy import public_id

pytestmark = pytest.mark.django_db

COLUMNS = sorted(
    {
        field.name
        for app in ("accounts", "payments", "transfers", "support")
        for model in apps.get_app_config(app).get_models()
        for field in model._meta.fields
    }
    | {"is_superuser", "groups", "user_permissions", "fee", "rate", "available_minor", "trusted", "skip_step_up"}
)
ASKED: dict[str, tuple[str, dict[str, Any]]] = {
    "transfers/": ("POST", {"payee": "pye_x", "amount_minor": 100, "currency": "EUR", "note": "", "category": ""}),
    "top-ups/": ("POST", {"amount_minor": 500, "currency": "EUR", "method": "card"}),
    "withdrawals/": ("POST", {"bank_account": "ban_x", "amount_minor": 100, "currency": "EUR"}),
    "bank-accounts/": (
        "POST",
        {"iban": "DE89370400440532013000", "holder_name": "Alice Example", "bic": "", "currency": "EUR"},
    ),
    "payees/resolve/": ("POST", {"identifier": "@bob"}),
    "payees/": ("POST", {"payee": "pye_x"}),
    "wallets/": ("POST", {"currency": "USD"}),
    "me/consents/": ("PUT", {"accept": {"terms": "2026-11"}, "switches": {"analytics": False}}),
    "me/pin/": ("PUT", {"pin": OTHER_PIN, "old_pin": PIN}),
    "me/pin/reset/": ("POST", {"pin": OTHER_PIN}),
    "step-up/chl_x/": ("POST", {"method": "pin", "code": PIN}),
    "step-up/chl_x/send/": ("POST", {"method": "email"}),
    "step-up/chl_x/renew/": ("POST", {}),
    "me/profile/": (
        "PATCH",
        {
            "handle": "",
            "shown_name": "",
            "language": "",
            "time_zone": "",
            "country": "",
            "theme": "",
            "discoverable_by_handle": True,
            "discoverable_by_email": True,
            "discoverable_by_phone": True,
        },
    ),
}


@pytest.fixture(autouse=True)
def fresh_limits(settings: Any) -> None:
    settings.RATELIMIT_PREFIX = f"test:{uuid4()}"


def state_of(user: User) -> tuple[Any, ...]:
    person = User.objects.filter(pk=user.pk).values().get()
    pin = PaymentPinDevice.objects.filter(user=user).values().first()
    money_out = BankAccount.objects.count() + Withdrawal.objects.count()
    return person, pin, Transfer.objects.count(), TopUp.objects.count(), money_out


@pytest.mark.parametrize("path", ASKED)
def test_a_field_that_is_not_asked_for(alice: User, bob: User, path: str) -> None:
    """All of them at once, beside a body that is right: the answer names each, and the rest is not done either."""
    method, wanted = ASKED[path]
    wanted = dict(wanted)
    address = path
    if "payee" in wanted:
        wanted["payee"] = public_id(known_payee(alice, bob, trusted=True))
    if "chl_x" in path:
        waiting = send(alice, known_payee(alice, bob), 4_000)
        assert waiting.challenge is not None
        address = path.replace("chl_x", waiting.challenge.public_id)
    extra = {name: True for name in COLUMNS if name not in wanted}
    token, before = app_token(alice), state_of(alice)
    answer = Client().generic(
        method,
        f"/api/v1/{address}",
        json.dumps(wanted | extra),
        content_type="application/json",
        headers={"X-Session-Token": token, "Idempotency-Key": uuid4().hex},
    )
    body = answer.json()
    assert (answer.status_code, body["code"]) == (400, "unknown_field")
    assert {problem["field"] for problem in body["errors"]} == set(extra)
    assert state_of(alice) == before


def test_sign_up_takes_no_rank() -> None:
    rank = {"is_staff": True, "is_superuser": True, "tier": 3, "state": "ACTIVE", "verified_at": "2020-01-01T00:00:00Z"}
    contact = {"email": "mallory@example.net", "password": "calm-heron-reads-43"}
    answer = Client().post("/_allauth/app/v1/auth/signup", contact | rank, content_type="application/json")
    assert answer.status_code == 401
    made = User.objects.get()
    assert (made.is_staff, made.is_superuser, made.tier, made.verified_at) == (False, False, 0, None)


@pytest.mark.parametrize("page", ["/settings/", "/settings/welcome/"])
def test_the_settings_change_settings_alone(mallory: User, page: str) -> None:
    give_money(mallory, Money(100, "EUR"))
    kept = [name for name in COLUMNS if hasattr(mallory, name) and name not in ASKED["me/profile/"][1]]
    before = {name: getattr(mallory, name) for name in kept}
    typed = dict.fromkeys(kept, "1") | {"shown_name": "Mallory Vex", "time_zone": "Europe/Berlin", "theme": "dark"}
    answer = browser(mallory).post(page, typed | {"language": "en", "country": "DE", "handle": "mallory"})
    assert answer.status_code == 302
    mallory.refresh_from_db()
    assert mallory.shown_name == "Mallory Vex"
    changed = {name for name in kept if getattr(mallory, name) != before[name]} - {"last_login"}
    assert changed == set()
