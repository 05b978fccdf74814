"""Single posts from Python beside pgbench calling a bare two-leg function on the same PostgreSQL, interleaved."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from benchmarks._ledger import Load, fund, judge, measure, open_accounts, say, sizes

if TYPE_CHECKING:
    from collections.abc import Mapping

BAR = 0.35
# Nothing but the two updates, the entry and its two lines: what a ledger cannot do without.
BARE = """
CREATE TABLE bare_balance (id bigint PRIMARY KEY, posted bigint NOT NULL) WITH (fillfactor = 50);
CREATE TABLE bare_entry (id uuid PRIMARY KEY, at timestamptz NOT NULL DEFAULT clock_timestamp());
CREATE TABLE bare_posting (entry uuid, account bigint, amount bigint, PRIMARY KEY (entry, account));
INSERT INTO bare_balance SELECT n, 1000000000 FROM generate_series(1, {accounts}) n;
CREATE FUNCTION bare_post(a bigint, b bigint) RETURNS void LANGUAGE plpgsql AS $$
DECLARE e uuid := gen_random_uuid();
BEGIN
    INSERT INTO bare_entry (id) VALUES (e);
    UPDATE bare_balance SET posted = posted - CASE WHEN a < b THEN 1 ELSE -1 END WHERE id = least(a, b);
    UPDATE bare_balance SET posted = posted + CASE WHEN a < b THEN 1 ELSE -1 END WHERE id = greatest(a, b);
    INSERT INTO bare_posting VALUES (e, a, -1), (e, b, 1);
END $$;
"""
SCRIPT = """
\\set a random(1, {accounts})
\\set b 1 + (:a + random(0, {accounts} - 2)) % {accounts}
SELECT bare_post(:a, :b);
"""


def main() -> int:
    """The whole benchmark; its exit code."""
    size = sizes(accounts=20_000, processes=8, seconds=5, rounds=3)
    import django

    django.setup()
    from benchmarks._copy import fresh_database
    from ledger import integrity

    with fresh_database():
        accounts = open_accounts(size.accounts)
        fund(accounts)
        prepare_bare(size.accounts)
        ours, bare = [], []
        for _ in range(size.rounds):
            bare.append(pgbench(size.accounts, processes=size.processes, seconds=size.seconds))
            ours.append(measure(Load(accounts), processes=size.processes, seconds=size.seconds))
            say(bare_per_second=round(bare[-1]), posts_per_second=round(ours[-1]))
        good = judge("post", ours=max(ours), reference=max(bare), bar=BAR)
        wrong = integrity.check()
        say(what="check_ledger", wrong=[str(problem) for problem in wrong])
        return 0 if good and not wrong else 1


def prepare_bare(accounts: int) -> None:
    """The reference's own tables, made by the owner in the same database."""
    from django.db import connections

    with connections["owner"].cursor() as cursor:
        cursor.execute(BARE.format(accounts=accounts))
        cursor.execute("GRANT ALL ON bare_balance, bare_entry, bare_posting TO wallet_app")


def pgbench(accounts: int, *, processes: int, seconds: int) -> float:
    """Transactions per second that pgbench reaches with as many connections as we have processes."""
    from wallet_project.local import places
    from wallet_project.local.postgres import Postgres

    binary = Postgres(places.var_dir("var/bench")).binaries() / "pgbench"
    parts = urlsplit(os.environ["DATABASE_URL"])
    script = Path(os.environ["WALLET_VAR"]) / "bare.sql"
    script.write_text(SCRIPT.format(accounts=accounts))
    environment: Mapping[str, str] = {**os.environ, "PGPASSWORD": parts.password or ""}
    done = subprocess.run(
        [
            str(binary), "-n", "-M", "prepared", "-c", str(processes), "-j", "2", "-T", str(seconds), "-f", str(script),
            "-h", parts.hostname or "", "-p", str(parts.port), "-U", parts.username or "", parts.path.strip("/"),
        ],
        env=environment, capture_output=True, text=True, check=False,
    )  # fmt: skip
    found = re.search(r"tps = ([0-9.]+)", done.stdout)
    if not found:
        raise SystemExit(f"pgbench said: {done.stderr.strip()[-300:]}")
    return float(found[1])


if __name__ == "__main__":
    sys.exit(main())
