"""The same life on pages, without JavaScript: sign up, verify, sign in, settings, sign out."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from accounts.devices.models import WalletSession
from accounts.identity.models import User
from accounts.wallets.selectors import balances_of
from tests.factories.people import PASSWORD, make_person
from tests.integration.accounts.app import code_for, live_messages_to, messages_to

pytestmark = pytest.mark.django_db

EMAIL = "ada@example.com"
PHONE = "+4915123456789"


def sign_up(browser: Client, contact: str, **fields: str) -> Any:
    body = {"contact": contact, "password1": "correct horse battery", "country": "DE", "terms": "on"}
    return browser.post("/account/signup/", body | fields)


class TestSignUpPage:
    @pytest.mark.parametrize(
        "page", ["/account/signup/", "/account/login/", "/account/login/code/", "/account/password/reset/"]
    )
    def test_shows_its_form_with_one_contact_field(self, page: str) -> None:
        answer = Client().get(page)
        assert answer.status_code == 200
        assert b"<form" in answer.content

    def test_email_then_code_then_welcome(self) -> None:
        browser = Client()
        answer = sign_up(browser, "Ada@Example.com")
        assert answer.status_code == 302
        assert answer["Location"] == "/account/confirm-email/"
        assert browser.get("/account/confirm-email/").status_code == 200
        answer = browser.post("/account/confirm-email/", {"code": code_for(EMAIL)})
        assert (answer.status_code, answer["Location"]) == (302, "/settings/welcome/")
        user = User.objects.get()
        assert (user.email, user.country, user.time_zone) == (EMAIL, "DE", "Europe/Berlin")
        assert user.terms_accepted_at is not None
        assert [balance.currency for balance in balances_of(user)] == ["EUR"]
        assert browser.get("/settings/welcome/").status_code == 200

    def test_phone_then_code_then_welcome(self) -> None:
        browser = Client()
        assert sign_up(browser, "0151 234 567 89")["Location"] == "/account/phone/verify/"
        assert browser.get("/account/phone/verify/").status_code == 200
        answer = browser.post("/account/phone/verify/", {"code": code_for(PHONE)})
        assert (answer.status_code, answer["Location"]) == (302, "/settings/welcome/")
        assert User.objects.get().phone == PHONE

    def test_the_country_decides_currency_and_time_zone(self) -> None:
        browser = Client()
        sign_up(browser, EMAIL, country="CN")
        browser.post("/account/confirm-email/", {"code": code_for(EMAIL)})
        user = User.objects.get()
        assert (user.country, user.time_zone) == ("CN", "Asia/Shanghai")
        assert [balance.currency for balance in balances_of(user)] == ["CNY"]

    def test_the_language_of_the_browser_is_kept_and_written_in(self) -> None:
        browser = Client(headers={"Accept-Language": "zh-Hans"})
        sign_up(browser, EMAIL)
        assert User.objects.get().language == "zh-hans"

    def test_a_resent_code_replaces_the_first(self) -> None:
        browser = Client()
        sign_up(browser, EMAIL)
        first = code_for(EMAIL)
        assert browser.post("/account/confirm-email/", {"action": "resend"}).status_code == 302
        assert code_for(EMAIL) != first
        assert browser.post("/account/confirm-email/", {"code": first}).status_code == 200
        assert browser.post("/account/confirm-email/", {"code": code_for(EMAIL)}).status_code == 302

    @pytest.mark.parametrize(
        "contact",
        [
            "",
            "ada",
            "ada@",
            "+49",
            "123",
            "x" * 10_000,
            "a\x00@example.com",
            "👩‍💻@example.com",
            "\u202eada@example.com",
        ],
    )
    def test_a_contact_that_is_none_is_a_sentence_at_the_field(self, contact: str) -> None:
        answer = sign_up(Client(), contact)
        assert answer.status_code == 200
        assert list(answer.context_data["form"].errors) == ["contact"]
        assert User.objects.count() == 0

    def test_needs_the_terms(self) -> None:
        answer = sign_up(Client(), EMAIL, terms="")
        assert list(answer.context_data["form"].errors) == ["terms"]
        assert User.objects.count() == 0

    def test_a_taken_contact_looks_the_same_and_gets_no_code(self) -> None:
        make_person("ada", pin=None)
        browser = Client()
        assert sign_up(browser, EMAIL)["Location"] == "/account/confirm-email/"
        assert browser.get("/account/confirm-email/").status_code == 200
        assert "already" in live_messages_to(EMAIL)[0].body
        assert browser.post("/account/confirm-email/", {"code": "BCDF-GHJK"}).status_code == 200
        assert User.objects.count() == 1


class TestSignInPage:
    def test_password_with_email_or_phone_in_either_spelling(self) -> None:
        make_person("ada", pin=None)
        make_person("bob", pin=None, email="", phone=PHONE, phone_verified_at="2026-01-01T00:00:00Z")
        for login in ("ada@example.com", "ADA@example.com ", PHONE, "0151 23456789"):
            answer = Client().post("/account/login/", {"login": login, "password": PASSWORD})
            assert (answer.status_code, answer["Location"]) == (302, "/home/"), login

    def test_a_wrong_password_says_the_same_as_an_unknown_address(self) -> None:
        make_person("ada", pin=None)
        known = Client().post("/account/login/", {"login": EMAIL, "password": "wrong horse battery"})
        unknown = Client().post("/account/login/", {"login": "eve@example.com", "password": "wrong horse battery"})
        assert known.status_code == unknown.status_code == 200
        assert known.context_data["form"].errors == unknown.context_data["form"].errors

    def test_by_code(self) -> None:
        make_person("ada", pin=None)
        browser = Client()
        answer = browser.post("/account/login/code/", {"contact": EMAIL})
        assert (answer.status_code, answer["Location"]) == (302, "/account/login/code/confirm/")
        answer = browser.post("/account/login/code/confirm/", {"code": code_for(EMAIL)})
        assert (answer.status_code, answer["Location"]) == (302, "/home/")

    def test_a_code_for_nobody_is_not_sent_and_looks_the_same(self) -> None:
        for contact, stored in (("eve@example.com", "eve@example.com"), ("0151 00000000", "+4915100000000")):
            browser = Client()
            answer = browser.post("/account/login/code/", {"contact": contact})
            assert (answer.status_code, answer["Location"]) == (302, "/account/login/code/confirm/")
            assert browser.get("/account/login/code/confirm/").status_code == 200
            assert len(messages_to(stored)) == 1
            assert live_messages_to(stored) == []

    def test_the_sixth_wrong_password_is_a_page_that_says_when(self) -> None:
        make_person("ada", pin=None)
        browser = Client()
        for _ in range(5):
            browser.post("/account/login/", {"login": EMAIL, "password": "wrong horse battery"})
        answer = browser.post("/account/login/", {"login": EMAIL, "password": PASSWORD})
        assert answer.status_code == 429
        assert int(answer["Retry-After"]) > 0
        assert b"Too many tries" in answer.content

    def test_a_new_password_by_code_ends_every_session(self) -> None:
        make_person("ada", pin=None)
        other = Client()
        other.post("/account/login/", {"login": EMAIL, "password": PASSWORD})
        browser = Client()
        browser.post("/account/password/reset/", {"email": EMAIL})
        answer = browser.post("/account/password/reset/confirm/", {"code": code_for(EMAIL)})
        assert answer["Location"] == "/account/password/reset/complete/"
        new = "another long password"
        answer = browser.post("/account/password/reset/complete/", {"password1": new, "password2": new})
        assert answer.status_code == 302
        assert other.get("/settings/").status_code == 302
        assert Client().post("/account/login/", {"login": EMAIL, "password": new}).status_code == 302


class TestSignOut:
    def test_deletes_the_session(self) -> None:
        make_person("ada", pin=None)
        browser = Client()
        browser.post("/account/login/", {"login": EMAIL, "password": PASSWORD})
        assert WalletSession.objects.filter(user__isnull=False).count() == 1
        assert browser.post("/account/logout/").status_code == 302
        assert WalletSession.objects.filter(user__isnull=False).count() == 0
        assert browser.get("/settings/").status_code == 302


@pytest.fixture
def browser() -> Client:
    make_person("ada", pin=None)
    signed_in = Client()
    signed_in.post("/account/login/", {"login": EMAIL, "password": PASSWORD})
    return signed_in


class TestSettingsPage:
    def test_shows_and_saves(self, browser: Client) -> None:
        assert browser.get("/settings/").status_code == 200
        body = {
            "handle": "Ada.L",
            "shown_name": "Ada Lovelace",
            "language": "zh-hans",
            "country": "FR",
            "time_zone": "Europe/Paris",
            "theme": "dark",
            "discoverable_by_email": "on",
        }
        answer = browser.post("/settings/", body)
        assert (answer.status_code, answer["Location"]) == (302, "/settings/")
        user = User.objects.get()
        assert (user.handle, user.shown_name, user.language, user.country) == ("ada.l", "Ada Lovelace", "zh-hans", "FR")
        assert (user.time_zone, user.theme) == ("Europe/Paris", "dark")
        assert (user.discoverable_by_handle, user.discoverable_by_email) == (False, True)

    @pytest.mark.parametrize(
        "name",
        [
            "😀 Ada",
            "Ada\u202eevoL",
            "a\u0301\u0301\u0301\u0301",
            "Аda",
            "A" * 10_000,
            "\u200b\u200b",
            "<script>",
            "12345",
        ],
    )
    def test_a_name_that_deceives_is_refused_with_a_sentence(self, browser: Client, name: str) -> None:
        answer = browser.post("/settings/", {"shown_name": name})
        assert answer.status_code == 422
        assert list(answer.context["form"].errors) == ["shown_name"]
        assert User.objects.get().shown_name == "Ada Example"

    def test_a_taken_or_look_alike_handle_is_refused(self, browser: Client) -> None:
        make_person("paul", pin=None)
        for handle in ("paul", "PAUL", "pau1", "support", "ab", "a b c", "ädä"):
            answer = browser.post("/settings/", {"handle": handle})
            assert answer.status_code == 422, handle
            assert list(answer.context["form"].errors) == ["handle"]
        assert User.objects.get(handle="ada").handle == "ada"

    def test_the_language_switch_is_remembered_for_the_person(self, browser: Client) -> None:
        assert browser.post("/i18n/setlang/", {"language": "zh-hans", "next": "/settings/"}).status_code == 302
        assert User.objects.get().language == "zh-hans"
        assert Client().post("/i18n/setlang/", {"language": "zh-hans"}).status_code == 302

    def test_welcome_can_be_skipped_or_filled(self, browser: Client) -> None:
        answer = browser.post("/settings/welcome/", {"handle": "", "shown_name": "Ada L"})
        assert (answer.status_code, answer["Location"]) == (302, "/home/")
        assert User.objects.get().shown_name == "Ada L"


class TestSecurityPage:
    def test_lists_sessions_and_signs_one_out(self, browser: Client) -> None:
        other = Client(headers={"User-Agent": "Other Browser"})
        other.post("/account/login/", {"login": EMAIL, "password": PASSWORD})
        page = browser.get("/security/")
        assert page.status_code == 200
        assert b"Other Browser" in page.content
        row = next(row for row in WalletSession.objects.filter(user__isnull=False) if row.device == "Other Browser")
        assert browser.post(f"/security/devices/{row.public_id}/sign-out/").status_code == 302
        assert other.get("/settings/").status_code == 302
        assert browser.get("/settings/").status_code == 200

    def test_somebody_elses_session_is_not_found(self, browser: Client) -> None:
        make_person("bob", pin=None)
        bob = Client()
        bob.post("/account/login/", {"login": "bob@example.com", "password": PASSWORD})
        row = WalletSession.objects.get(user__handle="bob")
        assert browser.post(f"/security/devices/{row.public_id}/sign-out/").status_code == 404
        assert bob.get("/settings/").status_code == 200

    def test_signs_out_everywhere_else(self, browser: Client) -> None:
        other = Client()
        other.post("/account/login/", {"login": EMAIL, "password": PASSWORD})
        browser.post("/security/devices/sign-out/")
        assert other.get("/settings/").status_code == 302
        assert browser.get("/settings/").status_code == 200
