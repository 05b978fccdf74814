"""What risk answered, and from which facts: evidence, never changed."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from wallet_project.lib.ids import uuid7


class RiskDecision(models.Model):
    """One answer of the engine about one subject. ``facts`` and ``rules`` hold numbers and codes, no personal data."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    subject_kind = models.CharField(max_length=24)
    subject_id = models.UUIDField()
    outcome = models.CharField(max_length=8)
    reason = models.CharField(max_length=40, blank=True)
    score = models.PositiveSmallIntegerField()
    rules = models.JSONField()
    facts = models.JSONField()
    engine_version = models.PositiveSmallIntegerField()
    decided_at = models.DateTimeField()

    class Meta:
        app_label = "accounts"
        db_table = "accounts_risk_decision"
        verbose_name = _("risk decision")
        verbose_name_plural = _("risk decisions")
        constraints = [
            models.CheckConstraint(
                condition=models.Q(outcome__in=["ALLOW", "STEP_UP", "REVIEW", "BLOCK"]), name="risk_outcome_known"
            )
        ]
        indexes = [models.Index(fields=["subject_id", "decided_at"], name="risk_subject")]

    def __str__(self) -> str:
        return str(self.id)
