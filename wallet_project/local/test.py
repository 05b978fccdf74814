"""`bin/test`: everything that must hold before a change is done, in one command."""

from __future__ import annotations

import argparse
import os
import sys

from wallet_project.local import places, processes, run, services, venv
from wallet_project.local.console import Stop, say
from wallet_project.local.testing import checks, suites


def main(arguments: list[str]) -> int:
    """The whole command; its exit code."""
    parser = argparse.ArgumentParser(
        prog="bin/test", description="Checks and tests everything.", epilog="Other arguments go to pytest."
    )
    size = parser.add_mutually_exclusive_group()
    size.add_argument("--quick", action="store_true", help="checks, unit and integration tests; under 3 minutes")
    size.add_argument("--full", action="store_true", help="whole matrices instead of samples")
    size.add_argument("--only", action="store_true", help="no checks: just pytest with the arguments that follow")
    options, rest = parser.parse_known_args(arguments)
    run.catch_signals()
    try:
        return _run("quick" if options.quick else "full" if options.full else "default", rest, only=options.only)
    except Stop as refusal:
        say(f"\nStopped: {refusal}")
        return 1
    except run.Interrupted:
        say("\nStopped.")
        return 130


def _run(size: str, pytest_arguments: list[str], *, only: bool) -> int:
    var = places.var_dir("var/test")
    lock = services.hold(var)
    venv.ensure(venv.TEST_LOCKS)
    held = services.start(var, lock, wallet_env="test", durable=False)
    try:
        environment = {**os.environ, **held.environment, "DJANGO_SETTINGS_MODULE": "wallet_project.settings.test"}
        suites.choose_seed(environment)
        if only or pytest_arguments:
            return _pytest(environment, pytest_arguments)
        failed = checks.run_all(environment) + suites.run_all(environment, size)
    finally:
        run.ignore_signals()
        held.close()
    say(f"\nFailed: {', '.join(failed)}" if failed else "\nAll checks and tests passed.")
    return 1 if failed else 0


def _pytest(environment: dict[str, str], arguments: list[str]) -> int:
    command = [str(places.PYTHON), "-m", "pytest", *arguments]
    return processes.run_to_end(command, environment)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
