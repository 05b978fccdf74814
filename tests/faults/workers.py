"""Processes of their own that do a piece of paying out, and may be killed while they do it."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from typing import TYPE_CHECKING

from wallet_project.local.places import ROOT

if TYPE_CHECKING:
    from collections.abc import Sequence

# Everything the jobs do, in the order in which a quiet minute runs them.
JOBS = """
import sys
import django
django.setup()
from datetime import timedelta
from payments.payouts import services
from payments.reconciliation.services import reconcile_due
from wallet_project.lib import clock
for minutes in sys.argv[1:]:
    at = clock.now() + timedelta(minutes=int(minutes))
    services.build_batch(at=at)
    services.send_due(at=at)
    services.collect(at=at)
    services.handle_due(at=at)
    services.ask_due(at=at)
    reconcile_due(at=at)
"""
MINUTES_LATER = (3, 6, 9)
"""The jobs of another worker, after the leases of the dead one have ended."""
KILLED = -signal.SIGKILL


def started(script: str, *arguments: str, die_at: str = "", **environment: str) -> subprocess.Popen[str]:
    """A process of the product on this module's database; it dies at the failpoint ``die_at``."""
    values = os.environ | {
        "WALLET_FAILPOINT": die_at,
        "PYTHONPATH": str(ROOT),
        "DJANGO_SETTINGS_MODULE": "wallet_project.settings.test",
    }
    command = [sys.executable, "-c", script, *arguments]
    return subprocess.Popen(
        command, env=values | environment, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )


def ended(process: subprocess.Popen[str]) -> int:
    """Its return code: 0 when it came to its end, KILLED when it died at its failpoint. Anything else is a failure."""
    _, said = process.communicate()
    assert process.returncode in (0, KILLED), said
    return process.returncode


def worker(bank_url: str, *, minutes: Sequence[int] = (0,), die_at: str = "") -> subprocess.Popen[str]:
    """The jobs, as they run so many minutes later, one run after the other."""
    return started(JOBS, *map(str, minutes), die_at=die_at, BANK_URL=bank_url)


def work(bank_url: str, *, minutes: Sequence[int] = (0,), die_at: str = "") -> int:
    """Runs the jobs; the return code."""
    return ended(worker(bank_url, minutes=minutes, die_at=die_at))
