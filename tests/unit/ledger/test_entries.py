"""An entry is balanced, has one id per intent and step, and one hash per body."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

from ledger.entries import EntryDraft, Leg, canonical_json
from ledger.errors import AmountOutOfRange, UnbalancedEntry
from tests.factories.ledger import AT
from wallet_project.lib import ids

INTENT = UUID("01900000-0000-7000-8000-000000000001")
LEGS = (Leg(1, -500, "EUR"), Leg(2, 500, "EUR"))


def draft(**changes: Any) -> EntryDraft:
    return EntryDraft(
        **{"intent_id": INTENT, "step": "send", "kind": "transfer", "legs": LEGS, "effective_at": AT, "actor": "user:1"}
        | changes
    )


class TestLegs:
    def test_zero_is_no_leg(self) -> None:
        with pytest.raises(UnbalancedEntry):
            Leg(1, 0, "EUR")

    @pytest.mark.parametrize("amount", [1.0, True, "5"])
    def test_takes_only_whole_numbers(self, amount: object) -> None:
        with pytest.raises(TypeError):
            Leg(1, amount, "EUR")  # type: ignore[arg-type]

    def test_stays_in_range(self) -> None:
        with pytest.raises(AmountOutOfRange):
            Leg(1, 2**63, "EUR")


class TestBalance:
    @pytest.mark.parametrize(
        "legs",
        [
            (),
            (Leg(1, 5, "EUR"),),
            (Leg(1, -5, "EUR"), Leg(2, 4, "EUR")),
            (Leg(1, -5, "EUR"), Leg(2, 5, "USD")),
            (Leg(1, -5, "EUR"), Leg(2, 5, "EUR"), Leg(3, 1, "USD"), Leg(4, 1, "USD")),
        ],
    )
    def test_refuses_what_does_not_add_up(self, legs: tuple[Leg, ...]) -> None:
        with pytest.raises(UnbalancedEntry):
            draft(legs=legs)

    def test_each_currency_balances_by_itself(self) -> None:
        exchange = (Leg(1, -100, "EUR"), Leg(8, 100, "EUR"), Leg(9, -110, "USD"), Leg(2, 110, "USD"))
        assert draft(legs=exchange).legs == exchange


class TestIdentity:
    def test_id_comes_from_intent_and_step(self) -> None:
        assert draft().entry_id == ids.derive(INTENT, "send") == draft(kind="other").entry_id
        assert draft().entry_id != draft(step="refund").entry_id

    @pytest.mark.parametrize(
        "change",
        [
            {"kind": "fee"},
            {"legs": (Leg(1, -501, "EUR"), Leg(2, 501, "EUR"))},
            {"legs": (Leg(2, -500, "EUR"), Leg(1, 500, "EUR"))},
            {"reference": "trf_1"},
            {"details": {"fee_minor": 0}},
            {"reverses": INTENT},
        ],
    )
    def test_another_body_has_another_hash(self, change: dict[str, Any]) -> None:
        assert draft(**change).request_hash != draft().request_hash

    def test_a_retry_later_by_somebody_else_is_the_same_body(self) -> None:
        later = draft(effective_at=AT + timedelta(hours=1), actor="worker", details={"a": 1, "b": [2, "x"]})
        assert later.request_hash == draft(details={"b": (2, "x"), "a": 1}).request_hash
        assert len(later.request_hash) == 32


class TestShape:
    def test_needs_a_time_zone_a_kind_and_a_step(self) -> None:
        for change in ({"effective_at": datetime(2026, 1, 1)}, {"kind": ""}, {"step": ""}):  # noqa: DTZ001  # the refused case
            with pytest.raises(ValueError):
                draft(**change)

    @pytest.mark.parametrize("value", [1.5, b"x", object(), {1: 2}])
    def test_details_are_plain(self, value: object) -> None:
        with pytest.raises(TypeError):
            canonical_json({"value": value})

    def test_json_has_one_spelling(self) -> None:
        assert canonical_json({"b": None, "a": [True, "é", {"z": 1}]}) == '{"a":[true,"é",{"z":1}],"b":null}'
