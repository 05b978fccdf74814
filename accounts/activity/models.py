"""What a person sees of what happened to their money: one row per operation and side."""

from __future__ import annotations

from typing import ClassVar

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models

from wallet_project.lib.crypto import EncryptedTextField
from wallet_project.lib.ids import uuid7


class Direction(models.TextChoices):
    """Which way the money goes, seen by the person whose row it is."""

    IN = "IN"
    OUT = "OUT"


# The provider has the money, and we wait for its word.
PENDING_STATES = ("PROCESSING", "UNDER_REVIEW", "MISMATCH")


class ActivityItem(models.Model):
    """The feed, the search and the text of statements. The ledger stays without names; they are here, as shown then.

    ``amount_minor`` is signed like the person's balance; ``state`` is the owning row's; ``reference`` is the
    operation's public id and ``url_name`` the page that shows it. ``search_words`` are one-way marks of the words in
    name and note, different for every person.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    kind = models.CharField(max_length=24)
    direction = models.CharField(max_length=3, choices=Direction.choices)
    state = models.CharField(max_length=24)
    amount_minor = models.BigIntegerField()
    currency = models.CharField(max_length=12)
    shown_name = EncryptedTextField(owner="user_id", blank=True)
    note = EncryptedTextField(owner="user_id", blank=True)
    category = models.CharField(max_length=24, blank=True)
    search_words = ArrayField(models.BigIntegerField(), default=list, blank=True)
    subject_kind = models.CharField(max_length=24)
    subject_id = models.UUIDField()
    reference = models.CharField(max_length=40)
    url_name = models.CharField(max_length=40, blank=True)
    occurred_at = models.DateTimeField()
    updated_at = models.DateTimeField()

    personal_data: ClassVar[dict[str, str]] = {"shown_name": "encrypted", "note": "encrypted", "search_words": "keyed"}

    class Meta:
        app_label = "accounts"
        db_table = "accounts_activity_item"
        verbose_name = "activity"
        verbose_name_plural = "activity"
        constraints = [
            models.UniqueConstraint(fields=["subject_id", "user", "direction"], name="activity_once_per_side"),
            models.CheckConstraint(
                name="activity_sign_is_direction",
                condition=models.Q(direction="IN", amount_minor__gt=0) | models.Q(direction="OUT", amount_minor__lt=0),
            ),
        ]
        indexes = [
            models.Index(fields=["user", "-occurred_at", "-id"], name="activity_feed"),
            models.Index(
                fields=["user"],
                name="activity_pending_in",
                condition=models.Q(direction="IN", state__in=PENDING_STATES),
            ),
        ]
