"""What lower rooms tell this one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from payments.payouts.contradictions import Contradiction, listeners
from payments.reconciliation.kinds import BreakKind
from payments.reconciliation.policy import Finding
from payments.reconciliation.services.breaks import note

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime


def connect() -> None:
    """A message that contradicts what we know is a break."""
    listeners.register("reconciliation", keep_contradictions)


def keep_contradictions(contradictions: Sequence[Contradiction], *, at: datetime) -> None:
    """One break each, of the kind of the same name. Requires the caller's transaction."""
    note([Finding(BreakKind(one.kind.value), one.subject, one.details) for one in contradictions], at=at)
