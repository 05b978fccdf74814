"""Where a request came from, as a value that services can store. Never the request itself."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID


@dataclass(frozen=True, slots=True)
class Origin:
    """``channel`` is web, app, desk, worker or provider; ``session_id`` is our own session row, if any."""

    channel: str
    request_id: str = ""
    ip_address: str | None = None
    user_agent: str = ""
    session_id: UUID | None = None
    session_started_at: str | None = None
    """When the device's session began (RFC 3339), so risk can tell a new device without a query."""


WORKER = Origin(channel="worker")
