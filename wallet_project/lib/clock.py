"""The one place that reads the clock. Only interfaces (views, tasks, commands) call it; services take ``at``."""

from __future__ import annotations

from datetime import UTC, datetime


def now() -> datetime:
    """The present moment, in UTC, with microseconds."""
    return datetime.now(UTC)
