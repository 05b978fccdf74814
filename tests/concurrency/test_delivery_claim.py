"""However many workers sweep at once, and wherever one dies, every delivery is carried out exactly once."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier
from typing import TYPE_CHECKING
from uuid import UUID, uuid4

import pytest
from django.db import connection, connections

from accounts.audit.models import Delivery
from accounts.audit.services import dispatch_due, publish
from tests.factories.audit import FIRST, SECOND, BellRung, heard
from tests.factories.people import ORIGIN, now
from wallet_project.lib import db

if TYPE_CHECKING:
    from collections.abc import Iterator

WORKERS = 8
ROOT = Path(__file__).resolve().parents[2]

pytestmark = pytest.mark.usefixtures("clone_db")

RING = """
import django; django.setup()
from uuid import UUID
from accounts.audit.services import publish
from tests.factories.audit import BellRung
from tests.factories.people import ORIGIN, now
from wallet_project.lib import db
bell = UUID("{bell}")
with db.transaction():
    publish(BellRung(bell_id=bell, times=1), actor="worker", subject_id=bell, origin=ORIGIN, at=now())
"""
SWEEP = """
import django; django.setup()
import tests.factories.audit
from accounts.audit.tasks import dispatch_deliveries
print(dispatch_deliveries())
"""


@pytest.fixture(autouse=True)
def _nothing_left_over() -> Iterator[None]:
    """Every test ends with nothing due, whatever the one before did."""
    yield
    while dispatch_due(at=now()):
        pass


def _ring(bells: int) -> list[UUID]:
    events = []
    for _ in range(bells):
        bell = uuid4()
        with db.transaction():
            event = BellRung(bell_id=bell, times=1)
            events.append(publish(event, actor="worker", subject_id=bell, origin=ORIGIN, at=now()))
    return events


def _process(script: str, failpoint: str = "") -> subprocess.CompletedProcess[str]:
    """Runs ``script`` as a process of its own on this module's database."""
    settings = connection.settings_dict
    url = "postgresql://{USER}:{PASSWORD}@{HOST}:{PORT}/{NAME}".format(**settings)
    environment = os.environ | {"DATABASE_URL": url, "WALLET_FAILPOINT": failpoint, "PYTHONPATH": str(ROOT)}
    return subprocess.run([sys.executable, "-c", script], env=environment, capture_output=True, text=True, check=False)


def test_many_workers_at_once_do_each_delivery_once() -> None:
    events = _ring(60)
    barrier = Barrier(WORKERS)

    def sweep(_: int) -> int:
        try:
            barrier.wait(30)
            done = 0
            while taken := dispatch_due(at=now(), limit=7):
                done += taken
            return done
        finally:
            connections.close_all()

    with ThreadPoolExecutor(WORKERS) as pool:
        taken = list(pool.map(sweep, range(WORKERS)))
    assert sum(taken) == 120
    for handler in (FIRST, SECOND):
        counted = Counter(heard(handler))
        assert {counted[event] for event in events} == {1}
    assert not Delivery.objects.filter(event__in=events).exclude(state="DONE").exists()


def test_a_process_killed_between_commit_and_dispatch_loses_nothing() -> None:
    bell = uuid4()
    killed = _process(RING.format(bell=bell), failpoint="audit.committed")
    assert killed.returncode == -signal.SIGKILL, killed.stderr
    waiting = Delivery.objects.filter(event__subject_id=bell)
    assert sorted(waiting.values_list("handler", "state")) == [(FIRST, "PENDING"), (SECOND, "PENDING")]
    swept = _process(SWEEP)
    assert (swept.returncode, swept.stdout.strip()) == (0, "2"), swept.stderr
    assert Counter(heard(FIRST))[waiting[0].event_id] == 1


def test_a_worker_killed_after_its_handlers_and_before_its_commit_did_nothing() -> None:
    (event,) = _ring(1)
    killed = _process(SWEEP, failpoint="audit.handled")
    assert killed.returncode == -signal.SIGKILL, killed.stderr
    assert heard(FIRST).count(event) == 0
    assert set(Delivery.objects.filter(event=event).values_list("state", "attempts")) == {("PENDING", 0)}
    assert _process(SWEEP).stdout.strip() == "2"
    assert (heard(FIRST).count(event), heard(SECOND).count(event)) == (1, 1)
