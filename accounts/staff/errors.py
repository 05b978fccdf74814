"""Defects of the table of roles, and the refusal of a network."""

from __future__ import annotations

from wallet_project.lib.errors import WalletError


class NetworkNotAllowed(WalletError):
    """Staff work only from the networks of ``STAFF_NETWORKS``."""

    code = "network_not_allowed"


class PermissionsMissing(RuntimeError):
    """The table names permissions that no app has: a spelling mistake, or an app that is not migrated."""

    def __init__(self, missing: list[str]) -> None:
        self.missing = missing
        super().__init__(f"No such permission: {', '.join(missing)}")


class RoleUnknown(RuntimeError):
    """There is no such role in the table, or the person is not staff."""
