"""Refusals of PINs and codes. Sentences and statuses are in the error catalogue."""

from __future__ import annotations

from datetime import datetime

from django.utils.formats import date_format
from django.utils.timezone import localtime

from wallet_project.lib.errors import Invalid, WalletError


class Moment(datetime):
    """A point in time inside a sentence: in the reader's language and time zone."""

    def for_people(self) -> str:
        """Day and time, as people write them."""
        return date_format(localtime(self), "DATETIME_FORMAT")


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
    """Too many wrong PINs. ``locked_until`` is when it ends."""

    code = "pin_locked"

    def __init__(self, *, locked_until: datetime) -> None:
        super().__init__(locked_until=Moment.fromisoformat(locked_until.isoformat()))


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


class PinResetTooSoon(WalletError):
    """The password was reset, or the only contact changed, less than a day ago: one stolen channel would do."""

    code = "pin_reset_too_soon"
