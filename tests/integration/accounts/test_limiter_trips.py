"""What the limiter costs a request: one round trip to Valkey, and a second only to give back after a right secret."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from uuid import uuid4

import pytest
from django.test import Client

from tests.factories.people import PASSWORD, make_person
from tests.factories.sessions import app_token, browser
from tests.integration.accounts.app import App, code_for
from wallet_project.lib import ratelimit

if TYPE_CHECKING:
    from collections.abc import Callable

pytestmark = pytest.mark.django_db
EMAIL = "alice@example.com"


class Trips:
    """Counts what is sent to Valkey by the limiter's client."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.count = 0
        client = ratelimit._client()
        client.script_load(ratelimit._ENTER_SCRIPT)
        client.script_load(ratelimit._GIVE_BACK_SCRIPT)
        send = client.execute_command

        def counted(*args: Any, **options: Any) -> Any:
            self.count += 1
            return send(*args, **options)

        monkeypatch.setattr(client, "execute_command", counted)

    def of(self, ask: Callable[[], Any], status: int) -> int:
        before = self.count
        answer = ask()
        assert answer.status_code == status
        return self.count - before


@pytest.fixture(autouse=True)
def fresh_limits(settings: Any) -> None:
    settings.RATELIMIT_PREFIX = f"test:{uuid4()}"


@pytest.fixture
def trips(monkeypatch: pytest.MonkeyPatch) -> Trips:
    return Trips(monkeypatch)


def test_pages_and_endpoints_cost_one(trips: Trips) -> None:
    alice = make_person("alice")
    web, token = browser(alice), app_token(alice)
    for path in ("/", "/home/", "/security/", "/send/", "/account/login/", "/account/password/change/", "/help/"):
        assert trips.of(lambda path=path: web.get(path, follow=False), web.get(path).status_code) == 1, path
    for path in ("/api/v1/me/", "/api/v1/wallets/", "/api/v1/me/access-log/"):
        assert trips.of(lambda path=path: Client().get(path, headers={"X-Session-Token": token}), 200) == 1, path


def test_a_wrong_secret_costs_one_and_a_right_one_two(trips: Trips) -> None:
    make_person("alice")
    form = {"login": EMAIL, "password": "wrong-heron-reads-42"}
    assert trips.of(lambda: Client().post("/account/login/", form), 200) == 1
    assert trips.of(lambda: Client().post("/account/login/", form | {"password": PASSWORD}), 302) == 2
    app = App()
    assert trips.of(lambda: app.auth("auth/login", {"email": EMAIL, "password": "wrong-heron-reads-42"}), 400) == 1
    assert trips.of(lambda: app.auth("auth/login", {"email": EMAIL, "password": PASSWORD}), 200) == 2


def test_a_code_too(trips: Trips) -> None:
    make_person("alice")
    app = App()
    app.auth("auth/code/request", {"email": EMAIL})
    assert trips.of(lambda: app.auth("auth/code/confirm", {"code": "BBBB-BBBB"}), 400) == 1
    assert trips.of(lambda: app.auth("auth/code/confirm", {"code": code_for(EMAIL)}), 200) == 2


def test_who_is_locked_out_costs_one(trips: Trips) -> None:
    make_person("alice")
    app = App()
    app.auth("auth/code/request", {"email": EMAIL})
    for _ in range(5):
        app.auth("auth/code/confirm", {"code": "BBBB-BBBB"})
    assert trips.of(lambda: app.auth("auth/code/confirm", {"code": code_for(EMAIL)}), 429) == 1


def test_what_cannot_be_read_costs_one_and_counts(trips: Trips, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(ratelimit.RATES, "signin", ratelimit.Rate(2, 60, "ip"))

    def nonsense() -> Any:
        return Client().post("/_allauth/app/v1/auth/login", "{", content_type="application/json")

    assert [trips.of(nonsense, status) for status in (400, 400, 429)] == [1, 1, 1]
