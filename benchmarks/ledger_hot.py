"""One account that everybody pays (striped) beside payments spread evenly, in the same run."""

from __future__ import annotations

import sys

from benchmarks._ledger import Load, fund, judge, measure, open_accounts, say, sizes

BAR = 0.9


def main() -> int:
    """The whole benchmark; its exit code."""
    size = sizes(accounts=20_000, processes=8, seconds=5, rounds=3, stripes=8)
    import django

    django.setup()
    from benchmarks._copy import fresh_database
    from ledger import integrity

    with fresh_database():
        payers = open_accounts(size.accounts)
        fund(payers)
        hot = open_accounts(1, code="merchant", stripes=size.stripes)
        even, onto_one = [], []
        for _ in range(size.rounds):
            even.append(measure(Load(payers), processes=size.processes, seconds=size.seconds))
            onto_one.append(measure(Load(payers, hot), processes=size.processes, seconds=size.seconds))
            say(even_per_second=round(even[-1]), hot_per_second=round(onto_one[-1]))
        good = judge("hot account", ours=max(onto_one), reference=max(even), bar=BAR, stripes=size.stripes)
        wrong = integrity.check()
        say(what="check_ledger", wrong=[str(problem) for problem in wrong])
        return 0 if good and not wrong else 1


if __name__ == "__main__":
    sys.exit(main())
