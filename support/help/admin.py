"""Requests for help on the desk: read, and closed by a service."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.contrib import admin, messages
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.devices.origin import origin_of
from support.help import services
from support.help.models import HelpRequest
from wallet_project.lib import clock
from wallet_project.lib.admin import ReadOnlyAdmin
from wallet_project.lib.describing import describe

if TYPE_CHECKING:
    from django.db.models import QuerySet

    from accounts.identity.requests import PersonRequest


@admin.register(HelpRequest)
class HelpRequestAdmin(ReadOnlyAdmin):
    """Oldest open first. The message is plain text and stays escaped."""

    list_display = ["created_at", "topic", "state", "user", "closed_by"]
    list_filter = ["state", "topic"]
    list_select_related = ["user", "closed_by"]
    ordering = ["-state", "created_at"]
    fields = ["topic", "state", "user", "contact", "message", "created_at", "closed_at", "closed_by"]
    actions = ["close"]

    @admin.action(description=gettext_lazy("Close the selected requests"), permissions=["view"])
    def close(self, request: PersonRequest, queryset: QuerySet[HelpRequest]) -> None:
        """Closes each request once; one that somebody closed before is named, not changed."""
        for asked in queryset:
            try:
                services.close_request(request_id=asked.pk, by=request.user, at=clock.now(), origin=origin_of(request))
            except services.HelpRequestAlreadyClosed as error:
                messages.warning(request, describe(error).detail)
            else:
                messages.success(request, _("The request is closed."))
