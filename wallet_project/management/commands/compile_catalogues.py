"""Compiles locale/*/LC_MESSAGES/*.po in Python: a bare machine has no gettext."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from django.conf import settings
from django.core.management.base import BaseCommand


class Command(BaseCommand):
    """Only catalogues newer than their compiled form are compiled."""

    help = "Compiles message catalogues without gettext."

    def handle(self, *args: Any, **options: Any) -> None:
        for folder in settings.LOCALE_PATHS:
            for source in sorted(Path(folder).glob("*/LC_MESSAGES/*.po")):
                target = source.with_suffix(".mo")
                if not target.exists() or target.stat().st_mtime < source.stat().st_mtime:
                    _compile(source, target)
                    if options["verbosity"]:
                        self.stdout.write(f"Compiled {source.parent.parent.name}/{source.name}")


def _compile(source: Path, target: Path) -> None:
    with source.open("rb") as stream:
        catalogue = read_po(stream, abort_invalid=True)
    draft = target.with_suffix(f".{os.getpid()}.new")
    with draft.open("wb") as stream:
        write_mo(stream, catalogue)
    draft.replace(target)
