"""Top-ups on the desk: read-only."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from django.contrib import admin

from payments.funding.models import TopUp, TopUpEvent
from payments.funding.states import TopUpStatus
from wallet_project.lib.admin import ReadOnlyAdmin

if TYPE_CHECKING:
    from django.http import HttpRequest


class TopUpEventInline(admin.TabularInline):
    """The moves of a top-up, in order."""

    model = TopUpEvent
    extra = 0
    can_delete = False
    ordering: ClassVar[Any] = ["occurred_at", "id"]
    fields: ClassVar[Any] = ["occurred_at", "from_status", "to_status", "actor", "cause"]
    readonly_fields: ClassVar[Any] = fields

    def has_add_permission(self, request: Any, obj: Any = None) -> bool:
        """Never: moves come from services."""
        return False


@admin.register(TopUp)
class TopUpAdmin(ReadOnlyAdmin):
    """Who added what, how it went, and under which provider reference."""

    list_display = ["created_at", "user_id", "amount_minor", "currency", "status", "reason"]
    list_filter = ["status", "currency"]
    search_fields = ["id", "provider_id", "provider_payment_id"]
    ordering = ["-created_at"]
    exclude = ["redirect_url", "fingerprint", "idempotency_key"]
    inlines = [TopUpEventInline]

    def get_changelist_instance(self, request: HttpRequest) -> Any:
        """The list opens on what waits for a decision; the filter shows the rest."""
        if not request.GET:
            chosen: Any = request.GET.copy()
            chosen["status__exact"] = TopUpStatus.MISMATCH.value
            request.GET = chosen
        return super().get_changelist_instance(request)
