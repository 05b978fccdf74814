"""Signing up in the app: by e-mail, by phone, by both; the wallet opens with the first proof."""

from __future__ import annotations

import pytest
from allauth.account.models import EmailAddress

from accounts.audit.models import RecordedEvent
from accounts.devices.models import AppToken, WalletSession
from accounts.identity.models import User
from accounts.wallets.selectors import balances_of
from tests.integration.accounts.app import App, code_for, live_messages_to, messages_to, pending

pytestmark = pytest.mark.django_db

EMAIL = "ada@example.com"
PHONE = "+4915123456789"


class TestSignUpByEmail:
    def test_asks_for_the_code_and_opens_nothing_yet(self) -> None:
        app = App()
        answer = app.sign_up(email=EMAIL)
        assert answer.status_code == 401
        assert pending(answer) == ["verify_email"]
        assert app.token.startswith("wlt_")
        user = User.objects.get()
        assert user.verified_at is None
        assert balances_of(user) == []
        assert app.call("GET", "/api/v1/me/").status_code == 401

    def test_the_code_signs_in_with_a_new_token_and_the_wallet_is_there(self) -> None:
        app = App()
        app.sign_up(email=EMAIL)
        first = app.token
        answer = app.auth("auth/email/verify", {"key": code_for(EMAIL)})
        assert answer.status_code == 200
        assert answer.data["meta"]["session_token"] == app.token != first
        me = app.call("GET", "/api/v1/me/")
        assert me.status_code == 200
        assert me.data["profile"]["email"] == EMAIL
        assert me.data["tier"] == 0
        wallets = app.call("GET", "/api/v1/wallets/").data["results"]
        assert [(w["currency"], w["available_minor"]) for w in wallets] == [("EUR", 0)]

    def test_the_first_token_is_dead_afterwards(self) -> None:
        app = App()
        app.sign_up(email=EMAIL)
        old = app.token
        app.auth("auth/email/verify", {"key": code_for(EMAIL)})
        new, app.token = app.token, old
        assert app.call("GET", "/api/v1/me/").status_code == 401
        assert app.auth("auth/session", method="GET").status_code == 410
        assert AppToken.objects.count() == 1
        app.token = new
        assert app.call("GET", "/api/v1/me/").status_code == 200

    def test_tells_the_house_once_without_the_address(self) -> None:
        app = App()
        app.sign_up(email=EMAIL)
        app.auth("auth/email/verify", {"key": code_for(EMAIL)})
        event = RecordedEvent.objects.get(name="person_verified")
        user = User.objects.get()
        assert event.payload == {"user_id": str(user.pk), "contact": "email", "country": "DE", "currency": "EUR"}

    def test_a_wrong_code_opens_nothing(self) -> None:
        app = App()
        app.sign_up(email=EMAIL)
        answer = app.auth("auth/email/verify", {"key": "BBBB-BBBB"})
        assert answer.status_code == 400
        assert answer.data["errors"][0]["code"] == "incorrect_code"
        assert User.objects.get().verified_at is None
        assert not EmailAddress.objects.get().verified

    def test_the_code_is_accepted_in_small_letters_without_the_dash(self) -> None:
        app = App()
        app.sign_up(email=EMAIL)
        answer = app.auth("auth/email/verify", {"key": code_for(EMAIL).replace("-", "").lower()})
        assert answer.status_code == 200

    def test_needs_a_contact(self) -> None:
        answer = App().auth("auth/signup", {"password": "correct horse battery"})
        assert answer.status_code == 400
        assert User.objects.count() == 0

    @pytest.mark.parametrize("password", ["short", "password1234", "x" * 10_000])
    def test_refuses_a_bad_password(self, password: str) -> None:
        answer = App().auth("auth/signup", {"email": EMAIL, "password": password})
        assert answer.status_code == 400
        assert answer.data["errors"][0]["param"] == "password"
        assert User.objects.count() == 0


class TestSignUpByPhone:
    def test_needs_no_email_and_opens_the_wallet(self) -> None:
        app = App()
        answer = app.sign_up(phone=PHONE)
        assert answer.status_code == 401
        assert pending(answer) == ["verify_phone"]
        answer = app.auth("auth/phone/verify", {"code": code_for(PHONE)})
        assert answer.status_code == 200
        user = User.objects.get()
        assert (user.phone, user.email) == (PHONE, "")
        assert user.phone_verified_at is not None
        assert [balance.available.amount_minor for balance in balances_of(user)] == [0]
        assert app.call("GET", "/api/v1/me/").data["profile"]["phone"] == PHONE

    def test_reads_a_national_number(self) -> None:
        app = App()
        assert app.sign_up(phone="0151 23456789").status_code == 401
        assert User.objects.get().phone == PHONE

    def test_signs_in_again_without_being_asked_for_an_email(self) -> None:
        app = App()
        app.sign_up(phone=PHONE)
        app.auth("auth/phone/verify", {"code": code_for(PHONE)})
        again = App()
        answer = again.auth("auth/login", {"phone": PHONE, "password": "correct horse battery"})
        assert answer.status_code == 200
        assert again.call("GET", "/api/v1/me/").status_code == 200


class TestSignUpByBoth:
    def test_proves_one_after_the_other(self) -> None:
        app = App()
        answer = app.sign_up(email=EMAIL, phone=PHONE)
        assert pending(answer) == ["verify_phone"]
        answer = app.auth("auth/phone/verify", {"code": code_for(PHONE)})
        assert answer.status_code == 401
        assert pending(answer) == ["verify_email"]
        assert app.auth("auth/email/verify", {"key": code_for(EMAIL)}).status_code == 200
        user = User.objects.get()
        assert (user.email, user.phone) == (EMAIL, PHONE)
        assert len(balances_of(user)) == 1
        assert RecordedEvent.objects.filter(name="person_verified").count() == 1


class TestTakenContacts:
    def test_a_taken_address_answers_the_same_and_sends_no_code(self) -> None:
        first = App()
        fresh = first.sign_up(email=EMAIL)
        first.auth("auth/email/verify", {"key": code_for(EMAIL)})
        second = App()
        taken = second.sign_up(email=EMAIL)
        assert (taken.status_code, pending(taken)) == (fresh.status_code, pending(fresh))
        assert User.objects.count() == 1
        newest = live_messages_to(EMAIL)[0]
        assert "already" in newest.body
        assert second.auth("auth/email/verify", {"key": "BCDF-GHJK"}).status_code == 400

    def test_somebody_who_never_proved_an_address_does_not_hold_it(self) -> None:
        squatter = App()
        squatter.sign_up(email=EMAIL)
        owner = App()
        owner.sign_up(email=EMAIL)
        assert owner.auth("auth/email/verify", {"key": code_for(EMAIL)}).status_code == 200
        assert User.objects.get(verified_at__isnull=False).email == EMAIL

    def test_the_same_for_a_phone(self) -> None:
        App().sign_up(phone=PHONE)
        owner = App()
        owner.sign_up(phone=PHONE)
        assert owner.auth("auth/phone/verify", {"code": code_for(PHONE)}).status_code == 200
        taken = App()
        assert pending(taken.sign_up(phone=PHONE)) == ["verify_phone"]
        assert User.objects.filter(verified_at__isnull=False).count() == 1
        assert taken.auth("auth/phone/verify", {"code": "BCDF-GHJK"}).status_code == 400

    def test_codes_are_stored_sealed(self) -> None:
        App().sign_up(email=EMAIL)
        code = code_for(EMAIL)
        raw = messages_to(EMAIL)[0].__class__.objects.values_list("body", "to", "subject")
        assert all(str(cell).startswith("v") or cell == "" for row in raw for cell in row)
        assert code not in str(list(raw))
        assert b"_auth" not in bytes(WalletSession.objects.get().payload)
