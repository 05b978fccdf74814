"""One worker's share of a payout run, in a process of its own so that its peak memory is its own. Prints JSON."""

from __future__ import annotations

import json
import resource
import sys
import time
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import django

if TYPE_CHECKING:
    from collections.abc import Callable

django.setup()

from payments.payouts import services  # noqa: E402  # after setup
from payments.reconciliation.services import reconcile_due  # noqa: E402  # the same

STEPS: dict[str, tuple[str, Callable[..., Any]]] = {
    "build": ("pain.001 written", services.build_batch),
    "send": ("file handed in", services.send_due),
    "collect": ("messages fetched", services.collect),
    "handle": ("messages followed", services.handle_due),
    "reconcile": ("statements compared", reconcile_due),
}


def main(names: list[str]) -> None:
    """Runs the named steps and says how long each took, and the peak memory of them all."""
    at = datetime.now(UTC) + timedelta(minutes=10)
    for name in names:
        what, step = STEPS[name]
        began, worked = time.perf_counter(), time.process_time()
        step(at=at)
        seconds, cpu = time.perf_counter() - began, time.process_time() - worked
        print(json.dumps({"what": what, "seconds": round(seconds, 2), "cpu_seconds": round(cpu, 2)}), flush=True)
    peak_kb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    print(json.dumps({"what": "peak", "megabytes": round(peak_kb / 1024)}), flush=True)


if __name__ == "__main__":
    main(sys.argv[1:])
