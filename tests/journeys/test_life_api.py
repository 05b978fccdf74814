"""The life through the API, exactly as docs/api/quickstart.md tells it: its bash lines are run as they stand."""

from __future__ import annotations

import json
import os
import re
import subprocess
from typing import TYPE_CHECKING, Any

import pytest
import requests

from wallet_project.local.places import ROOT

if TYPE_CHECKING:
    from tests.servers import WalletServer

pytestmark = pytest.mark.slow

QUICKSTART = ROOT / "docs/api/quickstart.md"
BLOCK = re.compile(r"^```bash\n(.*?)^```$", re.MULTILINE | re.DOTALL)
AFTERWARDS = 'declare -p ANN_TOKEN BEN_TOKEN TOP_UP_ID WITHDRAWAL_ID > "$KEPT"\n'
"""What the test looks at once the page's own lines are through."""


def run_quickstart(url: str, kept: str) -> subprocess.CompletedProcess[str]:
    """Every block in one bash that stops at the first line that fails."""
    blocks = BLOCK.findall(QUICKSTART.read_text(encoding="utf-8"))
    script = "\n".join(["set -euo pipefail", *blocks, AFTERWARDS])
    environment = {**os.environ, "WALLET": url, "KEPT": kept}
    return subprocess.run(
        ["bash", "-c", script], env=environment, capture_output=True, text=True, timeout=120, check=False
    )


def test_the_quickstart_runs_as_it_stands(wallet_server: WalletServer, tmp_path: Any) -> None:
    kept = tmp_path / "kept"
    done = run_quickstart(wallet_server.url, str(kept))
    said = done.stdout + done.stderr
    assert done.returncode == 0, said
    variables = dict(re.findall(r'^declare -- (\w+)="(.*)"$', kept.read_text(), re.MULTILINE))

    def asked(path: str, person: str) -> dict[str, Any]:
        token = {"X-Session-Token": variables[f"{person}_TOKEN"]}
        answer = requests.get(f"{wallet_server.url}/api/v1/{path}", headers=token, timeout=10)
        assert answer.status_code == 200
        found: dict[str, Any] = answer.json()
        return found

    ann, ben = asked("wallets/", "ANN")["results"], asked("wallets/", "BEN")["results"]
    assert [(row["currency"], row["available_minor"], row["held_minor"]) for row in ann] == [("EUR", 3750, 0)]
    assert [(row["currency"], row["available_minor"]) for row in ben] == [("EUR", 4250)]
    rows = [(row["type"], row["direction"], row["amount_minor"]) for row in asked("activity/", "ANN")["results"]]
    assert rows == [("withdrawal", "OUT", -1050), ("transfer", "OUT", -4250), ("top_up", "IN", 8000)]
    rows = [(row["type"], row["status"], row["amount_minor"]) for row in asked("activity/", "BEN")["results"]]
    assert rows == [("transfer", "COMPLETED", 4250)]
    assert [row["kind"] for row in asked("notifications/", "BEN")["results"]] == ["money_received", "welcome"]
    assert asked(f"top-ups/{variables['TOP_UP_ID']}/", "ANN")["status"] == "CREDITED"
    assert asked(f"withdrawals/{variables['WITHDRAWAL_ID']}/", "ANN")["status"] == "CANCELLED"

    assert "idempotent-replayed: true" in done.stdout.lower()
    refusal = json.loads(done.stdout[done.stdout.rindex('{"type"') :])
    assert (refusal["code"], refusal["money_moved"]) == ("insufficient_funds", False)


def test_every_line_is_something_a_reader_can_paste() -> None:
    text = QUICKSTART.read_text(encoding="utf-8")
    assert text.count("```") == 2 * len(BLOCK.findall(text)), "a fence that is not bash would not be tested"
    assert "jq" not in re.findall(r"[a-z]+", "".join(BLOCK.findall(text)))
