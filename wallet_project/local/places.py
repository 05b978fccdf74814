"""Where things are: the checkout, the virtual environment, the data folder, and files only their owner may read."""

from __future__ import annotations

import os
import secrets
import socket
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
VENV = ROOT / ".venv"
PYTHON = VENV / "bin" / "python"


def var_dir(default: str) -> Path:
    """``WALLET_VAR``, or ``default`` inside the checkout; made when missing."""
    given = os.environ.get("WALLET_VAR", "").strip()
    folder = Path(given).absolute() if given else ROOT / default
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def write_private(file: Path, content: str) -> None:
    """Replaces a file whole; only its owner may read it."""
    draft = file.with_name(f".{file.name}.{secrets.token_hex(4)}")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as stream:
        stream.write(content)
    os.replace(draft, file)


def kept_password(file: Path) -> str:
    """A random word made once and kept beside the data it opens."""
    if not file.exists():
        write_private(file, secrets.token_urlsafe(24))
    return file.read_text().strip()


def free_port(preferred: int = 0) -> int:
    """A free port of 127.0.0.1: the preferred one if it is free."""
    for candidate in (preferred, 0):
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", candidate))
            except OSError:
                continue
            return int(probe.getsockname()[1])
    raise OSError("no free port on 127.0.0.1")


def port_answers(port: int) -> bool:
    """Whether something listens on this port of 127.0.0.1."""
    with socket.socket() as probe:
        probe.settimeout(0.5)
        return probe.connect_ex(("127.0.0.1", port)) == 0
