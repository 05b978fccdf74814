"""bin/run as a person uses it: start, kill it the hard way, start again, stop it politely."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import requests

from wallet_project.local.places import ROOT, free_port, port_answers

if TYPE_CHECKING:
    from collections.abc import Iterator

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]

FROM_OUTSIDE = ("PATH", "HOME", "LANG", "USER")
READY_SECONDS = 180


class Copy:
    """One copy under its own folder and port, started through the shell script."""

    def __init__(self, var: Path) -> None:
        self.var = var
        self.port = free_port()
        self.output = var.parent / "output.txt"
        self.process: subprocess.Popen[bytes] | None = None

    def start(self, *arguments: str, **variables: str) -> None:
        keep = {name: os.environ[name] for name in FROM_OUTSIDE if name in os.environ}
        environment = {**keep, "WALLET_VAR": str(self.var), "PORT": str(self.port), **variables}
        with self.output.open("wb") as stream:
            self.process = subprocess.Popen(
                [ROOT / "bin/run", *arguments], env=environment, stdout=stream, stderr=stream
            )

    def until(self, words: str) -> str:
        assert self.process is not None
        deadline = time.monotonic() + READY_SECONDS
        while time.monotonic() < deadline:
            said = self.output.read_text()
            if words in said:
                return said
            if self.process.poll() is not None:
                break
            time.sleep(0.1)
        pytest.fail(f"bin/run never said {words!r}; it said:\n{self.output.read_text()}")

    def stop(self, number: signal.Signals = signal.SIGINT) -> int:
        assert self.process is not None
        self.process.send_signal(number)
        return self.process.wait(60)


@pytest.fixture
def copy() -> Iterator[Copy]:
    """In a folder that others may enter, as most are; pytest's own are closed."""
    folder = Path(tempfile.mkdtemp(prefix="wällét "))
    folder.chmod(0o755)
    made = Copy(folder / "my wällét")
    yield made
    if made.process and made.process.poll() is None:
        made.stop()
    shutil.rmtree(folder)


def variables(copy: Copy) -> dict[str, str]:
    return dict(re.findall(r"^export (\w+)=(\S+)$", (copy.var / "urls.env").read_text(), re.MULTILINE))


def test_a_killed_run_blocks_nothing_and_one_ended_program_ends_all(copy: Copy) -> None:
    copy.start()
    copy.until(f"Ready: http://localhost:{copy.port}")
    ready = requests.get(f"http://localhost:{copy.port}/readyz", timeout=10)
    checked = ("database", "broker", "migrations", "database_checks")
    assert ready.json() == {"status": "ok", "checks": dict.fromkeys(checked, True)}
    before = variables(copy)
    copy.stop(signal.SIGKILL)
    assert port_answers(copy.port)

    copy.start()
    said = copy.until(f"Ready: http://localhost:{copy.port}")
    assert "Ended what an earlier run left behind: valkey, simulator, bank, web, worker, beat" in said
    assert variables(copy) == before
    assert requests.get(f"http://localhost:{copy.port}/readyz", timeout=10).status_code == 200

    beat = next(pid for name, pid in running(copy) if name == "beat")
    os.kill(beat, signal.SIGKILL)
    assert copy.process is not None
    assert copy.process.wait(60) == 1
    assert "Stopped: beat ended with code -9. It said: " in copy.output.read_text()
    assert running(copy) == []
    assert_gone(copy, before)


def test_stops_politely(copy: Copy) -> None:
    copy.start("--services")
    copy.until("Ready: ")
    before = variables(copy)
    assert copy.stop(signal.SIGTERM) == 0
    assert copy.output.read_text().endswith("Stopped.\n")
    assert_gone(copy, before)


def assert_gone(copy: Copy, before: dict[str, str]) -> None:
    ports = [int(port) for port in re.findall(r"127\.0\.0\.1:(\d+)", " ".join(before.values()))]
    assert len(ports) >= 4
    assert [port for port in (copy.port, *ports) if port_answers(port)] == []
    assert not (copy.var / "urls.env").exists()


def running(copy: Copy) -> list[tuple[str, int]]:
    record = json.loads((copy.var / "processes.json").read_text())
    return [(name, entry["pid"]) for name, entry in record.items()]


class TestRefusals:
    """Each is one sentence, before anything has been started."""

    def refused(self, copy: Copy, *arguments: str, **changes: str) -> str:
        copy.start(*arguments, **changes)
        assert copy.process is not None
        assert copy.process.wait(60) == 1
        return copy.output.read_text().strip()

    def test_a_taken_port(self, copy: Copy) -> None:
        with socket.socket() as taken:
            taken.bind(("127.0.0.1", copy.port))
            taken.listen()
            said = self.refused(copy)
        assert said == (
            f"Stopped: Port {copy.port} is taken by another program: stop it, "
            f"or choose another with PORT={copy.port + 1} bin/run."
        )

    def test_a_port_that_is_none(self, copy: Copy) -> None:
        assert self.refused(copy, PORT="web") == "Stopped: PORT is 'web': write a number from 1 to 65535."

    def test_half_a_database(self, copy: Copy) -> None:
        said = self.refused(copy, DATABASE_URL="postgresql://a:b@127.0.0.1:1/w")
        assert said.startswith("Stopped: Set both DATABASE_URL (the app role) and DATABASE_OWNER_URL")

    def test_a_second_run_on_the_same_folder(self, copy: Copy) -> None:
        copy.start("--services")
        copy.until("Ready: ")
        first = copy.process
        try:
            said = self.refused(copy, "--services")
        finally:
            copy.process = first
        assert f"{copy.var} is in use by process" in said

    def test_no_python(self, copy: Copy, tmp_path: Path) -> None:
        tools = tmp_path / "tools"
        tools.mkdir()
        for tool in ("sh", "dirname"):
            (tools / tool).symlink_to(f"/usr/bin/{tool}")
        said = self.refused(copy, PATH=str(tools))
        assert said == "Stopped: Python 3.11 or later is needed and was not found: install it, or set PYTHON to it."
