"""Refusals of the p2p room."""

from __future__ import annotations

from wallet_project.lib.errors import WalletError


class RequestInProgress(WalletError):
    """The same request is being carried out by another connection and did not finish in time."""

    code = "request_in_progress"


class StateConflict(WalletError):
    """The transfer is no longer where this act needs it. ``status`` is where it is."""

    code = "state_conflict"


class AmountNotPositive(WalletError):
    """Zero or less."""

    code = "amount_not_positive"


class NoteTooLong(WalletError):
    """More than ``length_max`` characters after cleaning."""

    code = "note_too_long"


class CategoryUnknown(WalletError):
    """Not one of the categories."""

    code = "category_unknown"
