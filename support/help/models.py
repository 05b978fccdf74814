"""Requests for help: what a person asked, for staff to answer."""

from __future__ import annotations

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from wallet_project.lib.crypto import EncryptedTextField
from wallet_project.lib.ids import uuid7


class Topic(models.TextChoices):
    """What a request is about; it decides who reads it first."""

    MONEY_MISSING = "MONEY_MISSING", _("Money is missing or went wrong")
    SIGN_IN = "SIGN_IN", _("I cannot sign in")
    SECURITY = "SECURITY", _("I think someone else used my account")
    ADD_MONEY = "ADD_MONEY", _("Adding money")
    SENDING = "SENDING", _("Sending money")
    OTHER = "OTHER", _("Something else")


class HelpState(models.TextChoices):
    """OPEN → CLOSED."""

    OPEN = "OPEN", _("Open")
    CLOSED = "CLOSED", _("Closed")


class HelpRequest(models.Model):
    """One request. ``submission`` is the form's token: sent twice, it is one row."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    submission = models.UUIDField(unique=True)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")
    topic = models.CharField(max_length=20, choices=Topic.choices)
    contact = EncryptedTextField()
    message = EncryptedTextField()
    state = models.CharField(max_length=8, choices=HelpState.choices, default=HelpState.OPEN)
    created_at = models.DateTimeField()
    closed_at = models.DateTimeField(null=True)
    closed_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")

    personal_data: ClassVar[dict[str, str]] = {"contact": "encrypted", "message": "encrypted"}

    class Meta:
        verbose_name = _("help request")
        verbose_name_plural = _("help requests")
        constraints: ClassVar = [
            models.CheckConstraint(condition=models.Q(state__in=HelpState.values), name="help_request_state_known"),
            models.CheckConstraint(condition=models.Q(topic__in=Topic.values), name="help_request_topic_known"),
            models.CheckConstraint(
                condition=models.Q(state="OPEN", closed_at__isnull=True, closed_by__isnull=True)
                | models.Q(state="CLOSED", closed_at__isnull=False, closed_by__isnull=False),
                name="help_request_closed_by_someone",
            ),
        ]
        indexes: ClassVar = [
            models.Index(fields=["created_at"], condition=models.Q(state="OPEN"), name="help_request_open")
        ]

    def __str__(self) -> str:
        return str(self.id)
