"""What the room tells the house when it is ready."""

from __future__ import annotations

from accounts.identity.registry import leaving_time_zone
from accounts.limits import services


def connect() -> None:
    """Called once when the app is ready."""
    leaving_time_zone.register("limits", services.begin_day)
