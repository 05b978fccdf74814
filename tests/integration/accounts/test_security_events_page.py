"""Security events on the desk: what happened to whom, found by kind, time and the exact id of a person."""

from __future__ import annotations

import ast
from datetime import timedelta
from typing import Any

import pytest

from accounts.alerts.models import SecurityEventRecord
from accounts.alerts.wording import KINDS
from accounts.audit.services import record_security_event
from accounts.staff.policy import COMPLIANCE, SUPPORT
from tests.factories.people import ORIGIN, make_person, now
from tests.factories.staff import desk, make_officer
from wallet_project.local.places import ROOT

pytestmark = pytest.mark.django_db
LIST = "/admin/accounts/securityeventrecord/"


def happened(person: Any, kind: str, **changes: Any) -> None:
    asked = {"kind": kind, "user_id": person.pk, "actor": "stranger", "origin": ORIGIN, "at": now()}
    record_security_event(**(asked | changes))


def rows(page: str) -> int:
    return page.count('class="field-what')


def test_shows_what_happened_in_words_and_no_contact() -> None:
    alice = make_person("alice", pin=None)
    happened(alice, "pin_wrong", details={"tries_left": 3})
    happened(alice, "not_in_the_table")
    page = desk(make_officer("erin", COMPLIANCE)).get(LIST).content.decode()
    assert "Wrong PIN" in page
    assert "not_in_the_table" in page
    assert alice.public_id in page
    assert "alice@example.com" not in page


def test_of_what_was_recorded_only_security_events_are_there() -> None:
    alice = make_person("alice", pin=None)  # verified: an event that is none of security
    happened(alice, "signed_in")
    client = desk(make_officer("erin", COMPLIANCE))
    assert rows(client.get(f"{LIST}?q={alice.public_id}").content.decode()) == 1
    others = SecurityEventRecord.objects.filter(subject_id=alice.pk).exclude(name="security_event")
    assert others.exists()
    assert client.get(f"{LIST}{others.first().pk}/change/").status_code == 302


def test_is_found_by_kind_time_and_person() -> None:
    alice, bob = make_person("alice", pin=None), make_person("bob", pin=None)
    happened(alice, "pin_wrong")
    happened(alice, "signed_in")
    happened(bob, "signed_in")
    happened(bob, "pin_wrong", at=now() - timedelta(days=8))
    client = desk(make_officer("erin", COMPLIANCE))
    found = {
        query: rows(client.get(f"{LIST}?{query}").content.decode())
        for query in (
            f"q={alice.public_id}",
            f"q={alice.pk}",
            f"q={alice.public_id}&kind=pin_wrong",
            f"q={bob.public_id}&days=7",
            f"q={bob.public_id}&days=30",
            "q=usr_aaaaaaaaaaaaaaaaaaaaaaaaaa",
            "q=alice@example.com",
        )
    }
    assert list(found.values()) == [2, 2, 1, 1, 2, 0, 0]


def test_one_event_tells_its_codes() -> None:
    alice = make_person("alice", pin=None)
    happened(alice, "pin_wrong", details={"tries_left": 3, "method": "pin"})
    event = SecurityEventRecord.objects.filter(subject_id=alice.pk).latest("id")
    page = desk(make_officer("erin", COMPLIANCE)).get(f"{LIST}{event.pk}/change/").content.decode()
    assert "method: pin, tries_left: 3" in page


def test_the_persons_page_leads_there_for_whoever_may_see_it() -> None:
    alice = make_person("alice", pin=None)
    path = f"/admin/accounts/user/{alice.pk}/change/"
    assert f"{LIST}?q={alice.public_id}" in desk(make_officer("erin", COMPLIANCE)).get(path).content.decode()
    assert LIST not in desk(make_officer("dave", SUPPORT)).get(path).content.decode()


def test_every_kind_the_code_names_has_words() -> None:
    named = set()
    for file in (ROOT / "accounts").rglob("*.py"):
        for node in ast.walk(ast.parse(file.read_text())):
            if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "record_security_event":
                given = {one.arg: one.value for one in node.keywords}
                named |= {given["kind"].value} if isinstance(given["kind"], ast.Constant) else set()
    assert named >= {"pin_reset_forced", "sign_in_failed", "account_unfrozen"}
    assert named <= set(KINDS)
