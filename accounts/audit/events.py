"""Security events: things worth knowing about an account that move no money."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar
from uuid import UUID

from wallet_project.lib.events import Event

PERSONAL_DATA_READ = "personal_data_read"
"""The kind of a security event: a member of staff read somebody's contact data. Stored, so it never changes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SecurityEvent(Event):
    """``kind`` says what happened (``login_failed``, ``pin_wrong``, ``code_wrong``, ``personal_data_read`` …)."""

    name: ClassVar[str] = "security_event"
    kind: str
    user_id: UUID
    details: dict[str, str | int | bool]


@dataclass(frozen=True, slots=True, kw_only=True)
class DeliveryReplayed(Event):
    """A member of staff sent a dead delivery on its way again."""

    name: ClassVar[str] = "delivery_replayed"
    event_id: UUID
    handler: str
