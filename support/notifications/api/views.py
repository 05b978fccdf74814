"""The inbox for apps."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from drf_spectacular.utils import OpenApiParameter, extend_schema

from support.notifications import selectors
from support.notifications.api.serializers import NoticePage
from support.notifications.wording import worded
from wallet_project.lib.api import WalletView, listing, page_size, read_cursor

if TYPE_CHECKING:
    from rest_framework.response import Response

    from accounts.identity.requests import PersonApiRequest
    from support.notifications.models import Notification


class NotificationList(WalletView):
    """Everything the person was told, newest first."""

    limits = ("read",)

    @extend_schema(
        responses=NoticePage, parameters=[OpenApiParameter("cursor", str), OpenApiParameter("page_size", int)]
    )
    def get(self, request: PersonApiRequest) -> Response:
        """A page of notices, in the language asked for."""
        notices, position = selectors.inbox(request.user, after=read_cursor(request), size=page_size(request))
        return listing(request, [_shown(notice) for notice in notices], position)


def _shown(notice: Notification) -> dict[str, Any]:
    words = worded(notice)
    return {
        "kind": notice.kind,
        "title": words.title,
        "body": words.body,
        "is_security": words.is_security,
        "created_at": notice.created_at,
        "read_at": notice.read_at,
    }
