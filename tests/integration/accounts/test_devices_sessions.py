"""Sessions and app tokens: what is stored opens nothing, what ends is over at once, one query per API call."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest
from allauth.account.internal.flows.reauthentication import did_recently_reauthenticate
from django.contrib.sessions.backends.base import UpdateError
from django.db import connection
from django.test import Client, RequestFactory
from rest_framework.test import APIRequestFactory

from accounts.devices import services
from accounts.devices.api.authentication import WalletAuthentication
from accounts.devices.models import AppToken, WalletSession
from accounts.devices.origin import origin_of
from accounts.devices.session_engine import SessionStore
from accounts.identity.models import User
from accounts.identity.services import freeze, unfreeze
from accounts.stepup.selectors import is_fresh
from tests.factories.people import ORIGIN, PASSWORD, make_person, make_staff, now
from tests.integration.accounts.app import App
from wallet_project.lib import clock
from wallet_project.lib.errors import NotFound

if TYPE_CHECKING:
    from pytest_django import DjangoAssertNumQueries

pytestmark = pytest.mark.django_db

EMAIL = "ada@example.com"


@pytest.fixture
def ada() -> User:
    return make_person("ada", pin=None)


@pytest.fixture
def app(ada: User) -> App:
    phone = App()
    assert phone.auth("auth/login", {"email": EMAIL, "password": PASSWORD}).status_code == 200
    return phone


@pytest.fixture
def browser(ada: User) -> Client:
    client = Client()
    assert client.post("/account/login/", {"login": EMAIL, "password": PASSWORD}).status_code == 302
    return client


def raw(table: str) -> str:
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT * FROM {table}")  # a name of ours
        return str(
            [[bytes(cell) if isinstance(cell, memoryview) else cell for cell in row] for row in cursor.fetchall()]
        )


class TestAtRest:
    def test_neither_token_nor_session_key_is_in_the_database(self, app: App) -> None:
        session = app.token
        assert session.startswith("wlt_")
        assert len(session) >= 4 + 43
        rows = raw("accounts_apptoken") + raw("accounts_walletsession")
        assert session not in rows
        assert AppToken.objects.get().token_hash == hashlib.sha256(session.encode()).hexdigest()

    def test_the_cookie_is_not_in_the_database(self, browser: Client) -> None:
        key = browser.cookies["sessionid"].value
        assert key not in raw("accounts_walletsession")
        assert WalletSession.objects.get().key_hash == hashlib.sha256(key.encode()).hexdigest()

    def test_the_login_state_is_sealed(self, browser: Client) -> None:
        payload = bytes(WalletSession.objects.get().payload)
        assert b"_auth_user_id" not in payload
        assert b"{" not in payload[:1]

    def test_a_token_is_no_cookie_and_a_cookie_no_token(self, app: App, browser: Client) -> None:
        stranger = Client()
        stranger.cookies["sessionid"] = app.token
        assert stranger.get("/settings/").status_code == 302
        thief = App()
        thief.token = browser.cookies["sessionid"].value
        assert thief.call("GET", "/api/v1/me/").status_code == 401
        assert thief.auth("auth/session", method="GET").status_code == 410
        thief.token = AppToken.objects.get().token_hash
        assert thief.call("GET", "/api/v1/me/").status_code == 401

    def test_the_api_never_looks_at_the_cookie(self, browser: Client) -> None:
        assert browser.get("/api/v1/me/").status_code == 401


class TestRefusals:
    @pytest.mark.parametrize("token", ["wlt_unknown", "", "x" * 5000, "wlt_é"])
    def test_401_with_a_challenge(self, token: str) -> None:
        stranger = App()
        stranger.token = token
        answer = stranger.call("GET", "/api/v1/me/")
        assert answer.status_code == 401
        assert answer["WWW-Authenticate"].startswith("Session ")
        assert answer.data["code"] == "not_authenticated"

    def test_one_query_finds_token_session_and_person(
        self, app: App, django_assert_num_queries: DjangoAssertNumQueries
    ) -> None:
        request: Any = APIRequestFactory().get("/api/v1/me/", headers={"X-Session-Token": app.token})
        with django_assert_num_queries(1):
            found = WalletAuthentication().authenticate(request)
            assert found is not None
            user, token = found
            assert (user.handle, token.session.user.handle) == ("ada", "ada")
            assert token.session.authenticated_at is not None


class TestEnds:
    def test_sign_out_in_the_app(self, app: App) -> None:
        assert app.auth("auth/session", method="DELETE").status_code == 401
        assert app.call("GET", "/api/v1/me/").status_code == 401
        assert AppToken.objects.count() == 0

    def test_password_change_ends_every_other_session_and_renews_this_one(self, app: App, browser: Client) -> None:
        old = app.token
        app.auth("auth/reauthenticate", {"password": PASSWORD})
        body = {"current_password": PASSWORD, "new_password": "another long password"}
        answer = app.auth("account/password/change", body)
        assert answer.status_code == 200
        assert app.token != old
        assert app.call("GET", "/api/v1/me/").status_code == 200
        assert browser.get("/settings/").status_code == 302
        app.token = old
        assert app.call("GET", "/api/v1/me/").status_code == 401

    def test_a_password_changed_by_any_road_ends_tokens(self, app: App, ada: User) -> None:
        ada.set_password("set by a command")
        ada.save()
        assert app.call("GET", "/api/v1/me/").status_code == 401

    def test_freeze_signs_out_at_once(self, app: App, browser: Client, ada: User) -> None:
        freeze(user=ada, by="staff", at=now(), origin=ORIGIN)
        assert app.call("GET", "/api/v1/me/").status_code == 401
        assert browser.get("/settings/").status_code == 302
        assert User.objects.get(pk=ada.pk).state == "FROZEN"
        unfreeze(user=ada, by="staff", at=now(), origin=ORIGIN)
        assert User.objects.get(pk=ada.pk).state == "ACTIVE"

    def test_a_closed_account_has_no_token(self, app: App, ada: User) -> None:
        User.objects.filter(pk=ada.pk).update(is_active=False, state="CLOSED")
        assert app.call("GET", "/api/v1/me/").status_code == 401

    def test_a_device_can_be_signed_out_from_another(self, app: App, browser: Client, ada: User) -> None:
        listed = app.call("GET", "/api/v1/me/devices/").data["results"]
        assert {row["kind"]: row["current"] for row in listed} == {"app": True, "web": False}
        other = next(row["id"] for row in listed if not row["current"])
        assert app.call("DELETE", f"/api/v1/me/devices/{other}/").status_code == 204
        assert browser.get("/settings/").status_code == 302

    def test_somebody_elses_device_is_not_found(self, app: App) -> None:
        make_person("bob", pin=None)
        bob = App()
        bob.auth("auth/login", {"email": "bob@example.com", "password": PASSWORD})
        theirs = bob.call("GET", "/api/v1/me/devices/").data["results"][0]["id"]
        assert app.call("DELETE", f"/api/v1/me/devices/{theirs}/").status_code == 404
        assert bob.call("GET", "/api/v1/me/").status_code == 200
        with pytest.raises(NotFound):
            services.revoke_session(
                user=User.objects.get(handle="ada"),
                session_id=WalletSession.objects.get(user__handle="bob").pk,
                at=now(),
                origin=ORIGIN,
            )

    def test_an_ended_session_is_never_written_back(self, browser: Client, ada: User) -> None:
        store = SessionStore(browser.cookies["sessionid"].value)
        store["seen"] = True
        services.revoke_all(user=ada, at=now(), origin=ORIGIN)
        with pytest.raises(UpdateError):
            store.save()
        assert WalletSession.objects.count() == 0


class TestLifetimes:
    @pytest.mark.parametrize(("idle", "status"), [(timedelta(minutes=14), 200), (timedelta(minutes=15), 302)])
    def test_a_browser_may_idle_for_a_quarter_of_an_hour(self, browser: Client, idle: timedelta, status: int) -> None:
        WalletSession.objects.update(last_seen_at=now() - idle)
        assert browser.get("/settings/").status_code == status

    def test_a_browser_session_ends_after_twelve_hours(self, browser: Client) -> None:
        row = WalletSession.objects.get()
        assert row.expires_at - row.created_at == timedelta(hours=12)
        WalletSession.objects.update(expires_at=now())
        assert browser.get("/settings/").status_code == 302

    def test_an_app_session_ends_after_thirty_days_and_may_idle(self, app: App) -> None:
        row = WalletSession.objects.get()
        assert row.expires_at - row.created_at == timedelta(days=30)
        WalletSession.objects.update(last_seen_at=now() - timedelta(days=29))
        assert app.call("GET", "/api/v1/me/").status_code == 200
        WalletSession.objects.update(expires_at=now())
        assert app.call("GET", "/api/v1/me/").status_code == 401

    def test_staff_sessions_are_short(self) -> None:
        make_staff("dave")
        client = Client()
        client.post("/account/login/", {"login": "dave@example.com", "password": PASSWORD})
        row = WalletSession.objects.get()
        assert (row.kind, row.expires_at - row.created_at) == ("staff", timedelta(hours=8))

    def test_signing_in_may_take_an_hour(self) -> None:
        App().sign_up(email="eve@example.com")
        row = WalletSession.objects.get()
        assert (row.user, row.authenticated_at, row.expires_at - row.created_at) == (None, None, timedelta(hours=1))

    def test_last_seen_is_written_once_a_minute(
        self, browser: Client, django_assert_num_queries: DjangoAssertNumQueries
    ) -> None:
        before = WalletSession.objects.get().last_seen_at
        browser.get("/i18n/none/")
        assert WalletSession.objects.get().last_seen_at == before
        WalletSession.objects.update(last_seen_at=now() - timedelta(minutes=2))
        browser.get("/settings/")
        assert now() - WalletSession.objects.get().last_seen_at < timedelta(seconds=30)

    def test_what_is_past_its_end_is_forgotten(self, app: App, browser: Client) -> None:
        WalletSession.objects.filter(kind="app").update(expires_at=now() - timedelta(seconds=1))
        assert services.forget_ended(at=clock.now()) == 1
        assert WalletSession.objects.get().kind == "web"


class TestAuthenticatedAt:
    """allauth says that a person without a password has just re-authenticated (hole 6); our row does not."""

    def test_sign_in_sets_it(self, app: App) -> None:
        marked = WalletSession.objects.get().authenticated_at
        assert marked is not None
        assert now() - marked < timedelta(seconds=30)

    def test_re_authentication_renews_it_and_a_wrong_password_does_not(self, app: App) -> None:
        long_ago = datetime(2026, 1, 1, tzinfo=UTC)
        WalletSession.objects.update(authenticated_at=long_ago)
        assert app.auth("auth/reauthenticate", {"password": "wrong horse battery"}).status_code == 400
        assert WalletSession.objects.get().authenticated_at == long_ago
        assert app.auth("auth/reauthenticate", {"password": PASSWORD}).status_code == 200
        assert now() - WalletSession.objects.get().authenticated_at < timedelta(seconds=30)

    def test_somebody_without_a_password_is_fresh_to_allauth_for_ever_and_not_to_us(self, app: App, ada: User) -> None:
        request: Any = RequestFactory().get("/")
        ada.set_unusable_password()
        request.user, request.session = ada, SessionStore()
        assert did_recently_reauthenticate(request) is True
        signed_in_at = WalletSession.objects.get().authenticated_at
        assert signed_in_at is not None
        assert is_fresh(signed_in_at, at=signed_in_at + timedelta(minutes=5))
        assert not is_fresh(signed_in_at, at=signed_in_at + timedelta(minutes=5, seconds=1))


class TestNames:
    @pytest.mark.parametrize(
        ("user_agent", "name"),
        [
            ("Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 Chrome/130.0 Safari/537.36", "Chrome, Linux"),
            ("Mozilla/5.0 (Windows NT 10.0) Chrome/130.0 Safari/537.36 Edg/130.0", "Edge, Windows"),
            ("Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) Version/18.0 Safari/604.1", "Safari, iPhone"),
            ("WalletApp/1.0", "WalletApp/1.0"),
            ("", "App"),
        ],
    )
    def test_say_what_a_person_would(self, user_agent: str, name: str) -> None:
        assert WalletSession(kind="app", device=user_agent).name == name


class TestOrigin:
    def test_of_the_api_names_session_and_channel(self, app: App) -> None:
        request: Any = APIRequestFactory().get("/api/v1/me/", REMOTE_ADDR="192.0.2.5")
        request.auth = AppToken.objects.select_related("session").get()
        origin = origin_of(request)
        assert (origin.channel, origin.ip_address) == ("app", "192.0.2.5")
        assert origin.session_id == WalletSession.objects.get().pk
        assert origin.session_started_at == WalletSession.objects.get().created_at.isoformat()
