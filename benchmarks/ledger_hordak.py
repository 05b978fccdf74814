"""Single posts beside django-hordak's, interleaved, on the same PostgreSQL: each in a database of its own.

django-hordak lives in a virtual environment that this makes under ``WALLET_VAR`` from ``hordak.txt``. It posts with its
documented verb, ``Account.transfer_to``, between accounts known by their ids, as ours are. That does less than a post
of ours: no floor, no request that may come twice, no chain, no balance kept. So it is measured a second time where
nobody may spend what is not there: with the payer locked and the balance asked for first.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from benchmarks._ledger import Load, fund, judge, measure, open_accounts, say, sizes

if TYPE_CHECKING:
    from collections.abc import Iterator

BAR = 3
HERE = Path(__file__).resolve().parent
WANTED = HERE / "hordak.txt"


def main() -> int:
    """The whole benchmark; its exit code."""
    size = sizes(accounts=20_000, processes=8, seconds=5, rounds=3)
    import django

    django.setup()
    from benchmarks._copy import fresh_database
    from ledger import integrity

    python = environment()
    with fresh_database(), empty_database() as url:
        accounts = open_accounts(size.accounts)
        fund(accounts)
        hordak = Hordak(python, url)
        say(what="django-hordak", **hordak.run("prepare", size.accounts))
        best: dict[str, float] = {}
        for _ in range(size.rounds):
            rates = {
                "ours": measure(Load(accounts), processes=size.processes, seconds=size.seconds),
                "plain": hordak.rate("post", size.processes, size.seconds),
                "within funds": hordak.rate("post_within_funds", size.processes, size.seconds),
            }
            say(entries_per_second={name: round(rate) for name, rate in rates.items()})
            best = {name: max(rate, best.get(name, 0)) for name, rate in rates.items()}
        good = [
            judge("post, beside django-hordak", ours=best["ours"], reference=best["plain"], bar=BAR),
            judge(
                "post, beside django-hordak within funds", ours=best["ours"], reference=best["within funds"], bar=BAR
            ),
        ]
        wrong = integrity.check()
        say(what="check_ledger", wrong=[str(problem) for problem in wrong])
        return 0 if all(good) and not wrong else 1


def environment() -> Path:
    """Its Python, with what ``hordak.txt`` pins; made once."""
    from wallet_project.local import places

    folder = places.var_dir("var/bench") / "hordak"
    python, mark = folder / "bin" / "python", folder / "installed"
    if not mark.exists() or mark.read_text() != WANTED.read_text():
        say(what="installing django-hordak", into=str(folder))
        for command in (
            [sys.executable, "-m", "venv", "--clear", str(folder)],
            [str(python), "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "-r", str(WANTED)],
        ):
            done = subprocess.run(command, capture_output=True, text=True, check=False)
            if done.returncode:
                raise SystemExit(f"django-hordak was not installed; is the network there? {done.stderr.strip()[-300:]}")
        mark.write_text(WANTED.read_text())
    return python


@contextmanager
def empty_database() -> Iterator[str]:
    """The address of a database without tables, as its owner; dropped at the end."""
    from tests import databases

    name = databases.empty()
    try:
        yield databases.at(os.environ["DATABASE_OWNER_URL"], name)
    finally:
        databases.drop(name)


@dataclass(frozen=True, slots=True)
class Hordak:
    """The other ledger: its Python and its database."""

    python: Path
    url: str

    def rate(self, step: str, processes: int, seconds: int) -> float:
        """Transfers per second."""
        return float(self.run(step, processes, seconds)["per_second"])

    def run(self, step: str, *numbers: int) -> dict[str, Any]:
        """One step of its program; what it said."""
        command = [str(self.python), "-W", "ignore", str(HERE / "_hordak_run.py"), step, *map(str, numbers)]
        surroundings = {"PATH": os.environ["PATH"], "HORDAK_DATABASE_URL": self.url}
        done = subprocess.run(command, env=surroundings, capture_output=True, text=True, check=False)
        if done.returncode:
            raise SystemExit(f"django-hordak said: {done.stderr.strip()[-600:]}")
        told: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
        return told


if __name__ == "__main__":
    sys.exit(main())
