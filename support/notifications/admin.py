"""Notices on the desk: which left, which did not."""

from __future__ import annotations

from django.contrib import admin

from support.notifications.models import NoticeMessage
from wallet_project.lib.admin import ReadOnlyAdmin


@admin.register(NoticeMessage)
class NoticeMessageAdmin(ReadOnlyAdmin):
    """Messages by state; no text and no address is shown."""

    list_display = ["id", "channel", "state", "attempts", "next_attempt_at", "sent_at"]
    list_filter = ["state", "channel"]
    fields = ["id", "channel", "state", "attempts", "next_attempt_at", "sent_at"]
