"""Notices on the desk: which left, which did not."""

from __future__ import annotations

from typing import Any, ClassVar

from django.contrib import admin
from django.utils.translation import gettext_lazy as _

from support.notifications.models import NoticeMessage, NoticeState
from wallet_project.lib.admin import ReadOnlyAdmin

STATE_WORDS = {
    NoticeState.QUEUED: _("Waiting"),
    NoticeState.SENDING: _("Being delivered"),
    NoticeState.SENT: _("Sent"),
    NoticeState.DEAD: _("Given up"),
}
CHANNEL_WORDS = {"email": _("E-mail"), "sms": _("Text message")}


@admin.register(NoticeMessage)
class NoticeMessageAdmin(ReadOnlyAdmin):
    """Messages by state; no text and no address is shown."""

    list_display = ["id", "channel", "state", "attempts", "next_attempt_at", "sent_at"]
    list_filter = ["state", "channel"]
    words: ClassVar[Any] = {"state": STATE_WORDS, "channel": CHANNEL_WORDS}
    fields = ["id", "channel", "state", "attempts", "next_attempt_at", "sent_at"]
