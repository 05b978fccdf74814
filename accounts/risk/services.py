"""Ask the engine, and keep its answer as evidence."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING

from accounts.risk import engine
from accounts.risk.models import RiskDecision
from wallet_project.lib import db, rows
from wallet_project.lib.ids import uuid7

if TYPE_CHECKING:
    from datetime import datetime
    from uuid import UUID

    from accounts.risk.engine import Decision
    from accounts.risk.facts import Facts


def assess(*, facts: Facts, subject_kind: str, subject_id: UUID, at: datetime) -> Decision:
    """The engine's answer for ``facts``, stored with them in the caller's transaction (one INSERT).

    Whoever refuses because of it must let the transaction commit, or the evidence is gone. Raises NotInTransaction.
    """
    db.transaction_required()
    decision = engine.decide(facts)
    evidence = RiskDecision(
        id=uuid7(at),
        subject_kind=subject_kind,
        subject_id=subject_id,
        outcome=decision.outcome.value,
        reason=decision.reason,
        score=decision.score,
        rules=[asdict(rule) for rule in decision.rules],
        facts=facts.as_evidence(),
        engine_version=engine.ENGINE_VERSION,
        decided_at=at,
    )
    rows.insert(evidence)
    return decision
