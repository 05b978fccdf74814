"""What happened to breaks."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar
from uuid import UUID

from wallet_project.lib.events import Event


@dataclass(frozen=True, slots=True, kw_only=True)
class BreakFound(Event):
    """Our books and the bank's do not agree about something."""

    name: ClassVar[str] = "break.found"
    break_id: UUID
    kind: str


@dataclass(frozen=True, slots=True, kw_only=True)
class BreakResolved(Event):
    """A person said what it was."""

    name: ClassVar[str] = "break.resolved"
    break_id: UUID
    kind: str
