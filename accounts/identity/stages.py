"""Stages of a sign-in that differ from allauth's."""

from __future__ import annotations

from typing import Any

from allauth.account.models import EmailAddress
from allauth.account.stages import EmailVerificationStage


class VerifyEmailStage(EmailVerificationStage):
    """A person with a verified phone needs no e-mail address; one given at sign-up is still verified there."""

    def handle(self) -> tuple[Any, bool]:
        """Passes people whose phone is proven; everybody else verifies their address."""
        user = self.login.user
        if user is not None and user.phone_verified_at is not None:
            gave_email = self.login.signup and EmailAddress.objects.filter(user=user).exists()
            if not gave_email:
                return None, True
        return super().handle()
