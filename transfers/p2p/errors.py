"""Refusals of the p2p room."""

from __future__ import annotations

from wallet_project.lib.errors import Invalid, WalletError


class RequestInProgress(WalletError):
    """The same request is being carried out by another connection and did not finish in time."""

    code = "request_in_progress"


class StateConflict(WalletError):
    """The transfer is no longer where this act needs it. ``status`` is where it is."""

    code = "state_conflict"


class AmountNotPositive(Invalid):
    """Zero or less."""


class NoteTooLong(Invalid):
    """More characters than a note may have, after cleaning."""


class CategoryUnknown(Invalid):
    """Not one of the categories."""
