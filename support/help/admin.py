"""Requests for help on the desk: read, and closed by a service."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.contrib import admin, messages
from django.contrib.admin.utils import unquote
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
    from django.http import HttpRequest, HttpResponse

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

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """The request with the person's words; that they were read is recorded first."""
        response = super().change_view(request, object_id, form_url, extra_context)
        found = self.get_object(request, unquote(object_id)) if response.status_code == 200 else None
        if found is not None:
            staff: Any = request.user
            services.note_reading(request_id=found.pk, by=staff, at=clock.now(), origin=origin_of(request))
        return response

    def has_close_permission(self, request: HttpRequest) -> bool:
        """Whoever may change requests, although no form here does; who may only read closes none."""
        return bool(request.user.has_perm("support.change_helprequest"))

    @admin.action(description=gettext_lazy("Close the selected requests"), permissions=["close"])
    def close(self, request: PersonRequest, queryset: QuerySet[HelpRequest]) -> None:
        """Closes each request once; one that somebody closed before is named, not changed."""
        for asked in queryset:
            try:
                services.close_request(request_id=asked.pk, by=request.user, at=clock.now(), origin=origin_of(request))
            except services.HelpRequestAlreadyClosed as error:
                messages.warning(request, describe(error).detail)
            else:
                messages.success(request, _("The request is closed."))
