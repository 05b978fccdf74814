"""Database errors become refusals in one place."""

from __future__ import annotations

from ledger import errors


def test_a_state_with_a_detail() -> None:
    refusal = errors.from_database(sqlstate="WL001", constraint=None, detail='{"account_id": 7, "available_minor": 5}')
    assert isinstance(refusal, errors.InsufficientFunds)
    assert (refusal.code, refusal.params) == ("insufficient_funds", {"account_id": 7, "available_minor": 5})


def test_a_constraint() -> None:
    refusal = errors.from_database(
        sqlstate="23505", constraint="ledger_entry_reverses_key", detail="Key (book) exists."
    )
    assert type(refusal) is errors.AlreadyReversed


def test_what_is_no_refusal_stays_an_error() -> None:
    for state in ("40001", "40P01", "08006", "57P01", "25006", None):
        assert errors.from_database(sqlstate=state, constraint="another_key", detail=None) is None
