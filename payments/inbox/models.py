"""What providers told us, once each."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.utils.translation import gettext_lazy as _

from wallet_project.lib.ids import uuid7


class InboxState(models.TextChoices):
    """RECEIVED → DONE, or UNMATCHED when no row of ours turned up: a break for the desk."""

    RECEIVED = "RECEIVED", _("Received")
    DONE = "DONE", _("Done")
    UNMATCHED = "UNMATCHED", _("Unmatched")


class ProviderEvent(models.Model):
    """A provider's notice. It is a hint to look, never a fact to book; the body is not kept."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    provider = models.CharField(max_length=20)
    event_id = models.CharField(max_length=100)
    kind = models.CharField(max_length=100)
    object_id = models.CharField(max_length=100)
    reference = models.CharField(max_length=100, blank=True)
    provider_created_at = models.DateTimeField()
    received_at = models.DateTimeField()
    state = models.CharField(max_length=10, choices=InboxState.choices, default=InboxState.RECEIVED)
    attempts = models.PositiveSmallIntegerField(default=0)
    next_attempt_at = models.DateTimeField()
    done_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name = _("provider event")
        verbose_name_plural = _("provider events")
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["provider", "event_id"], name="provider_event_once"),
            models.CheckConstraint(condition=models.Q(state__in=InboxState.values), name="provider_event_state_known"),
        ]
        indexes: ClassVar = [
            models.Index(fields=["next_attempt_at"], condition=models.Q(state="RECEIVED"), name="provider_event_due"),
            models.Index(
                fields=["received_at"], condition=models.Q(state="UNMATCHED"), name="provider_event_unmatched"
            ),
        ]

    def __str__(self) -> str:
        return self.event_id
