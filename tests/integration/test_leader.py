"""One leads, the next follows; and two real beats, of which one sends."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import time
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import redis
from django.db import connection

from accounts.audit.models import JobRun
from tests.servers import copy_environment
from wallet_project.celery import QUEUES
from wallet_project.lib.jobs import jobs
from wallet_project.lib.leader import Leader
from wallet_project.local import places, processes
from wallet_project.local.valkey import Valkey

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

pytestmark = pytest.mark.usefixtures("clone_db")

PATIENCE_SECONDS = 60


def until(holds: Callable[[], bool], what: str) -> None:
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not holds():
        assert time.monotonic() < deadline, what
        time.sleep(0.05)


def end_the_leaders_connection() -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_terminate_backend(pid, 5000) FROM pg_locks WHERE locktype = 'advisory' AND granted"
            " AND database = (SELECT oid FROM pg_database WHERE datname = current_database())"
        )
        assert cursor.fetchall() == [(True,)]


def leaders() -> int:
    """How many sessions of this database hold the lock."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND granted"
            " AND database = (SELECT oid FROM pg_database WHERE datname = current_database())"
        )
        (count,) = cursor.fetchone()
    return int(count)


class TestLeader:
    def test_one_holds_and_the_next_follows(self) -> None:
        first, second = Leader("tests"), Leader("tests")
        assert [first.holds(), first.holds(), second.holds()] == [True, True, False]
        first.release()
        try:
            until(second.holds, "the second leads")
        finally:
            second.release()

    def test_another_name_is_another_lock(self) -> None:
        first, second = Leader("tests"), Leader("other tests")
        try:
            assert [first.holds(), second.holds()] == [True, True]
        finally:
            first.release()
            second.release()

    def test_a_lost_connection_is_a_lost_lock(self) -> None:
        first, second = Leader("tests"), Leader("tests")
        assert first.holds()
        end_the_leaders_connection()
        try:
            until(second.holds, "the second leads")
            assert not first.holds()
        finally:
            second.release()
            first.release()


class Beat:
    """The Procfile's beat. What it sent waits in the broker: nobody works there."""

    def __init__(self, environment: dict[str, str]) -> None:
        command = processes.read_procfile(places.ROOT / "Procfile", environment)["beat"]
        self.broker = redis.Redis.from_url(environment["REDIS_URL"])
        self.process = subprocess.Popen(
            command, env=environment, cwd=places.ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.STDOUT
        )

    def sent(self) -> int:
        """How many messages this process has sent so far; each names its sender."""
        waiting = [line for queue in QUEUES for line in self.broker.lrange(f"wallet:celery:{queue}", 0, -1)]
        origins = [json.loads(line)["headers"]["origin"] for line in waiting]
        return sum(origin.startswith(f"gen{self.process.pid}@") for origin in origins)

    def kill(self) -> None:
        self.process.send_signal(signal.SIGKILL)
        self.process.wait(10)


@pytest.fixture
def environment(tmp_path: Path) -> Iterator[dict[str, str]]:
    var = tmp_path / "var"
    var.mkdir()
    places.write_private(var / "secrets.json", (Path(os.environ["WALLET_VAR"]) / "secrets.json").read_text())
    valkey = Valkey(var)
    valkey.start()
    try:
        yield copy_environment(var, valkey.url)
    finally:
        valkey.stop()


@pytest.fixture
def beats(environment: dict[str, str]) -> Iterator[tuple[Beat, Beat]]:
    started = [Beat(environment)]
    try:
        until(lambda: started[0].sent() > 0, "the first beat sends")
        started.append(Beat(environment))
        yield started[0], started[1]
    finally:
        for beat in started:
            beat.kill()
            beat.broker.close()


class TestTwoBeats:
    def test_the_second_waits_and_follows_a_killed_one(self, beats: tuple[Beat, Beat]) -> None:
        first, second = beats
        assert set(JobRun.objects.values_list("name", flat=True)) == set(jobs)
        before = first.sent()
        until(lambda: first.sent() >= before + 4, "the first goes on")
        assert second.process.poll() is None
        assert (second.sent(), leaders()) == (0, 1)
        first.kill()
        until(lambda: second.sent() > 0, "the second follows")
        assert leaders() == 1

    def test_who_loses_the_connection_leads_no_more(self, beats: tuple[Beat, Beat]) -> None:
        first, second = beats
        end_the_leaders_connection()
        until(lambda: leaders() == 1, "one of them leads again")
        totals = (first.sent(), second.sent())
        until(lambda: (first.sent(), second.sent()) != totals, "work is sent again")
        growing = [beat for beat, before in zip(beats, totals, strict=True) if beat.sent() > before]
        assert len(growing) == 1
        assert [beat.process.poll() for beat in beats] == [None, None]
