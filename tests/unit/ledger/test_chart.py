"""Platform accounts are known without asking, and lock after people's."""

from __future__ import annotations

import pytest

from ledger import chart, currencies


def test_ids_are_fixed_for_ever() -> None:
    assert chart.platform_account_id("clearing.stripe", "EUR") == 2**40 + 65_536 + 978
    assert chart.platform_account_id("equity.opening", "BTC") == 2**40 + 40 * 65_536 + 1000


def test_no_two_accounts_share_an_id_and_all_are_above_people() -> None:
    ids = [
        chart.platform_account_id(row.code, code) for row in chart.PLATFORM_ACCOUNTS for code in currencies.CURRENCIES
    ]
    assert len(ids) == len(set(ids))
    assert min(ids) > 2**40
    assert max(ids) * 64 + 63 < 2**63


def test_kinds() -> None:
    assert (chart.kind_of("wallet"), chart.kind_of("income.fees"), chart.kind_of("debt")) == (
        "liability",
        "income",
        "asset",
    )
    with pytest.raises(KeyError):
        chart.kind_of("nonsense")
