"""How much of their limits people used, on the desk."""

from __future__ import annotations

from typing import Any, ClassVar

from django.contrib import admin
from django.utils.translation import gettext_lazy as _

from accounts.limits.models import LimitUsage
from wallet_project.lib.admin import ReadOnlyAdmin


@admin.register(LimitUsage)
class LimitUsageAdmin(ReadOnlyAdmin):
    """One counter per person, product and day; only services change it."""

    list_display: ClassVar[Any] = ["day", "user_id", "product", "currency", "used_minor", "uses"]
    list_filter: ClassVar[Any] = ["product", "currency"]
    search_fields: ClassVar[Any] = ["=user__id"]
    search_help_text = _("The whole id of the person.")
    fields: ClassVar[Any] = ["day", "user_id", "product", "currency", "used_minor", "uses"]
    readonly_fields: ClassVar[Any] = ["user_id"]
    ordering: ClassVar[Any] = ["-day", "-id"]
