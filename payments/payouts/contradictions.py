"""What the bank says and we know otherwise: nothing moves, and whoever listens keeps it for a person.

This room does not know who listens: reconciliation, above it, makes a break of each.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Protocol

from wallet_project.lib import db
from wallet_project.lib.registry import Registry

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime


class ContradictionKind(StrEnum):
    """In what the bank and we differ."""

    FOREIGN_FILE = "FOREIGN_FILE"
    """A message speaks of a payment of ours and of a file that is not the payment's."""
    RETURNED_UNPAID = "RETURNED_UNPAID"
    """Money is said to come back of a payment that was not made."""


@dataclass(frozen=True, slots=True)
class Contradiction:
    """One finding. ``subject`` is the same whenever the same message is read again."""

    kind: ContradictionKind
    subject: str
    details: dict[str, int | str]


class Listener(Protocol):
    """Keeps contradictions, each once however often it is told; joins the caller's transaction."""

    def __call__(self, contradictions: Sequence[Contradiction], *, at: datetime) -> None: ...


listeners: Registry[Listener] = Registry("listener to contradictions")


def tell(contradictions: Sequence[Contradiction], *, at: datetime) -> None:
    """Tells every listener, in the caller's transaction."""
    db.transaction_required()
    if contradictions:
        for _, listen in listeners.items():
            listen(contradictions, at=at)
