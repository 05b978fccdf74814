"""Providers' notices on the desk."""

from __future__ import annotations

from typing import Any, ClassVar

from django.contrib import admin

from payments.inbox.models import ProviderEvent
from wallet_project.lib.admin import ReadOnlyAdmin


@admin.register(ProviderEvent)
class ProviderEventAdmin(ReadOnlyAdmin):
    """What arrived, what it led to, and what fits no row of ours."""

    list_display: ClassVar[Any] = ["received_at", "provider", "kind", "object_id", "state", "attempts"]
    list_filter: ClassVar[Any] = ["state", "provider", "kind"]
    search_fields: ClassVar[Any] = ["event_id", "object_id", "reference"]
    ordering: ClassVar[Any] = ["-received_at"]
