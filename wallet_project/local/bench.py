"""`bin/bench [name …]`: runs benchmarks/<name>.py, or all; each prints JSON lines with its own limit beside it."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING

from wallet_project.local import places, processes, run, services, venv
from wallet_project.local.console import Stop, say

if TYPE_CHECKING:
    from collections.abc import Sequence


def main(arguments: Sequence[str]) -> int:
    """The whole command; its exit code."""
    run.catch_signals()
    try:
        return _run(arguments)
    except Stop as refusal:
        print(f"Stopped: {refusal}", file=sys.stderr)
        return 1
    except run.Interrupted:
        return 130


def _run(arguments: Sequence[str]) -> int:
    known = sorted(file.stem for file in (places.ROOT / "benchmarks").glob("[a-z]*.py"))
    unknown = [name for name in arguments if name not in known]
    if unknown:
        raise Stop(f"There is no benchmark {unknown[0]}: choose from {', '.join(known)}.")
    var = places.var_dir("var/bench")
    lock = services.hold(var)
    venv.ensure(venv.TEST_LOCKS)
    held = services.start(var, lock, wallet_env="test", durable=True)
    try:
        environment = {**os.environ, **held.environment, "DJANGO_SETTINGS_MODULE": "wallet_project.settings.test"}
        failed = [name for name in arguments or known if not _passes(name, environment)]
    finally:
        run.ignore_signals()
        held.close()
    if failed:
        say(f"Failed: {', '.join(failed)}")
    return 1 if failed else 0


def _passes(name: str, environment: dict[str, str]) -> bool:
    command = [str(places.PYTHON), "-m", f"benchmarks.{name}"]
    return processes.run_to_end(command, environment) == 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
