"""Facts about proposals: ids and codes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar
from uuid import UUID

from wallet_project.lib.events import Event


@dataclass(frozen=True, slots=True, kw_only=True)
class ApprovalProposed(Event):
    """Somebody asked for a second pair of eyes."""

    name: ClassVar[str] = "approval_proposed"
    approval_id: UUID
    purpose: str
    subject_id: UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class ApprovalEnded(Event):
    """``status`` says how: EXECUTED, REFUSED, EXPIRED or VOIDED."""

    name: ClassVar[str] = "approval_ended"
    approval_id: UUID
    purpose: str
    subject_id: UUID
    status: str
    cause: str
