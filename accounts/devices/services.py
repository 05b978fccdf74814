"""Ending sessions. A session that ends is deleted with its token: the next request with either finds nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING

from accounts.audit.services import publish
from accounts.devices import selectors
from accounts.devices.events import SessionsEnded
from accounts.devices.models import WalletSession
from wallet_project.lib import db

if TYPE_CHECKING:
    from datetime import datetime
    from uuid import UUID

    from accounts.identity.models import User
    from wallet_project.lib.origin import Origin

SWEEP_TASK = "accounts.forget_ended_sessions"


def revoke_all(*, user: User, at: datetime, origin: Origin, except_session_id: UUID | None = None) -> int:
    """Signs the person out everywhere (but, if given, here) at once; returns how many sessions ended."""
    with db.transaction_if_not_already():
        rows = WalletSession.objects.filter(user=user)
        if except_session_id is not None:
            rows = rows.exclude(pk=except_session_id)
        count = rows.count()
        rows.delete()
        if count:
            event = SessionsEnded(user_id=user.pk, count=count)
            publish(event, actor=f"person:{user.pk}", subject_id=user.pk, origin=origin, at=at)
    return count


def revoke_session(*, user: User, session_id: UUID, at: datetime, origin: Origin) -> None:
    """Signs one of the person's own devices out at once. Raises NotFound for anybody else's."""
    with db.transaction_if_not_already():
        selectors.session_of(user, session_id).delete()
        event = SessionsEnded(user_id=user.pk, count=1)
        publish(event, actor=f"person:{user.pk}", subject_id=user.pk, origin=origin, at=at)


def forget_ended(*, at: datetime, limit: int = 1000) -> int:
    """Deletes sessions past their absolute end; returns how many."""
    ended = list(WalletSession.objects.filter(expires_at__lte=at).values_list("pk", flat=True)[:limit])
    WalletSession.objects.filter(pk__in=ended).delete()
    return len(ended)
