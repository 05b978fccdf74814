"""The desk: Django's admin, for staff with a second factor only."""

from __future__ import annotations

from django_otp.admin import OTPAdminSite


class WalletAdminSite(OTPAdminSite):
    """Every page asks for a verified second factor, not only for a password."""
