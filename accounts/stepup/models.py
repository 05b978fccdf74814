"""Challenges: one act, one person, five minutes, answered once."""

from __future__ import annotations

from datetime import timedelta

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from wallet_project.lib import ids

CHALLENGE_LIVES = timedelta(minutes=5)
"""PSD2 RTS art. 4(3)(b) leaves the time open; the dynamic link of art. 5 ends with it."""


class Challenge(models.Model):
    """A request to prove who you are for exactly this payload. The payload is kept only as its hash."""

    class State(models.TextChoices):
        OPEN = "OPEN", _("Open")
        ANSWERED = "ANSWERED", _("Answered")
        CONSUMED = "CONSUMED", _("Used")
        EXPIRED = "EXPIRED", _("Expired")
        LOCKED = "LOCKED", _("Locked")

    id = models.UUIDField(primary_key=True, default=ids.uuid7, editable=False)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    purpose = models.CharField(max_length=40)
    subject_id = models.UUIDField()
    payload_hash = models.CharField(max_length=64)
    methods = ArrayField(models.CharField(max_length=10), help_text="any one of these answers it")
    method_used = models.CharField(max_length=10, blank=True, default="")
    state = models.CharField(max_length=8, choices=State.choices, default=State.OPEN)
    created_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    answered_at = models.DateTimeField(null=True)
    consumed_at = models.DateTimeField(null=True)

    class Meta:
        app_label = "accounts"
        constraints = [
            models.CheckConstraint(
                name="challenge_state_known",
                condition=Q(state__in=["OPEN", "ANSWERED", "CONSUMED", "EXPIRED", "LOCKED"]),
            ),
            models.CheckConstraint(
                name="challenge_lives_five_minutes",
                condition=Q(expires_at__lte=F("created_at") + models.Value(CHALLENGE_LIVES)),
            ),
            models.CheckConstraint(
                name="challenge_consumed_once",
                condition=Q(state="CONSUMED", consumed_at__isnull=False)
                | (~Q(state="CONSUMED") & Q(consumed_at__isnull=True)),
            ),
            models.CheckConstraint(
                name="challenge_answered_before_consumed",
                condition=Q(answered_at__isnull=False) | ~Q(state__in=["ANSWERED", "CONSUMED"]),
            ),
            models.UniqueConstraint(
                name="challenge_one_open_per_subject", fields=["subject_id"], condition=Q(state="OPEN")
            ),
        ]
        indexes = [
            models.Index(name="challenge_open_expiry", fields=["expires_at"], condition=Q(state="OPEN")),
            models.Index(name="challenge_user_open", fields=["user"], condition=Q(state="OPEN")),
        ]

    def __str__(self) -> str:
        return self.public_id

    @property
    def public_id(self) -> str:
        """``chl_…``"""
        return ids.public("chl", self.id)


class ChallengeEvent(models.Model):
    """One move of a challenge: who, why, from where to where."""

    id = models.UUIDField(primary_key=True, default=ids.uuid7, editable=False)
    challenge = models.ForeignKey(Challenge, on_delete=models.PROTECT, related_name="events")
    actor = models.CharField(max_length=64)
    cause = models.CharField(max_length=40)
    from_state = models.CharField(max_length=8, blank=True)
    to_state = models.CharField(max_length=8)
    occurred_at = models.DateTimeField()

    class Meta:
        app_label = "accounts"
        constraints = [
            models.CheckConstraint(
                name="challenge_event_move_allowed",
                condition=Q(from_state="", to_state="OPEN")
                | Q(from_state="OPEN", to_state__in=["ANSWERED", "EXPIRED", "LOCKED"])
                | Q(from_state="ANSWERED", to_state="CONSUMED"),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.from_state} → {self.to_state}"


class SmallAmountCounter(models.Model):
    """What a person sent without step-up since the last one: PSD2 RTS art. 16. Starts over at zero, never anew."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    currency = models.CharField(max_length=3)
    count = models.PositiveSmallIntegerField()
    total_minor = models.BigIntegerField()

    class Meta:
        app_label = "accounts"
        constraints = [
            models.UniqueConstraint(name="small_amount_once_per_currency", fields=["user", "currency"]),
            models.CheckConstraint(
                name="small_amount_counts_from_zero",
                condition=Q(count=0, total_minor=0) | Q(count__gt=0, total_minor__gt=0),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.count} in {self.currency}"
