"""Top-ups on the desk: read-only."""

from __future__ import annotations

from typing import Any, ClassVar

from django.contrib import admin

from payments.funding.models import TopUp, TopUpEvent
from wallet_project.lib.admin import ReadOnlyAdmin


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
