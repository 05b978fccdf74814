"""Whole contact data on the page of a case."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from accounts.staff import reading

if TYPE_CHECKING:
    from uuid import UUID

    from accounts.identity.models import User


def reveal(request: Any, person: User, *, reason: str, about: UUID) -> None:
    """Records the reading once and keeps the data open in this session.

    ``about`` is the case. Raises ReadingNotAllowed, ReadingReasonMissing.
    """
    reading.reveal(request, person, what="contact", of=person.pk, reason=reason, about=about)


def is_revealed(request: Any, person: User) -> bool:
    """Whether the officer gave a reason in this session and its time is not over."""
    return reading.is_revealed(request, what="contact", of=person.pk)
