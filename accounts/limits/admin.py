"""How much of their limits people used, on the desk."""

from __future__ import annotations

from django.contrib import admin
from django.utils.translation import gettext_lazy as _

from accounts.limits.models import LimitUsage
from wallet_project.lib.admin import ReadOnlyAdmin


@admin.register(LimitUsage)
class LimitUsageAdmin(ReadOnlyAdmin):
    """One counter per person, product and day; only services change it."""

    list_display = ("day", "user_id", "product", "currency", "used_minor", "uses")
    list_filter = ("product", "currency")
    search_fields = ("=user__id",)
    search_help_text = _("The full id of the person.")
    fields = ("day", "user_id", "product", "currency", "used_minor", "uses")
    readonly_fields = ("user_id",)
    ordering = ("-day", "-id")
