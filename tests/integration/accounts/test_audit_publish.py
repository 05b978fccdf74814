"""A fact and its deliveries are written together, and nobody rewrites them."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING
from uuid import UUID, uuid4

import pytest
from django.db import DatabaseError, connections

from accounts.audit.models import Delivery, RecordedEvent
from accounts.audit.selectors import events_of
from accounts.audit.services import publish, publish_many, record_security_event
from tests.factories.audit import FIRST, SECOND, BellRung, NobodyListens
from tests.factories.people import now
from wallet_project.lib import db
from wallet_project.lib.origin import Origin

if TYPE_CHECKING:
    from pytest_django import DjangoAssertNumQueries

pytestmark = pytest.mark.django_db

ORIGIN = Origin(channel="web", request_id="req-1", session_id=uuid4(), ip_address="192.0.2.1", user_agent="Firefox")
BELL = uuid4()


def _publish(event: BellRung | NobodyListens | None = None) -> UUID:
    with db.transaction():
        fact = event or BellRung(bell_id=BELL, times=3)
        return publish(fact, actor="person:alice", subject_id=BELL, origin=ORIGIN, at=now())


class TestPublishMany:
    def test_is_what_publish_does_for_each(self) -> None:
        at, bells = now(), [uuid4() for _ in range(3)]
        facts: list[tuple[BellRung | NobodyListens, UUID]] = [(BellRung(bell_id=one, times=1), one) for one in bells]
        with db.transaction():
            made = publish_many([*facts, (NobodyListens(), BELL)], actor="provider:bank", origin=ORIGIN, at=at)
            single = publish(facts[0][0], actor="provider:bank", subject_id=bells[0], origin=ORIGIN, at=at)
        first, alone = RecordedEvent.objects.get(pk=made[0]), RecordedEvent.objects.get(pk=single)
        for name in ("name", "payload", "actor_kind", "actor_id", "subject_id", "channel", "request_id", "session_id"):
            assert getattr(first, name) == getattr(alone, name)
        assert [RecordedEvent.objects.get(pk=one).subject_id for one in made] == [*bells, BELL]
        counts = [Delivery.objects.filter(event=one, next_attempt_at=at).count() for one in (*made, single)]
        assert counts == [2, 2, 2, 0, 2]

    def test_takes_two_statements_however_many(self, django_assert_num_queries: DjangoAssertNumQueries) -> None:
        many = [(BellRung(bell_id=BELL, times=1), BELL)] * 200
        with db.transaction(), django_assert_num_queries(2):
            publish_many(many, actor="worker", origin=ORIGIN, at=now())

    def test_needs_the_callers_transaction(self) -> None:
        with pytest.raises(db.NotInTransaction):
            publish_many([], actor="worker", origin=ORIGIN, at=now())


class TestPublish:
    def test_records_the_fact_with_actor_origin_and_values(self) -> None:
        at = now()
        event = RecordedEvent.objects.get(pk=_publish())
        assert (event.name, event.payload) == ("test.bell_rung", {"bell_id": str(BELL), "times": 3})
        assert (event.actor_kind, event.actor_id, event.subject_id) == ("person", "alice", BELL)
        assert (event.channel, event.request_id, event.session_id) == ("web", "req-1", ORIGIN.session_id)
        assert at <= event.occurred_at <= event.recorded_at + timedelta(seconds=5)
        assert event.transaction_id > 0

    def test_keeps_no_address_and_no_browser(self) -> None:
        event = RecordedEvent.objects.get(pk=_publish())
        kept = " ".join(str(getattr(event, field.attname)) for field in event._meta.concrete_fields)
        assert "192.0.2.1" not in kept
        assert "Firefox" not in kept

    def test_makes_one_delivery_per_handler_due_at_once(self) -> None:
        event_id = _publish()
        deliveries = Delivery.objects.filter(event=event_id).order_by("handler")
        assert [(row.handler, row.state, row.attempts) for row in deliveries] == [
            (FIRST, "PENDING", 0),
            (SECOND, "PENDING", 0),
        ]
        assert {row.next_attempt_at for row in deliveries} == {RecordedEvent.objects.get(pk=event_id).occurred_at}

    def test_without_a_handler_the_fact_stands_alone(self) -> None:
        event_id = _publish(NobodyListens())
        assert RecordedEvent.objects.filter(pk=event_id).exists()
        assert not Delivery.objects.filter(event=event_id).exists()

    def test_is_one_statement(self, django_assert_num_queries: DjangoAssertNumQueries) -> None:
        with db.transaction(), django_assert_num_queries(1):
            publish(BellRung(bell_id=BELL, times=1), actor="worker", subject_id=BELL, origin=ORIGIN, at=now())

    def test_needs_the_callers_transaction(self) -> None:
        with pytest.raises(db.NotInTransaction):
            publish(BellRung(bell_id=BELL, times=1), actor="worker", subject_id=BELL, origin=ORIGIN, at=now())
        assert not RecordedEvent.objects.exists()

    def test_leaves_nothing_when_the_caller_fails(self) -> None:
        def fail() -> None:
            with db.transaction():
                publish(BellRung(bell_id=BELL, times=1), actor="worker", subject_id=BELL, origin=ORIGIN, at=now())
                raise RuntimeError

        with pytest.raises(RuntimeError):
            fail()
        assert not RecordedEvent.objects.exists()
        assert not Delivery.objects.exists()

    def test_refuses_what_json_cannot_say(self) -> None:
        with pytest.raises(TypeError):
            _publish(BellRung(bell_id=BELL, times=1.5))  # type: ignore[arg-type]  # the point of the test


class TestSecurityEvent:
    def test_is_a_fact_about_the_person(self) -> None:
        record_security_event(
            kind="pin_wrong", user_id=BELL, actor="person:x", origin=ORIGIN, at=now(), details={"tries_left": 4}
        )
        (event,) = events_of(BELL)
        assert event.name == "security_event"
        assert event.payload == {"kind": "pin_wrong", "user_id": str(BELL), "details": {"tries_left": 4}}


@pytest.mark.django_db(databases=["default", "owner"])
class TestAppendOnly:
    STATEMENTS = (
        "UPDATE accounts_recorded_event SET name = 'x'",
        "DELETE FROM accounts_recorded_event",
        "TRUNCATE accounts_recorded_event CASCADE",
        "UPDATE accounts_risk_decision SET outcome = 'ALLOW'",
        "DELETE FROM accounts_risk_decision",
        "TRUNCATE accounts_risk_decision",
        "DELETE FROM accounts_delivery",
        "TRUNCATE accounts_delivery",
    )

    @pytest.mark.parametrize("statement", STATEMENTS)
    def test_the_app_may_not(self, statement: str) -> None:
        event_id = _publish()
        with pytest.raises(DatabaseError, match="permission denied"), db.transaction():
            _run(statement, "default")
        assert RecordedEvent.objects.get(pk=event_id).name == "test.bell_rung"

    @pytest.mark.parametrize("statement", STATEMENTS)
    def test_even_the_owner_may_not(self, statement: str) -> None:
        # The app's connection is left alone here: its locks would make TRUNCATE wait.
        with pytest.raises(DatabaseError, match="is never allowed on"), db.transaction(using="owner"):
            _run(statement, "owner")


def _run(statement: str, alias: str) -> None:
    with connections[alias].cursor() as cursor:
        cursor.execute(statement)
