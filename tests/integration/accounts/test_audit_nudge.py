"""Workers are told once per burst, and a broker that is away harms nobody."""

from __future__ import annotations

from typing import TYPE_CHECKING
from uuid import uuid4

import pytest
import redis
from django.conf import settings

from accounts.audit import nudge
from accounts.audit.models import Delivery
from accounts.audit.services import publish
from accounts.audit.tasks import dispatch_deliveries
from tests.factories.audit import FIRST, BellRung, heard
from tests.factories.people import ORIGIN, now
from wallet_project.lib import db

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pytest_django import DjangoCaptureOnCommitCallbacks
    from pytest_django.fixtures import SettingsWrapper

QUEUE = "wallet:celery:notify"


def _broker() -> redis.Redis:
    return redis.Redis.from_url(settings.CELERY_BROKER_URL)


def _queued() -> int:
    return int(_broker().llen(QUEUE))


@pytest.fixture(autouse=True)
def _quiet_queue() -> Iterator[None]:
    def clean() -> None:
        _broker().delete(QUEUE)
        nudge.begun()
        nudge._Quiet.until_ns = 0

    clean()
    yield
    clean()


def _ring() -> None:
    bell = uuid4()
    with db.transaction():
        publish(BellRung(bell_id=bell, times=1), actor="worker", subject_id=bell, origin=ORIGIN, at=now())


@pytest.mark.django_db
class TestNudge:
    def test_a_burst_queues_one_dispatch(
        self, django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks
    ) -> None:
        with django_capture_on_commit_callbacks(execute=True):
            for _ in range(5):
                _ring()
        assert _queued() == 1

    def test_what_comes_after_a_dispatch_began_queues_the_next(
        self, django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks
    ) -> None:
        with django_capture_on_commit_callbacks(execute=True):
            _ring()
        assert dispatch_deliveries() == 2
        with django_capture_on_commit_callbacks(execute=True):
            _ring()
        assert _queued() == 2

    def test_nothing_is_queued_before_the_commit(self) -> None:
        _ring()
        assert _queued() == 0

    def test_a_task_delivers_everything_that_is_due(self) -> None:
        for _ in range(60):
            _ring()
        assert dispatch_deliveries() == 120
        assert len(heard(FIRST)) == 60


@pytest.mark.django_db
class TestBrokerAway:
    @pytest.fixture(autouse=True)
    def _away(self, settings: SettingsWrapper) -> Iterator[None]:
        settings.REDIS_URL = "redis://127.0.0.1:1/0"
        nudge._client.cache_clear()
        yield
        nudge._client.cache_clear()

    def test_the_event_is_kept_and_the_sweep_delivers(
        self, django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks
    ) -> None:
        with django_capture_on_commit_callbacks(execute=True):
            _ring()
        assert Delivery.objects.filter(state="PENDING").count() == 2
        assert dispatch_deliveries() == 2
        assert len(heard(FIRST)) == 1

    def test_is_not_asked_again_for_a_moment(self) -> None:
        nudge.nudge()
        assert nudge._Quiet.until_ns > 0
