"""Recurring work, registered by rooms: beat's schedule and the desk's job page are both made from it."""

from __future__ import annotations

from dataclasses import dataclass

from wallet_project.lib.registry import Registry


@dataclass(frozen=True, slots=True)
class Job:
    """``task`` is the Celery task's name; it runs every ``every_seconds`` on ``queue``."""

    task: str
    every_seconds: int
    queue: str
    summary: str


jobs: Registry[Job] = Registry("job")
