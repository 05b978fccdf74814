"""Dead deliveries on the desk."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import urlencode
from uuid import uuid4

import pytest
from django.contrib.admin import site
from django.contrib.messages.storage.fallback import FallbackStorage
from django.test import RequestFactory

from accounts.audit.admin import DeliveryAdmin, RecordedEventAdmin
from accounts.audit.models import Delivery, RecordedEvent
from accounts.audit.services import publish
from tests.factories.audit import FIRST, SECOND, BellRung
from tests.factories.people import ORIGIN, now
from wallet_project.lib import db
from wallet_project.lib.desk import queues

if TYPE_CHECKING:
    from django.http import HttpRequest

    from accounts.identity.models import User

pytestmark = pytest.mark.django_db


def _request(user: User, path: str = "/admin/accounts/delivery/") -> HttpRequest:
    request = RequestFactory().get(path)
    request.user = user
    request.session = {}  # type: ignore[assignment]  # enough for the messages
    request._messages = FallbackStorage(request)  # type: ignore[attr-defined]  # what the middleware does
    return request


@pytest.fixture
def dead(db: None) -> Delivery:
    bell = uuid4()
    _publish(bell)
    Delivery.objects.filter(handler=FIRST).update(state="DEAD", attempts=10, last_error="KeyError")
    return Delivery.objects.get(handler=FIRST)


def _publish(bell: object) -> None:
    with db.transaction():
        publish(BellRung(bell_id=bell, times=1), actor="worker", subject_id=bell, origin=ORIGIN, at=now())  # type: ignore[arg-type]  # a uuid


class TestDeliveryAdmin:
    def test_opens_on_what_is_dead(self, dead: Delivery, frank: User) -> None:
        frank.is_superuser = True
        found = DeliveryAdmin(Delivery, site).get_changelist_instance(_request(frank)).get_queryset(_request(frank))
        assert list(found) == [dead]

    def test_replays_the_dead_and_leaves_the_others(self, dead: Delivery, frank: User) -> None:
        DeliveryAdmin(Delivery, site).replay(_request(frank), Delivery.objects.all())
        dead.refresh_from_db()
        assert (dead.state, dead.attempts) == ("PENDING", 0)
        assert Delivery.objects.get(handler=SECOND).attempts == 0
        replayed = RecordedEvent.objects.get(name="delivery_replayed")
        assert (replayed.actor_kind, replayed.actor_id) == ("staff", str(frank.pk))

    def test_the_action_needs_the_right(self, dave: User) -> None:
        admin = DeliveryAdmin(Delivery, site)
        assert "replay" not in admin.get_actions(_request(dave))
        dave.is_superuser = True
        assert "replay" in admin.get_actions(_request(dave))

    def test_nothing_is_edited_here(self, frank: User) -> None:
        frank.is_superuser = True
        for admin in (DeliveryAdmin(Delivery, site), RecordedEventAdmin(RecordedEvent, site)):
            request = _request(frank)
            assert not admin.has_add_permission(request)
            assert not admin.has_change_permission(request)
            assert not admin.has_delete_permission(request)


def test_the_desk_counts_them(dead: Delivery) -> None:
    waiting = queues["dead_deliveries"].measure()
    assert (waiting.count, waiting.oldest_at) == (1, dead.event.occurred_at)


@pytest.mark.parametrize("words", ["nonsense", "00000000-0000-0000-0000-00000000000", "alice bob", "\u202e"])
def test_searching_for_what_is_no_id_finds_nothing(dead: Delivery, frank: User, words: str) -> None:
    frank.is_superuser = True
    request = _request(frank, f"/admin/accounts/recordedevent/?{urlencode({'q': words})}")
    assert list(RecordedEventAdmin(RecordedEvent, site).get_changelist_instance(request).get_queryset(request)) == []


def test_a_fact_is_found_by_its_subject(dead: Delivery, frank: User) -> None:
    frank.is_superuser = True
    request = _request(frank, f"/admin/accounts/recordedevent/?{urlencode({'q': dead.event.subject_id})}")
    found = RecordedEventAdmin(RecordedEvent, site).get_changelist_instance(request).get_queryset(request)
    assert list(found) == [dead.event]
