"""Staff are no customers: every address, page and endpoint, walked as a member of staff."""

from __future__ import annotations

import re
from typing import Any
from uuid import uuid4

import pytest
from django.test import Client

from accounts.devices.models import WalletSession
from accounts.identity.customers_only import APP_NAMES, STAFF_NAMES, STAFF_PREFIXES
from accounts.identity.models import User
from tests.architecture.test_addresses import PUBLIC, SAMPLE
from tests.architecture.walk import Address, addresses
from tests.factories.people import PASSWORD, make_person, make_staff, now
from tests.factories.sessions import app_token, browser
from tests.integration.accounts.app import App

METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE")
API_OF_ALL = {"api_schema", "api_docs", "api_errors"}
"""Public: the published contract."""


@pytest.fixture(autouse=True)
def fresh_limits(settings: Any) -> None:
    settings.RATELIMIT_PREFIX = f"test:{uuid4()}"


def _filled(address: Address) -> str:
    return re.sub(r"<[^>]+>", SAMPLE, address.route)


def _of_customers() -> list[Address]:
    return [
        address
        for address in addresses()
        if address.name not in STAFF_NAMES
        and address.name not in API_OF_ALL
        and not address.route.startswith((*(set(STAFF_PREFIXES) - {"/api/"}), "/_allauth/"))
        and "(?P" not in address.route
    ]


def _ask(client: Client, method: str, path: str, token: str | None = None) -> Any:
    headers = {"Idempotency-Key": uuid4().hex} | ({"X-Session-Token": token} if token else {})
    return client.generic(method, path, "{}", content_type="application/json", headers=headers)


def test_the_lists_name_only_what_exists_and_nothing_of_a_customer() -> None:
    names = {address.name for address in addresses()}
    assert set(STAFF_NAMES) <= names
    assert set(STAFF_NAMES) <= set(PUBLIC)
    assert {name.rpartition(":")[2] for name in APP_NAMES} <= names


def test_the_walk_meets_the_wallet() -> None:
    walked = {address.name for address in _of_customers()}
    assert {"home", "send", "activity", "add_money", "security_pin", "settings", "notifications", "limits"} <= walked
    assert {"api_me", "api_wallets", "api_transfers", "api_top_ups", "api_pin", "api_notifications"} <= walked


@pytest.mark.django_db
@pytest.mark.parametrize("address", _of_customers(), ids=lambda address: address.route)
def test_a_customers_address_answers_staff_with_403(address: Address) -> None:
    dave = make_staff("dave", is_superuser=True)
    client, path = browser(dave), _filled(address)
    token = app_token(dave) if path.startswith("/api/") else None
    for method in METHODS:
        answer = _ask(client, method, path, token)
        assert answer.status_code == 403, f"{method} {path}"
        if token:
            assert answer.json()["code"] == "staff_own_no_wallet"
            assert answer.json()["money_moved"] is False
        else:
            assert 'href="/admin/"' in answer.content.decode()


@pytest.mark.django_db
@pytest.mark.parametrize(
    "address",
    [address for address in addresses() if address.route.startswith("/_allauth/") and address.name],
    ids=lambda address: address.route,
)
def test_an_apps_sign_in_is_closed_to_somebody_who_became_staff(address: Address) -> None:
    if any(name.endswith(f":{address.name}") for name in APP_NAMES):
        return
    token = app_token(make_staff("dave"))
    for method in METHODS:
        answer = _ask(Client(), method, _filled(address), token)
        assert (answer.status_code, answer.json()["code"]) == (403, "staff_own_no_wallet"), f"{method} {address.route}"


@pytest.mark.django_db
class TestInWords:
    def test_a_page_says_why_and_leads_to_the_desk(self) -> None:
        answer = browser(make_staff("dave")).get("/home/")
        page = answer.content.decode()
        assert answer.status_code == 403
        assert "Staff accounts have no wallet, so this is closed to them." in page
        assert '<a class="button button--primary" href="/admin/">Go to the desk</a>' in page
        assert 'href="/home/"' not in page

    def test_in_chinese(self) -> None:
        page = browser(make_staff("dave", language="zh-hans")).get("/send/").content.decode()
        assert "员工账户没有钱包" in page
        assert "前往工作台" in page

    def test_customers_are_let_in(self) -> None:
        alice = make_person("alice")
        assert browser(alice).get("/home/").status_code == 200
        assert _ask(Client(), "GET", "/api/v1/me/", app_token(alice)).status_code == 200


@pytest.mark.django_db
class TestWhatStaffNeed:
    def test_the_desk_the_second_factor_the_password_and_help_open(self) -> None:
        client = Client()
        make_staff("dave")
        client.post("/account/login/", {"login": "dave@example.com", "password": PASSWORD})
        opened = {
            path: client.get(path).status_code for path in ("/account/2fa/", "/account/password/change/", "/help/", "/")
        }
        assert opened == dict.fromkeys(opened, 200)
        page = client.get("/account/2fa/").content.decode()
        assert 'href="/admin/"' in page
        assert not re.findall(r'href="/(?:home|send|activity|add-money|settings|notifications)/', page)

    def test_the_password_changes(self) -> None:
        client = Client()
        dave = make_staff("dave")
        client.post("/account/login/", {"login": "dave@example.com", "password": PASSWORD})
        new = "quiet-otter-swims-77"
        sent = {"oldpassword": PASSWORD, "password1": new, "password2": new}
        assert client.post("/account/password/change/", sent).status_code == 302
        dave.refresh_from_db()
        assert dave.check_password(new)

    def test_signing_out_ends_the_session(self) -> None:
        client = browser(make_staff("dave"))
        assert client.post("/account/logout/").status_code == 302
        assert client.get("/home/").status_code == 302

    def test_the_language_switch_works(self) -> None:
        assert browser(make_staff("dave")).post("/i18n/setlang/", {"language": "zh-hans"}).status_code == 302


@pytest.mark.django_db
class TestInAnApp:
    def test_staff_do_not_sign_in(self) -> None:
        make_staff("dave")
        app = App()
        answer = app.auth("auth/login", {"email": "dave@example.com", "password": PASSWORD})
        assert (answer.status_code, answer.json()["code"]) == (403, "staff_own_no_wallet")
        assert app.call("GET", "/api/v1/me/").status_code == 401

    def test_a_wrong_password_is_told_as_to_everybody(self) -> None:
        make_staff("dave")
        answer = App().auth("auth/login", {"email": "dave@example.com", "password": "wrong-heron-reads-42"})
        assert answer.status_code == 400
        assert answer.json()["errors"][0]["code"] == "email_password_mismatch"

    def test_who_became_staff_can_still_sign_out(self) -> None:
        dave = User.objects.filter(pk=make_staff("dave").pk)
        dave.update(is_staff=False, verified_at=now())
        app = App()
        assert app.auth("auth/login", {"email": "dave@example.com", "password": PASSWORD}).status_code == 200
        dave.update(is_staff=True)
        assert app.call("GET", "/api/v1/me/").json()["code"] == "staff_own_no_wallet"
        assert app.auth("auth/session", method="DELETE").status_code == 401
        assert not WalletSession.objects.filter(user=dave.get()).exists()
