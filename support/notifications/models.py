"""Notices: what a person was told, and by which channel it left."""

from __future__ import annotations

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from wallet_project.lib.crypto import EncryptedTextField
from wallet_project.lib.ids import uuid7


class Notification(models.Model):
    """One notice in a person's inbox. One event tells one person at most once, by constraint.

    The sentence is not stored: ``kind`` and ``facts`` (ids, amounts, codes) make it in the reader's language.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    event_id = models.UUIDField()
    kind = models.CharField(max_length=40)
    facts = models.JSONField(default=dict)
    counterparty_shown = EncryptedTextField(default="")
    created_at = models.DateTimeField()
    read_at = models.DateTimeField(null=True)

    personal_data: ClassVar[dict[str, str]] = {"counterparty_shown": "encrypted"}

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["event_id", "user"], name="notification_once_per_event_and_person"),
        ]
        indexes: ClassVar = [
            models.Index(fields=["user", "-created_at", "-id"], name="notification_inbox"),
            models.Index(fields=["user"], condition=models.Q(read_at__isnull=True), name="notification_unread"),
        ]


class NoticeState(models.TextChoices):
    """QUEUED → SENDING → SENT; SENDING is committed before the message leaves, so a crash is seen."""

    QUEUED = "QUEUED"
    SENDING = "SENDING"
    SENT = "SENT"
    DEAD = "DEAD"


class NoticeMessage(models.Model):
    """A notice leaving by e-mail or text message. Its id is the message's id, so a repeat is recognisable."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    notification = models.ForeignKey(Notification, on_delete=models.PROTECT, related_name="messages")
    channel = models.CharField(max_length=8)
    state = models.CharField(max_length=8, choices=NoticeState.choices, default=NoticeState.QUEUED)
    attempts = models.PositiveSmallIntegerField(default=0)
    next_attempt_at = models.DateTimeField()
    sent_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name = _("message about a notice")
        verbose_name_plural = _("messages about notices")
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["notification", "channel"], name="notice_message_once_per_channel"),
            models.CheckConstraint(
                condition=models.Q(channel__in=["email", "sms"]), name="notice_message_channel_known"
            ),
            models.CheckConstraint(condition=models.Q(state__in=NoticeState.values), name="notice_message_state_known"),
            models.CheckConstraint(
                condition=models.Q(state="SENT", sent_at__isnull=False)
                | (~models.Q(state="SENT") & models.Q(sent_at__isnull=True)),
                name="notice_message_sent_has_time",
            ),
        ]
        indexes: ClassVar = [
            models.Index(
                fields=["next_attempt_at"],
                condition=models.Q(state__in=["QUEUED", "SENDING"]),
                name="notice_message_due",
            ),
        ]

    def __str__(self) -> str:
        return str(self.id)
