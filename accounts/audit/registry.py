"""Who listens to what. A room subscribes in ``handlers.connect()``, called once when the app is ready."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from wallet_project.lib.registry import Registry

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime
    from uuid import UUID

    from wallet_project.lib.events import Event


@dataclass(frozen=True, slots=True)
class Recorded:
    """An event as a handler receives it. ``payload`` holds JSON values; current rows are read by their ids."""

    id: UUID
    name: str
    payload: dict[str, Any]
    occurred_at: datetime
    subject_id: UUID
    actor_kind: str = ""
    actor_id: str = ""


@dataclass(frozen=True, slots=True)
class Subscription:
    """One handler of one event. ``act`` runs inside the delivery's transaction: rows only, no network."""

    event: str
    handler: str
    act: Callable[[Recorded], object]


subscriptions: Registry[Subscription] = Registry("event handler")
_names_by_event: dict[str, tuple[str, ...]] = {}


def subscribe(event: type[Event], name: str, act: Callable[[Recorded], object]) -> None:
    """Has ``act`` called once for every ``event`` recorded from now on.

    ``name`` is stored on deliveries and never changes (``notifications.transfer_completed``). ``act`` must be
    idempotent by a unique row, change rows only, and leave calls to the outside to a worker of its own.
    """
    if not event.name:
        raise ValueError(f"{event.__name__} has no name")
    subscriptions.register(name, Subscription(event=event.name, handler=name, act=act))
    known = _names_by_event.get(event.name, ())
    if name not in known:
        _names_by_event[event.name] = (*known, name)


def handlers_of(event_name: str) -> tuple[str, ...]:
    """The names of everybody who listens to this event, in the order they came."""
    return _names_by_event.get(event_name, ())
