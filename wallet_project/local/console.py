"""Progress for people: one line per step, and refusals in one sentence."""

from __future__ import annotations

import sys
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator


class Stop(Exception):
    """Ends the command with one sentence a person can act on."""


def say(text: str) -> None:
    """One line, at once, also into a pipe."""
    print(text, flush=True)


@contextmanager
def step(title: str) -> Iterator[None]:
    """Shows that something is going on, and how long it took."""
    started = time.monotonic()
    live = sys.stdout.isatty()
    print(f"  {title} …", end="" if live else "\n", flush=True)
    yield
    seconds = f"{time.monotonic() - started:.1f} s"
    print(f" {seconds}" if live else f"  {title}: {seconds}", flush=True)
