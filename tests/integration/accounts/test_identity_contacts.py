"""Adding the other contact later, and changing one: after proving who one is, and by a code to the new address."""

from __future__ import annotations

import pytest
from allauth.account.models import EmailAddress
from django.test import Client

from accounts.audit.models import RecordedEvent
from accounts.identity.models import User
from tests.factories.people import PASSWORD, make_person, now
from tests.integration.accounts.app import App, code_for, live_messages_to

pytestmark = pytest.mark.django_db

EMAIL = "ada@example.com"
PHONE = "+4915123456789"


def signed_in(**login: str) -> App:
    app = App()
    assert app.auth("auth/login", {**login, "password": PASSWORD}).status_code == 200
    return app


class TestAddPhone:
    def test_in_the_app_after_re_authentication(self) -> None:
        make_person("ada", pin=None)
        app = signed_in(email=EMAIL)
        assert app.auth("account/phone", {"phone": PHONE}).status_code == 401
        assert live_messages_to(PHONE) == []
        app.auth("auth/reauthenticate", {"password": PASSWORD})
        assert app.auth("account/phone", {"phone": PHONE}).status_code == 202
        assert User.objects.get().phone == ""
        assert app.auth("auth/phone/verify", {"code": code_for(PHONE)}).status_code == 200
        user = User.objects.get()
        assert (user.phone, user.email) == (PHONE, EMAIL)
        assert user.phone_verified_at is not None
        assert RecordedEvent.objects.get(name="contact_verified").payload["contact"] == "phone"

    def test_on_the_page(self) -> None:
        make_person("ada", pin=None)
        browser = Client()
        browser.post("/account/login/", {"login": EMAIL, "password": PASSWORD})
        assert browser.get("/account/phone/change/").status_code == 200
        answer = browser.post("/account/phone/change/", {"phone": "0151 23456789"})
        assert answer["Location"].startswith("/account/reauthenticate/")
        assert browser.get(answer["Location"]).status_code == 200
        answer = browser.post(answer["Location"], {"password": PASSWORD})
        assert answer["Location"] == "/account/phone/verify/"
        assert browser.get("/account/phone/verify/").status_code == 200
        assert browser.post("/account/phone/verify/", {"code": code_for(PHONE)}).status_code == 302
        assert User.objects.get().phone == PHONE

    def test_a_number_of_somebody_else_stays_theirs(self) -> None:
        make_person("bob", pin=None, phone=PHONE, phone_verified_at=now())
        make_person("ada", pin=None)
        app = signed_in(email=EMAIL)
        app.auth("auth/reauthenticate", {"password": PASSWORD})
        app.auth("account/phone", {"phone": PHONE})
        assert ["already" in message.body for message in live_messages_to(PHONE)] == [True]
        assert app.auth("auth/phone/verify", {"code": "BCDF-GHJK"}).status_code in (400, 409)
        assert User.objects.get(handle="ada").phone == ""
        assert User.objects.get(handle="bob").phone == PHONE


class TestAddEmail:
    def test_in_the_app_after_re_authentication(self) -> None:
        make_person("ada", pin=None, email="", phone=PHONE, phone_verified_at=now())
        app = signed_in(phone=PHONE)
        assert app.auth("account/email", {"email": EMAIL}).status_code == 401
        app.auth("auth/reauthenticate", {"password": PASSWORD})
        assert app.auth("account/email", {"email": EMAIL}).status_code == 200
        assert User.objects.get().email == ""
        assert app.auth("auth/email/verify", {"key": code_for(EMAIL)}).status_code == 200
        assert User.objects.get().email == EMAIL
        assert EmailAddress.objects.get().verified

    def test_a_changed_address_replaces_the_old_one_only_when_proven(self) -> None:
        make_person("ada", pin=None)
        app = signed_in(email=EMAIL)
        app.auth("auth/reauthenticate", {"password": PASSWORD})
        app.auth("account/email", {"email": "new@example.com"})
        assert User.objects.get().email == EMAIL
        app.auth("auth/email/verify", {"key": code_for("new@example.com")})
        assert User.objects.get().email == "new@example.com"
        assert [row.email for row in EmailAddress.objects.all()] == ["new@example.com"]
        assert App().auth("auth/login", {"email": EMAIL, "password": PASSWORD}).status_code == 400

    def test_the_pages_are_there(self) -> None:
        make_person("ada", pin=None)
        browser = Client()
        browser.post("/account/login/", {"login": EMAIL, "password": PASSWORD})
        pages = [
            "/account/email/",
            "/account/phone/change/",
            "/account/password/change/",
            "/account/2fa/",
            "/account/logout/",
        ]
        assert {page: browser.get(page).status_code for page in pages} == dict.fromkeys(pages, 200)


class TestRemove:
    def test_the_last_contact_stays(self) -> None:
        make_person("ada", pin=None)
        app = signed_in(email=EMAIL)
        app.auth("auth/reauthenticate", {"password": PASSWORD})
        assert app.auth("account/email", {"email": EMAIL}, method="DELETE").status_code == 400
        assert User.objects.get().email == EMAIL

    def test_an_address_beside_a_phone_can_go(self) -> None:
        make_person("ada", pin=None, phone=PHONE, phone_verified_at=now())
        app = signed_in(email=EMAIL)
        app.auth("auth/reauthenticate", {"password": PASSWORD})
        assert app.auth("account/email", {"email": EMAIL}, method="DELETE").status_code == 200
        user = User.objects.get()
        assert (user.email, user.email_index) == ("", None)
