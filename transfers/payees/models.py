"""Whom a person can pay: what they typed, who that turned out to be, and the name they were shown."""

from __future__ import annotations

from typing import ClassVar

from django.conf import settings
from django.db import models

from wallet_project.lib import ids
from wallet_project.lib.crypto import EncryptedTextField


class Payee(models.Model):
    """One person or contact as one payer knows them.

    The row keeps the person it was resolved to: whoever later takes over a handle, an e-mail address or a phone
    number gets another row, so money never follows a name to somebody else. ``user`` is empty while nobody has
    verified the contact.
    """

    class Kind(models.TextChoices):
        HANDLE = "handle"
        EMAIL = "email"
        PHONE = "phone"

    id = models.UUIDField(primary_key=True, default=ids.uuid7, editable=False)
    payer = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", db_index=False)
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", null=True, db_index=False
    )
    kind = models.CharField(max_length=6, choices=Kind.choices)
    identifier = EncryptedTextField(owner="payer_id")
    identifier_index = models.CharField(max_length=64)
    shown_name = EncryptedTextField(owner="payer_id")
    trusted_at = models.DateTimeField(null=True)
    paid_count = models.PositiveIntegerField(default=0)
    first_paid_at = models.DateTimeField(null=True)
    last_paid_at = models.DateTimeField(null=True)
    hidden_at = models.DateTimeField(null=True)
    created_at = models.DateTimeField()

    personal_data: ClassVar[dict[str, str]] = {
        "identifier": "encrypted",
        "identifier_index": "keyed",
        "shown_name": "encrypted",
    }

    class Meta:
        app_label = "transfers"
        constraints = [
            models.UniqueConstraint(
                fields=["payer", "kind", "identifier_index", "user"],
                name="transfers_payee_once",
                nulls_distinct=False,
            ),
            models.CheckConstraint(condition=~models.Q(payer=models.F("user")), name="transfers_payee_not_self"),
            models.CheckConstraint(
                condition=models.Q(kind__in=["handle", "email", "phone"]), name="transfers_payee_kind_known"
            ),
            models.CheckConstraint(
                condition=models.Q(user__isnull=False) | models.Q(trusted_at__isnull=True),
                name="transfers_payee_trusted_is_a_person",
            ),
            models.CheckConstraint(
                condition=models.Q(paid_count=0, first_paid_at__isnull=True, last_paid_at__isnull=True)
                | models.Q(paid_count__gt=0, first_paid_at__isnull=False, last_paid_at__isnull=False),
                name="transfers_payee_paid_has_dates",
            ),
        ]
        indexes = [
            models.Index(
                fields=["payer", "-last_paid_at"],
                name="transfers_payee_recent",
                condition=models.Q(hidden_at__isnull=True),
            ),
        ]
