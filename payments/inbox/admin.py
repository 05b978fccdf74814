"""Providers' notices on the desk."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.contrib import admin
from django.utils.translation import gettext as _

from payments.inbox.models import InboxState, ProviderEvent
from wallet_project.lib import clock, counters
from wallet_project.lib.admin import ReadOnlyAdmin

if TYPE_CHECKING:
    from django.http import HttpRequest


@admin.register(ProviderEvent)
class ProviderEventAdmin(ReadOnlyAdmin):
    """What arrived, what it led to, and what fits no row of ours."""

    list_display = ["received_at", "provider", "kind", "object_id", "state", "attempts"]
    list_filter = ["state", "provider", "kind"]
    search_fields = ["event_id", "object_id", "reference"]
    ordering = ["-received_at"]

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> Any:
        """The list, with how many notices were turned away today: those leave no row."""
        refused = counters.on_day("webhook_refused", at=clock.now())
        told = _("Refused today (wrong signature, shape, mode or size): %(count)s") % {
            "count": _("unknown") if refused is None else refused
        }
        return super().changelist_view(request, {"subtitle": told, **(extra_context or {})})

    def get_changelist_instance(self, request: HttpRequest) -> Any:
        """The list opens on what fits no row of ours; the filter shows the rest."""
        if not request.GET:
            chosen: Any = request.GET.copy()
            chosen["state__exact"] = InboxState.UNMATCHED.value
            request.GET = chosen
        return super().get_changelist_instance(request)
