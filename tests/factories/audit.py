"""An event of the tests with two handlers, which do what real ones do: write one row per event."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar
from uuid import UUID

from accounts.audit.registry import Recorded, subscribe
from accounts.risk.models import RiskDecision
from wallet_project.lib.events import Event

if TYPE_CHECKING:
    from collections.abc import Callable

FIRST, SECOND = "test.first", "test.second"


@dataclass(frozen=True, slots=True, kw_only=True)
class BellRung(Event):
    """Something happened ``times`` times."""

    name: ClassVar[str] = "test.bell_rung"
    bell_id: UUID
    times: int


@dataclass(frozen=True, slots=True, kw_only=True)
class NobodyListens(Event):
    """No handler."""

    name: ClassVar[str] = "test.nobody_listens"


def note(event: Recorded, handler: str) -> None:
    """One row that names the event and who heard it. Rows are never unique here, so twice would be seen."""
    RiskDecision.objects.create(
        subject_kind=handler,
        subject_id=event.id,
        outcome="ALLOW",
        score=event.payload["times"],
        rules=[],
        facts={},
        engine_version=1,
        decided_at=event.occurred_at,
    )


def heard(handler: str) -> list[UUID]:
    """The events a handler has noted, in their order; an event twice is there twice."""
    rows = RiskDecision.objects.filter(subject_kind=handler).order_by("subject_id")
    return list(rows.values_list("subject_id", flat=True))


class Behaviour:
    """What the first handler does before it notes; a test gives it another one and takes it back."""

    before: ClassVar[Callable[[Recorded], object]] = staticmethod(lambda event: None)


def _first(event: Recorded) -> None:
    Behaviour.before(event)
    note(event, FIRST)


def _second(event: Recorded) -> None:
    note(event, SECOND)


def listen() -> None:
    """Subscribes both handlers; again changes nothing."""
    subscribe(BellRung, FIRST, _first)
    subscribe(BellRung, SECOND, _second)


listen()
