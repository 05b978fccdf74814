"""Risk decisions on the desk: outcome, rules with their inputs and weights, and the facts they saw."""

from __future__ import annotations

from django.contrib import admin
from django.utils.translation import gettext_lazy as _

from accounts.risk.models import RiskDecision
from wallet_project.lib.admin import ReadOnlyAdmin


@admin.register(RiskDecision)
class RiskDecisionAdmin(ReadOnlyAdmin):
    """Evidence; nothing here is changed."""

    list_display = ("decided_at", "outcome", "reason", "score", "subject_kind", "subject_id")
    list_filter = ("outcome", "reason", "subject_kind")
    search_fields = ("=subject_id",)
    search_help_text = _("The full id of the subject.")
    ordering = ("-id",)
