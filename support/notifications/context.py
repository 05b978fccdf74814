"""What every signed-in page shows of the inbox: how many notices are new."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.utils.functional import SimpleLazyObject

from support.notifications.selectors import unread_count

if TYPE_CHECKING:
    from django.http import HttpRequest


def unread_notices(request: HttpRequest) -> dict[str, Any]:
    """``unread_count``: a number, asked for only by pages that show it; 0 for strangers."""
    user = getattr(request, "user", None)
    if user is None or not user.is_authenticated or user.is_staff:
        return {"unread_count": 0}
    return {"unread_count": SimpleLazyObject(lambda: unread_count(user))}
