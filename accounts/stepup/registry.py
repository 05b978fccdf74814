"""What can be confirmed. A room registers its purpose; answering a challenge calls the room back by that name."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol
from uuid import UUID

from wallet_project.lib.registry import Registry

if TYPE_CHECKING:
    from datetime import datetime

    from django.utils.functional import Promise

    from accounts.stepup.models import Challenge
    from ledger.money import Money
    from wallet_project.lib.origin import Origin


@dataclass(frozen=True, slots=True)
class Shown:
    """What a person sees before they confirm. ``after_url`` is the page of the thing confirmed."""

    title: str | Promise
    lines: Sequence[tuple[str | Promise, str | Promise]]
    amount: Money | None
    payee: str
    after_url: str


@dataclass(frozen=True, slots=True)
class Outcome:
    """What confirming led to. ``resource`` is the operation as it now is, as the API shows it (JSON values).

    ``challenge`` is set when a further factor is asked for, ``awaited`` when something else (a review) still is.
    """

    resource: Mapping[str, Any]
    challenge: Challenge | None = field(default=None)
    awaited: bool = False


class Confirm(Protocol):
    """The room's service: opens its transaction, consumes the challenge inside it, acts."""

    def __call__(self, *, subject_id: UUID, challenge_id: UUID, origin: Origin, at: datetime) -> Outcome: ...


class Release(Protocol):
    """The room's service that gives the thing up when the person cancels instead of confirming."""

    def __call__(self, *, subject_id: UUID, origin: Origin, at: datetime) -> Any: ...


@dataclass(frozen=True, slots=True)
class Purpose:
    """``payload`` gives the values a challenge is bound to, as they are now; it raises StateConflict (or NotFound)
    when the thing waits for no confirmation. ``show`` is the same for people and works in every state: the page of
    a used challenge leads on by its ``after_url``.
    """

    payload: Callable[[UUID], Mapping[str, Any]]
    confirm: Confirm
    show: Callable[[UUID], Shown]
    release: Release | None = None


purposes: Registry[Purpose] = Registry("step-up purpose")
