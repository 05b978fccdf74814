"""What happened in the help room."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar
from uuid import UUID

from wallet_project.lib.events import Event


@dataclass(frozen=True, slots=True, kw_only=True)
class HelpRequested(Event):
    """Somebody asked for help; ``user_id`` is empty for a stranger."""

    name: ClassVar[str] = "help.requested"
    request_id: UUID
    user_id: UUID | None
    topic: str


@dataclass(frozen=True, slots=True, kw_only=True)
class HelpRequestClosed(Event):
    """A member of staff closed a request."""

    name: ClassVar[str] = "help.request_closed"
    request_id: UUID
    staff_id: UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class HelpRequestRead(Event):
    """A member of staff read what a stranger wrote. (Before reasons were asked for, also what customers wrote.)"""

    name: ClassVar[str] = "help.request_read"
    request_id: UUID
    user_id: UUID | None
    staff_id: UUID
    reason: str = ""
