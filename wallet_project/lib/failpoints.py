"""Places where a test may kill the process, to prove that what was begun is finished by somebody else."""

from __future__ import annotations

import os

EXIT_CODE = 77


def failpoint(name: str) -> None:
    """Ends this process at once, as a power cut would, if the environment says ``WALLET_FAILPOINT=<name>``."""
    if os.environ.get("WALLET_FAILPOINT") == name:
        os._exit(EXIT_CODE)
