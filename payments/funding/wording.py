"""Why a top-up ended, in words: what happened and what to do. No money moved in any of them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.utils.translation import get_language, gettext
from django.utils.translation import gettext_lazy as _

from ledger import currencies
from ledger.formatting import format_money
from payments.funding.policy import MIN_MINOR
from wallet_project.lib.describing import together

if TYPE_CHECKING:
    from django.utils.functional import Promise

    from ledger.money import Money
    from wallet_project.lib.describing import Described


@dataclass(frozen=True, slots=True)
class Reason:
    """``title`` says what happened, ``next_step`` what the person can do."""

    title: str | Promise
    next_step: str | Promise


REASONS: dict[str, Reason] = {
    "card_declined": Reason(_("Your bank declined the card."), _("Try another card, or ask your bank why.")),
    "insufficient_funds": Reason(
        _("There is not enough money on the card."), _("Try a smaller amount or another card.")
    ),
    "expired_card": Reason(_("The card has expired."), _("Try another card.")),
    "incorrect_cvc": Reason(
        _("The security code did not match."), _("Check the three digits on the back and try again.")
    ),
    "incorrect_number": Reason(_("The card number is not valid."), _("Check the number and try again.")),
    "processing_error": Reason(_("The bank could not process the payment."), _("Try again in a few minutes.")),
    "bank_unreachable": Reason(
        _("Your bank could not be reached."), _("Try again in a few minutes, or use another card.")
    ),
    "card_not_supported": Reason(
        _("The card cannot be used for this kind of payment."), _("Try another card, or ask your bank.")
    ),
    "test_cards_only": Reason(_("Only test cards work here."), _("Use one of the numbers listed on the card page.")),
    "authentication_failed": Reason(
        _("The payment was not confirmed with your bank."),
        _("Try again and confirm in your bank's app, or use another card."),
    ),
    "card_velocity_exceeded": Reason(
        _("The card was used too many times in a short while."), _("Wait a day, or try another card.")
    ),
    "provider_refused": Reason(_("The card payment could not be opened."), _("Try again, or ask us for help.")),
    "page_expired": Reason(_("The payment page was open too long."), _("Start again when you are ready.")),
    "page_never_opened": Reason(_("The card provider did not answer."), _("Start again when you are ready.")),
    "given_back": Reason(
        _("The payment did not match what you asked for, so it was given back to your card."),
        _("Your bank shows it within a few days. Start again whenever you like."),
    ),
    "by_person": Reason(_("You stopped this payment."), _("Start again whenever you like.")),
}


def reason_of(code: str) -> Reason:
    """The words for a stored reason; an unknown one reads like any decline."""
    return REASONS.get(code, REASONS["card_declined"])


def at_the_amount(problem: Described, *, left: Money | None) -> str:
    """What is said where the amount was typed. ``left``: what may still be added, if that is what is wrong."""
    if left is None:
        return together(problem.detail, problem.next_step)
    if left.amount_minor < MIN_MINOR[left.currency]:
        return gettext("You have reached your limit for today. It resets at midnight.")
    sum_left = format_money(left, get_language() or "en")
    return gettext("More than your limit: you can add at most %(sum)s now.") % {"sum": sum_left}


def decimal_text(minor: int, currency: str) -> str:
    """An amount as a person would type it: 2000 EUR cents are ``20``, 2050 are ``20.50``."""
    decimals = currencies.exponent(currency)
    whole, part = divmod(minor, 10**decimals)
    return f"{whole}.{part:0{decimals}}" if part else str(whole)
