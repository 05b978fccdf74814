"""What happened to bank accounts and withdrawals: ids, amounts and codes only."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar
from uuid import UUID

from wallet_project.lib.events import Event

if TYPE_CHECKING:
    from payments.banking.models import BankAccount, Withdrawal


@dataclass(frozen=True, slots=True, kw_only=True)
class BankAccountFact(Event):
    """Which account of whom, and how often it was changed."""

    bank_account_id: UUID
    user_id: UUID
    revision: int


@dataclass(frozen=True, slots=True, kw_only=True)
class BankAccountAdded(BankAccountFact):
    """The person confirmed a new account; it cools off."""

    name: ClassVar[str] = "bank_account.added"


@dataclass(frozen=True, slots=True, kw_only=True)
class BankAccountRemoved(BankAccountFact):
    """The person removed it; withdrawals under way keep it as their target."""

    name: ClassVar[str] = "bank_account.removed"


@dataclass(frozen=True, slots=True, kw_only=True)
class BankAccountCorrected(BankAccountFact):
    """An officer corrected holder or bank; it cools off anew. ``reason`` is a code."""

    name: ClassVar[str] = "bank_account.corrected"
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class WithdrawalFact(Event):
    """Whose, how much, to which account. Amounts are minor units of ``currency``; the fee is on top."""

    withdrawal_id: UUID
    user_id: UUID
    bank_account_id: UUID
    amount_minor: int
    fee_minor: int
    currency: str


@dataclass(frozen=True, slots=True, kw_only=True)
class WithdrawalRequested(WithdrawalFact):
    """Amount and fee are held until the person confirms."""

    name: ClassVar[str] = "withdrawal.requested"


@dataclass(frozen=True, slots=True, kw_only=True)
class WithdrawalUnderReview(WithdrawalFact):
    """A person must look. ``conditions`` are the codes of what did not hold, comma separated."""

    name: ClassVar[str] = "withdrawal.under_review"
    conditions: str


@dataclass(frozen=True, slots=True, kw_only=True)
class WithdrawalQuestionAsked(WithdrawalFact):
    """Staff ask the person; the review waits."""

    name: ClassVar[str] = "withdrawal.question_asked"
    question_id: UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class WithdrawalQuestionAnswered(WithdrawalFact):
    """The person answered; the review goes on."""

    name: ClassVar[str] = "withdrawal.question_answered"
    question_id: UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class WithdrawalFirstApproved(WithdrawalFact):
    """One officer approved; a second must."""

    name: ClassVar[str] = "withdrawal.first_approved"


@dataclass(frozen=True, slots=True, kw_only=True)
class WithdrawalApproved(WithdrawalFact):
    """It goes to the bank with the next file. ``is_automatic``: the rules said yes, nobody had to look."""

    name: ClassVar[str] = "withdrawal.approved"
    is_automatic: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class WithdrawalRejected(WithdrawalFact):
    """Staff said no; everything is released. ``reason`` is a code."""

    name: ClassVar[str] = "withdrawal.rejected"
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class WithdrawalCancelled(WithdrawalFact):
    """The person took it back; everything is released."""

    name: ClassVar[str] = "withdrawal.cancelled"


@dataclass(frozen=True, slots=True, kw_only=True)
class WithdrawalExpired(WithdrawalFact):
    """Nobody confirmed in time; everything is released."""

    name: ClassVar[str] = "withdrawal.expired"


@dataclass(frozen=True, slots=True, kw_only=True)
class WithdrawalSent(WithdrawalFact):
    """The bank took it; the money has left the wallet."""

    name: ClassVar[str] = "withdrawal.sent"


@dataclass(frozen=True, slots=True, kw_only=True)
class WithdrawalSettled(WithdrawalFact):
    """The bank's statement has it."""

    name: ClassVar[str] = "withdrawal.settled"


@dataclass(frozen=True, slots=True, kw_only=True)
class WithdrawalSettledAsBooked(WithdrawalFact):
    """The bank booked another amount, and two officers settled it so. ``rest_minor`` is back in the wallet."""

    name: ClassVar[str] = "withdrawal.settled_as_booked"
    booked_minor: int
    rest_minor: int


@dataclass(frozen=True, slots=True, kw_only=True)
class WithdrawalFailed(WithdrawalFact):
    """The bank refused it; everything is released. ``reason`` is the bank's code."""

    name: ClassVar[str] = "withdrawal.failed"
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class WithdrawalReturned(WithdrawalFact):
    """It came back and was credited. ``returned_minor`` is what came; ``fee_returned`` whether the fee did too."""

    name: ClassVar[str] = "withdrawal.returned"
    reason: str
    returned_minor: int
    fee_returned: bool


def about(withdrawal: Withdrawal) -> dict[str, Any]:
    """The fields every event of a withdrawal has."""
    return {
        "withdrawal_id": withdrawal.pk,
        "user_id": withdrawal.user_id,
        "bank_account_id": withdrawal.bank_account_id,
        "amount_minor": withdrawal.amount_minor,
        "fee_minor": withdrawal.fee_minor,
        "currency": withdrawal.currency,
    }


def about_account(account: BankAccount) -> dict[str, Any]:
    """The fields every event of a bank account has."""
    return {"bank_account_id": account.pk, "user_id": account.user_id, "revision": account.revision}
