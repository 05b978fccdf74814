"""Defects of the table of roles, and refusals of what staff may not do."""

from __future__ import annotations

from wallet_project.lib.errors import Invalid, WalletError


class NetworkNotAllowed(WalletError):
    """Staff work only from the networks of ``STAFF_NETWORKS``."""

    code = "network_not_allowed"


class ReadingNotAllowed(WalletError):
    """This role does not read whole personal data."""

    code = "not_permitted"


class ReadingReasonMissing(Invalid):
    """Whoever reads personal data says why, by one of the reasons there are."""

    code = "reason_missing"


class PermissionsMissing(RuntimeError):
    """The table names permissions that no app has: a spelling mistake, or an app that is not migrated."""

    def __init__(self, missing: list[str]) -> None:
        self.missing = missing
        super().__init__(f"No such permission: {', '.join(missing)}")


class RoleUnknown(RuntimeError):
    """There is no such role in the table, or the person is not staff."""
