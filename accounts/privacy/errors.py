"""What can be refused about privacy."""

from __future__ import annotations

from wallet_project.lib.errors import WalletError


class ConsentVersionUnknown(WalletError):
    """The version is not the one in force: what was read is not what would be accepted."""

    code = "consent_version_unknown"


class ExportNotReady(WalletError):
    """The copy is not there: being made, failed, or deleted when its time was over."""

    code = "export_not_ready"


class ExportLinkExpired(WalletError):
    """The address of the file is older than five minutes, or somebody else's."""

    code = "export_link_expired"
