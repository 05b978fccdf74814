"""Whole personal data on the desk: for a while, in one session, and on the record.

What is open is named ``what:id``, so that a reason given for somebody's address opens no message of theirs.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from accounts.devices.origin import origin_of
from accounts.staff import services
from wallet_project.lib import clock

if TYPE_CHECKING:
    from uuid import UUID

    from accounts.identity.models import User

REVEALED_FOR = timedelta(minutes=10)
"""How long whole data stays on the page of who gave a reason; after that a new reason is needed."""

_KEY = "revealed"


def reveal(request: Any, person: User, *, what: str, of: UUID, reason: str, about: UUID) -> None:
    """Records the reading once and keeps ``what`` of ``of`` open in this session.

    Raises ReadingNotAllowed, ReadingReasonMissing.
    """
    if is_revealed(request, what=what, of=of):
        return
    services.reveal(
        person=person,
        by=request.user,
        what=what,
        reason=reason,
        about=about,
        origin=origin_of(request),
        at=clock.now(),
    )
    keep_open(request, what=what, of=of)


def keep_open(request: Any, *, what: str, of: UUID) -> None:
    """Leaves it open for ``REVEALED_FOR``. Whoever calls this has recorded the reading."""
    at = clock.now()
    opened = request.session.get(_KEY, {})
    still = {key: until for key, until in opened.items() if datetime.fromisoformat(until) > at}
    request.session[_KEY] = still | {f"{what}:{of}": (at + REVEALED_FOR).isoformat()}


def is_revealed(request: Any, *, what: str, of: UUID) -> bool:
    """Whether a reason was given in this session, its time is not over, and the officer may still read it."""
    if not services.may_reveal(request.user):
        return False
    until = request.session.get(_KEY, {}).get(f"{what}:{of}")
    return until is not None and datetime.fromisoformat(until) > clock.now()
