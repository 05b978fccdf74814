"""Refusals of PINs and codes. Sentences and statuses are in the error catalogue."""

from __future__ import annotations

from wallet_project.lib.errors import Invalid, WalletError


class PinMalformed(Invalid):
    """Not six ASCII digits."""


class PinTooEasy(WalletError):
    """``reason``: sequence, repeats, common, phone, birth_date or current."""

    code = "pin_too_easy"


class PinRequired(WalletError):
    """Something must be confirmed with a payment PIN and the person has none."""

    code = "pin_required"


class CodeWrong(WalletError):
    """A wrong PIN, code or password. ``tries_left`` before the lock, the same whether or not a PIN exists."""

    code = "code_wrong"


class PinLocked(WalletError):
    """Too many wrong PINs. ``locked_until`` is RFC 3339 UTC."""

    code = "pin_locked"


class PinResetRequired(WalletError):
    """Three rounds of wrong PINs, or staff asked for it: only a reset helps."""

    code = "pin_reset_required"


class ReauthenticationRequired(WalletError):
    """The session's last sign-in is more than five minutes old."""

    code = "reauthentication_required"


class NoContact(WalletError):
    """There is no verified e-mail address or phone number a code could go to."""

    code = "contact_not_verified"


class PasswordRequired(WalletError):
    """A reset needs something the person knows, and this account has no password."""

    code = "password_required"
