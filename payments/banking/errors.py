"""Refusals of the banking room. Nothing moved in any of them."""

from __future__ import annotations

from accounts.approvals.errors import NotPermitted, ReasonMissing, SelfApproval
from wallet_project.lib.errors import Invalid, WalletError

__all__ = [
    "AlreadyClaimed",
    "AmountTooSmall",
    "BankAccountExists",
    "BankAccountNotUsable",
    "BicInvalid",
    "HolderNameInvalid",
    "IbanInvalid",
    "NotPermitted",
    "OwnEdit",
    "QuestionEmpty",
    "ReasonMissing",
    "RecheckFailed",
    "RequestInProgress",
    "SelfApproval",
    "StateConflict",
    "TooManyBankAccounts",
]


class StateConflict(WalletError):
    """The withdrawal is no longer where this act needs it. ``status`` is where it is."""

    code = "state_conflict"


class IbanInvalid(Invalid):
    """Not an IBAN: wrong letters, length or check digits, or a country that has none."""

    code = "iban_invalid"


class BicInvalid(Invalid):
    """Not a BIC, or not one of the country of the IBAN."""

    code = "bic_invalid"


class HolderNameInvalid(Invalid):
    """Empty, too long, or with characters no name has."""

    code = "holder_name_invalid"


class BankAccountExists(WalletError):
    """The person has this account already."""

    code = "bank_account_exists"


class TooManyBankAccounts(WalletError):
    """The person has, or is about to confirm, as many as anybody may. ``most`` is how many that is."""

    code = "too_many_bank_accounts"


class BankAccountNotUsable(WalletError):
    """It waits for confirmation, was removed, or its country or currency cannot be paid."""

    code = "bank_account_not_usable"


class AmountTooSmall(WalletError):
    """Less than a withdrawal can be. ``minimum`` shows the smallest sum."""

    code = "amount_too_small"


class QuestionEmpty(WalletError):
    """A question or an answer without a word in it."""

    code = "question_empty"


class OwnEdit(WalletError):
    """Who corrected the bank account last does not approve money to it."""

    code = "own_edit"


class AlreadyClaimed(WalletError):
    """Another officer works on it."""

    code = "already_claimed"


class RecheckFailed(WalletError):
    """What must hold at the moment of approval does not. ``conditions`` names what failed, comma separated."""

    code = "recheck_failed"


class RequestInProgress(WalletError):
    """The same request is being carried out by another connection and did not finish in time."""

    code = "request_in_progress"
