"""The rules of taking money out: fees, sums, times, what is approved without a person, and what the bank's codes mean.

No queries.
"""

from __future__ import annotations

import hashlib
import json
import unicodedata
from datetime import UTC, date, datetime, time, timedelta
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from accounts.jurisdictions.rates import in_euro_cents
from ledger.errors import CurrencyMismatch
from ledger.money import Money
from payments.banking.errors import (
    AmountTooSmall,
    BankAccountNotUsable,
    ReasonMissing,
    StateConflict,
)
from payments.banking.states import IN_REVIEW, BankAccountStatus
from wallet_project.lib import ids

if TYPE_CHECKING:
    from uuid import UUID

    from payments.banking.models import BankAccount, Withdrawal

PURPOSE = "withdrawal"
"""The step-up and the approval purpose of a withdrawal; stored on challenges and approvals."""
ACCOUNT_PURPOSE = "bank_account"
"""The step-up purpose of adding a bank account."""

WITHDRAWALS_PREFIX = "wdr"
ACCOUNTS_PREFIX = "ban"
LIMIT_PRODUCT = "WITHDRAW"

FEE_MINOR = {"EUR": 50}
"""The flat fee of a withdrawal, on top of the amount; also the list of currencies that can be withdrawn."""
MIN_MINOR = {"EUR": 100}

CONFIRM_WITHIN = timedelta(minutes=15)
"""An unanswered step-up expires the withdrawal, or the new bank account, after this."""
ACCOUNTS_MAX = 10
"""How many bank accounts one person has, those that wait for confirmation counted."""
COOL_OFF = timedelta(hours=48)
"""After an account was added or corrected, what goes to it is looked at by a person."""
REVIEW_WITHIN = timedelta(hours=4)
"""How long staff take, counted while the desk is open."""
DESK_ZONE, DESK_OPENS, DESK_CLOSES = "Europe/Berlin", time(8), time(20)
"""When staff review: on bank days, in this time zone."""
BANK_ANSWERS_WITHIN = timedelta(hours=1)

SECOND_APPROVAL_FROM_EURO_CENTS = 200_000
"""From this amount on two different officers approve."""


class AutoCap:
    """What is approved without a person, in euro cents, by tier; a tier above the table counts as its highest."""

    EACH = {0: 50_000}
    DAY = {0: 100_000}

    @staticmethod
    def of(table: dict[int, int], tier: int) -> int:
        """The row in force for ``tier``."""
        return table[max(row for row in table if row <= tier)]


CARD_SHARE_PER_CENT = 50
CARD_WINDOW = timedelta(hours=24)
SECURITY_WINDOW = timedelta(hours=24)

HOLDER_LENGTH_MAX = 70
"""ISO 20022 ``Nm`` in SEPA: 70 characters (EPC 132-08)."""
TEXT_LENGTH_MAX = 1000
_JOINERS = frozenset("\u200c\u200d")

REJECT_REASONS = ("name_mismatch", "account_not_yours", "source_of_funds", "no_answer", "security", "other")
"""Why staff reject; "other" needs a note to the person."""

CORRECT_REASONS = ("customer_asked", "bank_asked", "typing_mistake")
"""Why an officer corrects an account: codes, because the fact that tells of it is kept for ever."""

WRONG_DETAILS = frozenset({"AC01", "AC03", "AC04", "AC06", "AC13", "AG01", "BE01", "BE04", "BE05", "RC01", "RR03"})
"""Codes of ISO 20022 (ExternalReturnReason1Code) that say the account details were wrong: the fee stays with us."""

TARGET_HOLIDAYS = frozenset({(1, 1), (5, 1), (12, 25), (12, 26)})
"""Fixed closing days of T2, the euro's settlement system; Good Friday and Easter Monday move."""


# --- amounts and times


def fee(amount: Money) -> Money:
    """The fee on top of ``amount``. Raises CurrencyMismatch where this currency cannot be withdrawn."""
    if amount.currency not in FEE_MINOR:
        raise CurrencyMismatch(currency=amount.currency)
    return Money(FEE_MINOR[amount.currency], amount.currency)


def require_amount(amount: Money) -> None:
    """Raises CurrencyMismatch, AmountTooSmall (with ``minimum``)."""
    fee(amount)
    minimum = Money(MIN_MINOR[amount.currency], amount.currency)
    if amount < minimum:
        raise AmountTooSmall(minimum=minimum)


def needs_second_approval(amount: Money) -> bool:
    """Whether two officers must approve: EUR 2,000.00 or more, other currencies by the reference rates."""
    return in_euro_cents(amount.amount_minor, amount.currency) >= SECOND_APPROVAL_FROM_EURO_CENTS


def arrives_on(at: datetime, time_zone: str = "Europe/Berlin") -> date:
    """The day a SEPA credit transfer sent now is at the other bank: the next day on which T2 is open (EPC 125-05)."""
    day = at.astimezone(ZoneInfo(time_zone)).date() + timedelta(days=1)
    while not is_bank_day(day):
        day += timedelta(days=1)
    return day


def expected_on(withdrawal: Withdrawal) -> date:
    """The day a requested withdrawal should arrive: counted from when it left, was approved, or is to be looked at."""
    approved_at = withdrawal.second_approved_at or withdrawal.approved_at
    if withdrawal.status in IN_REVIEW:
        approved_at = withdrawal.review_due_at
    return arrives_on(withdrawal.submitted_at or approved_at or withdrawal.created_at)


def review_due(at: datetime) -> datetime:
    """By when staff have looked at something that came at ``at``: REVIEW_WITHIN of open desk later, in UTC."""
    zone = ZoneInfo(DESK_ZONE)
    left, day = REVIEW_WITHIN, at.astimezone(zone).date()
    while True:
        opens, closes = (datetime.combine(day, hour, zone).astimezone(UTC) for hour in (DESK_OPENS, DESK_CLOSES))
        begins = max(opens, at.astimezone(UTC))
        if is_bank_day(day) and begins < closes:
            if begins + left <= closes:
                return begins + left
            left -= closes - begins
        day += timedelta(days=1)


def is_bank_day(day: date) -> bool:
    """Whether T2 settles on this day."""
    easter = _easter(day.year)
    moving = {easter - timedelta(days=2), easter + timedelta(days=1)}
    return day.weekday() < 5 and (day.month, day.day) not in TARGET_HOLIDAYS and day not in moving


def _easter(year: int) -> date:
    """Easter Sunday of the Gregorian calendar (Butcher's rule)."""
    century, rest = divmod(year, 100)
    golden = year % 19
    epact = (19 * golden + century - century // 4 - (century - (century + 8) // 25 + 1) // 3 + 15) % 30
    weekday = (32 + 2 * (century % 4) + 2 * (rest // 4) - epact - rest % 4) % 7
    shift = (golden + 11 * epact + 22 * weekday) // 451
    month, day = divmod(epact + weekday - 7 * shift + 114, 31)
    return date(year, month, day + 1)


def fee_comes_back(reason_code: str) -> bool:
    """Whether a returned withdrawal's fee is given back too: not when the account details were wrong."""
    return reason_code not in WRONG_DETAILS


# --- requests


def require_reason(reason: str, note: str) -> str:
    """A reason for rejecting, from the list. Raises ReasonMissing, also for "other" without a word in the note."""
    if reason not in REJECT_REASONS or (reason == "other" and not clean_text(note)):
        raise ReasonMissing
    return reason


def clean_text(text: str) -> str:
    """What somebody wrote to somebody: NFC, lines kept, without control and bidi characters, at most 1,000 characters.

    Why stripped: a bidi control can make a sentence read backwards on the desk (security.md, Edge).
    """
    lines = unicodedata.normalize("NFC", text[: TEXT_LENGTH_MAX * 4]).splitlines()
    kept = ["".join(c for c in line if not unicodedata.category(c).startswith("C") or c in _JOINERS) for line in lines]
    return "\n".join(" ".join(line.split()) for line in kept).strip()[:TEXT_LENGTH_MAX]


def require_status(withdrawal: Withdrawal, *allowed: str) -> None:
    """Raises StateConflict unless the withdrawal is in one of these states."""
    if withdrawal.status not in allowed:
        raise StateConflict(status=str(withdrawal.status))


def fingerprint(*, bank_account_id: UUID, amount: Money) -> str:
    """SHA-256 of what the request asks for: the same key with another fingerprint is another request."""
    asked = [str(bank_account_id), amount.amount_minor, amount.currency]
    return hashlib.sha256(json.dumps(asked, separators=(",", ":")).encode()).hexdigest()


def public_id(withdrawal: Withdrawal) -> str:
    """``wdr_…``: the address of its page, its id in the API and the reference people read to support."""
    return ids.public(WITHDRAWALS_PREFIX, withdrawal.pk)


def account_public_id(account: BankAccount) -> str:
    """``ban_…``"""
    return ids.public(ACCOUNTS_PREFIX, account.pk)


def end_to_end_id(withdrawal_id: UUID) -> str:
    """What the bank knows the payment by: the public id without its prefix, 26 letters and digits."""
    return ids.public(WITHDRAWALS_PREFIX, withdrawal_id).partition("_")[2]


def amount_of(withdrawal: Withdrawal) -> Money:
    """What shall arrive."""
    return Money(withdrawal.amount_minor, withdrawal.currency)


def rest_of(withdrawal: Withdrawal) -> Money | None:
    """What the bank did not pay of a withdrawal it booked with another amount, back in the wallet; None for nothing."""
    if withdrawal.booked_minor is None or withdrawal.booked_minor >= withdrawal.amount_minor:
        return None
    return Money(withdrawal.amount_minor - withdrawal.booked_minor, withdrawal.currency)


def total_of(withdrawal: Withdrawal) -> Money:
    """Amount and fee: what is held and then taken."""
    return Money(withdrawal.amount_minor + withdrawal.fee_minor, withdrawal.currency)


def payload(withdrawal: Withdrawal, account: BankAccount) -> dict[str, Any]:
    """What the person's confirmation is bound to (PSD2 RTS art. 5): payer, account and its state, amount, fee."""
    return {
        "payer": str(withdrawal.user_id),
        "account": account_public_id(account),
        "account_revision": account.revision,
        "shown_target": withdrawal.shown_target,
        "amount_minor": withdrawal.amount_minor,
        "currency": withdrawal.currency,
        "fee_minor": withdrawal.fee_minor,
    }


def account_payload(account: BankAccount) -> dict[str, Any]:
    """What confirming a new bank account is bound to: whose, which (by its blind index), which bank, how it reads."""
    return {
        "person": str(account.user_id),
        "iban_index": account.iban_index,
        "bic": account.bic,
        "holder_name": account.holder_name,
        "revision": account.revision,
    }


def require_usable(account: BankAccount) -> None:
    """Raises BankAccountNotUsable unless money can be asked to go there."""
    if account.status != BankAccountStatus.ACTIVE:
        raise BankAccountNotUsable


def approval_payload(withdrawal: Withdrawal, account: BankAccount, *, status: str) -> dict[str, Any]:
    """What two officers agree on, and what becomes of it: ids, amounts, codes. Any change of it voids the proposal.

    With the ``status`` it has now, it is what was before.
    """
    return {
        "status": status,
        "withdrawal": public_id(withdrawal),
        "person": str(withdrawal.user_id),
        "account": account_public_id(account),
        "account_revision": account.revision,
        "amount_minor": withdrawal.amount_minor,
        "fee_minor": withdrawal.fee_minor,
        "currency": withdrawal.currency,
    }
