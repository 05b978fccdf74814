"""Makes .venv and installs what the locks say; a second time it only compares a fingerprint."""

from __future__ import annotations

import hashlib
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from wallet_project.local.console import Stop, step
from wallet_project.local.places import PYTHON, ROOT, VENV

if TYPE_CHECKING:
    from collections.abc import Sequence

RUN_LOCKS = ("requirements.txt", "requirements-local.txt")
TEST_LOCKS = (*RUN_LOCKS, "requirements-dev.txt")


def ensure(locks: Sequence[str]) -> None:
    """.venv holds exactly what ``locks`` pin, checked by hash as it is installed."""
    mark = VENV / ("installed-test" if "requirements-dev.txt" in locks else "installed-run")
    wanted = _fingerprint(locks)
    if PYTHON.exists() and mark.exists() and mark.read_text() == wanted:
        return
    if not _works():
        with step("Making .venv"):
            _make()
    with step(f"Installing {', '.join(locks)} (the first time takes a minute or two)"):
        _install(locks)
    mark.write_text(wanted)


def _fingerprint(locks: Sequence[str]) -> str:
    digest = hashlib.sha256(f"{sys.version_info[:2]} {ROOT}".encode())
    for lock in locks:
        digest.update((ROOT / lock).read_bytes())
    return digest.hexdigest()


def _works() -> bool:
    """A moved or half-made environment does not count."""
    if not PYTHON.exists():
        return False
    probe = subprocess.run(
        [PYTHON, "-c", "import pip, sys; print(sys.prefix)"], capture_output=True, text=True, check=False
    )
    return probe.returncode == 0 and Path(probe.stdout.strip()) == VENV


def _make() -> None:
    made = subprocess.run([sys.executable, "-m", "venv", "--clear", VENV], capture_output=True, text=True, check=False)
    if made.returncode:
        raise Stop(
            "Python cannot make a virtual environment here. On Debian or Ubuntu run: "
            f"apt-get install python3-venv. It said: {(made.stderr or made.stdout).strip()[-300:]}"
        )


def _install(locks: Sequence[str]) -> None:
    command: list[str | Path] = [
        PYTHON,
        "-m",
        "pip",
        "install",
        "--quiet",
        "--disable-pip-version-check",
        "--require-hashes",
    ]
    for lock in locks:
        command += ["-r", ROOT / lock]
    done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=ROOT)
    if done.returncode:
        raise Stop(f"The packages could not be installed; is the network there? pip said: {done.stderr.strip()[-600:]}")
