"""Facts about sessions."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar
from uuid import UUID

from wallet_project.lib.events import Event


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionsEnded(Event):
    """Sessions were ended from outside: another device, a password change, a freeze."""

    name: ClassVar[str] = "sessions_ended"
    user_id: UUID
    count: int
