"""Signs a checkpoint now; the nightly job does the same."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand

from ledger import services
from wallet_project.lib import clock


class Command(BaseCommand):
    """`manage.py sign_checkpoint`"""

    help = "Signs a Merkle root over the heads of all balances (Ed25519, LEDGER_SIGNING_KEY)."

    def handle(self, *args: Any, **options: Any) -> None:
        signed = services.sign_checkpoint(at=clock.now())
        if options["verbosity"]:
            self.stdout.write(f"Checkpoint {signed.no}: {signed.count} postings, root {signed.root.hex()}.")
