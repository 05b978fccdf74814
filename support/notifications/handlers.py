"""Which events become notices."""

from __future__ import annotations


def connect() -> None:
    """Subscribes the notices to the events of the rooms below."""
