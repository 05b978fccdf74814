"""Defects of the table of roles."""

from __future__ import annotations


class PermissionsMissing(RuntimeError):
    """The table names permissions that no app has: a spelling mistake, or an app that is not migrated."""

    def __init__(self, missing: list[str]) -> None:
        self.missing = missing
        super().__init__(f"No such permission: {', '.join(missing)}")


class RoleUnknown(RuntimeError):
    """There is no such role in the table, or the person is not staff."""
