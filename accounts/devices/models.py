"""Sessions of browsers and apps. What is stored opens nothing: keys are hashed, payloads need the key itself."""

from __future__ import annotations

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from wallet_project.lib import ids
from wallet_project.lib.crypto import EncryptedTextField

# Marks in a User-Agent, the telling one first: Edge says Chrome too, and Chrome says Safari.
BROWSERS = (("Edg", "Edge"), ("OPR/", "Opera"), ("Firefox/", "Firefox"), ("Chrome/", "Chrome"), ("Safari/", "Safari"))
SYSTEMS = (
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Android", "Android"),
    ("Windows", "Windows"),
    ("Mac OS X", "macOS"),
    ("Linux", "Linux"),
)


class WalletSession(models.Model):
    """One signed-in (or signing-in) browser or app. The row is deleted when it ends: gone means signed out."""

    class Kind(models.TextChoices):
        WEB = "web", _("Browser")
        APP = "app", _("App")
        STAFF = "staff", _("Staff")

    id = models.UUIDField(primary_key=True, default=ids.uuid7, editable=False)
    key_hash = models.CharField(max_length=64, unique=True)
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.CASCADE, related_name="wallet_sessions"
    )
    payload = models.BinaryField()
    auth_hash = models.CharField(max_length=64, blank=True, default="")
    """Of the password at sign-in: a password changed by any road ends the session."""
    kind = models.CharField(max_length=5, choices=Kind.choices, default=Kind.WEB)
    device = EncryptedTextField(blank=True, default="", owner="id")
    """What the browser or app called itself when it signed in."""
    authenticated_at = models.DateTimeField(null=True)
    """When the person last proved who they are here: sign-up verification, sign-in or re-authentication."""
    created_at = models.DateTimeField()
    last_seen_at = models.DateTimeField()
    expires_at = models.DateTimeField(db_index=True)

    personal_data: ClassVar[dict[str, str]] = {
        "key_hash": "hashed",
        "payload": "encrypted",
        "auth_hash": "hashed",
        "device": "encrypted",
    }

    class Meta:
        app_label = "accounts"
        constraints = [
            models.CheckConstraint(name="session_kind_known", condition=Q(kind__in=["web", "app", "staff"])),
            models.CheckConstraint(
                name="session_authenticated_has_user",
                condition=Q(authenticated_at__isnull=True) | Q(user__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return ids.public("dev", self.id)

    @property
    def public_id(self) -> str:
        """``dev_…``"""
        return ids.public("dev", self.id)

    @property
    def name(self) -> str:
        """What a person calls it: ``Firefox, Windows``; what it called itself where we do not know it."""
        known = [next((shown for mark, shown in marks if mark in self.device), "") for marks in (BROWSERS, SYSTEMS)]
        return ", ".join(filter(None, known)) or self.device[:60] or str(self.get_kind_display())


class AppToken(models.Model):
    """A ``wlt_`` token of an app: only its hash, and the session's key under a key that only the token gives."""

    id = models.UUIDField(primary_key=True, default=ids.uuid7, editable=False)
    token_hash = models.CharField(max_length=64, unique=True)
    session = models.OneToOneField(WalletSession, on_delete=models.CASCADE, related_name="app_token")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.CASCADE, related_name="+")
    session_key = models.BinaryField()
    created_at = models.DateTimeField()
    expires_at = models.DateTimeField(db_index=True)

    personal_data: ClassVar[dict[str, str]] = {"token_hash": "hashed", "session_key": "encrypted"}

    class Meta:
        app_label = "accounts"

    def __str__(self) -> str:
        return str(self.id)
