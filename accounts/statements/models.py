"""Statements people asked for: the figures for good, the file for a year."""

from __future__ import annotations

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from wallet_project.lib import ids
from wallet_project.lib.crypto import EncryptedTextField


class Status(models.TextChoices):
    """REQUESTED ⇄ WORKING → READY → EXPIRED (its file is gone, its figures stay), or FAILED."""

    REQUESTED = "REQUESTED", _("Waiting to be made")
    WORKING = "WORKING", _("Being made")
    READY = "READY", _("Ready")
    FAILED = "FAILED", _("Could not be made")
    EXPIRED = "EXPIRED", _("File deleted")


class Format(models.TextChoices):
    """Two faces of one document."""

    PDF = "pdf", _("PDF, to read and print")
    CSV = "csv", _("CSV, for spreadsheets")


ISSUED = (Status.READY, Status.EXPIRED)
_FIGURES = (
    "after_seq",
    "to_seq",
    "cut_off_at",
    "is_complete",
    "opening_minor",
    "closing_minor",
    "in_minor",
    "out_minor",
    "fees_minor",
    "entries",
    "size_bytes",
    "made_at",
    "file_expires_at",
)


class Statement(models.Model):
    """One statement of one wallet. What was asked for never changes; once READY, nothing does (a trigger holds it).

    ``first_day`` and ``last_day`` are days of ``time_zone``. The entries are those of the wallet's one balance with
    ``after_seq`` < seq ≤ ``to_seq``. ``is_complete``: the last day was over when it was made. Amounts are minor units;
    ``out_minor`` and ``fees_minor`` are above zero. ``sha256`` is the file's.
    """

    id = models.UUIDField(primary_key=True, default=ids.uuid7, editable=False)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", db_index=False)
    wallet_id = models.UUIDField()
    account_id = models.BigIntegerField()
    currency = models.CharField(max_length=12)
    first_day = models.DateField()
    last_day = models.DateField()
    time_zone = models.CharField(max_length=64)
    format = models.CharField(max_length=3, choices=Format.choices)
    with_bom = models.BooleanField(default=False)
    language = models.CharField(max_length=10)
    idempotency_key = models.CharField(max_length=255)
    fingerprint = models.CharField(max_length=64)
    requested_at = models.DateTimeField()

    status = models.CharField(max_length=9, choices=Status.choices, default=Status.REQUESTED)
    rows_total = models.BigIntegerField(default=0)
    rows_done = models.BigIntegerField(default=0)
    attempts = models.PositiveSmallIntegerField(default=0)
    next_try_at = models.DateTimeField()
    failure = models.CharField(max_length=40, blank=True, default="")

    after_seq = models.BigIntegerField(null=True)
    to_seq = models.BigIntegerField(null=True)
    cut_off_at = models.DateTimeField(null=True)
    is_complete = models.BooleanField(null=True)
    opening_minor = models.BigIntegerField(null=True)
    closing_minor = models.BigIntegerField(null=True)
    in_minor = models.BigIntegerField(null=True)
    out_minor = models.BigIntegerField(null=True)
    fees_minor = models.BigIntegerField(null=True)
    entries = models.BigIntegerField(null=True)
    sha256 = models.CharField(max_length=64, blank=True, default="")
    size_bytes = models.BigIntegerField(null=True)
    made_at = models.DateTimeField(null=True)
    file_expires_at = models.DateTimeField(null=True)

    class Meta:
        app_label = "accounts"
        verbose_name = _("statement")
        verbose_name_plural = _("statements")
        constraints = [
            models.UniqueConstraint(fields=["user", "idempotency_key"], name="statement_once_per_key"),
            models.CheckConstraint(condition=Q(status__in=list(Status)), name="statement_status_known"),
            models.CheckConstraint(condition=Q(format__in=list(Format)), name="statement_format_known"),
            models.CheckConstraint(condition=Q(first_day__lte=F("last_day")), name="statement_days_in_order"),
            models.CheckConstraint(
                condition=~Q(status__in=list(ISSUED))
                | Q(sha256__gt="", **{f"{name}__isnull": False for name in _FIGURES}),
                name="statement_issued_is_whole",
            ),
            models.CheckConstraint(
                condition=~Q(status__in=list(ISSUED))
                | Q(closing_minor=F("opening_minor") + F("in_minor") - F("out_minor")),
                name="statement_adds_up",
            ),
            models.CheckConstraint(
                condition=~Q(status=Status.FAILED) | Q(failure__gt=""), name="statement_failed_says_why"
            ),
        ]
        indexes = [
            models.Index(fields=["user", "-requested_at", "-id"], name="statement_list"),
            models.Index(
                fields=["next_try_at"],
                condition=Q(status__in=[Status.REQUESTED, Status.WORKING]),
                name="statement_to_make",
            ),
            models.Index(fields=["file_expires_at"], condition=Q(status=Status.READY), name="statement_to_expire"),
        ]

    def __str__(self) -> str:
        return self.public_id

    @property
    def public_id(self) -> str:
        """``stm_…``"""
        return ids.public("stm", self.id)

    @property
    def is_final(self) -> bool:
        """Nothing more will be made of it."""
        return self.status not in {Status.REQUESTED, Status.WORKING}

    @property
    def is_issued(self) -> bool:
        """It was made; its file may be gone."""
        return self.status in ISSUED

    @property
    def percent(self) -> int:
        """How much of it is written, 0 to 100."""
        return min(100, self.rows_done * 100 // self.rows_total) if self.rows_total else 0


class StatementFile(models.Model):
    """The file of a READY statement: compressed, then sealed for its person. Deleted when its time is over."""

    statement = models.OneToOneField(Statement, primary_key=True, on_delete=models.PROTECT, related_name="file")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", db_index=False)
    document = EncryptedTextField(owner="user_id")

    personal_data: ClassVar[dict[str, str]] = {"document": "encrypted"}

    class Meta:
        app_label = "accounts"
        db_table = "accounts_statement_file"
