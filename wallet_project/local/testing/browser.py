"""A real Chromium: the one that is here, else Debian's package as root, else Playwright's own download."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

from wallet_project.local import places
from wallet_project.local.console import Stop, step

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")


def ensure() -> dict[str, str]:
    """The variable that tells the tests which browser to start; Stop when there is none to be had."""
    found = find()
    if not found and os.geteuid() == 0 and shutil.which("apt-get"):
        with step("Installing Chromium (Debian package)"):
            _debian()
        found = find()
    if not found:
        with step("Installing Chromium (Playwright's own)"):
            said = _playwright()
        found = find()
        if not found:
            raise Stop(
                "The browser tests need Chromium, and it could not be installed: install the package 'chromium' "
                f"or set CHROMIUM to a browser's path. The last try said: {said}"
            )
    return {"CHROMIUM": found}


def find() -> str:
    """The path of a Chromium on this machine, or nothing."""
    given = os.environ.get("CHROMIUM", "")
    if given:
        return given
    for name in NAMES:
        path = shutil.which(name)
        if path:
            return path
    probe = "from playwright.sync_api import sync_playwright as p\nwith p() as b: print(b.chromium.executable_path)"
    done = subprocess.run([places.PYTHON, "-c", probe], capture_output=True, text=True, check=False)
    path = done.stdout.strip()
    return path if path and Path(path).exists() else ""


def _debian() -> None:
    quiet = {"env": {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}, "capture_output": True, "check": False}
    install = ["apt-get", "install", "-y", "--no-install-recommends", "chromium"]
    if subprocess.run(install, **quiet).returncode:  # type: ignore[call-overload]  # plain keyword arguments
        subprocess.run(["apt-get", "update"], **quiet)  # type: ignore[call-overload]
        subprocess.run(install, **quiet)  # type: ignore[call-overload]


def _playwright() -> str:
    command = [str(places.PYTHON), "-m", "playwright", "install", "chromium"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    return (done.stderr or done.stdout).strip()[-300:]
