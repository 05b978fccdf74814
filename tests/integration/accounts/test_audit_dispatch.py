"""Every delivery is carried out once; what fails is tried again, and after ten times a person looks at it."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING
from uuid import UUID, uuid4

import pytest

from accounts.audit.models import Delivery, DeliveryState, RecordedEvent
from accounts.audit.selectors import dead_deliveries
from accounts.audit.services import DeliveryNotDead, deliver, dispatch_due, publish, replay
from tests.factories.audit import FIRST, SECOND, Behaviour, BellRung, heard
from tests.factories.people import ORIGIN, now
from wallet_project.lib import db
from wallet_project.lib.errors import NotFound

if TYPE_CHECKING:
    from accounts.audit.registry import Recorded

pytestmark = pytest.mark.django_db


def _ring(times: int = 1) -> UUID:
    bell = uuid4()
    with db.transaction():
        return publish(BellRung(bell_id=bell, times=times), actor="worker", subject_id=bell, origin=ORIGIN, at=now())


def _state(event_id: UUID, handler: str) -> tuple[str, int, str]:
    row = Delivery.objects.get(event=event_id, handler=handler)
    return row.state, row.attempts, row.last_error


@pytest.fixture
def broken(monkeypatch: pytest.MonkeyPatch) -> UUID:
    """An event whose first handler fails."""
    event_id = _ring()

    def fail(event: Recorded) -> None:
        if event.id == event_id:
            raise LookupError("the row is gone")

    monkeypatch.setattr(Behaviour, "before", staticmethod(fail))
    return event_id


class TestDispatchDue:
    def test_carries_out_every_delivery_once(self) -> None:
        events = sorted(_ring() for _ in range(3))
        assert dispatch_due(at=now()) == 6
        assert dispatch_due(at=now()) == 0
        assert heard(FIRST) == events
        assert heard(SECOND) == events
        assert {row.state for row in Delivery.objects.all()} == {DeliveryState.DONE}

    def test_gives_the_handler_the_fact(self, monkeypatch: pytest.MonkeyPatch) -> None:
        seen: list[Recorded] = []
        monkeypatch.setattr(Behaviour, "before", staticmethod(seen.append))
        event = RecordedEvent.objects.get(pk=_ring(times=7))
        dispatch_due(at=now())
        (told,) = seen
        assert (told.id, told.name, told.payload["times"]) == (event.pk, "test.bell_rung", 7)
        assert (told.occurred_at, told.subject_id, told.actor_kind) == (event.occurred_at, event.subject_id, "worker")

    def test_leaves_what_is_not_due(self) -> None:
        event_id = _ring()
        Delivery.objects.filter(handler=FIRST).update(next_attempt_at=now() + timedelta(hours=1))
        assert dispatch_due(at=now()) == 1
        assert heard(FIRST) == []
        assert heard(SECOND) == [event_id]

    def test_takes_no_more_than_its_limit_and_the_oldest_first(self) -> None:
        events = [_ring() for _ in range(3)]
        assert dispatch_due(at=now(), limit=2) == 2
        assert heard(FIRST) == heard(SECOND) == events[:1]

    def test_refuses_to_run_inside_a_transaction(self) -> None:
        with pytest.raises(db.AlreadyInTransaction), db.transaction():
            dispatch_due(at=now())

    def test_costs_the_same_for_one_and_for_many(self, django_assert_max_num_queries: object) -> None:
        for _ in range(10):
            _ring()
        # savepoint, claim, ten notes by each of two handlers, one update, release
        with django_assert_max_num_queries(4 + 20):  # type: ignore[operator]  # a fixture of pytest-django
            dispatch_due(at=now())


class TestFailure:
    def test_is_counted_and_harms_only_its_own_delivery(self, broken: UUID) -> None:
        whole = _ring()
        assert dispatch_due(at=now()) == 4
        assert _state(broken, FIRST) == ("PENDING", 1, "LookupError")
        assert _state(broken, SECOND) == ("DONE", 1, "")
        assert heard(FIRST) == [whole]
        assert heard(SECOND) == sorted([broken, whole])

    def test_is_tried_again_after_a_pause(self, broken: UUID, monkeypatch: pytest.MonkeyPatch) -> None:
        at = now()
        dispatch_due(at=at)
        due = Delivery.objects.get(event=broken, handler=FIRST).next_attempt_at
        assert timedelta(seconds=2) <= due - at <= timedelta(seconds=2.5)
        monkeypatch.setattr(Behaviour, "before", staticmethod(lambda event: None))
        assert dispatch_due(at=due - timedelta(milliseconds=1)) == 0
        assert dispatch_due(at=due) == 1
        assert _state(broken, FIRST) == ("DONE", 2, "")
        assert heard(FIRST) == [broken]

    def test_ten_times_is_dead_and_shown_on_the_desk(self, broken: UUID) -> None:
        at = now()
        for attempt in range(1, 11):
            dispatch_due(at=at)
            assert _state(broken, FIRST) == ("DEAD" if attempt == 10 else "PENDING", attempt, "LookupError")
            at += timedelta(hours=2)
        assert dispatch_due(at=at) == 0
        waiting = dead_deliveries()
        assert waiting.count == 1
        assert waiting.oldest_at == RecordedEvent.objects.get(pk=broken).occurred_at

    def test_of_the_database_undoes_what_the_handler_did(self, monkeypatch: pytest.MonkeyPatch) -> None:
        event_id = _ring()

        def doubled(event: Recorded) -> None:
            RecordedEvent.objects.create(pk=event.id, name="x", payload={}, subject_id=event.id, occurred_at=now())

        monkeypatch.setattr(Behaviour, "before", staticmethod(doubled))
        dispatch_due(at=now())
        assert _state(event_id, FIRST) == ("PENDING", 1, "IntegrityError")
        assert heard(FIRST) == []

    def test_of_an_unknown_handler_is_a_failure_too(self) -> None:
        event_id = _ring()
        Delivery.objects.filter(event=event_id, handler=SECOND).update(handler="test.was_removed")
        dispatch_due(at=now())
        assert _state(event_id, "test.was_removed") == ("PENDING", 1, "KeyError")
        assert _state(event_id, FIRST) == ("DONE", 1, "")


class TestDeliver:
    def test_of_what_is_done_already_does_nothing(self) -> None:
        _ring()
        dispatch_due(at=now())
        for delivery in Delivery.objects.all():
            assert deliver(delivery_id=delivery.pk, at=now()) is False
        assert len(heard(FIRST)) == 1


class TestReplay:
    def test_sends_a_dead_delivery_on_its_way_and_says_who(self) -> None:
        event_id, by, at = _ring(), uuid4(), now()
        dead = Delivery.objects.get(event=event_id, handler=FIRST)
        Delivery.objects.filter(pk=dead.pk).update(state="DEAD", attempts=10)
        replay(delivery_id=dead.pk, by=by, origin=ORIGIN, at=at)
        assert _state(event_id, FIRST) == ("PENDING", 0, "")
        record = RecordedEvent.objects.get(name="delivery_replayed")
        assert (record.actor_kind, record.actor_id, record.subject_id) == ("staff", str(by), event_id)
        dispatch_due(at=now())
        assert heard(FIRST) == [event_id]

    def test_refuses_what_is_not_dead(self) -> None:
        event_id = _ring()
        delivery = Delivery.objects.get(event=event_id, handler=FIRST)
        with pytest.raises(DeliveryNotDead):
            replay(delivery_id=delivery.pk, by=uuid4(), origin=ORIGIN, at=now())
        assert not RecordedEvent.objects.filter(name="delivery_replayed").exists()

    def test_refuses_what_is_not_there(self) -> None:
        with pytest.raises(NotFound):
            replay(delivery_id=uuid4(), by=uuid4(), origin=ORIGIN, at=now())
