"""Runs the programs of the Procfile side by side, and leaves none behind.

A killed runner cannot clean up, so each program leads a session of its own and is written down in
``processes.json``; the next start ends what is left of them before it begins.
"""

from __future__ import annotations

import json
import os
import re
import shlex
import signal
import subprocess
import sys
import threading
import time
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

from wallet_project.local.console import Stop, say
from wallet_project.local.places import ROOT, write_private

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

RECORD = "processes.json"
STOP_SECONDS = 15.0
QUIET = b" INFO "  # kept in the log files, not shown
LEFT_BEHIND_SECONDS = 1.5  # nobody waits for them: every task may be cut off and run again


def read_procfile(file: Path, environment: Mapping[str, str]) -> dict[str, list[str]]:
    """``name: command`` per line; ``$NAME`` comes from ``environment``; no shell is involved."""
    commands: dict[str, list[str]] = {}
    for line in file.read_text(encoding="utf-8").splitlines():
        name, separator, command = line.partition(":")
        if separator and not line.startswith("#"):
            commands[name.strip()] = [_filled(word, environment) for word in shlex.split(command)]
    return commands


def _filled(word: str, environment: Mapping[str, str]) -> str:
    def value(match: re.Match[str]) -> str:
        if match[1] not in environment:
            raise Stop(f"The Procfile needs ${match[1]}, which is not set.")
        return environment[match[1]]

    return re.sub(r"\$([A-Z_]+)", value, word)


@dataclass
class Runner:
    """Starts programs, shows or files their output, notices when one ends, stops all."""

    var: Path
    environment: Mapping[str, str]
    show_output: bool = True
    running: dict[str, subprocess.Popen[bytes]] = field(default_factory=dict)
    pumps: dict[str, threading.Thread] = field(default_factory=dict)

    def start(self, name: str, command: Sequence[str]) -> None:
        """Starts one program in its own session, so that Ctrl-C reaches only us."""
        process = subprocess.Popen(
            command,
            cwd=ROOT,
            env=dict(self.environment),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        self.running[name] = process
        remember(self.var, name, process.pid)
        if process.stdout:
            pump = threading.Thread(target=self._pump, args=(name, process.stdout), daemon=True)
            pump.start()
            self.pumps[name] = pump

    def log(self, name: str) -> Path:
        """Where a program's output is kept."""
        return self.var / "log" / f"{name}.log"

    def last_words(self, name: str) -> str:
        """The last line of a program that has ended."""
        if name in self.pumps:
            self.pumps[name].join(1)
        lines = self.log(name).read_text(errors="replace").strip().splitlines()
        return lines[-1].strip() if lines else "nothing"

    def _pump(self, name: str, stream: IO[bytes]) -> None:
        log = self.log(name)
        log.parent.mkdir(exist_ok=True)
        with stream, log.open("ab") as file:
            for line in stream:
                file.write(line)
                file.flush()
                if self.show_output and QUIET not in line:
                    sys.stdout.write(f"{name:10} | {line.decode(errors='replace')}")
                    sys.stdout.flush()

    def ended(self) -> tuple[str, int] | None:
        """The first program that is no longer there, with its exit code."""
        for name, process in self.running.items():
            code = process.poll()
            if code is not None:
                return name, code
        return None

    def stop(self) -> None:
        """TERM to each, the last started first; KILL to what is left of their sessions after a while."""
        for process in reversed(self.running.values()):
            if process.poll() is None:
                process.terminate()
        deadline = time.monotonic() + STOP_SECONDS
        for process in self.running.values():
            with suppress(subprocess.TimeoutExpired):
                process.wait(max(0.1, deadline - time.monotonic()))
            _signal_session(process.pid, signal.SIGKILL)
            process.wait()
        for pump in self.pumps.values():
            pump.join(5)
        for name in self.running:
            forget(self.var, name)
        self.running.clear()


def run_to_end(command: Sequence[str], environment: Mapping[str, str]) -> int:
    """A child in our own terminal; its exit code. When we are stopped it may clean up first, as after Ctrl-C."""
    process = subprocess.Popen(command, env=dict(environment), cwd=ROOT)
    try:
        return process.wait()
    except BaseException:
        process.send_signal(signal.SIGINT)
        try:
            process.wait(2 * STOP_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
        raise


def remember(var: Path, name: str, pid: int) -> None:
    """Writes down a program that leads its own session, for the next start."""
    write_private(var / RECORD, json.dumps({**_known(var), name: {"pid": pid, "born": _born(pid)}}))


def forget(var: Path, name: str) -> None:
    """The program has ended in good order."""
    write_private(var / RECORD, json.dumps({key: entry for key, entry in _known(var).items() if key != name}))


def _known(var: Path) -> dict[str, dict[str, Any]]:
    try:
        known = json.loads((var / RECORD).read_text())
    except (OSError, ValueError):
        return {}
    return known if isinstance(known, dict) else {}


def end_left_behind(var: Path) -> list[str]:
    """Ends the programs of a runner that was killed; their names."""
    left = {name: entry["pid"] for name, entry in _known(var).items() if _is_ours(entry["pid"], entry["born"])}
    for pid in left.values():
        _signal_session(pid, signal.SIGTERM)
    deadline = time.monotonic() + LEFT_BEHIND_SECONDS
    while any(_session_lives(pid) for pid in left.values()) and time.monotonic() < deadline:
        time.sleep(0.05)
    for pid in left.values():
        _signal_session(pid, signal.SIGKILL)
    (var / RECORD).unlink(missing_ok=True)
    if left:
        say(f"  Ended what an earlier run left behind: {', '.join(left)}")
    return list(left)


def _born(pid: int) -> str:
    """When a process began: with the pid it names one process for good. Empty where there is no such process."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[19]
    except (OSError, IndexError):
        done = subprocess.run(["ps", "-o", "lstart=", "-p", str(pid)], capture_output=True, text=True, check=False)
        return done.stdout.strip()


def _is_ours(pid: int, born: str) -> bool:
    """The leader we started, or, when it is gone, the rest of its session (whose number nobody else can get)."""
    now = _born(pid)
    return now == born if now else _session_lives(pid)


def _session_lives(pid: int) -> bool:
    try:
        os.killpg(pid, 0)
    except (ProcessLookupError, PermissionError):
        return False
    return True


def _signal_session(pid: int, number: int) -> None:
    try:
        os.killpg(pid, number)
    except (ProcessLookupError, PermissionError):
        return
