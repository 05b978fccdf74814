"""What can be refused about statements."""

from __future__ import annotations

from wallet_project.lib.errors import WalletError


class StatementTooLong(WalletError):
    """More entries than a PDF is made of. Params: ``entries``, ``entries_max``."""

    code = "statement_too_long"


class StatementNotReady(WalletError):
    """It is not made yet, or could not be."""

    code = "statement_not_ready"


class StatementFileGone(WalletError):
    """The file was kept for its time and deleted; the figures are still there."""

    code = "statement_file_gone"


class LinkExpired(WalletError):
    """The short-lived address of a file is over, or was not made for it."""

    code = "statement_link_expired"
