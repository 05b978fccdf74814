"""What a person agreed to and allows: each consent and each turn of a switch stays as it was."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from wallet_project.lib import ids


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
