"""A real beat and a real worker: every job of a few seconds leaves its row."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from accounts.audit.models import JobRun
from wallet_project.lib.jobs import jobs

if TYPE_CHECKING:
    from tests.servers import WalletServer

PATIENCE_SECONDS = 60
OFTEN = [name for name, job in jobs.items() if job.every_seconds <= 5]


def test_jobs_that_beat_sends_are_written_down_by_the_worker(wallet_server: WalletServer) -> None:
    deadline = time.monotonic() + PATIENCE_SECONDS
    done: set[str] = set()
    while not set(OFTEN) <= done:
        rows = {row.name: (row.outcome, row.error) for row in JobRun.objects.all()}
        assert time.monotonic() < deadline, (rows, wallet_server.log("worker")[-2_000:])
        done = {name for name, (outcome, _error) in rows.items() if outcome == "DONE"}
        time.sleep(0.1)
    assert set(JobRun.objects.values_list("name", flat=True)) == set(jobs)
    assert OFTEN
