"""What happened to a payee: ids only."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar
from uuid import UUID

from wallet_project.lib.events import Event


@dataclass(frozen=True, slots=True, kw_only=True)
class PayeeTrusted(Event):
    """The payer confirmed that payments to this payee need no confirmation."""

    name: ClassVar[str] = "payee.trusted"
    payee_id: UUID
    payer_id: UUID
    person_id: UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class PayeeRemoved(Event):
    """The payer took the payee off the list; trust is gone with it."""

    name: ClassVar[str] = "payee.removed"
    payee_id: UUID
    payer_id: UUID
