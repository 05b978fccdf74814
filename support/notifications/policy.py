"""What we tell people: one row per kind of notice, with its sentences and where it leads."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.utils.translation import gettext_lazy as _

if TYPE_CHECKING:
    from django.utils.functional import Promise

ATTEMPTS_MAX = 10
SENDING_LEASE_SECONDS = 120
"""A message that stays SENDING this long belonged to a worker that died; it is sent again under its own id."""


@dataclass(frozen=True, slots=True)
class Kind:
    """``title`` and ``body`` may use %(amount)s, %(who)s; ``opens`` is (URL name, public id prefix) of its page,
    without a prefix where the page is a list.

    ``leaves`` says whether it also goes out by e-mail or text message; security notices always do. ``everywhere``: by
    every verified channel, so that whoever took one over cannot hide what they did from the others.
    """

    title: str | Promise
    body: str | Promise
    icon: str
    opens: tuple[str, str] | None = None
    is_security: bool = False
    leaves: bool = True
    everywhere: bool = False


KINDS: dict[str, Kind] = {
    "welcome": Kind(
        _("Your wallet is ready"),
        _("You can add money by card and send it to people you know. Set a payment PIN before your first payment."),
        "wallet",
    ),
    "money_received": Kind(
        _("%(who)s sent you %(amount)s"),
        _("The money is in your balance and yours to use."),
        "arrow-down-left",
        ("transfer", "trf"),
    ),
    "money_sent": Kind(
        _("You sent %(amount)s to %(who)s"),
        _("The money has arrived. Your receipt is in Activity."),
        "arrow-up-right",
        ("transfer", "trf"),
    ),
    "transfer_declined": Kind(
        _("%(amount)s to %(who)s was not sent"),
        _("No money moved. Open the payment to see why."),
        "circle-x",
        ("transfer", "trf"),
    ),
    "top_up_credited": Kind(
        _("%(amount)s was added to your wallet"), _("The card payment went through."), "plus", ("top_up", "top")
    ),
    "top_up_failed": Kind(
        _("Adding %(amount)s failed"),
        _("No money moved. Open the payment to see why and try again."),
        "circle-x",
        ("top_up", "top"),
    ),
    "top_up_given_back": Kind(
        _("Your payment of %(amount)s was given back"),
        _("It did not match what you asked for. Your bank shows it on your card within a few days."),
        "undo-2",
        ("top_up", "top"),
    ),
    "bank_account_added": Kind(
        _("Bank account %(who)s was added"),
        _("Your money can be withdrawn to it. If this was not you, remove it and ask us for help right away."),
        "banknote",
        ("bank_account", "ban"),
        is_security=True,
        everywhere=True,
    ),
    "bank_account_removed": Kind(
        _("Bank account %(who)s was removed"),
        _("Nothing more can be withdrawn to it. If this was not you, ask us for help right away."),
        "banknote",
        ("bank_accounts", ""),
        is_security=True,
        everywhere=True,
    ),
    "bank_account_corrected": Kind(
        _("Our team corrected your bank account %(who)s"),
        _("Open it and check the name and the bank. For 48 hours a person looks at what you withdraw to it."),
        "banknote",
        ("bank_account", "ban"),
        is_security=True,
        everywhere=True,
    ),
    "withdrawal_under_review": Kind(
        _("We are checking your withdrawal of %(amount)s"),
        _("A person looks at it, usually within 4 working hours. No money has moved yet, and you can still cancel."),
        "search",
        ("withdrawal", "wdr"),
    ),
    "withdrawal_question": Kind(
        _("We have a question about your withdrawal of %(amount)s"),
        _("Open it and answer, so that we can go on. We never ask for your PIN, a password or a code."),
        "message-circle",
        ("withdrawal", "wdr"),
    ),
    "withdrawal_approved": Kind(
        _("Your withdrawal of %(amount)s is approved"),
        _("It goes to %(who)s. If this was not you, cancel it at once and ask us for help."),
        "check",
        ("withdrawal", "wdr"),
    ),
    "withdrawal_rejected": Kind(
        _("Your withdrawal of %(amount)s was not approved"),
        _("No money has moved, and all of it is available again. Open it to see why and what you can do."),
        "circle-x",
        ("withdrawal", "wdr"),
    ),
    "withdrawal_expired": Kind(
        _("Your withdrawal of %(amount)s was not confirmed"),
        _("Nobody entered the PIN in 15 minutes. No money has moved, and all of it is available again."),
        "circle-x",
        ("withdrawal", "wdr"),
    ),
    "withdrawal_sent": Kind(
        _("%(amount)s is on its way to %(who)s"),
        _("Our bank has sent it. Open it to see when it arrives."),
        "banknote",
        ("withdrawal", "wdr"),
        leaves=False,
    ),
    "withdrawal_settled": Kind(
        _("%(amount)s arrived at %(who)s"),
        _("The bank has paid it out. Your bank may take a few hours to show it."),
        "circle-check",
        ("withdrawal", "wdr"),
    ),
    "withdrawal_settled_as_booked": Kind(
        _("%(amount)s arrived at %(who)s, another amount than you asked for"),
        _("What did not arrive is back in your wallet. Open it to see the amounts."),
        "circle-check",
        ("withdrawal", "wdr"),
    ),
    "withdrawal_failed": Kind(
        _("The bank could not pay %(amount)s to %(who)s"),
        _("No money has moved, and all of it is available again. Open it to see why and what to fix."),
        "circle-x",
        ("withdrawal", "wdr"),
    ),
    "withdrawal_returned": Kind(
        _("%(amount)s came back from %(who)s"),
        _("The money is back in your wallet. Open it to see why and what to fix."),
        "undo-2",
        ("withdrawal", "wdr"),
    ),
    "statement_ready": Kind(
        _("Your statement is ready"),
        _("Open it to take the file. It is kept for a year."),
        "receipt",
        ("statement", "stm"),
    ),
    "statement_failed": Kind(
        _("Your statement could not be made"),
        _("Open it to see why, and ask for it again."),
        "circle-x",
        ("statement", "stm"),
    ),
    "export_ready": Kind(
        _("The copy of your data is ready"),
        _("Take it within a week under Settings, Privacy. If you did not ask for it, ask us for help right away."),
        "download",
        ("privacy_copy", ""),
        is_security=True,
    ),
    "export_failed": Kind(
        _("Your copy could not be made"),
        _("Ask for it once more. If it fails again, write to us under Help."),
        "circle-x",
        ("privacy_copy", ""),
    ),
    "pin_set": Kind(
        _("Your payment PIN was set"),
        _("If this was not you, ask us for help right away."),
        "shield-check",
        is_security=True,
    ),
    "pin_changed": Kind(
        _("Your payment PIN was changed"),
        _("If this was not you, ask us for help right away."),
        "shield-check",
        is_security=True,
    ),
    "pin_locked": Kind(
        _("Your payment PIN is locked"),
        _(
            "The wrong PIN was entered too many times. You can still receive money. "
            "If this was not you, ask us for help right away."
        ),
        "shield-alert",
        is_security=True,
    ),
    "signed_in_new_device": Kind(
        _("New sign-in to your wallet"),
        _("If this was not you, change your password and sign out everywhere."),
        "shield-alert",
        is_security=True,
    ),
    "password_changed": Kind(
        _("Your password was changed"),
        _("Every other device was signed out. If this was not you, ask us for help right away."),
        "shield-alert",
        is_security=True,
    ),
    "pin_reset": Kind(
        _("Your payment PIN was reset"),
        _("For 24 hours you can send less than usual. If this was not you, ask us for help right away."),
        "shield-alert",
        is_security=True,
    ),
    "pin_reset_forced": Kind(
        _("Please set a new payment PIN"),
        _("Our team asked for a new PIN to keep your money safe. You can still receive money."),
        "shield-alert",
        is_security=True,
    ),
    "second_factor_added": Kind(
        _("A second sign-in step was added"),
        _("If this was not you, ask us for help right away."),
        "shield-check",
        is_security=True,
    ),
    "second_factor_removed": Kind(
        _("A second sign-in step was removed"),
        _("If this was not you, ask us for help right away."),
        "shield-alert",
        is_security=True,
    ),
}
