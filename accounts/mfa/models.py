"""What a person proves themself with when money moves. Each device is judged only by ``django_otp.verify_token``.

That function locks the row, asks the device and commits: guesses at the same moment queue and count one by one,
and a payment that rolls back later takes no count back. The token it passes on is an ``Attempt``.
"""

from __future__ import annotations

import hmac
from datetime import timedelta
from typing import TYPE_CHECKING, Any, ClassVar

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _
from django_otp.models import Device

from accounts.mfa.attempts import ROUNDS_MAX, TRIES_PER_ROUND, Standing, Verdict
from accounts.mfa.hashing import keyed_code, pin_matches
from wallet_project.lib import ids
from wallet_project.lib.crypto import EncryptedTextField

if TYPE_CHECKING:
    from accounts.mfa.attempts import Attempt


_FIVE_MINUTES = timedelta(minutes=5)


class _OurDevice(Device):
    """django-otp's row with our key. It looks devices up by a whole number: a UUID is one."""

    id = models.UUIDField(primary_key=True, default=ids.uuid7, editable=False)
    name = None

    class Meta:
        abstract = True

    def __str__(self) -> str:
        return str(self.id)

    @property
    def persistent_id(self) -> str:
        """How ``verify_token`` finds the row again."""
        return f"{self.model_label()}/{self.id.int}"


class PaymentPinDevice(_OurDevice):
    """A person's payment PIN and where its guessing stands.

    A row without a hash counts too: whoever guesses at an account without a PIN sees the same words.
    """

    user = models.OneToOneField(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="pin_device")
    pin_hash = EncryptedTextField(owner="user_id", null=True)
    set_at = models.DateTimeField(null=True)
    failures = models.PositiveSmallIntegerField(default=0)
    rounds = models.PositiveSmallIntegerField(default=0)
    locked_until = models.DateTimeField(null=True)
    reduced_limits_until = models.DateTimeField(null=True)

    personal_data: ClassVar[dict[str, str]] = {"pin_hash": "encrypted"}

    class Meta:
        app_label = "accounts"
        verbose_name = _("payment PIN")
        verbose_name_plural = _("payment PINs")
        permissions = [("force_pin_reset", "Can make a PIN reset necessary")]
        constraints = [
            models.CheckConstraint(name="pin_failures_in_round", condition=Q(failures__lt=TRIES_PER_ROUND)),
            models.CheckConstraint(name="pin_rounds_bounded", condition=Q(rounds__lte=ROUNDS_MAX)),
            models.CheckConstraint(
                name="pin_set_at_with_hash",
                condition=Q(pin_hash__isnull=True, set_at__isnull=True)
                | Q(pin_hash__isnull=False, set_at__isnull=False),
            ),
        ]

    @property
    def standing(self) -> Standing:
        """Where guessing stands."""
        return Standing(self.failures, self.rounds, self.locked_until)

    @standing.setter
    def standing(self, value: Standing) -> None:
        self.failures, self.rounds, self.locked_until = value.failures, value.rounds, value.locked_until

    def verify_token(self, token: Attempt) -> bool:
        """Counts, compares and resets, all under the row lock of ``django_otp.verify_token``."""
        before = self.standing
        if before.is_locked(token.at):
            token.verdict = Verdict.refused(before, token.at, judged=False)
            return False
        if pin_matches(self.user_id, token.secret, self.pin_hash or ""):
            self.standing = Standing()
            token.verdict = Verdict(True)
        else:
            self.standing = before.after_wrong(token.at)
            token.verdict = Verdict.refused(self.standing, token.at)
        if self.standing != before:
            self.save(update_fields=["failures", "rounds", "locked_until"])
        return token.verdict.accepted


class PendingPin(models.Model):
    """A PIN somebody chose and has not confirmed yet: its hash waits, encrypted, for the challenge to be answered."""

    class Kind(models.TextChoices):
        FIRST = "FIRST", _("First PIN")
        CHANGE = "CHANGE", _("Change")
        RESET = "RESET", _("Reset")

    id = models.UUIDField(primary_key=True, default=ids.uuid7, editable=False)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    kind = models.CharField(max_length=6, choices=Kind.choices)
    pin_hash = EncryptedTextField(owner="user_id")
    is_current = models.BooleanField()
    """Whether it is the PIN they already have; told only after the proof."""
    possession_proved_at = models.DateTimeField(null=True)
    """Reset only: when the code to the contact was answered; the second factor comes after it."""
    created_at = models.DateTimeField()
    expires_at = models.DateTimeField(db_index=True)

    personal_data: ClassVar[dict[str, str]] = {"pin_hash": "encrypted"}

    class Meta:
        app_label = "accounts"
        constraints = [
            models.CheckConstraint(name="pending_pin_kind_known", condition=Q(kind__in=["FIRST", "CHANGE", "RESET"])),
            models.CheckConstraint(
                name="pending_pin_possession_only_for_reset",
                condition=Q(possession_proved_at__isnull=True) | Q(kind="RESET"),
            ),
        ]

    def __str__(self) -> str:
        return str(self.id)


class _ChallengeDevice(_OurDevice):
    """One factor of one challenge. Five wrong answers and the challenge is of no use any more."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    challenge = models.ForeignKey("accounts.Challenge", on_delete=models.CASCADE, related_name="+")
    failures = models.PositiveSmallIntegerField(default=0)
    expires_at = models.DateTimeField(db_index=True)

    class Meta:
        abstract = True
        app_label = "accounts"
        constraints: list[Any] = [
            models.UniqueConstraint(name="%(class)s_once_per_challenge", fields=["user", "challenge"]),
            models.CheckConstraint(name="%(class)s_failures_bounded", condition=Q(failures__lte=TRIES_PER_ROUND)),
        ]

    def verify_token(self, token: Attempt) -> bool:
        """Judges one answer under the row lock. A right one stays right: the challenge is what is used once."""
        left = TRIES_PER_ROUND - self.failures
        if left == 0 or token.at >= self.expires_at:
            token.verdict = Verdict(False, 0)
        elif self._matches(token.secret):
            token.verdict = Verdict(True)
        else:
            self.failures += 1
            self.save(update_fields=["failures"])
            token.verdict = Verdict(False, left - 1)
        return token.verdict.accepted

    def _matches(self, secret: str) -> bool:
        raise NotImplementedError


class _CodeDevice(_ChallengeDevice):
    """A code sent for one challenge. Only its keyed hash is kept; another challenge's code never fits."""

    channel = ""

    code_hmac = models.CharField(max_length=64)
    sent_at = models.DateTimeField()
    sends = models.PositiveSmallIntegerField(default=1)

    class Meta(_ChallengeDevice.Meta):
        abstract = True
        constraints = [
            *_ChallengeDevice.Meta.constraints,
            models.CheckConstraint(
                name="%(class)s_short_lived", condition=Q(expires_at__lte=F("sent_at") + models.Value(_FIVE_MINUTES))
            ),
        ]

    def _matches(self, secret: str) -> bool:
        return hmac.compare_digest(self.code_hmac, keyed_code(self.challenge_id, self.channel, "".join(secret.split())))


class SMSDevice(_CodeDevice):
    """A code in a text message."""

    channel = "sms"

    class Meta(_CodeDevice.Meta):
        pass


class EmailDevice(_CodeDevice):
    """A code in an e-mail."""

    channel = "email"

    class Meta(_CodeDevice.Meta):
        pass


class PasswordDevice(_ChallengeDevice):
    """The sign-in password as the second factor of a PIN reset, with the same counted tries as a code."""

    class Meta(_ChallengeDevice.Meta):
        pass

    def _matches(self, secret: str) -> bool:
        return bool(self.user.check_password(secret))


class AuthenticatorDevice(_OurDevice):
    """The bridge to allauth: what django-otp sees of a second factor that allauth has verified.

    It dies with the authenticator it stands for, so removing the factor closes the desk at once: the foreign key with
    ON DELETE CASCADE is in the SQL migration, because allauth's own migrations wait for ours. It takes no tokens
    itself: django-otp's own ``verify_token`` answers False.
    """

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    authenticator_id = models.BigIntegerField(unique=True)

    class Meta:
        app_label = "accounts"
