"""What support holds about a person: notices, and what they wrote to us. Reads only."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.utils.translation import gettext_lazy as _

from accounts.privacy.registry import Section, holdings
from support.help.models import HelpRequest
from support.notifications.models import Notification

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from accounts.identity.models import User

CHUNK = 500


def register() -> None:
    """Called by AppConfig.ready()."""
    holdings.register("support", of)


def of(*, user: User, at: datetime) -> Iterator[Section]:
    """Notices and help requests."""
    notices = Notification.objects.filter(user_id=user.pk).order_by("created_at", "id")
    yield Section(
        "notices",
        _("Notices"),
        {"created_at": _("When"), "kind": _("Kind"), "counterparty_shown": _("Name"), "read_at": _("Read")},
        ([row.created_at, row.kind, row.counterparty_shown, row.read_at] for row in notices.iterator(CHUNK)),
    )
    asked = HelpRequest.objects.filter(user_id=user.pk).order_by("created_at", "id")
    yield Section(
        "help_requests",
        _("Help requests"),
        {
            "created_at": _("When"),
            "topic": _("Topic"),
            "contact": _("How to reach you"),
            "message": _("Message"),
            "state": _("State"),
        },
        [[row.created_at, row.topic, row.contact, row.message, row.state] for row in asked],
    )
