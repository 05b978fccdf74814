"""Recurring work, registered by rooms: beat's schedule and the desk's job page are both made from it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from wallet_project.lib.registry import Registry

if TYPE_CHECKING:
    from django.utils.functional import Promise

JOB_HEADER = "wallet_job"
"""On messages that beat sends: the job's name. The same task started otherwise is not a run of the job."""


@dataclass(frozen=True, slots=True)
class Job:
    """``task`` is the Celery task's name; it runs every ``every_seconds`` on ``queue``."""

    task: str
    every_seconds: int
    queue: str
    summary: str | Promise


jobs: Registry[Job] = Registry("job")
