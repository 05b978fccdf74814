"""Whole contact data on the desk, for a while and on the record."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any

from accounts.devices.origin import origin_of
from support.cases.policy import REVEALED_FOR
from support.cases.services import may_reveal, reveal_contact
from wallet_project.lib import clock

if TYPE_CHECKING:
    from uuid import UUID

    from accounts.identity.models import User

_KEY = "revealed"


def reveal(request: Any, person: User, *, reason: str, about: UUID) -> None:
    """Records the reading once and keeps the data open in this session. Raises NotPermitted, ReasonMissing."""
    if is_revealed(request, person):
        return
    at = clock.now()
    reveal_contact(person=person, by=request.user, reason=reason, about=about, origin=origin_of(request), at=at)
    opened = request.session.get(_KEY, {})
    still = {key: until for key, until in opened.items() if datetime.fromisoformat(until) > at}
    request.session[_KEY] = still | {str(person.pk): (at + REVEALED_FOR).isoformat()}


def is_revealed(request: Any, person: User) -> bool:
    """Whether a reason was given in this session, its time is not over, and the officer may still read it."""
    if not may_reveal(request.user):
        return False
    until = request.session.get(_KEY, {}).get(str(person.pk))
    return until is not None and datetime.fromisoformat(until) > clock.now()
