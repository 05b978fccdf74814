"""A failpoint kills the process at once when asked to, and does nothing otherwise."""

from __future__ import annotations

import os
import signal
import subprocess
import sys

import pytest

from wallet_project.lib.failpoints import failpoint

SCRIPT = "from wallet_project.lib.failpoints import failpoint; failpoint('here'); print('survived')"


@pytest.mark.parametrize(
    ("armed", "code", "said"), [("here", -signal.SIGKILL, ""), ("elsewhere", 0, "survived\n"), ("", 0, "survived\n")]
)
def test_kills_the_process_only_where_it_is_armed(armed: str, code: int, said: str) -> None:
    environment = os.environ | {"WALLET_FAILPOINT": armed}
    done = subprocess.run([sys.executable, "-c", SCRIPT], env=environment, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (code, said)


def test_does_nothing_by_default(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("WALLET_FAILPOINT", raising=False)
    failpoint("here")
