"""What somebody agreed to is recorded with the account itself, on every way of signing up, and asked for once."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest
from django.test import Client

from accounts.audit.models import RecordedEvent
from accounts.identity.models import User
from accounts.identity.services import people
from accounts.privacy import selectors, services
from accounts.privacy.documents import DOCUMENTS
from accounts.privacy.errors import ConsentVersionUnknown
from accounts.privacy.models import Consent
from tests.factories.people import ORIGIN, make_person, make_staff, now
from tests.integration.accounts.app import PASSWORD, App
from wallet_project.lib.errors import NotFound

pytestmark = pytest.mark.django_db

EMAIL = "ada@example.com"
BOTH = [("privacy", "2026-11"), ("terms", "2026-11")]
NEXT = replace(DOCUMENTS[0], version="2027-03", effective_on=date(2027, 3, 1))


def given(user: User) -> list[tuple[str, str]]:
    return sorted(selectors.consents_of(user).values_list("document", "version"))


def sign_up(browser: Client, **fields: str) -> Any:
    body = {"contact": EMAIL, "password1": PASSWORD, "country": "DE", "terms": "on"}
    return browser.post("/account/signup/", body | fields)


@pytest.fixture
def alice() -> User:
    return make_person("alice")


@pytest.fixture
def unasked() -> User:
    """Somebody whose account was made without being asked."""
    return make_person("zoe", terms_accepted_at=None)


class TestSignUp:
    def test_the_page_records_both(self) -> None:
        sign_up(Client())
        user = User.objects.get()
        assert given(user) == BOTH
        assert set(Consent.objects.values_list("channel", flat=True)) == {"web"}
        assert user.terms_accepted_at == Consent.objects.get(document="terms").accepted_at

    def test_without_the_tick_there_is_neither_account_nor_record(self) -> None:
        assert sign_up(Client(), terms="").status_code == 200
        assert (User.objects.count(), Consent.objects.count()) == (0, 0)

    def test_an_app_records_both(self) -> None:
        App().sign_up(email=EMAIL)
        user = User.objects.get()
        assert given(user) == BOTH
        assert set(Consent.objects.values_list("channel", flat=True)) == {"app"}
        assert user.terms_accepted_at is not None

    def test_an_app_may_say_that_they_were_refused(self) -> None:
        answer = App().auth("auth/signup", {"email": EMAIL, "password": PASSWORD, "terms": False})
        assert answer.status_code == 400
        assert [error["param"] for error in answer.data["errors"]] == ["terms"]
        assert (User.objects.count(), Consent.objects.count()) == (0, 0)

    def test_a_taken_address_records_nothing(self, alice: User) -> None:
        App().sign_up(email="alice@example.com")
        assert Consent.objects.count() == 0

    def test_each_is_a_fact_of_the_trail(self) -> None:
        sign_up(Client())
        user = User.objects.get()
        facts = RecordedEvent.objects.filter(name="privacy.consent_given", subject_id=user.pk)
        assert sorted(fact.payload["document"] for fact in facts) == ["privacy", "terms"]
        assert {fact.actor_id for fact in facts} == {str(user.pk)}

    def test_the_record_outlives_an_account_that_proved_nothing(self) -> None:
        sign_up(Client())
        User.objects.update(date_joined=now() - timedelta(days=2))
        assert people.forget_unverified(at=now()) == 1
        assert (User.objects.count(), Consent.objects.count()) == (0, 2)


class TestAccept:
    def test_the_first_moment_stays(self, unasked: User) -> None:
        early, late = now(), now() + timedelta(hours=1)
        assert len(services.accept(user=unasked, versions=dict(BOTH), at=early, origin=ORIGIN)) == 2
        assert services.accept(user=unasked, versions=dict(BOTH), at=late, origin=ORIGIN) == []
        assert set(selectors.consents_of(unasked).values_list("accepted_at", flat=True)) == {early}
        assert RecordedEvent.objects.filter(name="privacy.consent_given").count() == 2

    def test_only_what_is_in_force(self, unasked: User) -> None:
        with pytest.raises(ConsentVersionUnknown):
            services.accept(user=unasked, versions={"terms": "2027-03"}, at=now(), origin=ORIGIN)
        with pytest.raises(NotFound):
            services.accept(user=unasked, versions={"cookies": "2026-11"}, at=now(), origin=ORIGIN)
        assert given(unasked) == []

    def test_who_accepted_at_sign_up_is_asked_nothing(self, alice: User, django_assert_num_queries: Any) -> None:
        with django_assert_num_queries(0):
            assert selectors.missing_consents(alice, at=now()) == []

    def test_who_never_did_is_asked_for_both(self, unasked: User) -> None:
        assert [one.code for one in selectors.missing_consents(unasked, at=now())] == ["terms", "privacy"]

    def test_a_new_version_is_asked_for_once_it_is_in_force(self, alice: User) -> None:
        among, spring = (*DOCUMENTS, NEXT), now().replace(year=2027, month=3, day=1)
        winter = spring - timedelta(days=2)
        assert selectors.missing_consents(alice, at=winter, among=among) == []
        assert selectors.missing_consents(alice, at=spring, among=among) == [NEXT]
        services.accept(user=alice, versions={"terms": "2027-03"}, at=spring, origin=ORIGIN, among=among)
        assert selectors.missing_consents(alice, at=spring, among=among) == []


class TestPages:
    def test_the_documents_are_public_in_both_languages(self) -> None:
        for code, english, chinese in (
            ("terms", "Terms of the wallet", "钱包服务条款"),
            ("privacy", "Privacy notice", "隐私声明"),
        ):
            assert english in Client().get(f"/legal/{code}/").content.decode()
            answer = Client(headers={"accept-language": "zh-hans"}).get(f"/legal/{code}/?version=2026-11")
            assert f"<h1>{chinese}</h1>" in answer.content.decode()

    @pytest.mark.parametrize("path", ["/legal/cookies/", "/legal/terms/?version=2020-01"])
    def test_what_there_is_not(self, path: str) -> None:
        assert Client().get(path).status_code == 404

    def test_staff_may_read_them(self) -> None:
        browser = Client()
        browser.force_login(make_staff("dave"), backend="accounts.identity.backends.WalletBackend")
        assert browser.get("/legal/terms/").status_code == 200

    def test_sign_up_leads_to_both(self) -> None:
        page = Client().get("/account/signup/").content.decode()
        assert 'href="/legal/terms/"' in page
        assert 'href="/legal/privacy/"' in page

    def test_home_asks_and_accepting_ends_it(self, unasked: User) -> None:
        browser = Client()
        browser.force_login(unasked, backend="accounts.identity.backends.WalletBackend")
        assert 'href="/legal/accept/"' in browser.get("/home/").content.decode()
        page = browser.get("/legal/accept/")
        assert page.status_code == 200
        assert b"/legal/privacy/?version=2026-11" in page.content
        refused = browser.post("/legal/accept/", dict(BOTH))
        assert refused.status_code == 422
        assert given(unasked) == []
        answer = browser.post("/legal/accept/", {"accepted": "on", **dict(BOTH)})
        assert (answer.status_code, answer["Location"]) == (302, "/home/")
        assert given(unasked) == BOTH
        assert b"/legal/accept/" not in browser.get("/home/").content
        assert browser.get("/legal/accept/").status_code == 302

    def test_a_version_that_was_not_shown_is_not_accepted(self, unasked: User) -> None:
        browser = Client()
        browser.force_login(unasked, backend="accounts.identity.backends.WalletBackend")
        answer = browser.post("/legal/accept/", {"accepted": "on", "terms": "2020-01"})
        assert answer.status_code == 422
        assert "Only the version in force" in answer.content.decode()
        assert given(unasked) == []

    def test_who_accepted_is_not_asked(self, alice: User) -> None:
        browser = Client()
        browser.force_login(alice, backend="accounts.identity.backends.WalletBackend")
        assert b"/legal/accept/" not in browser.get("/home/").content
        assert browser.get("/legal/accept/")["Location"] == "/home/"
