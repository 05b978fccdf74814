"""Seals every personal column anew under the newest key (docs/runbooks/key-rotation.md)."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand

from accounts.management import sealed
from wallet_project.lib.crypto import newest_key_id


class Command(BaseCommand):
    help = "Seals every value that is not under the newest of FIELD_KEYS anew. May be stopped and run again."

    def handle(self, *args: Any, **options: Any) -> None:
        """A line per column while it goes; what is under the newest key already is left alone."""
        changed = 0
        for place, count in sealed.reseal():
            changed += count
            self.stdout.write(f"{place}: {count}")
        self.stdout.write(f"{changed} values are under key {newest_key_id()} now.")
