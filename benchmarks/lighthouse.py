"""Lighthouse on the pages people meet first and most often, against a copy of its own.

Prints JSON lines with each page's median beside its bar. Lighthouse is installed from npm under var/ at the first run;
it needs Node 18 or later, and is never part of `bin/test`.
"""

from __future__ import annotations

import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from wallet_project.local import places
from wallet_project.local.testing import browser

LIGHTHOUSE = "lighthouse@12.8.2"
CATEGORIES = ("performance", "accessibility", "best-practices", "seo")
KIB_BAR = 60
TRIES = 4
PUBLIC_BARS = dict.fromkeys(CATEGORIES, 95)
SIGNED_IN_BARS = {"performance": 90, "accessibility": 95, "best-practices": 95}
"""Without SEO: these pages ask not to be found."""


@dataclass(frozen=True, slots=True)
class Page:
    """What is looked at, how often, and what it must reach."""

    path: str
    runs: int
    bars: dict[str, int]
    signed_in: bool = False


PAGES = (
    Page("/", 3, PUBLIC_BARS),
    Page("/account/login/", 3, PUBLIC_BARS),
    Page("/home/", 5, SIGNED_IN_BARS, signed_in=True),
    Page("/send/", 5, SIGNED_IN_BARS, signed_in=True),
)


def main() -> int:
    """The whole benchmark; its exit code."""
    import django

    cli = installed()
    chromium = browser.ensure()["CHROMIUM"]
    with tempfile.TemporaryDirectory(prefix="wallet-static-") as folder:
        os.environ["STATIC_ROOT"] = folder
        collect_static()
        django.setup()
        from benchmarks._copy import fresh_database, running

        with fresh_database():
            cookie = seed()
            with running("benchmarks._settings_static") as copy:
                origin = f"http://localhost:{copy.port}"
                results = [judge(page, looked_at(cli, chromium, origin, page, cookie)) for page in PAGES]
    return 0 if all(results) else 1


# --- what it needs


def installed() -> Path:
    """The command line of Lighthouse, installed where it is missing."""
    npm = shutil.which("npm")
    if npm is None:
        sys.exit("Lighthouse needs Node and npm, which are not here.")
    folder = Path(os.environ["WALLET_VAR"]) / "lighthouse"
    cli = folder / "node_modules/lighthouse/cli/index.js"
    if not cli.exists():
        folder.mkdir(parents=True, exist_ok=True)
        options = ["--prefix", str(folder), "--no-audit", "--no-fund", "--ignore-scripts", "--silent"]
        subprocess.run([npm, "install", *options, LIGHTHOUSE], check=True)
    return cli


def collect_static() -> None:
    """Hashed and compressed, as a deployment does it."""
    command = [str(places.PYTHON), "manage.py", "collectstatic", "--no-input", "--verbosity", "0"]
    environment = {**os.environ, "WALLET_ENV": "dev", "DJANGO_SETTINGS_MODULE": "benchmarks._settings_static"}
    subprocess.run(command, env=environment, cwd=places.ROOT, check=True)


def seed() -> str:
    """Somebody with money and a history, signed in; the cookie."""
    from django.conf import settings

    from ledger.money import Money
    from tests.factories.activity import happened
    from tests.factories.people import give_money, make_person
    from tests.factories.sessions import browser as signed_in_browser

    user = make_person("reader")
    give_money(user, Money(30_000, "EUR"))
    for place in range(20):
        happened(user, (-1) ** place * (1_000 + place), note=f"lunch {place}")
    name = settings.SESSION_COOKIE_NAME
    return f"{name}={signed_in_browser(user).cookies[name].value}"


# --- looking


def looked_at(cli: Path, chromium: str, origin: str, page: Page, cookie: str) -> list[dict[str, Any]]:
    """One report per run."""
    flags = "--headless=new --disable-gpu" + (" --no-sandbox" if os.geteuid() == 0 else "")
    command = [
        "node",
        str(cli),
        origin + page.path,
        "--quiet",
        "--output=json",
        f"--only-categories={','.join(page.bars)}",
        f"--chrome-flags={flags}",
    ]
    if page.signed_in:
        command.append(f"--extra-headers={json.dumps({'Cookie': cookie})}")
    environment = {**os.environ, "CHROME_PATH": chromium}
    return [report_of(command, environment) for _ in range(page.runs)]


def report_of(command: list[str], environment: dict[str, str]) -> dict[str, Any]:
    """One look. Where the browser itself gave up, that is said and the look repeated; a report counts as it is."""
    for _ in range(TRIES):
        done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
        if done.returncode == 0:
            report: dict[str, Any] = json.loads(done.stdout)
            return report
        say(benchmark="lighthouse", gave_up=done.stderr.strip()[-300:])
    raise SystemExit("Lighthouse ended without a report.")


def judge(page: Page, reports: list[dict[str, Any]]) -> bool:
    """Prints one line; whether every bar is reached."""
    for report in reports:
        assert report["finalDisplayedUrl"].endswith(page.path), report["finalDisplayedUrl"]
    scores = {
        name: round(100 * statistics.median(report["categories"][name]["score"] for report in reports))
        for name in page.bars
    }
    kib = round(max(report["audits"]["total-byte-weight"]["numericValue"] for report in reports) / 1024, 1)
    passed = all(scores[name] >= bar for name, bar in page.bars.items()) and kib <= KIB_BAR
    say(
        benchmark="lighthouse",
        page=page.path,
        runs=page.runs,
        scores=scores,
        bars=page.bars,
        kib=kib,
        kib_bar=KIB_BAR,
        passed=passed,
    )
    if not passed:
        say(page=page.path, below=_below(reports[0]))
    return passed


def _below(report: dict[str, Any]) -> list[str]:
    """What cost points, of one run."""
    audits = report["audits"].values()
    return [audit["title"] for audit in audits if audit.get("score") is not None and audit["score"] < 0.9]


def say(**values: Any) -> None:
    """One line of JSON."""
    print(json.dumps(values, ensure_ascii=False), flush=True)


if __name__ == "__main__":
    sys.exit(main())
