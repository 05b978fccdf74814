"""People, and the one-time messages that carry their codes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.contrib.auth.models import PermissionsMixin
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from wallet_project.lib import clock, ids
from wallet_project.lib.crypto import EncryptedTextField, blind_index

if TYPE_CHECKING:
    from collections.abc import Iterable

EMAIL_INDEX = "user.email"
PHONE_INDEX = "user.phone"


def handle_skeleton(handle: str) -> str:
    """What a handle looks like at a glance; two handles with one skeleton cannot both exist."""
    alike = handle.replace("rn", "m").replace("vv", "w").translate(str.maketrans("01i.", "oll_"))
    return alike.strip("_")


class UserManager(BaseUserManager["User"]):
    """Makes people; ``createsuperuser`` makes staff whose e-mail counts as verified."""

    def get_by_natural_key(self, username: str | None) -> User:
        return self.get(handle=username)

    def create_user(self, *, password: str | None = None, **fields: Any) -> User:
        """A person with the given columns. The password is hashed; None leaves the account without one."""
        user = self.model(**fields)
        user.set_password(password)
        user.save(using=self._db)
        return user

    def create_superuser(self, handle: str, email: str, password: str | None = None, **fields: Any) -> User:
        """Staff with every permission, able to sign in by e-mail at once."""
        from allauth.account.models import EmailAddress

        user = self.create_user(
            handle=handle, email=email.lower(), password=password, is_staff=True, is_superuser=True, **fields
        )
        EmailAddress.objects.create(user=user, email=user.email, verified=True, primary=True)
        return user


class User(AbstractBaseUser, PermissionsMixin):
    """Somebody who can sign in: a customer, or staff (never both: staff own no wallet).

    ``email`` is the verified primary address, kept in step with allauth's ``EmailAddress`` by the account
    adapter; ``phone`` is the number given, which counts only once ``phone_verified_at`` is set.
    """

    class State(models.TextChoices):
        ACTIVE = "ACTIVE", _("Active")
        FROZEN = "FROZEN", _("Frozen")
        CLOSED = "CLOSED", _("Closed")

    class Theme(models.TextChoices):
        SYSTEM = "system", _("As on my device")
        LIGHT = "light", _("Light")
        DARK = "dark", _("Dark")

    id = models.UUIDField(primary_key=True, default=ids.uuid7, editable=False)
    handle = models.CharField(max_length=20, unique=True, null=True, blank=True)  # NULL: none chosen yet
    handle_skeleton = models.CharField(max_length=20, unique=True, null=True, editable=False)  # noqa: DJ001  # NULL: no handle
    shown_name = EncryptedTextField(blank=True, default="")
    email = EncryptedTextField(blank=True, default="")
    email_index = models.CharField(max_length=64, unique=True, null=True, editable=False)  # noqa: DJ001  # NULL: unique only when present
    phone = EncryptedTextField(blank=True, default="")
    phone_index = models.CharField(max_length=64, db_index=True, null=True, editable=False)  # noqa: DJ001  # NULL: unique only when present
    phone_verified_at = models.DateTimeField(null=True, blank=True)

    language = models.CharField(max_length=10, default="en")
    time_zone = models.CharField(max_length=64, default="Europe/Berlin")
    country = models.CharField(max_length=2, default="DE")
    theme = models.CharField(max_length=6, choices=Theme.choices, default=Theme.SYSTEM)
    discoverable_by_handle = models.BooleanField(default=True)
    discoverable_by_email = models.BooleanField(default=False)
    discoverable_by_phone = models.BooleanField(default=False)

    state = models.CharField(max_length=6, choices=State.choices, default=State.ACTIVE)
    tier = models.PositiveSmallIntegerField(default=0)
    is_staff = models.BooleanField(default=False)
    is_active = models.BooleanField(default=True)
    date_joined = models.DateTimeField(default=clock.now)
    verified_at = models.DateTimeField(null=True, blank=True)
    """When the first contact was verified and the wallet opened; NULL before."""
    terms_accepted_at = models.DateTimeField(null=True, blank=True)

    objects: ClassVar[UserManager] = UserManager()

    USERNAME_FIELD = "handle"
    EMAIL_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = ["email"]

    personal_data: ClassVar[dict[str, str]] = {
        "password": "hashed",
        "handle": "plain: chosen to be found and shown by",
        "handle_skeleton": "plain: the handle's look, for the look-alike guard",
        "shown_name": "encrypted",
        "email": "encrypted",
        "email_index": "keyed",
        "phone": "encrypted",
        "phone_index": "keyed",
        "language": "plain: of pages and messages; tells nobody apart",
        "time_zone": "plain: of days in statements; tells nobody apart",
        "country": "plain: decides rules and limits in queries",
    }

    class Meta:
        app_label = "accounts"
        verbose_name = _("person")
        verbose_name_plural = _("people")
        permissions = [("reveal_person", "Can read somebody's contact data, with a reason")]
        constraints = [
            models.CheckConstraint(name="user_state_known", condition=Q(state__in=["ACTIVE", "FROZEN", "CLOSED"])),
            models.CheckConstraint(
                name="user_closed_cannot_sign_in", condition=~Q(state="CLOSED") | Q(is_active=False)
            ),
            models.CheckConstraint(
                name="user_handle_is_lower_case",
                condition=Q(handle__isnull=True) | Q(handle__regex=r"^[a-z0-9][a-z0-9._]{1,18}[a-z0-9]$"),
            ),
            models.UniqueConstraint(
                name="user_verified_phone_is_unique",
                fields=["phone_index"],
                condition=Q(phone_verified_at__isnull=False),
            ),
            models.CheckConstraint(
                name="user_verified_phone_exists",
                condition=Q(phone_verified_at__isnull=True) | Q(phone_index__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        """Never a name or an address: this text reaches logs and the admin's history."""
        return ids.public("usr", self.id)

    def save(self, *args: Any, update_fields: Iterable[str] | None = None, **kwargs: Any) -> None:
        """Keeps the blind indexes equal to what they index."""
        fields = None if update_fields is None else set(update_fields)
        if fields is None or "handle" in fields:
            self.handle_skeleton = handle_skeleton(self.handle) if self.handle else None
            fields = fields if fields is None else fields | {"handle_skeleton"}
        if fields is None or "email" in fields:
            self.email_index = blind_index(self.email, EMAIL_INDEX) if self.email else None
            fields = fields if fields is None else fields | {"email_index"}
        if fields is None or "phone" in fields:
            self.phone_index = blind_index(self.phone, PHONE_INDEX) if self.phone else None
            fields = fields if fields is None else fields | {"phone_index"}
        super().save(*args, update_fields=fields, **kwargs)

    @property
    def public_id(self) -> str:
        """``usr_…``"""
        return ids.public("usr", self.id)

    @property
    def has_verified_contact(self) -> bool:
        """Whether an e-mail or a phone was proven to be theirs."""
        return bool(self.email) or self.phone_verified_at is not None


class OneTimeMessage(models.Model):
    """A message with a code on its way out: encrypted, sent by a worker, deleted once sent or expired."""

    class Channel(models.TextChoices):
        EMAIL = "email", _("E-mail")
        SMS = "sms", _("SMS")

    id = models.UUIDField(primary_key=True, default=ids.uuid7, editable=False)
    user = models.ForeignKey(User, null=True, on_delete=models.CASCADE, related_name="+")
    channel = models.CharField(max_length=5, choices=Channel.choices)
    to = EncryptedTextField(owner="id")
    subject = EncryptedTextField(owner="id", blank=True, default="")
    body = EncryptedTextField(owner="id")
    created_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    attempts = models.PositiveSmallIntegerField(default=0)
    next_attempt_at = models.DateTimeField(db_index=True)

    personal_data: ClassVar[dict[str, str]] = {"to": "encrypted", "subject": "encrypted", "body": "encrypted"}

    class Meta:
        app_label = "accounts"

    def __str__(self) -> str:
        return str(self.id)


class TotpUse(models.Model):
    """The last TOTP step a person used: a code works once, also when the cache was flushed."""

    user = models.OneToOneField(User, primary_key=True, on_delete=models.CASCADE, related_name="+")
    last_counter = models.BigIntegerField()

    class Meta:
        app_label = "accounts"

    def __str__(self) -> str:
        return str(self.user_id)
