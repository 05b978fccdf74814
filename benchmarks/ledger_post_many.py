"""Batches against single posts, evenly spread and onto one hot account; and holds captured by the thousand.

The reference is our own single posts in the same run. Afterwards the books are checked.
"""

from __future__ import annotations

import sys
import time
from uuid import uuid4

from benchmarks._ledger import AT, Load, fund, judge, measure, open_accounts, say, sizes

BAR = 5


def main() -> int:
    """The whole benchmark; its exit code."""
    size = sizes(accounts=20_000, processes=8, seconds=5, rounds=3, batch=1_000, captures=10_000)
    import django

    django.setup()
    from benchmarks._copy import fresh_database

    with fresh_database():
        payers = open_accounts(size.accounts)
        fund(payers)
        hot = open_accounts(1, code="merchant", stripes=8)
        best: dict[str, float] = {}
        for _ in range(size.rounds):
            for name, payees, batch in (
                ("single", None, 1),
                ("many", None, size.batch),
                ("single, hot", hot, 1),
                ("many, hot", hot, size.batch),
            ):
                rate = measure(Load(payers, payees, batch), processes=size.processes, seconds=size.seconds)
                say(what=name, entries_per_second=round(rate))
                best[name] = max(best.get(name, 0), rate)
        good = [
            judge("post_many", ours=best["many"], reference=best["single"], bar=BAR),
            judge("post_many, hot", ours=best["many, hot"], reference=best["single, hot"], bar=BAR),
        ]
        capture(payers, size.captures)
        return 0 if all(good) and right() else 1


def capture(payers: list[int], count: int) -> None:
    """A payout run: so many holds of so many people, captured at once."""
    from ledger import services
    from ledger.chart import platform_account_id
    from ledger.entries import Capture, EntryDraft, Leg
    from ledger.money import Money
    from wallet_project.lib import db, ids

    bank = platform_account_id("clearing.bank", "EUR")
    held = []
    with db.transaction():
        for number in range(count):
            account_id = payers[number % len(payers)]
            hold = services.place_hold(
                hold_id=ids.uuid7(),
                account_id=account_id,
                amount=Money(5, "EUR"),
                reason="PAYOUT",
                expires_at=None,
                at=AT,
            )
            held.append(hold)
    began = time.perf_counter()
    captures = [
        Capture(
            hold.id,
            EntryDraft(
                uuid4(), "payout", "payout", (Leg(hold.account_id, -5, "EUR"), Leg(bank, 5, "EUR")), AT, "bench"
            ),
        )
        for hold in held
    ]
    with db.transaction():
        services.capture_many(captures, at=AT)
    took = time.perf_counter() - began
    say(what="capture_many", holds=count, seconds=round(took, 2), per_second=round(count / took))


def right() -> bool:
    """The books after all that."""
    from ledger import integrity

    wrong = integrity.check()
    say(what="check_ledger", wrong=[str(problem) for problem in wrong])
    return not wrong


if __name__ == "__main__":
    sys.exit(main())
