"""``manage.py messages``: brings the catalogues in line with the code's sentences."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from babel.messages.pofile import read_po
from django.conf import settings
from django.core.management.base import BaseCommand

from wallet_project.lib.wording import collect, merge

FOLDERS = ("accounts", "ledger", "payments", "support", "templates", "transfers", "wallet_project")
SKIP = r"/migrations/|/simulator/|^templates/dev/|^wallet_project/styleguide\.py|/__pycache__/"


class Command(BaseCommand):
    """New sentences are added without a translation, gone ones leave; then says what still needs words."""

    help = "Collect sentences into locale/*/LC_MESSAGES/django.po."

    def handle(self, *args: Any, **options: Any) -> None:
        """Rewrites each catalogue and counts its untranslated sentences."""
        found = collect(Path(settings.BASE_DIR), FOLDERS, skip=SKIP)
        for folder in settings.LOCALE_PATHS:
            for catalogue in sorted(Path(folder).glob("*/LC_MESSAGES/django.po")):
                catalogue.write_bytes(merge(catalogue.read_bytes(), found))
                with catalogue.open("rb") as stream:
                    empty = [message.id for message in read_po(stream) if message.id and not message.string]
                self.stdout.write(f"{catalogue.parent.parent.name}: {len(found)} sentences, {len(empty)} without words")
                for sentence in empty:
                    self.stdout.write(f"  {sentence!r}")
