"""The inbox page."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.contrib.auth.decorators import login_required
from django.shortcuts import render
from django.views.decorators.http import require_safe

from support.notifications import selectors, services
from support.notifications.wording import worded
from wallet_project.lib import clock
from wallet_project.lib.api import decode_cursor, encode_cursor
from wallet_project.lib.ratelimit import limited

if TYPE_CHECKING:
    from django.http import HttpResponse

    from accounts.identity.requests import PersonRequest


@require_safe
@login_required
@limited("read")
def inbox(request: PersonRequest) -> HttpResponse:
    """Everything the person was told, newest first; seeing it marks it as read."""
    notices, position = selectors.inbox(request.user, after=decode_cursor(request.GET.get("cursor")))
    rows = [{"notice": notice, "words": worded(notice), "is_new": notice.read_at is None} for notice in notices]
    if any(row["is_new"] for row in rows):
        services.mark_all_read(user=request.user, at=clock.now())
    cursor = encode_cursor(position) if position else ""
    return render(request, "support/notifications/inbox.html", {"rows": rows, "next_cursor": cursor})
