"""What a challenge is bound to, and which amounts are small."""

from __future__ import annotations

from uuid import UUID

import pytest

from accounts.stepup.policy import canonical, payload_hash, small_amounts_for
from ledger.money import Money

USER = UUID("01939f00-0000-7000-8000-00000000a11c")
SUBJECT = UUID("01939f00-0000-7000-8000-000000000b0b")
PAYLOAD = {"payee": USER, "shown_name": "Mei C•••", "amount_minor": 4250, "currency": "EUR", "fee_minor": 0}


def bound(**changes: object) -> str:
    values = {"user_id": USER, "purpose": "transfer", "subject_id": SUBJECT, "payload": PAYLOAD} | changes
    return payload_hash(**values)  # type: ignore[arg-type]


class TestPayloadHash:
    def test_is_the_same_however_the_payload_is_ordered(self) -> None:
        assert bound() == bound(payload=dict(reversed(PAYLOAD.items())))

    @pytest.mark.parametrize(
        "change",
        [
            {"payload": PAYLOAD | {"amount_minor": 4251}},
            {"payload": PAYLOAD | {"currency": "USD"}},
            {"payload": PAYLOAD | {"shown_name": "Mei D•••"}},
            {"payload": PAYLOAD | {"fee_minor": 1}},
            {"payload": PAYLOAD | {"quote": None}},
            {"purpose": "withdrawal"},
            {"subject_id": USER},
            {"user_id": SUBJECT},
        ],
    )
    def test_any_edit_changes_it(self, change: dict[str, object]) -> None:
        assert bound(**change) != bound()

    def test_keeps_values_apart_that_look_alike(self) -> None:
        spellings = [{"a": "1"}, {"a": 1}, {"a": True}, {"a": ["1"]}, {"a": None}, {"a": "null"}]
        assert len({canonical(value) for value in spellings}) == len(spellings)

    @pytest.mark.parametrize("value", [1.5, {"a": 0.1}, object(), {1: "a"}, b"a"])
    def test_refuses_what_has_more_than_one_spelling(self, value: object) -> None:
        with pytest.raises(TypeError):
            canonical(value)


class TestSmallAmounts:
    @pytest.mark.parametrize(("amount_minor", "small"), [(1, True), (3000, True), (3001, False)])
    def test_up_to_thirty_euro_is_small(self, amount_minor: int, small: bool) -> None:
        assert (small_amounts_for(Money(amount_minor, "EUR")) is not None) is small

    def test_a_currency_without_a_rule_has_no_small_amounts(self) -> None:
        assert small_amounts_for(Money(1, "USD")) is None
