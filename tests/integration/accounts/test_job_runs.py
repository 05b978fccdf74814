"""Every recurring job leaves a row: when it ran, what it did, what stopped it."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from celery import shared_task

from accounts.audit import job_runs
from accounts.audit.models import JobRun
from accounts.audit.selectors import job_states, jobs_in_trouble
from tests.factories.people import now
from tests.factories.staff import desk, make_officer
from wallet_project.lib.jobs import JOB_HEADER, Job, jobs

if TYPE_CHECKING:
    from collections.abc import Iterator

pytestmark = pytest.mark.django_db

NAME = "test.count"


@shared_task(name="test.count_job", queue="reports")
def count_job(fails: bool) -> int:
    if fails:
        raise LookupError("a person's name")
    return 7


@pytest.fixture
def job() -> Iterator[Job]:
    registered = Job(task="test.count_job", every_seconds=60, queue="reports", summary="Counts.")
    jobs.register(NAME, registered)
    try:
        yield registered
    finally:
        del jobs._items[NAME]


def run(*, fails: bool = False, by_beat: bool = True) -> None:
    count_job.apply(kwargs={"fails": fails}, headers={JOB_HEADER: NAME} if by_beat else {})


class TestJobRuns:
    def test_a_run_writes_what_it_did(self, job: Job) -> None:
        run()
        row = JobRun.objects.get(name=NAME)
        assert (row.outcome, row.rows, row.error, row.failing_since) == ("DONE", 7, "", None)
        assert row.last_started_at is not None
        assert row.last_ended_at is not None
        assert row.next_run_at - row.last_started_at == timedelta(seconds=60)
        assert row.overdue_at - row.next_run_at == timedelta(seconds=120)

    def test_a_failure_says_the_kind_and_never_the_words(self, job: Job) -> None:
        run(fails=True)
        first = JobRun.objects.get(name=NAME)
        assert (first.outcome, first.rows, first.error) == ("FAILED", None, "LookupError")
        run(fails=True)
        assert JobRun.objects.get(name=NAME).failing_since == first.failing_since
        run()
        again = JobRun.objects.get(name=NAME)
        assert (again.outcome, again.failing_since, again.error) == ("DONE", None, "")

    def test_a_task_that_beat_did_not_send_is_no_run(self, job: Job) -> None:
        run(by_beat=False)
        assert not JobRun.objects.exists()

    def test_beat_expects_every_job_and_forgets_nothing(self, job: Job) -> None:
        run()
        job_runs.expect(at=now())
        assert set(JobRun.objects.values_list("name", flat=True)) == set(jobs)
        assert JobRun.objects.get(name=NAME).rows == 7


class TestTrouble:
    def test_all_is_well_after_beat_began(self) -> None:
        job_runs.expect(at=now())
        assert jobs_in_trouble().count == 0
        assert not any(state.in_trouble for state in job_states(at=now()))

    def test_late_and_failing_come_first(self, job: Job) -> None:
        job_runs.expect(at=now())
        run(fails=True)
        JobRun.objects.filter(name="audit.sweep").update(overdue_at=now() - timedelta(hours=2))
        found = jobs_in_trouble()
        assert found.count == 2
        assert found.oldest_at is not None
        assert now() - found.oldest_at >= timedelta(hours=2)
        first, second, third = job_states(at=now())[:3]
        assert [(first.name, first.is_late), (second.name, second.is_failing)] == [("audit.sweep", True), (NAME, True)]
        assert not third.in_trouble

    def test_a_job_that_left_the_code_is_no_trouble(self) -> None:
        JobRun.objects.create(
            name="gone", outcome="FAILED", error="KeyError", failing_since=now(), next_run_at=now(), overdue_at=now()
        )
        assert jobs_in_trouble().count == 0
        assert "gone" not in [state.name for state in job_states(at=now())]


class TestPage:
    def test_shows_every_job_with_its_last_run(self, job: Job) -> None:
        run(fails=True)
        answer = desk(make_officer("grace", "treasury")).get("/admin/accounts/jobrun/")
        page = answer.content.decode()
        assert answer.status_code == 200
        assert all(name in page for name in jobs)
        assert "LookupError" in page
        assert "a person&#x27;s name" not in page
        assert page.index(NAME) < page.index("transfers.expire_transfers") or "Never ran" in page

    def test_the_index_has_the_queue(self, job: Job) -> None:
        job_runs.expect(at=now())
        run(fails=True)
        page = desk(make_officer("grace", "treasury")).get("/admin/").content.decode()
        assert "Jobs that fail or are late" in page
        assert 'href="/admin/accounts/jobrun/"' in page
