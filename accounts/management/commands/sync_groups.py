"""``manage.py sync_groups``: the groups of staff as the code says."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError

from accounts.staff.errors import PermissionsMissing
from accounts.staff.policy import GROUPS
from accounts.staff.services import sync_groups


class Command(BaseCommand):
    """``migrate`` does the same at its end; this one refuses when a permission does not exist."""

    help = "Make the groups of staff what accounts/staff/policy.py says."

    def handle(self, *args: Any, **options: Any) -> None:
        """Says which groups there are now."""
        try:
            sync_groups()
        except PermissionsMissing as missing:
            raise CommandError(str(missing)) from missing
        self.stdout.write(f"Groups: {', '.join(sorted(GROUPS))}")
