"""The profile in the API, who is found by what, and what of a person reaches the disk."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from allauth.account.models import EmailAddress
from django.core.checks import run_checks
from django.core.exceptions import FieldError
from django.db import IntegrityError, connection, transaction
from django.test import Client

from accounts.audit.models import RecordedEvent
from accounts.identity import services
from accounts.identity.models import User
from accounts.identity.selectors import IdentifierMalformed, find_person, user_by_id
from accounts.identity.services.people import HandleTaken
from tests.factories.people import ORIGIN, PASSWORD, make_person, make_staff, now
from tests.integration.accounts.app import App
from wallet_project.lib.crypto import seal_findable
from wallet_project.lib.errors import Invalid, NotFound

pytestmark = pytest.mark.django_db

EMAIL = "ada@example.com"
PHONE = "+4915123456789"


@pytest.fixture
def app() -> App:
    make_person("ada", pin=None)
    phone = App()
    phone.auth("auth/login", {"email": EMAIL, "password": PASSWORD})
    return phone


class TestProfileEndpoint:
    def test_shows_what_the_person_gave(self, app: App) -> None:
        answer = app.call("GET", "/api/v1/me/profile/")
        assert answer.status_code == 200
        assert answer.data == {
            "id": User.objects.get().public_id,
            "handle": "ada",
            "shown_name": "Ada Example",
            "email": EMAIL,
            "phone": None,
            "language": "en",
            "time_zone": "Europe/Berlin",
            "country": "DE",
            "theme": "system",
            "discoverable_by_handle": True,
            "discoverable_by_email": False,
            "discoverable_by_phone": False,
        }

    def test_changes_what_is_given_and_tells_which_fields(self, app: App) -> None:
        answer = app.call("PATCH", "/api/v1/me/profile/", {"handle": "@Countess", "time_zone": "Asia/Shanghai"})
        assert answer.status_code == 200
        assert (answer.data["handle"], answer.data["time_zone"]) == ("countess", "Asia/Shanghai")
        event = RecordedEvent.objects.get(name="profile_changed")
        assert event.payload["fields"] == ["handle", "time_zone"]
        assert "countess" not in str(event.payload)

    @pytest.mark.parametrize(
        ("body", "code", "field_code"),
        [
            ({"tier": 3}, "unknown_field", "unknown_field"),
            ({"is_staff": True}, "unknown_field", "unknown_field"),
            ({"email": "eve@example.com"}, "unknown_field", "unknown_field"),
            ({"handle": 7}, "invalid", "invalid"),
            ({"handle": "a"}, "invalid", "handle_length"),
            ({"handle": "a b c"}, "invalid", "handle_characters"),
            ({"handle": "admin"}, "invalid", "handle_reserved"),
            ({"shown_name": "Ada 😀"}, "invalid", "name_emoji"),
            ({"shown_name": "Ada\u202e"}, "invalid", "name_invisible"),
            ({"shown_name": "x" * 10_000}, "invalid", "max_length"),
            ({"shown_name": "Ada\x00"}, "invalid", "null_characters_not_allowed"),
            ({"time_zone": "Mars/Olympus"}, "invalid", "choice_unknown"),
            ({"time_zone": "../../etc/passwd"}, "invalid", "choice_unknown"),
            ({"country": "XX"}, "invalid", "choice_unknown"),
            ({"language": "tlh"}, "invalid", "invalid_choice"),
            ({"discoverable_by_email": "perhaps"}, "invalid", "invalid"),
        ],
    )
    def test_refuses_and_changes_nothing(self, app: App, body: dict[str, Any], code: str, field_code: str) -> None:
        before = User.objects.values().get()
        answer = app.call("PATCH", "/api/v1/me/profile/", body)
        assert answer.status_code == 400
        assert (answer.data["code"], answer.data["errors"][0]["code"]) == (code, field_code)
        assert answer.data["errors"][0]["field"] == next(iter(body))
        assert User.objects.values().get() == before

    def test_a_taken_handle_is_a_conflict(self, app: App) -> None:
        make_person("paul", pin=None)
        for handle in ("paul", "pau1"):
            answer = app.call("PATCH", "/api/v1/me/profile/", {"handle": handle})
            assert (answer.status_code, answer.data["code"]) == (409, "handle_taken")
        assert User.objects.get(handle="ada").handle == "ada"

    def test_me_says_what_needs_doing(self, app: App) -> None:
        answer = app.call("GET", "/api/v1/me/")
        assert answer.data["pin_set"] is False
        assert [need["code"] for need in answer.data["needs"]] == ["set_pin"]
        assert {limit["product"]: limit["remaining_minor"] for limit in answer.data["limits"]} == {
            "TOP_UP": 100_000,
            "SEND": 50_000,
            "WITHDRAW": 1_000_000,
        }
        assert answer.data["tier"] == 0


class TestFindPerson:
    def test_by_handle_email_and_phone(self) -> None:
        ada = make_person("ada", pin=None, phone=PHONE, phone_verified_at=now())
        for identifier, kind in (("@Ada", "handle"), ("ADA@example.com", "email"), ("0151 23456789", "phone")):
            found = find_person(identifier)
            assert (found.user, found.kind) == (ada, kind)

    def test_costs_one_query_whatever_the_answer(self, django_assert_num_queries: Any) -> None:
        make_person("ada", pin=None)
        for identifier in ("ada", "nobody", EMAIL, "eve@example.com", "+4915100000000"):
            with django_assert_num_queries(1):
                find_person(identifier)

    def test_staff_unverified_and_closed_are_nobody(self) -> None:
        make_staff("dave")
        User.objects.create_user(handle="half", email="")
        gone = make_person("gone", pin=None)
        User.objects.filter(pk=gone.pk).update(is_active=False, state="CLOSED")
        App().sign_up(phone=PHONE)
        for identifier in ("dave", "dave@example.com", "half", "gone", PHONE):
            assert find_person(identifier).user is None

    @pytest.mark.parametrize(
        "text", ["", " ", "a", "@", "a@b", "+", "12", "x" * 10_000, "a\x00b", "名字", "a" * 300 + "@example.com"]
    )
    def test_nonsense_is_malformed(self, text: str) -> None:
        with pytest.raises(IdentifierMalformed):
            find_person(text)

    def test_an_unknown_id_is_not_found(self) -> None:
        from uuid import uuid4

        with pytest.raises(NotFound):
            user_by_id(uuid4())


class TestAtRest:
    def test_no_address_number_or_name_is_in_the_tables(self) -> None:
        ada = make_person("ada", pin=None, phone=PHONE, phone_verified_at=now())
        with connection.cursor() as cursor:
            cursor.execute("SELECT row_to_json(u)::text FROM accounts_user u")
            users = str(cursor.fetchall())
            cursor.execute("SELECT email FROM account_emailaddress")
            ((stored,),) = cursor.fetchall()
        for personal in (EMAIL, "ada@", PHONE, PHONE[3:], "Ada Example"):
            assert personal not in users
        assert stored == seal_findable(EMAIL, place="account_emailaddress.email")
        assert EmailAddress.objects.get(email=EMAIL).user == ada
        assert EmailAddress.objects.get().email == EMAIL

    def test_the_longest_address_fits(self) -> None:
        longest = "a" * 64 + "@" + ".".join(["b" * 62] * 2 + ["c" * 59]) + ".com"
        longest = longest[:250] + ".com" if len(longest) > 254 else longest
        person = User.objects.create_user(email=longest)
        EmailAddress.objects.create(user=person, email=longest)
        assert EmailAddress.objects.get(email=longest).user == person

    def test_addresses_can_only_be_looked_up_exactly(self) -> None:
        with pytest.raises(FieldError):
            EmailAddress.objects.filter(email__icontains="ada").exists()

    def test_the_system_check_finds_the_column_sealed(self) -> None:
        assert [found.id for found in run_checks(tags=["security"]) if found.id == "accounts.E001"] == []


class TestConstraints:
    def refused(self, **columns: Any) -> None:
        with pytest.raises(IntegrityError), transaction.atomic():
            User.objects.create_user(**columns)

    def test_impossible_people_are_refused_by_the_database(self) -> None:
        self.refused(handle="UPPER")
        self.refused(handle="-x-")
        self.refused(state="LOST")
        self.refused(state="CLOSED", is_active=True)
        self.refused(phone_verified_at=now())

    def test_one_verified_owner_of_a_number_or_address(self) -> None:
        User.objects.create_user(phone=PHONE)
        User.objects.create_user(phone=PHONE, phone_verified_at=now())
        self.refused(phone=PHONE, phone_verified_at=now())
        User.objects.create_user(email=EMAIL)
        self.refused(email=EMAIL)

    def test_look_alike_handles(self) -> None:
        User.objects.create_user(handle="paul")
        self.refused(handle="pau1")


class TestServices:
    def test_a_handle_taken_in_the_meantime(self) -> None:
        ada, bob = make_person("ada", pin=None), make_person("bob", pin=None)
        with pytest.raises(HandleTaken):
            services.update_profile(user=bob, changes={"handle": "ada"}, at=now(), origin=ORIGIN)
        assert (ada.handle, bob.handle) == ("ada", "bob")

    def test_an_unknown_field_is_refused(self) -> None:
        ada = make_person("ada", pin=None)
        with pytest.raises(Invalid):
            services.update_profile(user=ada, changes={"tier": 3}, at=now(), origin=ORIGIN)

    def test_staff_get_no_wallet(self) -> None:
        from accounts.wallets.selectors import balances_of

        dave = make_staff("dave")
        services.verification_completed(user=dave, contact="email", at=now(), origin=ORIGIN)
        assert balances_of(dave) == []

    def test_verifying_twice_opens_one_wallet(self) -> None:
        from accounts.wallets.selectors import balances_of

        ada = make_person("ada", pin=None)
        services.verify_phone(user=ada, phone=PHONE, at=now(), origin=ORIGIN)
        assert len(balances_of(ada)) == 1
        assert RecordedEvent.objects.get(name="contact_verified").payload == {
            "user_id": str(ada.pk),
            "contact": "phone",
        }

    def test_who_never_verified_is_forgotten_after_a_day(self) -> None:
        App().sign_up(email="late@example.com")
        make_person("ada", pin=None)
        make_staff("dave")
        assert services.forget_unverified(at=now() + timedelta(hours=23)) == 0
        assert services.forget_unverified(at=now() + timedelta(hours=25)) == 1
        assert set(User.objects.values_list("handle", flat=True)) == {"ada", "dave"}

    def test_createsuperuser_can_sign_in(self) -> None:
        User.objects.create_superuser("root1", "Root@example.com", PASSWORD)
        answer = Client().post("/account/login/", {"login": "root@example.com", "password": PASSWORD})
        assert (answer.status_code, answer["Location"]) == (302, "/admin/")
