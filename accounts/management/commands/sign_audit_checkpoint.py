"""Signs what was recorded since the last signature; the nightly job does the same."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand

from accounts.audit import services
from wallet_project.lib import clock


class Command(BaseCommand):
    """`manage.py sign_audit_checkpoint`"""

    help = "Signs a Merkle root over the facts of the trail since the last one (Ed25519, LEDGER_SIGNING_KEY)."

    def handle(self, *args: Any, **options: Any) -> None:
        signed = services.sign_checkpoint(at=clock.now())
        if options["verbosity"]:
            self.stdout.write(f"Checkpoint {signed.no} of the trail: {signed.count} facts, root {signed.root.hex()}.")
