"""Facts about statements: ids, amounts and codes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar
from uuid import UUID

from wallet_project.lib.events import Event


@dataclass(frozen=True, slots=True, kw_only=True)
class StatementRequested(Event):
    """A person asked for a statement."""

    name: ClassVar[str] = "statement.requested"
    statement_id: UUID
    user_id: UUID
    format: str


@dataclass(frozen=True, slots=True, kw_only=True)
class StatementIssued(Event):
    """It is made. ``in_background``: the person was not waiting at the page, so they are told."""

    name: ClassVar[str] = "statement.issued"
    statement_id: UUID
    user_id: UUID
    format: str
    entries: int
    sha256: str
    in_background: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class StatementFailed(Event):
    """It could not be made, after every try."""

    name: ClassVar[str] = "statement.failed"
    statement_id: UUID
    user_id: UUID
    cause: str
