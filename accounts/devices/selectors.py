"""Whose session a token opens, and which sessions a person has."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

from accounts.devices.models import AppToken, WalletSession
from accounts.devices.policy import is_over
from wallet_project.lib.errors import NotFound

if TYPE_CHECKING:
    from datetime import datetime
    from uuid import UUID

    from accounts.identity.models import User


def hashed(secret: str) -> str:
    """How keys and tokens are stored: SHA-256. They are 256 random bits, so no slow hash is needed."""
    return hashlib.sha256(secret.encode()).hexdigest()


def live_token(token: str, *, at: datetime) -> AppToken | None:
    """The token's row with its session, person and their PIN's standing, in one query; None when unknown or over."""
    row = AppToken.objects.select_related("session__user__pin_device").filter(token_hash=hashed(token)).first()
    if row is None or row.expires_at <= at or is_over(row.session, at):
        return None
    return row


def sessions_of(user: User, *, at: datetime) -> list[WalletSession]:
    """Where the person is signed in, the latest used first."""
    rows = WalletSession.objects.filter(user=user, authenticated_at__isnull=False).order_by("-last_seen_at")
    return [row for row in rows if not is_over(row, at)]


def session_of(user: User, session_id: UUID) -> WalletSession:
    """One of the person's own sessions. Raises NotFound for anybody else's."""
    row = WalletSession.objects.filter(user=user, pk=session_id).first()
    if row is None:
        raise NotFound
    return row
