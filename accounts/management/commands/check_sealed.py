"""Opens every sealed value, to see that it opens: with all keys, or as if only the newest were left."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.test.utils import override_settings

from accounts.management import sealed

if TYPE_CHECKING:
    from argparse import ArgumentParser

NAMED_MAX = 10


class Command(BaseCommand):
    """`manage.py check_sealed [--newest-only]`"""

    help = "Opens every sealed value. Exit code 1 and the keys of the rows that do not open. Shows no value."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--newest-only", action="store_true", help="as if the older FIELD_KEYS were gone: before they are taken out"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        keys = dict(settings.FIELD_KEYS)
        if options["newest_only"]:
            keys = dict([next(iter(keys.items()))])
        opened = broken = 0
        with override_settings(FIELD_KEYS=keys):
            for place, count, rows in sealed.look():
                opened, broken = opened + count, broken + len(rows)
                if rows:
                    more = f" and {len(rows) - NAMED_MAX} more" if len(rows) > NAMED_MAX else ""
                    self.stderr.write(f"{place}: {', '.join(rows[:NAMED_MAX])}{more}")
        if broken:
            raise CommandError(f"{broken} of {opened} values do not open.", returncode=1)
        self.stdout.write(f"{opened} values open with {', '.join(keys)}.")
