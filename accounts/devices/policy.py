"""How long a session lives, by kind (security.md, "Edge")."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from accounts.devices.models import WalletSession

if TYPE_CHECKING:
    from datetime import datetime

Kind = WalletSession.Kind


@dataclass(frozen=True, slots=True)
class Lifetime:
    """``idle`` None: only the absolute end counts (the app locks itself on the phone)."""

    absolute: timedelta
    idle: timedelta | None


LIFETIMES = {
    Kind.WEB: Lifetime(absolute=timedelta(hours=12), idle=timedelta(minutes=15)),
    Kind.APP: Lifetime(absolute=timedelta(days=30), idle=None),
    Kind.STAFF: Lifetime(absolute=timedelta(hours=8), idle=timedelta(minutes=15)),
}
SIGNING_IN = timedelta(hours=1)
"""How long somebody who has not signed in yet may take."""
SEEN_EVERY = {Kind.WEB: timedelta(minutes=1), Kind.STAFF: timedelta(minutes=1), Kind.APP: timedelta(hours=1)}
"""How precisely "last seen" is kept: a write at most this often."""


def expires_at(kind: str, *, since: datetime, signed_in: bool) -> datetime:
    """The absolute end of a session that began at ``since``."""
    lifetime = LIFETIMES[Kind(kind)].absolute
    return since + (lifetime if signed_in else min(lifetime, SIGNING_IN))


def is_over(session: WalletSession, at: datetime) -> bool:
    """Whether the session ended by age or idleness."""
    idle = LIFETIMES[Kind(session.kind)].idle
    return at >= session.expires_at or (idle is not None and at - session.last_seen_at >= idle)


def is_stale(session: WalletSession, at: datetime) -> bool:
    """Whether "last seen" is worth a write."""
    return at - session.last_seen_at >= SEEN_EVERY[Kind(session.kind)]
