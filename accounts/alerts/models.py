"""The security events among everything that was recorded, as a page of the desk of their own."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from accounts.audit.models import RecordedEvent


class SecurityEventRecord(RecordedEvent):
    """A recorded event as the page shows it; ``subject_id`` is the person. The page asks for security events only."""

    class Meta:
        app_label = "accounts"
        proxy = True
        verbose_name = _("security event")
        verbose_name_plural = _("security events")
