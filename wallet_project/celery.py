"""The Celery app: queues, request ids on tasks, and beat's schedule, made from the jobs that rooms registered."""

from __future__ import annotations

import warnings
from datetime import timedelta
from typing import Any

from celery import Celery, signals
from celery.beat import Scheduler
from kombu import Exchange, Queue

from wallet_project import env
from wallet_project.lib.jobs import JOB_HEADER, jobs
from wallet_project.lib.logging import request_id

env.start()

QUEUES = ("money", "webhooks", "notify", "reports")

app = Celery("wallet")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.conf.task_queues = [Queue(name, Exchange(name), routing_key=name) for name in QUEUES]
app.autodiscover_tasks()
if env.name() != "prod":
    warnings.filterwarnings("ignore", r"\s*You're running the worker with superuser")  # as in most containers

LEADER_NAME = "celery-beat"
IDLE_SECONDS = 2.0


class JobScheduler(Scheduler):
    """Beat's schedule is ``lib.jobs``; only the holder of the leader lock sends anything, so beat may run twice."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        self._leader: Any = None
        self._expected = False
        super().__init__(*args, **kwargs)

    def setup_schedule(self) -> None:
        entries: dict[str, Any] = {
            name: {
                "task": job.task,
                "schedule": timedelta(seconds=job.every_seconds),
                "options": {
                    "queue": job.queue,
                    "expires": max(job.every_seconds, 30),
                    "headers": {JOB_HEADER: name},
                },
            }
            for name, job in jobs.items()
        }
        self.merge_inplace(entries)

    def tick(self, *args: Any, **kwargs: Any) -> float:
        if not self._leads():
            self._expected = False
            return IDLE_SECONDS
        if not self._expected:
            self._expect()
        return min(super().tick(*args, **kwargs), IDLE_SECONDS)

    def _expect(self) -> None:
        """Every job has its row on the desk from the moment somebody leads, run or not."""
        from django.db import Error, connection

        from accounts.audit.job_runs import expect
        from wallet_project.lib import clock

        try:
            expect(at=clock.now())
        except Error:
            connection.close()  # a database that restarts ends no beat; the next tick tries again
        else:
            self._expected = True

    def _leads(self) -> bool:
        from wallet_project.lib.leader import Leader

        self._leader = self._leader or Leader(LEADER_NAME)
        return bool(self._leader.holds())

    def close(self) -> None:
        if self._leader:
            self._leader.release()
        super().close()


@signals.setup_logging.connect
def keep_our_logging(**kwargs: Any) -> None:
    """Django's LOGGING stays in force: Celery sets up nothing when this signal has a receiver."""
    from logging.config import dictConfig

    from django.conf import settings

    dictConfig(settings.LOGGING)


@signals.before_task_publish.connect
def pass_request_id(headers: dict[str, Any] | None = None, **kwargs: Any) -> None:
    """A task carries the id of the request that caused it."""
    if headers is not None and request_id.get():
        headers["request_id"] = request_id.get()


@signals.task_prerun.connect
def take_request_id(task: Any = None, task_id: str = "", **kwargs: Any) -> None:
    """Log lines of a task carry that id, or the task's own."""
    request_id.set(getattr(task.request, "request_id", None) or task_id)


@signals.task_postrun.connect
def drop_request_id(**kwargs: Any) -> None:
    """The next task of this process starts clean."""
    request_id.set("")
