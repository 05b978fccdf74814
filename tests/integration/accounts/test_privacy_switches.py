"""What a person allows: off until they say so, the same from every page, and every turn is kept."""

from __future__ import annotations

import json
from typing import Any
from uuid import uuid4

import pytest
from django.test import Client

from accounts.audit.models import RecordedEvent
from accounts.identity.models import User
from accounts.identity.services import people
from accounts.privacy import selectors, services
from accounts.privacy.models import PrivacySwitches, SwitchChange
from accounts.privacy.policy import SWITCHES
from tests.factories.people import ORIGIN, make_person, now
from tests.factories.sessions import app_token, browser
from transfers.payees.services import resolve
from wallet_project.lib.errors import Invalid

pytestmark = pytest.mark.django_db

AT_FIRST = {
    "analytics": False,
    "recommendations": False,
    "discoverable_by_handle": True,
    "discoverable_by_email": False,
    "discoverable_by_phone": False,
}


@pytest.fixture
def alice() -> User:
    return make_person("alice")


def turns() -> list[tuple[str, bool]]:
    return list(SwitchChange.objects.order_by("changed_at", "id").values_list("switch", "is_on"))


def call(token: str, method: str, body: object = None) -> tuple[int, dict[str, Any]]:
    answer = Client().generic(
        method, "/api/v1/me/consents/", "" if body is None else json.dumps(body),
        content_type="application/json", headers={"X-Session-Token": token},
    )  # fmt: skip
    return answer.status_code, answer.json()


class TestSetSwitches:
    def test_everything_is_off_until_it_is_allowed(self, alice: User) -> None:
        assert selectors.switches_of(alice) == AT_FIRST
        assert set(AT_FIRST) == set(SWITCHES)
        assert not selectors.is_on(alice.pk, "analytics")
        assert not selectors.is_on(uuid4(), "recommendations")
        assert turns() == []

    def test_one_at_a_time(self, alice: User) -> None:
        after = services.set_switches(user=alice, changes={"analytics": True}, at=now(), origin=ORIGIN)
        assert after == AT_FIRST | {"analytics": True}
        assert selectors.is_on(alice.pk, "analytics")
        assert not selectors.is_on(alice.pk, "recommendations")
        services.set_switches(user=alice, changes={"analytics": False}, at=now(), origin=ORIGIN)
        assert not selectors.is_on(alice.pk, "analytics")
        assert turns() == [("analytics", True), ("analytics", False)]

    def test_what_stands_so_already_is_no_turn(self, alice: User) -> None:
        services.set_switches(user=alice, changes=AT_FIRST, at=now(), origin=ORIGIN)
        assert turns() == []
        assert PrivacySwitches.objects.count() == 0

    def test_each_turn_is_a_fact_of_the_trail(self, alice: User) -> None:
        changes = {"recommendations": True, "discoverable_by_email": True}
        services.set_switches(user=alice, changes=changes, at=now(), origin=ORIGIN)
        facts = RecordedEvent.objects.filter(name="privacy.switch_changed", subject_id=alice.pk)
        assert sorted((fact.payload["switch"], fact.payload["is_on"]) for fact in facts) == [
            ("discoverable_by_email", True),
            ("recommendations", True),
        ]

    def test_a_switch_there_is_not(self, alice: User) -> None:
        with pytest.raises(Invalid):
            services.set_switches(user=alice, changes={"analytics": True, "tier": True}, at=now(), origin=ORIGIN)
        assert turns() == []
        assert selectors.switches_of(alice) == AT_FIRST

    def test_the_settings_page_turns_the_same_switch(self, alice: User) -> None:
        people.update_profile(user=alice, changes={"discoverable_by_phone": True}, at=now(), origin=ORIGIN)
        assert turns() == [("discoverable_by_phone", True)]
        assert selectors.switches_of(alice)["discoverable_by_phone"]

    def test_who_is_not_to_be_found_shows_only_what_was_typed(self, alice: User) -> None:
        bob = make_person("bob")
        services.set_switches(
            user=bob, changes={"discoverable_by_handle": False, "discoverable_by_email": True}, at=now(), origin=ORIGIN
        )
        shown = {name: resolve(payer=alice, identifier=name, at=now()).payee.shown_name for name in ("@bob", bob.email)}
        assert shown == {"@bob": "@bob", bob.email: "Bob E•••"}
        services.set_switches(user=bob, changes={"discoverable_by_email": False}, at=now(), origin=ORIGIN)
        assert resolve(payer=alice, identifier=bob.email, at=now()).payee.shown_name == "b•••@e•••.com"

    def test_asking_for_a_purpose_there_is_not_is_a_defect(self, alice: User) -> None:
        with pytest.raises(ValueError, match="advertising"):
            selectors.is_on(alice.pk, "advertising")


class TestPage:
    def test_turns_what_is_ticked_and_unticked(self, alice: User) -> None:
        person = browser(alice)
        page = person.get("/settings/privacy/")
        assert page.status_code == 200
        answer = person.post("/settings/privacy/", {"analytics": "on", "discoverable_by_email": "on"})
        assert (answer.status_code, answer["Location"]) == (302, "/settings/privacy/")
        alice.refresh_from_db()
        assert selectors.switches_of(alice) == {
            "analytics": True,
            "recommendations": False,
            "discoverable_by_handle": False,
            "discoverable_by_email": True,
            "discoverable_by_phone": False,
        }

    def test_says_what_was_accepted_when(self, alice: User) -> None:
        page = browser(alice).get("/settings/privacy/").content.decode()
        assert 'href="/legal/terms/?version=2026-11"' in page
        assert "Version 2026-11, accepted on" in page
        unasked = make_person("zoe", terms_accepted_at=None)
        assert "Version 2026-11, not accepted yet" in browser(unasked).get("/settings/privacy/").content.decode()

    def test_settings_lead_there(self, alice: User) -> None:
        assert b'href="/settings/privacy/"' in browser(alice).get("/settings/").content


class TestApi:
    def test_shows_documents_and_switches(self, alice: User) -> None:
        status, body = call(app_token(alice), "GET")
        assert status == 200
        assert body["switches"] == AT_FIRST
        assert [one["document"] for one in body["documents"]] == ["terms", "privacy"]
        assert [one["version"] for one in body["documents"]] == ["2026-11", "2026-11"]
        assert all(one["accepted_at"] for one in body["documents"])
        assert body["documents"][0]["url"].endswith("/legal/terms/?version=2026-11")

    def test_accepts_and_turns_in_one_go(self) -> None:
        zoe = make_person("zoe", terms_accepted_at=None)
        token = app_token(zoe)
        assert [one["accepted_at"] for one in call(token, "GET")[1]["documents"]] == [None, None]
        body = {"accept": {"terms": "2026-11", "privacy": "2026-11"}, "switches": {"recommendations": True}}
        status, after = call(token, "PUT", body)
        assert status == 200
        assert after["switches"] == AT_FIRST | {"recommendations": True}
        assert all(one["accepted_at"] for one in after["documents"])
        assert selectors.consents_of(zoe).count() == 2

    def test_one_wrong_part_refuses_the_other(self, alice: User) -> None:
        body = {"accept": {"terms": "2020-01"}, "switches": {"recommendations": True}}
        status, problem = call(app_token(alice), "PUT", body)
        assert (status, problem["code"]) == (422, "consent_version_unknown")
        assert selectors.switches_of(alice) == AT_FIRST
        assert turns() == []

    @pytest.mark.parametrize(
        "body",
        [{"switches": {"advertising": True}}, {"accept": {"cookies": "1"}}, {"switches": {"analytics": "maybe"}}],
    )
    def test_what_there_is_not_is_refused(self, alice: User, body: dict[str, object]) -> None:
        assert call(app_token(alice), "PUT", body)[0] == 400
        assert turns() == []
        assert selectors.consents_of(alice).count() == 0
