"""What happens to wallets."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar
from uuid import UUID

from wallet_project.lib.events import Event


@dataclass(frozen=True, slots=True, kw_only=True)
class WalletOpened(Event):
    """A person can now hold money in this currency."""

    name: ClassVar[str] = "wallet_opened"
    user_id: UUID
    wallet_id: UUID
    currency: str
