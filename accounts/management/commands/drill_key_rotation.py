"""Rehearses the change of the field key on a development copy: forth to a new key and back again."""

from __future__ import annotations

import base64
import secrets
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError
from django.test.utils import override_settings

from wallet_project.lib.crypto import key_id, seal

if TYPE_CHECKING:
    from collections.abc import Mapping

DRILL = "drill"
_PLACE = "drill.key"


class Command(BaseCommand):
    """`manage.py drill_key_rotation` while nothing else runs (`bin/run --services`)."""

    help = "Rehearses docs/runbooks/key-rotation.md: a new key, everything under it, the old one gone; then back."

    def handle(self, *args: Any, **options: Any) -> None:
        if settings.WALLET_ENV == "prod":
            raise CommandError("The drill is for development: production follows docs/runbooks/key-rotation.md.")
        before: Mapping[str, bytes] = dict(settings.FIELD_KEYS)
        if DRILL in before:
            raise CommandError("FIELD_KEYS holds the key of an unfinished drill: run reencrypt, then take it out.")
        new = secrets.token_bytes(32)
        self.stdout.write("If this is interrupted, add to FIELD_KEYS behind the key that is there, and run reencrypt:")
        self.stdout.write(f"  {DRILL}:{base64.b64encode(new).decode()}")
        try:
            self._turn({DRILL: new, **before}, step="A new key in front")
        finally:
            self._turn({**before, DRILL: new}, step="The old key in front again")
        call_command("check_sealed", stdout=self.stdout, stderr=self.stderr)
        self.stdout.write("The drill is done: everything is under the key it was under before.")

    def _turn(self, keys: dict[str, bytes], *, step: str) -> None:
        """Everything under the first of the keys, which then opens all of it alone."""
        first = next(iter(keys))
        with override_settings(FIELD_KEYS=keys):
            if key_id(seal("", place=_PLACE)) != first:
                raise CommandError("The first key does not seal.")
            self.stdout.write(f"{step}: {first}")
            call_command("reencrypt", stdout=self.stdout)
            call_command("check_sealed", newest_only=True, stdout=self.stdout, stderr=self.stderr)
