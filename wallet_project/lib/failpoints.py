"""Places where a test may kill the process, to prove that what was begun is finished by somebody else."""

from __future__ import annotations

import os
import signal


def failpoint(name: str) -> None:
    """Kills this process as ``kill -9`` would, if the environment says ``WALLET_FAILPOINT=<name>``.

    Nothing is flushed, closed or rolled back: the database finds out by a connection that ends.
    """
    if os.environ.get("WALLET_FAILPOINT") == name:
        os.kill(os.getpid(), signal.SIGKILL)
