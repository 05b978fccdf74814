"""Waiting for what another process does: by looking, never for a fixed time."""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

PAUSE_SECONDS = 0.1


def until(condition: Callable[[], bool], seconds: float = 20) -> bool:
    """Whether ``condition`` became true within ``seconds``; looks ten times a second."""
    pause, deadline = threading.Event(), time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            return False
        pause.wait(PAUSE_SECONDS)
    return True
