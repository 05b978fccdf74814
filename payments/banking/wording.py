"""Withdrawals in words: why a person looks at one, why money did not go or came back, and what to do about it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.utils.translation import get_language, gettext
from django.utils.translation import gettext_lazy as _

from ledger.formatting import format_money
from ledger.money import Money
from payments.banking.policy import fee
from wallet_project.lib.describing import together

if TYPE_CHECKING:
    from collections.abc import Iterable

    from django.utils.functional import Promise

    from payments.banking.models import BankAccount
    from wallet_project.lib.describing import Described


@dataclass(frozen=True, slots=True)
class Reason:
    """``title`` says what happened, ``next_step`` what the person can do."""

    title: str | Promise
    next_step: str | Promise


# --- why a person looks at a withdrawal

# Only what is about the person's own doing. What could warn a thief, or tell of somebody else, reads like the rest.
REVIEW_REASONS: dict[str, str | Promise] = {
    "account_cooled_off": _("The bank account was added or changed less than two days ago."),
    "holder_name_matches": _("The name on the bank account is not the name on your wallet."),
    "tier_allows": _("Larger withdrawals are looked at by a person."),
    "day_total": _("You are withdrawing more than usual today."),
    "funds_matured": _("Some of your money was added by card and is not yet safe to pay out."),
    "card_money_share": _("Much of this money was added by card in the last day."),
    "security_settled": _("Your security settings changed in the last day."),
    "no_debt": _("You still owe us money."),
}
ANY_REVIEW = _("We look at some withdrawals by hand, to keep your money safe.")


def review_reason(failed: Iterable[str]) -> str:
    """One plain sentence about why a person looks, from the codes of the conditions that did not hold."""
    codes = set(failed)
    return str(next((words for code, words in REVIEW_REASONS.items() if code in codes), ANY_REVIEW))


# --- why money did not go, or came back

_CHECK_ACCOUNT = _("Check the account with your bank, then add it again and start a new withdrawal.")
_OTHER_ACCOUNT = _("Add another bank account and start a new withdrawal.")
_ASK_YOUR_BANK = _("Ask your bank why, or use another bank account.")
_AGAIN_LATER = _("Start a new withdrawal. If it happens again, ask us for help.")

_WRONG_NUMBER = Reason(_("The bank found no account with this IBAN."), _CHECK_ACCOUNT)
_REFUSED_BY_BANK = Reason(_("The receiving bank did not accept the payment."), _ASK_YOUR_BANK)
_TECHNICAL = Reason(_("The banks could not carry the payment out."), _AGAIN_LATER)
_NOT_ALLOWED = Reason(_("This account cannot receive payments of this kind."), _OTHER_ACCOUNT)
_NAME = Reason(
    _("The name does not belong to this account."),
    _("Remove the account, add it again with the holder’s name as your bank writes it, and start a new withdrawal."),
)
_INCOMPLETE = Reason(_("The bank needs more details about the payment."), _("Ask us for help and give the reference."))
_STOPPED_BY_US = Reason(_("We did not approve this withdrawal."), _("Ask us for help if you want to know more."))

# ISO 20022 external status and return reasons (ExternalStatusReason1Code, ExternalReturnReason1Code), and ours.
REASONS: dict[str, Reason] = {
    "AC01": _WRONG_NUMBER,
    "AC03": _WRONG_NUMBER,
    "AC04": Reason(_("The bank account is closed."), _OTHER_ACCOUNT),
    "AC06": Reason(_("The bank account is blocked."), _ASK_YOUR_BANK),
    "AC13": _NOT_ALLOWED,
    "AC14": _NOT_ALLOWED,
    "AG01": _NOT_ALLOWED,
    "AG02": _TECHNICAL,
    "AM05": Reason(_("The bank already had a payment like this one."), _AGAIN_LATER),
    "BE01": _NAME,
    "BE04": _INCOMPLETE,
    "BE05": _NAME,
    "BE06": _WRONG_NUMBER,
    "CNOR": _REFUSED_BY_BANK,
    "CUST": Reason(_("The receiver sent the money back."), _ASK_YOUR_BANK),
    "MD07": Reason(_("The bank says that the account’s holder has died."), _("Ask us for help.")),
    "MS02": Reason(_("The receiver sent the money back."), _ASK_YOUR_BANK),
    "MS03": _REFUSED_BY_BANK,
    "NOAS": _REFUSED_BY_BANK,
    "RC01": Reason(_("The BIC does not name a bank that we can reach."), _CHECK_ACCOUNT),
    "RR01": _INCOMPLETE,
    "RR02": _INCOMPLETE,
    "RR03": _INCOMPLETE,
    "RR04": _REFUSED_BY_BANK,
    "SL01": _REFUSED_BY_BANK,
    "AC02": _TECHNICAL,
    "AM04": _TECHNICAL,
    "FF01": _TECHNICAL,
    "never_arrived": _TECHNICAL,
    "not_paid": Reason(_("The bank did not carry the payment out."), _AGAIN_LATER),
    "TM01": _TECHNICAL,
    # Our own (policy.REJECT_REASONS). A suspicion is not told: whoever must not know learns nothing.
    "name_mismatch": _NAME,
    "account_not_yours": Reason(
        _("We could not see that the bank account is yours."), _("Use an account in your own name.")
    ),
    "source_of_funds": Reason(
        _("We could not see where the money came from."), _("Ask us for help; we will tell you what we need.")
    ),
    "no_answer": Reason(
        _("We did not hear from you in time."), _("Start a new withdrawal when you are ready to answer.")
    ),
    "security": Reason(
        _("We stopped this withdrawal to keep your money safe."),
        _("Check your security settings, and ask us for help if you want to know more."),
    ),
}


def failure_of(code: str) -> Reason:
    """The words for the bank's reason; an unknown one reads like any refusal."""
    return REASONS.get(code, _REFUSED_BY_BANK)


def rejection_of(code: str) -> Reason:
    """The words for our own reason; an unknown one says no more than that we did not approve it."""
    return REASONS.get(code, _STOPPED_BY_US)


def shown_iban(account: BankAccount) -> str:
    """``DE•• •••• 3000``, from the parts that are kept readable."""
    return f"{account.country}•• •••• {account.iban_last4}"


def in_one_piece(shown: str) -> str:
    """A masked IBAN for a page, where it must not break between two lines."""
    return shown.replace(" ", "\u00a0")


def most_withdrawable(available: Money) -> Money:
    """What is left for the bank of all that is available, once the fee is taken; never below zero."""
    return Money(max((available - fee(available)).amount_minor, 0), available.currency)


def at_the_amount(problem: Described, *, left: Money | None) -> str:
    """What is said where the amount was typed. ``left``: what may still be withdrawn, if that is what is wrong."""
    if left is None:
        return together(problem.detail, problem.next_step)
    if left.amount_minor <= 0:
        return gettext("You have reached your limit for today. It resets at midnight.")
    sum_left = format_money(left, get_language() or "en")
    return gettext("More than your limit: you can withdraw at most %(sum)s now.") % {"sum": sum_left}
