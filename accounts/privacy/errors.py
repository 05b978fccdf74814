"""What can be refused about privacy."""

from __future__ import annotations

from wallet_project.lib.errors import WalletError


class ConsentVersionUnknown(WalletError):
    """The version is not the one in force: what was read is not what would be accepted."""

    code = "consent_version_unknown"
