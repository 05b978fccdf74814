"""What other rooms must do in the same transaction in which a person's settings change."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from wallet_project.lib.registry import Registry

if TYPE_CHECKING:
    from datetime import datetime
    from uuid import UUID

    from accounts.identity.models import User
    from wallet_project.lib.origin import Origin


class Leave(Protocol):
    """Called with the time zone that is left, before the new one is stored."""

    def __call__(self, *, user_id: UUID, at: datetime, time_zone: str) -> None: ...


class SigningUp(Protocol):
    """Called with the new row, in the transaction that makes it."""

    def __call__(self, *, user: User, at: datetime, origin: Origin) -> None: ...


class DiscoveryChanged(Protocol):
    """Called with what was turned (field → on), after the row was saved and in the same transaction."""

    def __call__(self, *, user_id: UUID, turned: dict[str, bool], at: datetime, origin: Origin) -> None: ...


discovery_changed: Registry[DiscoveryChanged] = Registry("discovery change")
leaving_time_zone: Registry[Leave] = Registry("time zone leaving")
signing_up: Registry[SigningUp] = Registry("sign-up")
