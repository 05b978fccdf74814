"""Facts that happened, as frozen dataclasses: past tense, ids, amounts and codes, never personal data."""

from __future__ import annotations

from dataclasses import dataclass, fields
from datetime import datetime
from typing import Any, ClassVar
from uuid import UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """Base of every event. ``name`` is stored and never changes; fields must be JSON or UUID or datetime."""

    name: ClassVar[str] = ""

    def payload(self) -> dict[str, Any]:
        """The event as JSON values."""
        return {field.name: _plain(getattr(self, field.name)) for field in fields(self)}


def _plain(value: Any) -> Any:
    if isinstance(value, UUID):
        return str(value)
    if isinstance(value, datetime):
        return value.isoformat()
    if value is None or isinstance(value, (str, int, bool, list, dict)):
        return value
    raise TypeError(f"an event cannot carry {type(value).__name__}")
