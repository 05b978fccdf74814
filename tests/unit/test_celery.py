"""Background work as security.md asks: nothing is lost, nothing waits in a queue nobody reads."""

from __future__ import annotations

import pytest
from celery.exceptions import QueueNotFound
from django.conf import settings

from wallet_project import celery
from wallet_project.lib.jobs import Job, jobs

app = celery.app
app.loader.import_default_modules()
OURS = sorted(name for name in app.tasks if not name.startswith("celery."))


class TestTasks:
    def test_there_are_some(self) -> None:
        assert OURS

    @pytest.mark.parametrize("name", OURS)
    def test_each_has_a_queue_that_workers_read(self, name: str) -> None:
        assert getattr(app.tasks[name], "queue", None) in celery.QUEUES

    @pytest.mark.parametrize("name", OURS)
    def test_each_is_acknowledged_late_and_ends_before_it_is_sent_again(self, name: str) -> None:
        task = app.tasks[name]
        limit = task.time_limit or app.conf.task_time_limit
        assert task.acks_late
        assert task.reject_on_worker_lost is not True
        assert limit < app.conf.broker_transport_options["visibility_timeout"]


class TestQueues:
    def test_a_message_goes_to_one_queue(self) -> None:
        keys = [(queue.exchange.name, queue.routing_key) for queue in app.conf.task_queues]
        assert keys == [(name, name) for name in celery.QUEUES]

    def test_a_misspelt_queue_is_an_error(self) -> None:
        with pytest.raises(QueueNotFound, match="Queue 'mony' missing from task_queues"):
            app.amqp.router.route({"queue": "mony"}, OURS[0])

    def test_the_worker_of_the_procfile_reads_them_all(self) -> None:
        procfile = (settings.BASE_DIR / "Procfile").read_text()
        assert f"--queues {','.join(celery.QUEUES)} " in procfile

    def test_unacknowledged_work_is_looked_for(self) -> None:
        options = app.conf.broker_transport_options
        assert (options["unacked_restore_interval"], options["unacked_restore_throttle"]) == (10, 1)
        assert app.conf.worker_prefetch_multiplier == 1


class TestSchedule:
    def test_is_made_from_the_jobs_that_rooms_registered(self) -> None:
        scheduler = celery.JobScheduler(app=app)
        assert set(scheduler.schedule) == set(jobs)
        for name, job in jobs.items():
            entry = scheduler.schedule[name]
            assert entry.task == job.task
            assert entry.schedule.run_every.total_seconds() == job.every_seconds
            assert entry.options["queue"] == job.queue

    @pytest.mark.parametrize(("name", "job"), jobs.items(), ids=list(jobs))
    def test_every_job_names_a_task_and_a_queue_that_exist(self, name: str, job: Job) -> None:
        assert job.task in OURS
        assert job.queue in celery.QUEUES
        assert app.tasks[job.task].queue == job.queue
        assert job.every_seconds > 0
