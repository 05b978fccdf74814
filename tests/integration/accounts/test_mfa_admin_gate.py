"""The desk opens only to staff, in a staff session, with a second factor used in it that still exists."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import TOTP, format_hotp_value, generate_totp_secret, hotp_value
from django.contrib import admin
from django.test import Client

from accounts.devices.models import WalletSession
from accounts.devices.session_engine import KIND
from accounts.identity.mfa_adapter import sealing_for
from accounts.mfa.models import AuthenticatorDevice, PaymentPinDevice
from tests.factories.people import PASSWORD, make_person, make_staff
from wallet_project.admin_site import WalletAdminSite
from wallet_project.lib import clock, desk

if TYPE_CHECKING:
    from accounts.identity.models import User

pytestmark = pytest.mark.django_db
SECRET = generate_totp_secret()
BACKEND = "accounts.identity.backends.WalletBackend"
COUNTER = 59_000_000


@pytest.fixture(autouse=True)
def the_authenticator_stands_still(monkeypatch: pytest.MonkeyPatch) -> None:
    """No test runs across the end of a 30-second step."""
    monkeypatch.setattr("allauth.mfa.totp.internal.auth.yield_hotp_counters_from_time", lambda: iter([COUNTER]))


def totp_code() -> str:
    """What dave's authenticator shows."""
    return format_hotp_value(hotp_value(SECRET, COUNTER))


def enrol(user: User, secret: str = SECRET) -> None:
    with sealing_for(user):
        TOTP.activate(user, secret)


def dave_with_totp() -> User:
    dave = make_staff("dave", is_superuser=True)
    enrol(dave)
    return dave


def sign_in(client: Client, *, code: bool = True, handle: str = "dave") -> None:
    answer = client.post("/account/login/", {"login": f"{handle}@example.com", "password": PASSWORD})
    assert answer.status_code == 302
    if code:
        answer = client.post("/account/2fa/authenticate/", {"code": totp_code()})
        assert answer.status_code == 302, answer.content.decode()


class TestTheGate:
    def test_the_desk_is_our_site(self) -> None:
        assert isinstance(admin.site, WalletAdminSite)
        assert admin.site.name == "admin"

    def test_password_and_second_factor_open_it(self) -> None:
        dave_with_totp()
        client = Client()
        sign_in(client)
        assert client.get("/admin/").status_code == 200
        assert AuthenticatorDevice.objects.count() == 1

    def test_a_password_alone_is_refused(self) -> None:
        dave_with_totp()
        client = Client()
        sign_in(client, code=False)
        answer = client.get("/admin/")
        assert (answer.status_code, answer["Location"]) == (302, "/admin/login/?next=/admin/")
        assert client.get(answer["Location"])["Location"] == "/account/login/?next=%2Fadmin%2F"

    def test_a_session_without_the_factor_is_sent_to_prove_it(self) -> None:
        dave = dave_with_totp()
        client = Client()
        client.force_login(dave, backend=BACKEND)
        answer = client.get("/admin/login/?next=/admin/accounts/")
        assert answer["Location"] == "/account/2fa/reauthenticate/?next=%2Fadmin%2Faccounts%2F"
        proved = client.post(answer["Location"], {"code": totp_code()})
        assert (proved.status_code, proved["Location"]) == (302, "/admin/accounts/")
        assert client.get("/admin/").status_code == 200

    def test_a_wrong_code_opens_nothing(self) -> None:
        dave = dave_with_totp()
        client = Client()
        client.force_login(dave, backend=BACKEND)
        client.post("/account/2fa/reauthenticate/?next=/admin/", {"code": "000000"})
        assert client.get("/admin/").status_code == 302

    def test_staff_without_a_factor_are_sent_to_enrol(self) -> None:
        make_staff("dave", is_superuser=True)
        client = Client()
        sign_in(client, code=False)
        assert client.get("/admin/").status_code == 302
        answer = client.get("/admin/login/?next=/admin/")
        assert answer["Location"] == "/account/2fa/totp/activate/?next=%2Fadmin%2F"
        asked = client.get(answer["Location"])
        assert asked["Location"].startswith("/account/reauthenticate/?next=%2Faccount%2F2fa%2Ftotp%2Factivate%2F")
        proved = client.post(asked["Location"], {"password": PASSWORD})
        assert client.get(proved["Location"]).status_code == 200
        assert client.get("/admin/").status_code == 302

    def test_enrolling_alone_does_not_open_it_the_factor_must_be_used(self) -> None:
        dave = make_staff("dave", is_superuser=True)
        client = Client()
        client.force_login(dave, backend=BACKEND)
        assert client.get("/admin/login/")["Location"].startswith("/account/2fa/totp/activate/")
        enrol(dave)
        assert client.get("/admin/").status_code == 302
        client.post("/account/2fa/reauthenticate/?next=/admin/", {"code": totp_code()})
        assert client.get("/admin/").status_code == 200

    def test_removing_the_factor_closes_it_at_once(self) -> None:
        dave_with_totp()
        client = Client()
        sign_in(client)
        assert client.get("/admin/").status_code == 200
        Authenticator.objects.all().delete()
        assert AuthenticatorDevice.objects.count() == 0
        assert client.get("/admin/").status_code == 302

    def test_another_factor_enrolled_later_does_not_inherit_the_proof(self) -> None:
        dave = dave_with_totp()
        client = Client()
        sign_in(client)
        client.get("/admin/")
        Authenticator.objects.all().delete()
        enrol(dave, generate_totp_secret())
        assert client.get("/admin/").status_code == 302

    def test_losing_the_staff_mark_closes_it_at_once(self) -> None:
        dave = dave_with_totp()
        client = Client()
        sign_in(client)
        assert client.get("/admin/").status_code == 200
        type(dave).objects.filter(pk=dave.pk).update(is_staff=False)
        assert client.get("/admin/").status_code == 302

    def test_a_customer_is_refused(self) -> None:
        client = Client()
        client.force_login(make_person("mallory", pin=None), backend=BACKEND)
        assert client.get("/admin/").status_code == 302
        assert client.get("/admin/login/").status_code == 403

    def test_a_stranger_is_sent_to_sign_in(self, client: Client) -> None:
        answer = client.get("/admin/login/?next=https://evil.example/")
        assert answer["Location"] == "/account/login/?next=%2Fadmin%2F"

    def test_the_desk_itself_takes_no_password(self, client: Client) -> None:
        dave_with_totp()
        answer = client.post("/admin/login/", {"username": "dave", "password": PASSWORD})
        assert answer["Location"].startswith("/account/login/")
        assert "_auth_user_id" not in client.session


class TestTheStaffSession:
    def test_lives_eight_hours_and_fifteen_minutes_idle(self) -> None:
        dave_with_totp()
        client = Client()
        sign_in(client)
        row = WalletSession.objects.get(user__isnull=False)
        assert row.kind == "staff"
        assert timedelta(hours=7, minutes=59) < row.expires_at - clock.now() <= timedelta(hours=8)
        assert client.get("/admin/").status_code == 200
        WalletSession.objects.update(last_seen_at=clock.now() - timedelta(minutes=15))
        assert client.get("/admin/").status_code == 302
        assert WalletSession.objects.filter(pk=row.pk).count() == 0

    def test_who_became_staff_in_a_longer_session_signs_in_again(self) -> None:
        dave = dave_with_totp()
        client = Client()
        sign_in(client)
        session = client.session
        session[KIND] = "web"
        session.save()
        assert client.get("/admin/").status_code == 302
        assert client.get("/admin/login/")["Location"].startswith("/account/login/")
        assert not WalletSession.objects.filter(user=dave).exists()

    def test_signing_out_ends_it(self) -> None:
        dave_with_totp()
        client = Client()
        sign_in(client)
        assert client.get("/admin/logout/").status_code == 405
        assert client.post("/admin/logout/")["Location"] == "/account/login/"
        assert client.get("/admin/").status_code == 302


class TestTheIndex:
    def test_hands_the_queues_to_the_page(self) -> None:
        dave_with_totp()
        client = Client()
        sign_in(client)
        rows = client.get("/admin/").context["queues"]
        assert {row["name"] for row in rows} == {name for name, _ in desk.queues.items()}
        assert all(row["url"].startswith("/admin/") and row["count"] == 0 for row in rows)


class TestForcedReset:
    def test_needs_its_own_permission(self) -> None:
        dave = dave_with_totp()
        alice = make_person("alice")
        device = PaymentPinDevice.objects.get(user=alice)
        client = Client()
        sign_in(client)
        body = {"action": "force_reset", "_selected_action": [str(device.pk)]}
        url = "/admin/accounts/paymentpindevice/"
        listing = client.get(url)
        assert listing.status_code == 200
        assert "argon2" not in listing.content.decode()
        type(dave).objects.filter(pk=dave.pk).update(is_superuser=False)
        assert client.post(url, body).status_code == 403
        device.refresh_from_db()
        assert device.rounds == 0
        type(dave).objects.filter(pk=dave.pk).update(is_superuser=True)
        assert client.post(url, body).status_code == 302
        device.refresh_from_db()
        assert device.rounds == 3
