"""Security events in the desk's words. No queries."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.utils.translation import gettext_lazy as _

if TYPE_CHECKING:
    from django.utils.functional import Promise

KINDS: dict[str, str | Promise] = {
    "account_unfrozen": _("Freeze ended"),
    "authenticator_added": _("Second factor added"),
    "authenticator_removed": _("Second factor removed"),
    "authenticator_reset": _("Second factor replaced"),
    "code_wrong": _("Wrong code at a confirmation"),
    "email_verification_code_rejected": _("Wrong code for an e-mail address"),
    "export_downloaded": _("Copy of all data downloaded"),
    "login_code_rejected": _("Wrong sign-in code"),
    "password_reset_code_rejected": _("Wrong code for a new password"),
    "personal_data_read": _("Personal data read by staff"),
    "pin_changed": _("PIN changed"),
    "pin_locked": _("PIN locked"),
    "pin_reset": _("PIN reset"),
    "pin_reset_forced": _("PIN reset made necessary"),
    "pin_set": _("PIN set"),
    "pin_wrong": _("Wrong PIN"),
    "sign_in_failed": _("Wrong password"),
    "signed_in": _("Signed in"),
    "staff_network_refused": _("Staff refused from another network"),
}
"""The stored codes; one without words is shown as itself."""

DAYS: dict[str, str | Promise] = {"1": _("One day"), "7": _("Seven days"), "30": _("Thirty days")}
