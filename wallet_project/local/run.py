"""`bin/run`: from a bare checkout to a running wallet, and back to nothing on Ctrl-C."""

from __future__ import annotations

import argparse
import os
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from typing import TYPE_CHECKING, Any

from wallet_project.local import bank, places, processes, services, venv
from wallet_project.local.console import Stop, say, step

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

READY_SECONDS = 90
STOP_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class Interrupted(BaseException):
    """Ctrl-C, TERM or a closed terminal."""


def main(arguments: Sequence[str]) -> int:
    """The whole command; its exit code."""
    parser = argparse.ArgumentParser(prog="bin/run", description="Installs and starts everything; Ctrl-C stops it.")
    parser.add_argument(
        "--services", action="store_true", help="only PostgreSQL, Valkey and migrations; no web, no demo"
    )
    options = parser.parse_args(arguments)
    catch_signals()
    try:
        return run(only_services=options.services)
    except Stop as refusal:
        say(f"\nStopped: {refusal}")
        return 1
    except Interrupted:
        say("\nStopped.")
        return 0


def catch_signals() -> None:
    """Ctrl-C, TERM and a closed terminal become Interrupted, so that every way out cleans up."""
    for number in STOP_SIGNALS:
        signal.signal(number, _interrupt)


def ignore_signals() -> None:
    """While cleaning up."""
    for number in STOP_SIGNALS:
        signal.signal(number, signal.SIG_IGN)


def _interrupt(number: int, frame: Any) -> None:
    raise Interrupted


def run(*, only_services: bool) -> int:
    """Each step says what it does; whatever was started is stopped on every way out."""
    port = _web_port()
    var = places.var_dir("var")
    lock = services.hold(var)
    if not only_services and places.port_answers(port):
        raise Stop(f"Port {port} is taken by another program: stop it, or choose another with PORT={port + 1} bin/run.")
    venv.ensure(venv.RUN_LOCKS)
    held = services.start(var, lock, wallet_env="dev", durable=True)
    runner = processes.Runner(var, {})
    try:
        environment = _environment(held, port)
        runner.environment = environment
        services.write_urls(var, _published(environment))
        _prepare(environment)
        if not only_services:
            programs = processes.read_procfile(places.ROOT / "Procfile", environment)
            beat = programs.pop("beat")  # recurring jobs would take up what the demo has half done
            _start_programs(runner, environment, programs)
            _load_demo(environment)
            runner.start("beat", beat)
        say(f"\nReady: {environment['PUBLIC_URL'] if not only_services else f'. {services.urls_file(var)}'}")
        return _watch(runner)
    finally:
        ignore_signals()
        if runner.running or held.postgres or held.valkey:
            say("\nStopping …")
        runner.stop()
        held.close()


def _web_port() -> int:
    given = os.environ.get("PORT", "").strip() or "8000"
    if not given.isdigit() or not 0 < int(given) < 65536:
        raise Stop(f"PORT is {given!r}: write a number from 1 to 65535.")
    return int(given)


def _environment(held: services.Services, port: int) -> dict[str, str]:
    """What every program of this copy is told."""
    before = services.ports_before(held.var)
    simulator_port = places.free_port(before.get("SIMULATOR_URL", 0))
    bank_port = places.free_port(before.get("BANK_URL", 0))
    return {
        **os.environ,
        **held.environment,
        **past_proxies(os.environ),
        "PYTHON": str(places.PYTHON),
        "PYTHONUNBUFFERED": "1",
        "HOST": os.environ.get("HOST", "127.0.0.1"),
        "PORT": str(port),
        "PUBLIC_URL": f"http://localhost:{port}",
        "SIMULATOR_PORT": str(simulator_port),
        "SIMULATOR_URL": f"http://127.0.0.1:{simulator_port}",
        "BANK_PORT": str(bank_port),
        "BANK_URL": f"http://127.0.0.1:{bank_port}",
        "WEB_WORKERS": os.environ.get("WEB_WORKERS", "2"),
        "WEB_THREADS": os.environ.get("WEB_THREADS", "4"),
        "WORKER_PROCESSES": os.environ.get("WORKER_PROCESSES", "2"),
        "LOG_FORM": os.environ.get("LOG_FORM", "line"),
    }


def past_proxies(environment: Mapping[str, str]) -> dict[str, str]:
    """``NO_PROXY`` in both spellings, with this machine in it: its programs reach each other directly."""
    given = [name.strip() for key in ("NO_PROXY", "no_proxy") for name in environment.get(key, "").split(",")]
    names = ",".join(dict.fromkeys([*filter(None, given), "localhost", "127.0.0.1"])) if "*" not in given else "*"
    return {"NO_PROXY": names, "no_proxy": names}


def _published(environment: dict[str, str]) -> dict[str, str]:
    names = (
        "WALLET_ENV", "WALLET_VAR", "PUBLIC_URL", "DATABASE_URL", "DATABASE_OWNER_URL", "DATABASE_READONLY_URL",
        "REDIS_URL", "SIMULATOR_URL", "BANK_URL",
    )  # fmt: skip
    return {name: environment[name] for name in names if name in environment}


def _prepare(environment: dict[str, str]) -> None:
    command = [str(places.PYTHON), "-m", "wallet_project.local.prepare"]
    if subprocess.run(command, env=environment, cwd=places.ROOT, check=False).returncode:
        raise Stop("The database could not be prepared; the lines above say why.")


def _load_demo(environment: dict[str, str]) -> None:
    """The demo people add money through the simulator like everybody, so this comes after the programs."""
    command = [str(places.PYTHON), "manage.py", "demo"]
    if subprocess.run(command, env=environment, cwd=places.ROOT, check=False).returncode:
        raise Stop("The demo data could not be loaded; the lines above say why.")


def _start_programs(
    runner: processes.Runner, environment: dict[str, str], programs: Mapping[str, Sequence[str]]
) -> None:
    with step("Starting the provider simulator, the mock bank, web and worker"):
        bank.make_folder(runner.var)
        for name, command in programs.items():
            runner.start(name, command)
        wait_until_answers(runner, f"http://127.0.0.1:{environment['PORT']}/readyz", exactly=200)
        wait_until_answers(runner, environment["SIMULATOR_URL"])
        wait_until_answers(runner, f"{environment['BANK_URL']}/_mock/health", exactly=200)
        bank.open_account(environment["BANK_URL"])


def wait_until_answers(runner: processes.Runner, url: str, *, exactly: int | None = None) -> None:
    """Until ``url`` answers (with status ``exactly``, if given), or a program ends, or the time is up."""
    deadline = time.monotonic() + READY_SECONDS
    last = "nothing"
    while time.monotonic() < deadline:
        _refuse_ended(runner)
        try:
            with urllib.request.urlopen(url, timeout=3) as answer:  # noqa: S310  # our own address
                status, last = answer.status, f"status {answer.status}"
        except urllib.error.HTTPError as answer:
            status, last = answer.code, f"status {answer.code}: {answer.read(300).decode(errors='replace')}"
        except OSError as error:
            status, last = 0, str(error)
        if status and status == (exactly or status):
            return
        time.sleep(0.1)
    raise Stop(f"{url} did not answer within {READY_SECONDS} seconds; last: {last}")


def _refuse_ended(runner: processes.Runner) -> None:
    ended = runner.ended()
    if ended:
        name, code = ended
        raise Stop(f"{name} ended with code {code}. It said: {runner.last_words(name)} (all of it: {runner.log(name)})")


def _watch(runner: processes.Runner) -> int:
    """Nothing is restarted silently: when one program ends, all do."""
    while True:
        _refuse_ended(runner)
        time.sleep(0.3)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
