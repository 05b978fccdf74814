"""What the ledger refuses, and the one place that knows which SQLSTATE means which refusal."""

from __future__ import annotations

import json
from typing import Any

from wallet_project.lib.errors import WalletError


class LedgerError(WalletError):
    """Any refusal of the ledger. Nothing moved."""

    code = "ledger_refused"


class AmountOutOfRange(LedgerError):
    """More minor units than a bigint holds."""

    code = "amount_out_of_range"


class CurrencyUnknown(LedgerError):
    """Not a currency of our table. Param: ``currency``."""

    code = "currency_unknown"


class CurrencyMismatch(LedgerError):
    """Amounts or accounts of different currencies."""

    code = "currency_mismatch"


class InsufficientFunds(LedgerError):
    """The account would go below its floor. Params: ``account_id, currency, needed_minor, available_minor``."""

    code = "insufficient_funds"


class AccountFrozen(LedgerError):
    """The account takes no debits, or no credits. Param: ``account_id``."""

    code = "account_frozen"


class AccountClosed(LedgerError):
    """The account was closed. Param: ``account_id``."""

    code = "account_closed"


class CeilingExceeded(LedgerError):
    """The account would pass its ceiling. Params: ``account_id, currency, ceiling_minor, posted_minor``."""

    code = "ceiling_exceeded"


class UnknownAccount(LedgerError):
    """No such account in this book. Param: ``account_id``."""

    code = "account_unknown"


class UnknownEntry(LedgerError):
    """No such entry in this book. Param: ``entry_id``."""

    code = "entry_unknown"


class EntryIdReused(LedgerError):
    """The same intent and step with another body. Param: ``entry_id``."""

    code = "entry_id_reused"


class AlreadyReversed(LedgerError):
    """Another entry reverses this one already."""

    code = "entry_already_reversed"


class ReversalReversed(LedgerError):
    """A reversal is not taken back: post again what was right after all. Param: ``entry_id``."""

    code = "entry_is_reversal"


class UnbalancedEntry(LedgerError):
    """The legs do not add up to zero in each currency. Params: ``entry_id, currency, difference_minor``."""

    code = "entry_unbalanced"


class OneLeggedEntry(UnbalancedEntry):
    """Fewer than two legs. Param: ``entry_id``."""

    code = "entry_one_legged"


class ZeroLeg(UnbalancedEntry):
    """A leg of nothing. Param: ``account_id``."""

    code = "entry_leg_zero"


class CrossCurrencyEntry(UnbalancedEntry):
    """One currency given for another without position accounts in between. Params as UnbalancedEntry."""

    code = "entry_cross_currency"


class EntryTooLarge(LedgerError):
    """More than ``entries.LEGS_MAX`` legs. Params: ``entry_id, legs, legs_max``."""

    code = "entry_too_large"


class UnknownHold(LedgerError):
    """No such hold in this book. Param: ``hold_id``."""

    code = "hold_unknown"


class UnknownCheckpoint(LedgerError):
    """No such checkpoint in this book, or none at all. Param: ``no``."""

    code = "checkpoint_unknown"


class HoldIdReused(LedgerError):
    """The same hold id with another body. Param: ``hold_id``."""

    code = "hold_id_reused"


class HoldNotOpen(LedgerError):
    """The hold was captured, released or has lapsed. Params: ``hold_id, state``."""

    code = "hold_not_open"


class CaptureExceedsHold(LedgerError):
    """More than the hold has left. Params: ``hold_id, remaining_minor``."""

    code = "hold_exceeded"


class CaptureMismatch(LedgerError):
    """The entry does not pay the hold out: no such debit, or not to the hold's destination. Param: ``hold_id``."""

    code = "hold_capture_mismatch"


class AccountNotEmpty(LedgerError):
    """An account with money on it, or a hold, cannot be closed. Params: ``account_id, posted_minor, held_minor``."""

    code = "account_not_empty"


class AccountIdTaken(LedgerError):
    """The wanted account id belongs to another account, or the account has another id. Param: ``account_id``."""

    code = "account_id_taken"


class LimitsRefused(LedgerError):
    """The floor or ceiling does not fit what is on the account, or its stripes."""

    code = "account_limits_refused"


class AppendOnly(LedgerError):
    """Somebody tried to change or delete what is only ever added to."""

    code = "append_only"


_BY_STATE: dict[str, type[LedgerError]] = {
    "WL001": InsufficientFunds,
    "WL002": AccountFrozen,
    "WL003": AccountClosed,
    "WL004": CeilingExceeded,
    "WL005": CurrencyMismatch,
    "WL006": UnknownAccount,
    "WL007": EntryIdReused,
    "WL008": UnbalancedEntry,
    "WL009": HoldNotOpen,
    "WL010": CaptureExceedsHold,
    "WL011": HoldIdReused,
    "WL012": UnknownHold,
    "WL013": AccountNotEmpty,
    "WL014": AppendOnly,
    "WL015": AccountIdTaken,
    "WL016": CaptureMismatch,
    "WL017": LimitsRefused,
    "WL018": ReversalReversed,
    "22003": AmountOutOfRange,  # numeric_value_out_of_range
}
_BY_CONSTRAINT: dict[str, type[LedgerError]] = {
    "ledger_balance_floor_check": LimitsRefused,
    "ledger_balance_ceiling_check": LimitsRefused,
    "ledger_entry_reverses_key": AlreadyReversed,
    "ledger_entry_reverses_fkey": UnknownEntry,
    "ledger_posting_amount_check": UnbalancedEntry,
}


def from_database(*, sqlstate: str | None, constraint: str | None, detail: str | None) -> LedgerError | None:
    """The refusal behind a database error; None when it is none of the ledger's (a defect, a lost connection)."""
    if sqlstate in _BY_STATE:
        return _BY_STATE[sqlstate](**_params(detail))
    if constraint in _BY_CONSTRAINT:
        return _BY_CONSTRAINT[constraint]()
    return None


def _params(detail: str | None) -> dict[str, Any]:
    return dict(json.loads(detail)) if detail and detail.startswith("{") else {}
