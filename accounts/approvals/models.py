"""Proposals that a second person decides about, and every move they made."""

from __future__ import annotations

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from wallet_project.lib import ids
from wallet_project.lib.crypto import EncryptedTextField


class Status(models.TextChoices):
    """PROPOSED → APPROVED → EXECUTED in one transaction, or REFUSED, EXPIRED, VOIDED (the payload changed)."""

    PROPOSED = "PROPOSED", _("Proposed")
    APPROVED = "APPROVED", _("Approved")
    EXECUTED = "EXECUTED", _("Done")
    REFUSED = "REFUSED", _("Refused")
    EXPIRED = "EXPIRED", _("Expired")
    VOIDED = "VOIDED", _("Changed since")


CREATED = ""
"""What an event's ``from_status`` says when the row was made by it."""

MOVES: dict[str, tuple[Status, ...]] = {
    CREATED: (Status.PROPOSED,),
    Status.PROPOSED: (Status.APPROVED, Status.REFUSED, Status.EXPIRED, Status.VOIDED),
    Status.APPROVED: (Status.EXECUTED,),
}

_DECIDED_BY_A_PERSON = [Status.APPROVED, Status.EXECUTED, Status.REFUSED]


class Approval(models.Model):
    """One act that waits for a second pair of eyes.

    ``payload`` is what would happen, ``before`` what is now (for the diff): ids, amounts and codes only. The hash
    binds the checker's agreement to exactly this payload. ``reason`` and ``note`` are the maker's and the checker's
    own words.
    """

    id = models.UUIDField(primary_key=True, default=ids.uuid7, editable=False)
    purpose = models.CharField(max_length=40)
    subject_id = models.UUIDField()
    payload = models.JSONField()
    payload_hash = models.CharField(max_length=64)
    before = models.JSONField(default=dict)
    status = models.CharField(max_length=8, choices=Status.choices, default=Status.PROPOSED)
    maker = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", db_index=False)
    checker = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+", db_index=False
    )
    reason = EncryptedTextField(owner="id", blank=True, default="")
    note = EncryptedTextField(owner="id", blank=True, default="")
    proposed_at = models.DateTimeField()
    decided_at = models.DateTimeField(null=True)
    expires_at = models.DateTimeField()

    personal_data: ClassVar[dict[str, str]] = {"reason": "encrypted", "note": "encrypted"}

    class Meta:
        app_label = "accounts"
        verbose_name = _("approval")
        verbose_name_plural = _("approvals")
        constraints = [
            models.CheckConstraint(condition=Q(status__in=list(Status)), name="approval_status_known"),
            models.CheckConstraint(condition=~Q(maker=F("checker")), name="approval_maker_is_not_checker"),
            models.CheckConstraint(
                condition=Q(status__in=_DECIDED_BY_A_PERSON, checker__isnull=False)
                | (~Q(status__in=_DECIDED_BY_A_PERSON) & Q(checker__isnull=True)),
                name="approval_decided_by_somebody",
            ),
            models.CheckConstraint(
                condition=Q(status=Status.PROPOSED, decided_at__isnull=True)
                | (~Q(status=Status.PROPOSED) & Q(decided_at__isnull=False)),
                name="approval_decided_has_time",
            ),
            models.CheckConstraint(condition=Q(expires_at__gt=F("proposed_at")), name="approval_ends_after_it_began"),
            models.UniqueConstraint(
                fields=["purpose", "subject_id"],
                condition=Q(status=Status.PROPOSED),
                name="approval_one_open_per_subject",
            ),
        ]
        indexes = [
            models.Index(fields=["expires_at"], condition=Q(status=Status.PROPOSED), name="approval_open"),
            models.Index(fields=["subject_id", "proposed_at"], name="approval_subject"),
        ]

    def __str__(self) -> str:
        return self.public_id

    @property
    def public_id(self) -> str:
        """``apv_…``"""
        return ids.public("apv", self.id)


def _known_moves() -> Q:
    """The CHECK's own copy of MOVES: an impossible move cannot be written by any code."""
    allowed = Q()
    for before, afters in MOVES.items():
        allowed |= Q(from_status=str(before), to_status__in=[str(after) for after in afters])
    return allowed


class ApprovalEvent(models.Model):
    """One move of a proposal: append-only, ids and codes."""

    id = models.UUIDField(primary_key=True, default=ids.uuid7, editable=False)
    approval = models.ForeignKey(Approval, on_delete=models.PROTECT, related_name="events", db_index=False)
    from_status = models.CharField(max_length=8, blank=True)
    to_status = models.CharField(max_length=8)
    actor = models.CharField(max_length=64)
    cause = models.CharField(max_length=40)
    occurred_at = models.DateTimeField()

    class Meta:
        app_label = "accounts"
        constraints = [
            models.CheckConstraint(condition=_known_moves(), name="approval_event_move_known"),
            models.UniqueConstraint(fields=["approval", "to_status"], name="approval_event_once"),
        ]
