"""A test that hangs ends its process, after it has said where it stood; pytest-xdist puts another in its place.

Why not an exception in the test: hypothesis takes it for a failing example and hangs again, and a browser's event loop
never comes back from it. What such a process leaves running, `bin/test` ends.
"""

from __future__ import annotations

import faulthandler
import os
import threading
from typing import TYPE_CHECKING

import pytest
from pytest_timeout import is_debugging

if TYPE_CHECKING:
    from pytest_timeout import Settings

TERMINAL = pytest.StashKey[int]()
TIMER = pytest.StashKey[threading.Timer]()
EXIT_CODE = 1


def pytest_configure(config: pytest.Config) -> None:
    """Keeps a way to the terminal past everything that captures output."""
    config.stash[TERMINAL] = os.dup(2)


@pytest.hookimpl(tryfirst=True)
def pytest_timeout_set_timer(item: pytest.Item, settings: Settings) -> bool:
    """In place of pytest-timeout's own ending, which says nothing in a process of pytest-xdist."""
    timer = threading.Timer(settings.timeout, _give_up, (item, settings.timeout))
    timer.daemon = True
    timer.start()
    item.stash[TIMER] = timer
    return True


@pytest.hookimpl(tryfirst=True)
def pytest_timeout_cancel_timer(item: pytest.Item) -> bool:
    """It came to its end."""
    timer = item.stash.get(TIMER, None)
    if timer is not None:
        timer.cancel()
    return True


def _give_up(item: pytest.Item, seconds: float) -> None:
    if is_debugging():
        return
    terminal = item.config.stash[TERMINAL]
    os.write(terminal, f"\n{item.nodeid} hangs: it has not ended after {seconds:g} seconds.\n".encode())
    faulthandler.dump_traceback(file=terminal, all_threads=True)
    os._exit(EXIT_CODE)
