"""What people did with messages of the bank."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar
from uuid import UUID

from wallet_project.lib.events import Event


@dataclass(frozen=True, slots=True, kw_only=True)
class BankMessageReplayed(Event):
    """A message that could not be followed is followed again from its beginning."""

    name: ClassVar[str] = "bank_message.replayed"
    message_id: UUID
    problem: str


@dataclass(frozen=True, slots=True, kw_only=True)
class BankMessageClosed(Event):
    """A person saw the problem of a message, and nothing is left to do."""

    name: ClassVar[str] = "bank_message.closed"
    message_id: UUID
    problem: str
