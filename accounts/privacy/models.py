"""What a person agreed to and allows: each consent and each turn of a switch stays as it was."""

from __future__ import annotations

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from wallet_project.lib import ids
from wallet_project.lib.crypto import EncryptedTextField


class Consent(models.Model):
    """A person accepted one version of the terms or of the privacy notice.

    The row outlives an account that never proved a contact and was deleted: an id that belongs to nobody any more.
    So the database keeps no foreign key here.
    """

    id = models.UUIDField(primary_key=True, default=ids.uuid7, editable=False)
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.DO_NOTHING, db_constraint=False, db_index=False, related_name="+"
    )
    document = models.CharField(max_length=10)
    version = models.CharField(max_length=16)
    accepted_at = models.DateTimeField()
    session_id = models.UUIDField(null=True)
    channel = models.CharField(max_length=16)

    class Meta:
        app_label = "accounts"
        verbose_name = _("consent")
        verbose_name_plural = _("consents")
        constraints = [
            models.UniqueConstraint(fields=["user", "document", "version"], name="consent_once_per_version"),
            models.CheckConstraint(
                condition=models.Q(document__in=["terms", "privacy"]), name="consent_document_known"
            ),
        ]

    def __str__(self) -> str:
        return str(self.id)


class PrivacySwitches(models.Model):
    """What a person allows, purpose by purpose; no row is all off. Who finds them is on the person's own row."""

    user = models.OneToOneField(settings.AUTH_USER_MODEL, primary_key=True, on_delete=models.CASCADE, related_name="+")
    analytics = models.BooleanField(default=False)
    recommendations = models.BooleanField(default=False)

    class Meta:
        app_label = "accounts"

    def __str__(self) -> str:
        return str(self.user_id)


class SwitchChange(models.Model):
    """A person turned a switch; never changed, so that what was allowed when can be shown (GDPR art. 7(1))."""

    id = models.UUIDField(primary_key=True, default=ids.uuid7, editable=False)
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.DO_NOTHING, db_constraint=False, db_index=False, related_name="+"
    )
    switch = models.CharField(max_length=24)
    is_on = models.BooleanField()
    changed_at = models.DateTimeField()

    class Meta:
        app_label = "accounts"
        indexes = [models.Index(fields=["user", "-changed_at"], name="switch_change_of_person")]

    def __str__(self) -> str:
        return str(self.id)


class ExportStatus(models.TextChoices):
    """AWAITING_STEP_UP → REQUESTED → WORKING → READY → EXPIRED; FAILED after the last try."""

    AWAITING_STEP_UP = "AWAITING_STEP_UP", _("Waiting for your confirmation")
    REQUESTED = "REQUESTED", _("Requested")
    WORKING = "WORKING", _("Being made")
    READY = "READY", _("Ready")
    FAILED = "FAILED", _("Could not be made")
    EXPIRED = "EXPIRED", _("File deleted")


UNFINISHED = (ExportStatus.AWAITING_STEP_UP, ExportStatus.REQUESTED, ExportStatus.WORKING)


class Export(models.Model):
    """A copy of their data that a person asked for: one unfinished at a time. ``attempts`` counts tries to make it."""

    id = models.UUIDField(primary_key=True, default=ids.uuid7, editable=False)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", db_index=False)
    status = models.CharField(max_length=16, choices=ExportStatus.choices, default=ExportStatus.AWAITING_STEP_UP.value)
    requested_at = models.DateTimeField()
    parts_done = models.PositiveSmallIntegerField(default=0)
    parts_total = models.PositiveSmallIntegerField(default=0)
    attempts = models.PositiveSmallIntegerField(default=0)
    next_try_at = models.DateTimeField()
    size_bytes = models.PositiveIntegerField(null=True)
    made_at = models.DateTimeField(null=True)
    expires_at = models.DateTimeField(null=True)

    class Meta:
        app_label = "accounts"
        constraints = [
            models.UniqueConstraint(
                fields=["user"], condition=models.Q(status__in=UNFINISHED), name="export_one_unfinished"
            ),
            models.CheckConstraint(condition=models.Q(status__in=ExportStatus.values), name="export_status_known"),
            models.CheckConstraint(
                condition=~models.Q(status="READY")
                | models.Q(size_bytes__isnull=False, made_at__isnull=False, expires_at__isnull=False),
                name="export_ready_is_whole",
            ),
        ]
        indexes = [models.Index(fields=["user", "-requested_at"], name="export_of_person")]

    def __str__(self) -> str:
        return str(self.id)


class ExportFile(models.Model):
    """The archive, sealed for its owner; deleted when its time is over."""

    export = models.OneToOneField(Export, primary_key=True, on_delete=models.PROTECT, related_name="file")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", db_index=False)
    document = EncryptedTextField(owner="user_id")

    personal_data: ClassVar[dict[str, str]] = {"document": "encrypted"}

    class Meta:
        app_label = "accounts"

    def __str__(self) -> str:
        return str(self.export_id)
