"""Questions about notices."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any
from uuid import UUID

from django.db.models import Q

from support.notifications.models import Notification
from wallet_project.lib.api import moment_of
from wallet_project.lib.errors import Invalid

if TYPE_CHECKING:
    from accounts.identity.models import User


def inbox(
    user: User, *, after: dict[str, Any] | None = None, size: int = 25
) -> tuple[list[Notification], dict[str, str] | None]:
    """A page of ``user``'s notices, newest first, and the position of the next page."""
    rows = Notification.objects.filter(user=user).order_by("-created_at", "-id")
    if after is not None:
        at, last = _position(after)
        rows = rows.filter(Q(created_at__lt=at) | Q(created_at=at, id__lt=last))
    page = list(rows[: size + 1])
    more = len(page) > size
    page = page[:size]
    return page, ({"at": page[-1].created_at.isoformat(), "id": str(page[-1].pk)} if more else None)


def _position(after: dict[str, Any]) -> tuple[datetime, UUID]:
    try:
        return moment_of(after), UUID(str(after["id"]))
    except (KeyError, ValueError) as error:
        raise Invalid({"cursor": "cursor_invalid"}) from error


def unread_count(user: User) -> int:
    """How many notices ``user`` has not seen, counted to 100 at most."""
    return Notification.objects.filter(user=user, read_at__isnull=True)[:100].count()
