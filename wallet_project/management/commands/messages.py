"""``manage.py messages``: brings the catalogues in line with the code's sentences."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from babel.messages.pofile import read_po
from django.conf import settings
from django.core.management.base import BaseCommand

from wallet_project.lib.wording import collect, merge, said, said_in

if TYPE_CHECKING:
    from babel.messages.catalog import Catalog

FOLDERS = ("accounts", "ledger", "payments", "support", "templates", "transfers", "wallet_project")
SKIP = r"/migrations/|/simulator/|^templates/dev/|^wallet_project/styleguide\.py|/__pycache__/"

BORROWED = "wallet_project/borrowed_words.py"
"""Sentences of libraries; the only ones that English says differently from the code."""


def sentences(language: str) -> Catalog:
    """What the catalogue of ``language`` (``en``, ``zh_Hans``) must say: all of it, in English only the borrowed."""
    found = collect(Path(settings.BASE_DIR), FOLDERS, skip=SKIP)
    return said_in(found, BORROWED) if language == settings.LANGUAGE_CODE else found


class Command(BaseCommand):
    """New sentences are added without a translation, gone ones leave; then says what still needs words."""

    help = "Collect sentences into locale/*/LC_MESSAGES/django.po."

    def handle(self, *args: Any, **options: Any) -> None:
        """Rewrites each catalogue and counts its untranslated sentences."""
        for folder in settings.LOCALE_PATHS:
            for path in sorted(Path(folder).glob("*/LC_MESSAGES/django.po")):
                language = path.parent.parent.name
                path.write_bytes(merge(path.read_bytes(), sentences(language)))
                with path.open("rb") as stream:
                    catalogue = read_po(stream)
                empty = [message.id for message in catalogue if message.id and not said(message)]
                self.stdout.write(f"{language}: {len(catalogue)} sentences, {len(empty)} without words")
                for sentence in empty:
                    self.stdout.write(f"  {sentence!r}")
